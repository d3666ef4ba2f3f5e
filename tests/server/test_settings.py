"""Settings come from the environment, the data folder, or their table; a slip is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.settings import BadSettings, Settings, load, write


def test_the_environment_wins_over_the_file_and_the_file_over_the_table(tmp_path: Path) -> None:
    write(tmp_path, {"name": 'Survei "Kotim"', "practice": True})

    found = load(tmp_path, {"TAPAK_THREADS": "3", "TAPAK_NAME_OF_ANOTHER": "x"})

    assert (found.name, found.practice, found.threads) == ('Survei "Kotim"', True, 3)
    assert found.connections_max == Settings().connections_max


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"TAPAK_THREADS": "0"}, "Expected `int` >= 1 - at `$.threads`"),
        ({"TAPAK_THREADS": "many"}, "Expected `int`, got `str` - at `$.threads`"),
        ({"TAPAK_LANGUAGE": "fr"}, "Invalid enum value 'fr' - at `$.language`"),
        ({"TAPAK_TIME_ZONE": "Asia/Sampit"}, "time zone 'Asia/Sampit' is none"),
        ({"TAPAK_ENROLMENT_CODE_VALID_H": "25"}, "Expected `int` <= 24 - at `$.enrolment_code_valid_h`"),
    ],
)
def test_a_value_that_cannot_be_is_named(tmp_path: Path, environ: dict[str, str], says: str) -> None:
    with pytest.raises(BadSettings) as error:
        load(tmp_path, environ)

    assert str(error.value) == f"settings.toml or the environment: {says}."


def test_an_existing_file_is_never_written_over(tmp_path: Path) -> None:
    write(tmp_path, {"name": "Tapak"})

    with pytest.raises(FileExistsError):
        write(tmp_path, {"name": "Other"})
