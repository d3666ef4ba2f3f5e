"""What the bench sends is what verifiers send."""

from server.forms import compile_form, library_forms
from sync.forms import answers
from sync.revision import Revision, read
from tests.bench.fielddata import FIELDS_OF_AN_EDIT, FIELDS_OF_AN_ENTRY, field_log


def revisions(lines: list[bytes]) -> list[Revision]:
    found = [read(line) for line in lines]
    assert all(isinstance(revision, Revision) for revision in found)
    return found


def test_an_entry_has_37_fields_that_the_form_knows_and_flags_nothing():
    (lahan,) = [compile_form(source, name=name) for name, source in library_forms() if name == "lahan.md"]

    for entry in revisions(field_log(1, 0).entries(100)):
        assert len(entry.values) == FIELDS_OF_AN_ENTRY
        assert entry.form == lahan.key
        flagged = {field: answers.check(lahan, field, value) for field, value in entry.values.items()}
        assert {field: codes for field, codes in flagged.items() if codes} == {}


def test_an_edit_changes_three_fields_and_names_the_heads_that_it_supersedes():
    log = field_log(1, 0)
    log.entries(20)
    heads = {record: dict(written) for record, written in log.written_by.items()}

    for edit in revisions(log.edits(20)):
        assert len(edit.values) == FIELDS_OF_AN_EDIT
        assert set(edit.base) == {
            heads[edit.record][field] for field in edit.values if field in heads[edit.record]
        }


def test_the_same_seed_gives_the_same_log():
    assert field_log(7, 3).entries(5) == field_log(7, 3).entries(5)
    assert field_log(7, 3).entries(5) != field_log(7, 4).entries(5)
