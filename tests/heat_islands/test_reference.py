"""Rural land is told by its cover, not by its distance."""

from __future__ import annotations

import numpy as np

from heat_islands.science.cover import CLASSES
from heat_islands.science.reference import rural_mask

SIDE = 400  # cells of 10 m


def cover_of(name: str) -> np.ndarray:
    fractions = np.zeros((6, SIDE, SIDE), dtype=np.float32)
    fractions[CLASSES.index(name)] = 1.0
    return fractions


def place(fractions: np.ndarray, name: str, rows: slice, columns: slice) -> None:
    fractions[:, rows, columns] = 0.0
    fractions[CLASSES.index(name), rows, columns] = 1.0


def test_a_town_has_no_rural_land() -> None:
    assert rural_mask(cover_of("roof"), 10.0) is None


def test_fields_are_rural_except_near_the_town() -> None:
    fractions = cover_of("grass")
    place(fractions, "sealed", slice(None), slice(0, 100))  # the western kilometre
    rural = rural_mask(fractions, 10.0)
    assert rural is not None
    assert not rural[
        :, :130
    ].any()  # 300 m from the edge a fifth of the square around is still town
    assert rural[:, 150:].all()


def test_a_park_in_town_is_not_rural() -> None:
    fractions = cover_of("grass")
    place(fractions, "roof", slice(0, 200), slice(None))
    place(fractions, "grass", slice(80, 110), slice(80, 110))
    rural = rural_mask(fractions, 10.0)
    assert rural is not None
    assert not rural[80:110, 80:110].any()


def test_water_is_no_reference() -> None:
    fractions = cover_of("tree")
    place(fractions, "water", slice(200, 220), slice(None))
    rural = rural_mask(fractions, 10.0)
    assert rural is not None
    assert not rural[196:224].any()
    assert rural[:190].all()


def test_unknown_cover_is_neither_town_nor_country() -> None:
    fractions = cover_of("grass")
    fractions[:, :, 300:] = np.nan
    rural = rural_mask(fractions, 10.0)
    assert rural is not None
    assert not rural[:, 300:].any()
    assert rural[:, :290].all()


def test_less_than_a_square_kilometre_is_no_reference() -> None:
    fractions = np.full((6, SIDE, SIDE), np.nan, dtype=np.float32)
    fractions[:, :90, :90] = 0.0
    fractions[CLASSES.index("grass"), :90, :90] = 1.0
    assert rural_mask(fractions, 10.0) is None
