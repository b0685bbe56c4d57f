"""Every text of the product has its French, and the catalogue is in step with the code."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = Path("frontend/locale/fr/LC_MESSAGES/django.po")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Entry:
    context: str
    msgid: str
    texts: tuple[str, ...]
    fuzzy: bool


def entries(path: Path) -> Iterator[Entry]:
    """The entries of a .po file, without its header and what is obsolete."""
    for block in path.read_text().split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith("#~")]
        fields: dict[str, str] = {}
        name = ""
        for line in lines:
            if line.startswith("#"):
                continue
            keyword = re.match(r"(msg\w+(?:\[\d\])?)\s", line)
            name = keyword[1] if keyword else name
            fields[name] = fields.get(name, "") + "".join(QUOTED.findall(line))
        if fields.get("msgid"):
            texts = tuple(text for key, text in fields.items() if key.startswith("msgstr"))
            fuzzy = any(line.startswith("#,") and "fuzzy" in line for line in lines)
            yield Entry(fields.get("msgctxt", ""), fields["msgid"], texts, fuzzy)


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalogue as makemessages would write it now, from a copy of the code."""
    copy = tmp_path_factory.mktemp("texts") / "code"
    copy.mkdir()
    for floor in ("greening", "parcels", "heat_islands", "frontend"):
        shutil.copytree(
            ROOT / floor,
            copy / floor,
            ignore=shutil.ignore_patterns(
                "node_modules", "dist", "__pycache__", "src", "screenshots", "*.mo"
            ),
        )
    shutil.copy(ROOT / "manage.py", copy)
    done = subprocess.run(
        [
            sys.executable, "-W", "ignore", "manage.py", "makemessages", "--locale", "fr", "--no-location",
            "--no-wrap", "--no-obsolete", "--verbosity", "0",
        ],
        cwd=copy, env={"PATH": "/usr/bin:/bin", "SECRET_KEY": "texts", "DATA_DIR": str(copy.parent)},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return copy / CATALOGUE


def test_no_text_lacks_its_french(collected: Path) -> None:
    missing = [entry.msgid for entry in entries(collected) if not all(entry.texts) or entry.fuzzy]
    assert missing == []


def test_the_catalogue_holds_every_text_of_the_code(collected: Path) -> None:
    kept = {(entry.context, entry.msgid) for entry in entries(ROOT / CATALOGUE)}
    used = {(entry.context, entry.msgid) for entry in entries(collected)}
    assert used - kept == set()


def test_a_translation_keeps_the_blanks_it_must_fill() -> None:
    blanks = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
    for entry in entries(ROOT / CATALOGUE):
        for text in entry.texts:
            assert set(blanks.findall(text)) == set(blanks.findall(entry.msgid)), entry.msgid


def test_the_catalogue_is_read_as_it_stands(tmp_path: Path) -> None:
    sample = tmp_path / "django.po"
    sample.write_text(
        'msgid ""\nmsgstr ""\n"Language: fr\\n"\n\nmsgid "tree"\nmsgstr ""\n\n#, fuzzy\nmsgctxt "town"\n'
        'msgid "site"\nmsgstr "lieu"\n\n#~ msgid "gone"\n#~ msgstr ""\n'
    )
    assert list(entries(sample)) == [
        Entry("", "tree", ("",), fuzzy=False),
        Entry("town", "site", ("lieu",), fuzzy=True),
    ]
