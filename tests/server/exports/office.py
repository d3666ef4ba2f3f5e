"""The programs in which an office opens what it gets."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.conftest import Needs

# Comma, quote, UTF-8, from line 1, all texts quoted, numbers as they are, every sheet.
CSV_FILTER = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,false,false,false,false,-1"
# Comma, quote, UTF-8, from line 1, every column as a spreadsheet guesses it, formulas evaluated.
READ_CSV = "--infilter=Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,0,true"


def libreoffice(needs: Needs, file: Path, into: str, *options: str) -> None:
    """Open a file in LibreOffice and save it as another kind beside it."""
    program = shutil.which("soffice")
    needs("LibreOffice: no soffice here (Debian: libreoffice-calc-nogui)", program)
    # A profile of its own: LibreOffice refuses to run twice in one.
    profile = f"-env:UserInstallation=file://{file.parent}/libreoffice"
    command = [
        str(program),
        profile,
        "--headless",
        *options,
        "--convert-to",
        into,
        "--outdir",
        str(file.parent),
        str(file),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def sheets_in_libreoffice(needs: Needs, file: Path) -> dict[str, list[list[str]]]:
    """Every sheet of a workbook as LibreOffice shows it, by name."""
    libreoffice(needs, file, CSV_FILTER)
    found = {path.stem.removeprefix(f"{file.stem}-"): path for path in file.parent.glob(f"{file.stem}-*.csv")}
    return {name: read_csv(path.read_bytes()) for name, path in found.items()}


def read_csv(data: bytes) -> list[list[str]]:
    """The cells of a CSV file."""
    return list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))


def layer_in_gdal(needs: Needs, file: Path) -> list[dict[str, Any]]:
    """The features of a file as GDAL, and so QGIS, reads them."""
    program = shutil.which("ogr2ogr")
    needs("GDAL: no ogr2ogr here (Debian: gdal-bin)", program)
    command = [str(program), "-f", "GeoJSON", "-lco", "COORDINATE_PRECISION=9", "/vsistdout/", str(file)]
    run = subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert run.stderr == b""
    features: list[dict[str, Any]] = json.loads(run.stdout)["features"]
    return features


def summary_in_gdal(needs: Needs, file: Path) -> str:
    """What ogrinfo says of a file."""
    program = shutil.which("ogrinfo")
    needs("GDAL: no ogrinfo here (Debian: gdal-bin)", program)
    run = subprocess.run(
        [str(program), "-ro", "-so", "-al", str(file)], check=True, capture_output=True, text=True
    )
    assert run.stderr == ""
    return run.stdout
