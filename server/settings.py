"""Every setting and limit of the server, with its unit, in one place.

A value comes from the environment (``TAPAK_NAME``), else from ``settings.toml`` in the data
folder, else from here. ``docs/reference/settings.md`` is written from this table.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec

FILE_NAME = "settings.toml"
_MEBIBYTE = 1024 * 1024


def _about(text: str) -> msgspec.Meta:
    return msgspec.Meta(description=text)


def _count(text: str) -> msgspec.Meta:
    return msgspec.Meta(description=text, ge=1)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an operator may set. Instances are complete and never change."""

    name: Annotated[str, _about("Name of this server, as a phone shows it after enrolment.")] = "Tapak"
    url: Annotated[str, _about("Public address; enrolment links and QR codes begin with it.")] = (
        "http://127.0.0.1:8350"
    )
    time_zone: Annotated[str, _about("Time zone of shown and exported times.")] = "Asia/Jakarta"
    language: Annotated[Literal["id", "en"], _about("Language of texts in answers: `id` or `en`.")] = "id"
    practice: Annotated[bool, _about("A practice server says so on every screen.")] = False
    database_url: Annotated[
        str,
        _about(
            "Address of the PostgreSQL database that holds everything instead of the file in the data "
            "folder (empty: the file). It may hold a password: set it in the environment."
        ),
    ] = ""
    enrolment_code_valid_h: Annotated[
        int, msgspec.Meta(ge=1, le=24, description="Hours in which an enrolment code can be used (1 to 24).")
    ] = 24
    enrolment_failures_per_minute: Annotated[
        int, _count("Wrong enrolment codes from one address in a minute, before it must wait.")
    ] = 20
    login_failures_per_minute: Annotated[
        int, _count("Wrong passwords of one account in a minute, before it must wait.")
    ] = 5
    contact: Annotated[
        str, _about("Whom to ask, shown on every page of the office: name, telephone number, room.")
    ] = ""
    sync_raw_bytes_max: Annotated[int, _count("Bytes of a sync body as it arrives.")] = 8 * _MEBIBYTE
    sync_inflated_bytes_max: Annotated[int, _count("Bytes of a sync body, inflated.")] = 32 * _MEBIBYTE
    json_bytes_max: Annotated[int, _count("Bytes of every other body.")] = 64 * 1024
    attachment_bytes_max: Annotated[
        int,
        msgspec.Meta(
            ge=8 * _MEBIBYTE, le=32 * _MEBIBYTE, description="Bytes of one photo or document (8 to 32 MiB)."
        ),
    ] = 32 * _MEBIBYTE
    attachment_chunk_bytes_max: Annotated[
        int,
        msgspec.Meta(
            ge=256 * 1024,
            le=32 * _MEBIBYTE,
            description="Bytes of one piece of an upload (256 KiB to 32 MiB).",
        ),
    ] = 8 * _MEBIBYTE
    attachment_free_bytes_min: Annotated[
        int,
        msgspec.Meta(
            ge=0, description="Bytes of the disk that stay free for text: below it, photos are refused."
        ),
    ] = 512 * _MEBIBYTE
    attachment_upload_valid_h: Annotated[
        int, _count("Hours after which an upload that was not finished is cleared away.")
    ] = 14 * 24
    bundle_bytes_max: Annotated[int, _count("Bytes of one file of carried work, as it is uploaded.")] = (
        1024 * _MEBIBYTE
    )
    bundle_inflated_bytes_max: Annotated[int, _count("Bytes of one file of carried work, inflated.")] = (
        4096 * _MEBIBYTE
    )
    bundle_lines_max: Annotated[
        int, _count("Lines of one file of carried work; a photo has one for every 48 KiB.")
    ] = 4_000_000
    boundary_bytes_max: Annotated[
        int, _count("Bytes of one village's feature in a GeoJSON file of boundaries.")
    ] = 16 * _MEBIBYTE
    boundary_file_bytes_max: Annotated[int, _count("Bytes of a GeoJSON file of boundaries.")] = (
        1024 * _MEBIBYTE
    )
    backup_folder: Annotated[
        str, _about("Folder of scheduled backups (empty: `backups` in the data folder). Best: another disk.")
    ] = ""
    backup_every_h: Annotated[
        int, msgspec.Meta(ge=0, description="Hours from one scheduled backup to the next; 0: never.")
    ] = 24
    backups_kept: Annotated[
        int, _count("Newest backups that are kept; a save is `durable` when all of them have it.")
    ] = 14
    mirror_folder: Annotated[
        str,
        _about(
            "Folder, best on another disk, to which every save is appended before it is acknowledged "
            "(empty: none)."
        ),
    ] = ""
    answer_gzip_level: Annotated[
        int, msgspec.Meta(ge=1, le=9, description="Gzip level of answers; 1 is fastest, 9 smallest.")
    ] = 3
    records_page_max: Annotated[int, _count("Records in one answer of `GET /v1/records`.")] = 200
    retry_after_s: Annotated[
        int, _count("Seconds a device is asked to wait when the server cannot store.")
    ] = 60
    metrics_token: Annotated[
        str,
        _about(
            "Secret with which a monitor reads `GET /metrics` (empty: there is no such page). "
            "Set it in the environment."
        ),
    ] = ""
    log_format: Annotated[
        Literal["text", "json"],
        _about(
            "Shape of the log on stderr: `text` for a person, or `json`, an object a line, "
            "with one for every request."
        ),
    ] = "text"
    moved_to: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^(https?://[^\s/]+.*)?$",
            description=(
                "Address of the server that has taken this one's place (empty: none). Devices are sent there."
            ),
        ),
    ] = ""
    trusted_proxy: Annotated[
        str,
        _about(
            "Address of the web server in front of this one (`127.0.0.1` for one on the same machine; "
            "empty: none). From it alone `X-Forwarded-For` and `X-Forwarded-Proto` are believed."
        ),
    ] = ""
    threads: Annotated[int, _count("Requests that are worked on at the same time.")] = 8
    connections_max: Annotated[int, _count("Open connections, slow ones included.")] = 4000
    channel_timeout_s: Annotated[
        int, _count("Seconds without a byte after which a connection is closed.")
    ] = 120
    request_bytes_max: Annotated[
        int, _count("Bytes at which the web server stops reading a body, whatever its route.")
    ] = 32 * _MEBIBYTE
    shutdown_timeout_s: Annotated[int, _count("Seconds that running requests get when the server stops.")] = (
        30
    )


