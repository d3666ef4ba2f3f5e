"""What is PostgreSQL's own: who may open a database, who waits for whom, what a failure leaves."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from server.app import open_server
from server.forms import LIBRARY
from server.hub.forms import FormShelf
from server.hub.verify import verify
from server.main import main
from server.store.base import StoreError, StoreFull
from server.store.postgres.database import PostgresStore, migration_files, open_store
from server.store.sqlite import database as sqlite
from tests.conftest import Needs
from tests.postgres import as_careful_as_in_an_office, binaries, new_database
from tests.server.conftest import AREAS
from tests.server.hub.phones import FAR, NEIGHBOUR, VILLAGE, Phone, publish_pack


@pytest.fixture
def url(needs: Needs, stops_postgres: None) -> str:
    needs("PostgreSQL (no initdb)", binaries())
    return new_database()


@pytest.fixture
def store(url: str) -> Iterator[PostgresStore]:
    store = open_store(url, durable=False)
    yield store
    store.close()


@pytest.mark.parametrize("address", ["postgresql://tapak:geheim@[host/tapak", "host=db password='geheim"])
def test_an_address_that_cannot_be_read_is_not_repeated(address: str) -> None:
    with pytest.raises(StoreError) as error:
        open_store(address)

    assert str(error.value) == "The address of the PostgreSQL database cannot be read."
    assert error.value.__cause__ is None


def test_a_server_that_does_not_answer_is_named_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as error:
        open_store(f"postgresql://tapak:geheim@/tapak?host={tmp_path}")

    assert str(tmp_path) in str(error.value)
    assert "geheim" not in str(error.value)


def test_a_server_that_may_forget_what_it_confirmed_is_not_used(url: str) -> None:
    with pytest.raises(StoreError) as error:
        open_store(url)

    assert str(error.value) == (
        "PostgreSQL has fsync = off: a power cut could take back what it confirmed. Set it to on."
    )


def test_a_server_that_confirms_before_it_writes_is_not_used(url: str) -> None:
    with as_careful_as_in_an_office(), pytest.raises(StoreError) as error:
        open_store(f"{url}&options=-csynchronous_commit%3Doff")

    assert str(error.value) == (
        "PostgreSQL has synchronous_commit = off: "
        "a power cut could take back what it confirmed. Set it to on."
    )


def test_a_database_that_cannot_hold_every_script_is_not_used(needs: Needs, stops_postgres: None) -> None:
    needs("PostgreSQL (no initdb)", binaries())
    url = new_database("ENCODING 'LATIN1' LOCALE 'C' LOCALE_PROVIDER libc TEMPLATE template0")

    with pytest.raises(StoreError) as error:
        open_store(url, durable=False)

    assert str(error.value) == (
        "The PostgreSQL database has the encoding LATIN1. "
        "Make one with UTF8: createdb --encoding=UTF8 --template=template0 NAME"
    )


def test_servers_that_start_at_the_same_time_make_the_tables_once(url: str) -> None:
    stores: list[PostgresStore] = []
    threads = [
        threading.Thread(target=lambda: stores.append(open_store(url, durable=False))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(stores) == 4
    with psycopg.connect(url) as connection:
        applied = connection.execute("SELECT name FROM migration ORDER BY name").fetchall()
    assert applied == [(name,) for name, _ in migration_files()]
    for store in stores:
        store.close()


def test_both_kinds_of_store_have_the_same_tables_and_columns(store: PostgresStore, tmp_path: Path) -> None:
    with store.read() as unit:
        found = unit.connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        ).fetchall()
    sqlite.open_store(tmp_path / "tapak.db").close()
    file = sqlite3.connect(tmp_path / "tapak.db")
    tables = [name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    columns = {(table, row[1]) for table in tables for row in file.execute(f"PRAGMA table_info({table})")}
    file.close()

    ours = {pair for pair in found if pair[0] != "migration"}
    assert ours - columns == {("revision", "arrived"), ("village", "regency"), ("listed", "words")}
    # The words of the list are a table of FTS5 there and a column here.
    theirs = {pair for pair in columns - ours if not pair[0].startswith("listed")}
    assert {table for table, _ in theirs} == {"_sqlite_migrations"}


def test_two_servers_on_one_database_write_into_the_same_records(url: str) -> None:
    stores = [open_store(url, durable=False) for _ in range(2)]
    publish_pack(stores[0], only=["lahan"])
    phones = [
        Phone(stores[number % 2], FormShelf(), f"phone-{number}", f"p{number}", areas=("62",)).enrols()
        for number in range(6)
    ]
    errors: list[BaseException] = []

    def day_of(phone: Phone) -> None:
        try:
            for turn in range(10):
                village = (VILLAGE, NEIGHBOUR, FAR)[turn % 3]
                phone.saves(f"r{turn % 3}", {"_area": village, "catatan": f"{phone.person} {turn}"})
                phone.syncs()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=day_of, args=[phone]) for phone in phones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert list(verify(stores[0], FormShelf())) == []
    with stores[1].read() as unit:
        assert len(list(unit.log.all_lines())) == 6 * 10
    for store in stores:
        store.close()


def test_a_full_disk_is_told_apart(store: PostgresStore) -> None:
    with pytest.raises(StoreFull), store.write() as unit:
        unit.connection.execute("DO $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$")

    with store.write() as unit:
        unit.log.raise_flag("device-cloned", "d1", now_ms=1)


def test_what_failed_does_not_repeat_the_row_that_it_was_about(store: PostgresStore) -> None:
    twice = (
        "DO $$ BEGIN CREATE TEMPORARY TABLE answer (text TEXT UNIQUE); "
        "INSERT INTO answer VALUES ('rahasia-warga'), ('rahasia-warga'); END $$"
    )
    with pytest.raises(StoreError) as error, store.write() as unit:
        unit.connection.execute(twice)

    assert str(error.value) == 'duplicate key value violates unique constraint "answer_text_key"'


def test_a_unit_is_not_kept_when_somebody_passes_over_a_statement_that_failed(store: PostgresStore) -> None:
    def passes_over() -> None:
        with store.write() as unit:
            unit.log.raise_flag("device-cloned", "d1", now_ms=1)
            with suppress(psycopg.Error):
                unit.connection.execute("SELECT 1 / 0")

    with pytest.raises(StoreError) as error:
        passes_over()

    assert str(error.value) == ("A statement had failed before the end of the unit; nothing of it was kept.")
    with store.read() as unit:
        assert unit.log.flags() == []


def test_a_reader_cannot_write(store: PostgresStore) -> None:
    with pytest.raises(StoreError), store.read() as unit:
        unit.log.raise_flag("device-cloned", "d1", now_ms=1)


def test_the_next_unit_does_not_notice_that_the_database_server_was_restarted(
    store: PostgresStore, url: str
) -> None:
    with store.read() as unit:
        unit.log.flags()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    with store.read() as unit:
        assert unit.log.flags() == []


def test_an_operator_keeps_a_server_in_postgresql(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    (tmp_path / "areas.csv").write_text(AREAS, encoding="utf-8")
    monkeypatch.setenv("TAPAK_DATABASE_URL", url)
    monkeypatch.setenv("TAPAK_LANGUAGE", "en")

    def run(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(main, ["--data", str(data), *words])
        assert result.exit_code == code, result.output
        return result.output

    with as_careful_as_in_an_office():
        assert "not ready" in run("form", "list", code=1)
        run("init")
        run("init")
        run("area", "load", str(tmp_path / "areas.csv"))
        run("form", "publish", str(LIBRARY / "lahan.md"))
        words = ["--role", "verifier", "--organisation", "tni", "--area", "62.02"]
        person = json.loads(run("person", "add", "Siti", *words, "--json"))["person"]
        server = open_server(data)
        phone = Phone(server.store, server.shelf, "phone-1", person, areas=("62.02",)).enrols()
        phone.saves("r1", {"_area": VILLAGE, "sengketa": "tidak"})
        assert phone.syncs().header.held == ()
        server.close()
        assert [row["record"] for row in json.loads(run("record", "list", "--json"))] == ["r1"]
        run("verify")
        assert "The PostgreSQL database can be used. Problem: -" in run("doctor")
        (data / "secrets" / "token.key").unlink()
        assert "the key" in run("init", code=1)
    assert not (data / "tapak.db").exists()


def test_a_folder_that_has_a_database_does_not_get_a_second_one(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAPAK_LANGUAGE", "en")
    assert CliRunner().invoke(main, ["--data", str(tmp_path), "init"]).exit_code == 0
    monkeypatch.setenv("TAPAK_DATABASE_URL", url)

    result = CliRunner().invoke(main, ["--data", str(tmp_path), "init"])

    assert result.exit_code == 1
    assert result.output == (
        f"Error: The data folder already has a database, {tmp_path / 'tapak.db'}. "
        "A PostgreSQL database begins in a new data folder; "
        "unset TAPAK_DATABASE_URL to go on with this one.\n"
    )
