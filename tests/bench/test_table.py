"""A table says what kept its limit."""

from tests.bench.table import Row, rendered


def test_a_figure_stands_beside_its_limit_and_their_ratio():
    rows = [
        Row(name="floor", figure=24_000.4, unit="lines/s"),
        Row(name="server", figure=6_000, unit="lines/s", limit=5_000, sense="at least"),
        Row(name="save, p95", figure=21.04, unit="ms", limit=20),
    ]

    assert rendered(rows).splitlines() == [
        "measured   figure  unit       limit  ratio",
        "floor      24,000  lines/s",
        "server      6,000  lines/s  ≥ 5,000   1.20    ok",
        "save, p95    21.0  ms        ≤ 20.0   1.05  FAIL",
    ]
