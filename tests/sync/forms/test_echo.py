"""What was understood is said in the words of the reader."""

from __future__ import annotations

import pytest

from sync.forms.echo import echo


@pytest.mark.parametrize(
    ("name", "value", "indonesian", "english"),
    [
        ("penduduk", 1250, "1.250", "1,250"),
        ("jarak_km", -1250.5, "-1.250,5", "-1,250.5"),
        ("jarak_km", 0.25, "0,25", "0.25"),
        ("tanggal", "2026-11-20", "20/11/2026", "2026-11-20"),
        ("tanggal", "besok", "besok", "besok"),
        ("saat", "2026-11-20T08:30", "20/11/2026 08:30", "2026-11-20 08:30"),
        ("titik", {"lat": -2.5, "lon": 112.95}, "-2,5; 112,95", "-2.5; 112.95"),
        ("titik", {"lat": -2.5, "lon": 112.95, "acc": 8}, "-2,5; 112,95 (± 8 m)", "-2.5; 112.95 (± 8 m)"),
        ("sengketa", "klaim", "Klaim", "KLAIM"),
        ("sengketa", "sengketa", "Ada sengketa, tertulis", "Ada sengketa, tertulis"),
        ("sengketa", "lain", "lain", "lain"),
        ("batas", {"type": "Polygon", "coordinates": []}, "", ""),
    ],
)
def test_a_value_is_echoed_as_it_was_understood(form, name, value, indonesian, english):
    question = form.by_name[name]

    assert echo(form, question, value, "id") == indonesian
    assert echo(form, question, value, "en") == english
