"""The texts about personal data: what a town ships, completes and puts a new version on.

Each is a Markdown file in two languages. A town completes its own copy in DATA_DIR/texts/ under the same name, which
is then the one that stands. The first line says the version: a change of it asks everybody to agree anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import get_language

from greening.errors import TownError

OWN = Path(__file__).parent / "texts"
NAMES = ("privacy", "retention", "register", "assessment")
VERSION = re.compile(r"version: (\S{1,40})\n")


@dataclass(frozen=True, slots=True)
class Document:
    name: str
    version: str
    language: str
    markdown: str

    @property
    def title(self) -> str:
        """Its first heading, which is how people know it."""
        heading = re.search(r"^# (.+)$", self.markdown, re.M)
        return heading[1] if heading else self.name


def document(name: str, language: str = "") -> Document:
    """The text of this name in a language, or in the reader's; English where there is no other."""
    if name not in NAMES:
        raise TownError(f"There is no text {name}: there are {', '.join(NAMES)}.")
    wanted = language or (get_language() or settings.LANGUAGE_CODE)[:2]
    for tongue in (wanted, "en"):
        for folder in (Path(settings.DATA_DIR) / "texts", OWN):
            path = folder / f"{name}.{tongue}.md"
            if path.is_file():
                return _read(name, tongue, path)
    raise TownError(f"The text {name} is missing: put back {OWN / name}.en.md.")


def _read(name: str, language: str, path: Path) -> Document:
    text = path.read_text()
    version = VERSION.match(text)
    if version is None:
        raise TownError(
            f"{path} does not say its version: begin it with “version: 2026-12-01” or the like."
        )
    return Document(name, version[1], language, text[version.end() :].strip() + "\n")
