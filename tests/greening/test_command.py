"""Every long command: a sentence and an exit code on bad input, a bar on a terminal only."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from greening.command import TownCommand
from greening.errors import BadInput
from tests.conftest import ROOT


class Failing(TownCommand):
    """Raises what it is given."""

    requires_system_checks: list[str] = []

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def handle(self, *args: Any, **options: Any) -> None:
        raise self.error


def test_a_named_error_becomes_its_sentence_and_exit_code_1() -> None:
    with pytest.raises(CommandError, match=r"^The file is empty\.$") as told:
        call_command(Failing(BadInput("The file is empty.")))
    assert told.value.returncode == 1


def test_an_error_of_an_upper_floor_speaks_too() -> None:
    from heat_islands.science.errors import ProductError

    with pytest.raises(CommandError, match="band is missing"):
        call_command(Failing(ProductError("The thermal band is missing.")))


def test_an_interruption_is_told_with_exit_code_130() -> None:
    with pytest.raises(CommandError, match="run the same command again") as told:
        call_command(Failing(KeyboardInterrupt()))
    assert told.value.returncode == 130


def test_a_mistake_of_ours_is_not_dressed_up() -> None:
    with pytest.raises(ZeroDivisionError):
        call_command(Failing(ZeroDivisionError()))


def test_progress_gives_every_item_and_writes_nothing_when_piped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = Failing(BadInput(""))
    assert list(command.progress(range(5), label="yards")) == [0, 1, 2, 3, 4]
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (
            ["import_commune", "nowhere.geojson"],
            1,
            "nowhere.geojson does not exist: check the path.",
        ),
        (["import_schools"], 2, "the following arguments are required: file"),
        (["import_courtyards", "--help"], 0, "import the schools first"),
    ],
)
def test_at_a_terminal(arguments: list[str], code: int, sentence: str) -> None:
    ran = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=os.environ | {"SECRET_KEY": "only for this test", "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == code
    assert sentence in " ".join((ran.stdout + ran.stderr).split())
    assert "Traceback" not in ran.stderr