class BadSettings(ValueError):
    """A setting has a value that it cannot have; the text names it."""


def load(data: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of a data folder. Raises BadSettings."""
    path = data / FILE_NAME
    values: dict[str, Any] = {}
    if path.exists():
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadSettings(f"{FILE_NAME} cannot be read: {error}.") from error
    for field in msgspec.structs.fields(Settings):
        text = environ.get(variable_of(field.name))
        if text is not None:
            values[field.name] = text
    try:
        settings = msgspec.convert(values, Settings, strict=False)
        ZoneInfo(settings.time_zone)
    except msgspec.ValidationError as error:
        raise BadSettings(f"{FILE_NAME} or the environment: {error}.") from error
    except (KeyError, ValueError, OSError) as error:
        raise BadSettings(
            f"{FILE_NAME} or the environment: time zone '{settings.time_zone}' is none."
        ) from error
    return settings


def variable_of(name: str) -> str:
    """The environment variable that sets ``name``."""
    return f"TAPAK_{name.upper()}"


def write(data: Path, values: Mapping[str, str | bool]) -> None:
    """Write a new ``settings.toml`` with these values; an existing one stays as it is."""
    lines = [f"{name} = {msgspec.json.encode(value).decode()}" for name, value in values.items()]
    with (data / FILE_NAME).open("x", encoding="utf-8") as file:
        file.write("# Settings of this Tapak server. All of them: docs/reference/settings.md\n")
        file.write("\n".join(lines) + "\n")
