"""An XLSForm becomes the compiled form, or its author learns which cell to change."""

from __future__ import annotations

from io import BytesIO

import openpyxl
import pytest

from server.forms import FormProblem, compile_form
from sync.forms.model import Choice, Form
from sync.policies import Policy

SURVEY = ("type", "name", "label::Bahasa Indonesia (id)", "label::English (en)", "merge", "class", "topic")
CHOICES = ("list_name", "name", "label::Bahasa Indonesia (id)", "rank", "exclusive")
SETTINGS = {
    "form_title": "Lahan",
    "form_title_en": "Land",
    "form_id": "lahan",
    "version": "1",
    "default_language": "Bahasa Indonesia (id)",
}
JENIS = (
    ("jenis", "keras", "Keras"),
    ("jenis", "tidak_tahu", "Tidak tahu"),
    ("jenis", "rawa", "Rawa", "", "yes"),
)
URUTAN = (("urutan", "bpkad", "BPKAD", "1"), ("urutan", "bpn", "BPN", "1"), ("urutan", "dpmd", "DPMD"))


def table(sheet: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [f"| {sheet} | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for row in rows:
        cells = (*row, *[""] * (len(columns) - len(row)))
        lines.append(f"| | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n\n"


def form_from(*rows: tuple[str, ...], columns=SURVEY, choices=(*JENIS, *URUTAN), **settings: str) -> Form:
    cells = {**SETTINGS, **settings}
    source = table("survey", columns, list(rows)) + table("choices", CHOICES, list(choices))
    source += table("settings", tuple(cells), [tuple(cells.values())])
    return compile_form(source.encode(), name="lahan.md")


def problem_of(*rows: tuple[str, ...], **more) -> str:
    with pytest.raises(FormProblem) as caught:
        form_from(*rows, **more)
    return str(caught.value)


def question(name: str, type_name: str = "text", merge: str = "", security: str = "", topic: str = ""):
    return (type_name, name, name.capitalize(), "", merge, security, topic)


def test_a_form_has_its_titles_languages_and_settings():
    form = form_from(
        question("tanggal", "date"),
        question("periode"),
        observation_date="tanggal",
        record_key="_area, periode",
    )

    assert form.key == "lahan/1"
    assert form.titles == {"id": "Lahan", "en": "Land"}
    assert (form.default_language, form.observation_date, form.record_key) == (
        "id",
        "tanggal",
        "_area,periode",
    )


def test_a_question_has_labels_in_both_languages_and_the_class_internal():
    form = form_from(("text", "nama", "Nama", "Name", "latest", "", "lahan"))

    assert form.by_name["nama"].labels == {"id": "Nama", "en": "Name"}
    assert form.by_name["nama"].policy == Policy("latest")
    assert form.by_name["nama"].security == "internal"
    assert form.by_name["nama"].topic == "lahan"


def test_a_label_without_a_language_is_in_the_default_language():
    form = form_from(
        ("text", "nama", "Nama", "Siapa?", "yes"), columns=("type", "name", "label", "hint", "required")
    )

    assert form.by_name["nama"].labels == {"id": "Nama"}
    assert form.by_name["nama"].hints == {"id": "Siapa?"}
    assert form.by_name["nama"].required


def test_a_choice_keeps_its_rank_and_whether_it_excludes_others():
    form = form_from(question("jenis", "select_multiple jenis"))

    assert form.by_name["jenis"].type == "select_multiple"
    assert form.choices["jenis"][2] == Choice("rawa", {"id": "Rawa"}, exclusive=True)
    assert form.choices["urutan"][1] == Choice("bpn", {"id": "BPN"}, rank=1)


def test_groups_live_on_in_their_questions_and_units_and_repeats_are_questions():
    form = form_from(
        question("g_ukur", "begin_group"),
        question("ukuran", "begin group", "unit", "personal"),
        question("panjang_m", "decimal"),
        ("end group",),
        ("end_group",),
        question("pengurus", "begin_repeat"),
        question("nama"),
        ("end_repeat",),
        question("catatan"),
    )

    assert [(each.name, each.type) for each in form.questions] == [
        ("ukuran", "unit"),
        ("panjang_m", "decimal"),
        ("pengurus", "repeat"),
        ("nama", "text"),
        ("catatan", "text"),
    ]
    assert form.by_name["panjang_m"].groups == ("g_ukur", "ukuran")
    assert (form.by_name["panjang_m"].unit, form.by_name["panjang_m"].security) == ("ukuran", "personal")
    assert form.by_name["nama"].repeat == "pengurus"
    assert form.by_name["catatan"].groups == ()


def test_metadata_questions_are_no_questions_of_a_form():
    assert form_from(("start", "start"), ("deviceid", "hp"), question("nama")).by_name.keys() == {"nama"}


@pytest.mark.parametrize(
    ("type_name", "merge", "policy"),
    [
        ("text", "", Policy("manual")),
        ("select_one jenis", "cautious", Policy("cautious", order=("keras", "tidak_tahu", "rawa"))),
        (
            "select_one jenis",
            "authority:urutan",
            Policy("authority", ranks={"bpkad": 1, "bpn": 1, "dpmd": 2}),
        ),
        ("integer", "cautious:max", Policy("cautious:max")),
        ("decimal", "tolerance:5%", Policy("tolerance:percent", limit=5.0)),
        ("geopoint", "tolerance:30m", Policy("tolerance:metres", limit=30.0)),
        ("image", "union", Policy("union")),
    ],
)
def test_the_merge_column_becomes_a_policy(type_name, merge, policy):
    assert form_from(question("isi", type_name, merge)).by_name["isi"].policy == policy


def test_a_calculation_is_derived():
    form = form_from(
        ("integer", "a", "A", ""),
        ("calculate", "b", "", "${a} * 2"),
        columns=("type", "name", "label", "calculation"),
    )

    assert form.by_name["b"].policy == Policy("derived")


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (
            [question("luas_m2", "decimal", "newest")],
            "survey row 2: 'luas_m2' has merge policy 'newest'. Known: manual, latest, authority, cautious, "
            "union, tolerance, identity, derived. Did you mean 'latest'?",
        ),
        (
            [question("milik", "text", "authority")],
            "survey row 2: 'milik' has merge policy 'authority', which names no list of the choices sheet. "
            "Write authority:<list>. Known: jenis, urutan.",
        ),
        (
            [question("nama"), question("milik", "text", "authority:urutn")],
            "survey row 3: 'milik' has merge policy 'authority:urutn', which names no list of the choices "
            "sheet. Write authority:<list>. Known: jenis, urutan. Did you mean 'urutan'?",
        ),
        (
            [question("milik", "text", "authority:jenis")],
            "choices row 2: 'keras' is no organisation. Known: tni, agrinas, dinas_koperasi, dpmd, bpkad, "
            "bpn, kph, kecamatan, desa, ba, koperasi. Did you mean 'koperasi'?",
        ),
        (
            [question("luas_m2", "decimal", "union")],
            "survey row 2: 'luas_m2' has merge policy 'union', which is for file, image, select_multiple, "
            "text, but its type is decimal.",
        ),
        (
            [question("nik", "integer", "tolerance:1", "restricted")],
            "survey row 2: 'nik' is restricted and has merge policy 'tolerance:1'. "
            "Restricted answers are sealed: manual, latest, authority or union.",
        ),
        (
            [question("nik", "text", "", "secret")],
            "survey row 2: 'nik' has class 'secret'. Known: public, internal, personal, restricted.",
        ),
        (
            [question("nik", "text", "", "", "lahn")],
            "survey row 2: 'nik' has topic 'lahn'. Known: lahan, kelembagaan, gerai, operasional. "
            "Did you mean 'lahan'?",
        ),
        (
            [question("suara", "audio")],
            "survey row 2: 'suara' has type 'audio'. Known: text, integer, decimal, range, date, time, "
            "datetime, select_one, select_one_from_file, select_multiple, acknowledge, geopoint, geotrace, "
            "geoshape, image, file, barcode, hidden, note, calculate.",
        ),
        (
            [question("jenis", "select_one jenis or_other")],
            "survey row 2: 'jenis' has type 'select_one jenis or_other'. Only a list may follow; "
            "for 'or_other' add a choice and a text question.",
        ),
        (
            [question("nama.lengkap")],
            "survey row 2: 'nama.lengkap' is no name for a question: a letter, then letters, digits and '_'.",
        ),
        (
            [question("g", "begin_group"), question("nama"), ("end_group",), question("nama")],
            "survey row 5: 'nama' is already the name of another question; names are unique in a form.",
        ),
        (
            [question("g", "begin_group", "latest"), question("nama"), ("end_group",)],
            "survey row 2: group 'g' has merge 'latest'. Only a group with merge 'unit' or 'unit:latest' "
            "is a field; write it on the questions.",
        ),
        (
            [question("ukuran", "begin_group", "unit"), question("foto", "image"), ("end_group",)],
            "survey row 3: 'foto' has type image, which cannot stand in unit 'ukuran'.",
        ),
        (
            [
                question("ukuran", "begin_group", "unit"),
                question("panjang_m", "decimal", "latest"),
                ("end_group",),
            ],
            "survey row 3: 'panjang_m' has merge 'latest', but it merges as part of unit 'ukuran'. "
            "Write it on the group.",
        ),
        (
            [
                question("a", "begin_repeat"),
                question("b", "begin_repeat"),
                question("c"),
                ("end_repeat",),
                ("end_repeat",),
            ],
            "survey row 3: repeat 'b' stands in repeat 'a'. Repeats do not nest.",
        ),
        (
            [question("a", "begin_repeat", "union"), question("c"), ("end_repeat",)],
            "survey row 2: repeat 'a' has merge 'union'. Rows always unite: leave it empty.",
        ),
    ],
)
def test_what_cannot_be_published_names_row_and_cell(rows, text):
    assert problem_of(*rows) == text


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (
            {"observation_date": "tangal"},
            "settings row 2: observation_date 'tangal' is no date question. Known: tanggal. "
            "Did you mean 'tanggal'?",
        ),
        (
            {"record_key": "_desa"},
            "settings row 2: record_key '_desa'. Known: _area, _area,periode.",
        ),
        (
            {"record_key": "_area,periode"},
            "settings row 2: record_key '_area,periode' names 'periode', which is no question of this form.",
        ),
        (
            {"version": "1/2"},
            "settings row 2: version '1/2' is missing or is not made of letters, digits, '-' and '_'.",
        ),
        (
            {"version": ""},
            "settings row 2: version '' is missing or is not made of letters, digits, '-' and '_'.",
        ),
        (
            {"default_language": "Bahasa Dayak"},
            "column 'Bahasa Dayak' names no language code. Write it like 'label::English (en)'.",
        ),
    ],
)
def test_settings_that_fit_nothing_are_said(settings, text):
    assert problem_of(question("tanggal", "date"), **settings) == text


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        (
            ("jenis", "a/b", "A"),
            "choices row 2: choice 'a/b' has a slash in its name, which parts the names of fields.",
        ),
        (("jenis", "a", "A", "satu"), "choices row 2: rank 'satu' is no whole number from 1, the best."),
        (("jenis", "a", "A", "0"), "choices row 2: rank '0' is no whole number from 1, the best."),
    ],
)
def test_a_choice_that_cannot_be_is_said(choice, text):
    assert problem_of(question("jenis", "select_one jenis"), choices=[choice]) == text


