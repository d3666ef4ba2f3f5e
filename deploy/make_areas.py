"""Writes ``areas_62.csv``, the area list of Central Kalimantan, from the npm package ``idn-area-data``.

Run it again when the package brings a newer list of codes::

    python deploy/make_areas.py

npm fetches the package; nothing of it is installed or run.
"""

import argparse
import csv
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

PACKAGE = "idn-area-data@4.0.1"
PROVINCE = "62"
TARGET = Path(__file__).resolve().parent.parent / "server" / "data" / f"areas_{PROVINCE}.csv"

# File of the package, its level, and the column that names the parent (a province has none).
LEVELS = (
    ("provinces", "province", ""),
    ("regencies", "regency", "province_code"),
    ("districts", "district", "regency_code"),
    ("villages", "village", "district_code"),
)


def main() -> None:
    """Fetches the package and writes the list, ordered by level and code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, default=TARGET)
    output = parser.parse_args().output
    with tempfile.TemporaryDirectory() as folder:
        rows = list(area_rows(fetched(Path(folder))))
    write(rows, output)
    print(f"{len(rows)} areas written to {output}")


def fetched(folder: Path) -> Path:
    """The data folder of the package, unpacked below ``folder``."""
    subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / "package" / "data"


def area_rows(data: Path) -> Iterator[tuple[str, str, str, str]]:
    """``code, name, level, parent`` of the province and all below it."""
    for file_name, level, parent_column in LEVELS:
        with (data / f"{file_name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["code"].split(".")[0] == PROVINCE:
                    yield row["code"], row["name"].strip(), level, row.get(parent_column, "")


def write(rows: list[tuple[str, str, str, str]], path: Path) -> None:
    """Writes the list as CSV with line feeds, so that a new run changes only what is new."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("code", "name", "level", "parent"))
        writer.writerows(rows)


if __name__ == "__main__":
    main()
