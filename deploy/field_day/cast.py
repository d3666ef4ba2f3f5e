"""Who plays: people of different organisations in two regencies, each with a device."""

from dataclasses import dataclass

KOTIM, KAPUAS = "62.02", "62.03"


@dataclass(frozen=True)
class Role:
    """A person with a device of his or her own; ``key`` also names the device's folder."""

    key: str
    name: str
    role: str
    organisation: str
    areas: tuple[str, ...]
    device: str


CAST = (
    Role("budi", "Serda Budi", "verifier", "tni", ("62.02.01", "62.02.02"), "HP Serda Budi"),
    Role("siti", "Siti Rahmah", "verifier", "dinas_koperasi", (KOTIM,), "HP Siti"),
    Role("rahmat", "Rahmat", "verifier", "desa", ("62.02.01",), "HP Rahmat"),
    Role("yuli", "Yuli Handayani", "verifier", "ba", ("62.02.01", "62.02.02", "62.02.03"), "HP Yuli"),
    Role("rini", "Rini Astuti", "coordinator", "dinas_koperasi", (KOTIM,), "Laptop Rini"),
    Role("joko", "Kopda Joko", "verifier", "tni", (KAPUAS,), "HP Kopda Joko"),
    Role("maya", "Maya Sari", "verifier", "agrinas", (KAPUAS,), "HP Maya"),
    Role("hendra", "Hendra", "verifier", "dinas_koperasi", (KAPUAS,), "HP Hendra"),
    Role("dewi", "Dewi Lestari", "verifier", "ba", (KAPUAS,), "HP Dewi"),
    Role("lukas", "Lukas Tingang", "coordinator", "dinas_koperasi", (KAPUAS,), "Laptop Lukas"),
    Role("provinsi", "Theresia", "province", "dpmd", ("62",), "Laptop provinsi"),
)

VERIFIERS = tuple(role.key for role in CAST if role.role == "verifier")
COORDINATOR_OF = {KOTIM: "rini", KAPUAS: "lukas"}
OBSERVER = "provinsi"
"""The device that sees both regencies; the report is what it shows."""