@pytest.mark.parametrize(
    ("source", "name", "text"),
    [
        (b"", "lahan.csv", "'lahan.csv' is neither a Markdown (.md) nor an Excel (.xlsx) form."),
        (b"PK", "lahan.xlsx", "lahan.xlsx: Error reading .xlsx file: File is not a zip file"),
        (
            b"\xff",
            "lahan.md",
            "lahan.md: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
        ),
    ],
)
def test_a_file_that_is_no_form_is_said(source, name, text):
    with pytest.raises(FormProblem) as caught:
        compile_form(source, name=name)

    assert str(caught.value) == text


def test_what_pyxform_refuses_is_refused_with_its_row():
    columns = ("type", "name", "label", "relevant")

    assert problem_of(("text", "nama", "Nama", "${zz} = 1"), columns=columns) == (
        "lahan.md: [row : 2] On the 'survey' sheet, the 'relevant' value is invalid. Reference variables "
        "must contain a name from the 'survey' sheet. Could not find the name 'zz'."
    )


def test_a_row_with_too_many_cells_is_said():
    assert problem_of(question("a|b", topic="lahan")) == (
        "lahan.md: a row has more cells than its sheet has columns. Write a '|' inside a cell as '\\|'."
    )


def test_a_column_that_pyxform_trips_over_is_said():
    assert problem_of(question("nama"), **{"form_title::English (en)": "Land"}) == (
        "lahan.md: pyxform cannot make a form of this ('dict' object has no attribute 'nodeType'). "
        "Compare its columns with a form of the pack."
    )


@pytest.mark.parametrize(
    ("columns", "settings", "text"),
    [
        (("type", "name", "label", "clas"), {}, "survey has a column 'clas'. Did you mean 'class'?"),
        (
            ("type", "name", "label", "class"),
            {"record_keys": "_area"},
            "settings has a column 'record_keys'. Did you mean 'record_key'?",
        ),
    ],
)
def test_a_misspelt_column_is_not_passed_over(columns, settings, text):
    assert problem_of(("text", "nik", "NIK", "restricted"), columns=columns, **settings) == text


def test_an_excel_workbook_gives_the_same_form_as_the_markdown():
    rows = [question("jenis", "select_one jenis", "cautious"), question("nama")]
    book = openpyxl.Workbook()
    book.remove(book.active)
    settings = [tuple(SETTINGS), tuple(SETTINGS.values())]
    sheets = {"survey": [SURVEY, *rows], "choices": [CHOICES, *JENIS, *URUTAN], "settings": settings}
    for sheet, lines in sheets.items():
        page = book.create_sheet(sheet)
        for line in lines:
            page.append(line)
    file = BytesIO()
    book.save(file)

    assert compile_form(file.getvalue(), name="Lahan.XLSX") == form_from(*rows)
