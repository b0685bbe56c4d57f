"""What the classes of a land-cover product are made of: each code as shares of our six classes."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from heat_islands.science.cover import CLASSES
from heat_islands.science.errors import ProductError

FloatArray = npt.NDArray[np.float32]

MAPPINGS = Path(__file__).parent / "mappings"


class UnknownCodes(ProductError):
    """Codes of a map that its mapping does not name."""


@dataclass(frozen=True)
class Mapping:
    """Shares of our classes for each code of a product; None for codes that tell nothing."""

    name: str
    title: str
    shares: MappingType[str, tuple[float, ...] | None]
    attributes: tuple[str, ...] = ()

    @classmethod
    def load(cls, name: str) -> Mapping:
        """A built-in mapping by its name, or one of the town's own by the path of its JSON file."""
        path = MAPPINGS / f"{name}.json"
        if not path.exists():
            path = Path(name)
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ProductError(
                f"There is no mapping “{name}”: choose one of {', '.join(built_in())}, or give the path of a "
                "JSON file like those in heat_islands/science/mappings."
            ) from error
        return cls.parse(path.stem, content)

    @classmethod
    def parse(cls, name: str, content: Any) -> Mapping:
        try:
            shares: dict[str, tuple[float, ...] | None] = {
                normal(code): _shares(made_of) for code, made_of in content["classes"].items()
            }
            shares.update((normal(code), None) for code in content.get("unknown", ()))
            return cls(
                name, str(content.get("title", name)), shares, tuple(content.get("attributes", ()))
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ProductError(
                f"Mapping “{name}” is not understood ({error}): give under “classes” each code's class "
                f"({', '.join(CLASSES)}) or shares that sum to 1."
            ) from error

    def vectors(self, codes: npt.NDArray[Any]) -> FloatArray:
        """Shares of every code, ``(len(codes), 6)``, NaN where a code tells nothing.

        Raises :class:`UnknownCodes` with all codes that the mapping does not name.
        """
        unknown = [str(code) for code in codes if normal(code) not in self.shares]
        if unknown:
            raise UnknownCodes(*unknown)
        nothing = (math.nan,) * len(CLASSES)
        rows = [self.shares[normal(code)] or nothing for code in codes]
        return np.array(rows, dtype=np.float32).reshape(len(rows), len(CLASSES))

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": self.title,
            "classes": {
                code: (
                    None
                    if shares is None
                    else {c: s for c, s in zip(CLASSES, shares, strict=True) if s}
                )
                for code, shares in sorted(self.shares.items())
            },
        }


def built_in() -> list[str]:
    """Names of the mappings that come with the product."""
    return sorted(path.stem for path in MAPPINGS.glob("*.json"))


def normal(code: object) -> str:
    """A code as text whatever its type, case or accents.

    >>> normal(11.0), normal("CS1.1.1.1"), normal(" Bâtiment ")
    ('11', 'cs1.1.1.1', 'batiment')
    """
    if isinstance(code, (float, np.floating)) and float(code).is_integer():
        code = int(code)
    plain = unicodedata.normalize("NFKD", str(code).strip()).encode("ascii", "ignore").decode()
    return " ".join(plain.casefold().split())


def _shares(made_of: Any) -> tuple[float, ...]:
    given = {made_of: 1.0} if isinstance(made_of, str) else dict(made_of)
    strange = set(given) - set(CLASSES)
    if strange:
        raise ValueError(f"no class is called {', '.join(sorted(map(str, strange)))}")
    shares = tuple(float(given.get(name, 0.0)) for name in CLASSES)
    if min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
        raise ValueError(f"shares {given} do not sum to 1")
    return shares
