"""Scientific names taken apart, as inventories write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greening.species.names import fold, join, looks_like_authors, parse


def parts(text: str) -> tuple[str, str, str, str]:
    name = parse(text)
    assert name is not None
    return name.genus, name.species, name.infraspecific, name.cultivar


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Acer pseudoplatanus (L.)", ("Acer", "pseudoplatanus", "", "")),
        ("Quercus ilex L.", ("Quercus", "ilex", "", "")),
        ("  TILIA   CORDATA ", ("Tilia", "cordata", "", "")),
        ("Tilia cordata 'Greenspire'", ("Tilia", "cordata", "", "Greenspire")),
        ("Tilia cordata “Greenspire”", ("Tilia", "cordata", "", "Greenspire")),
        ("Tilia cordata 'Greenspire", ("Tilia", "cordata", "", "Greenspire")),
        ("Tilia cordata cv. Greenspire", ("Tilia", "cordata", "", "Greenspire")),
        ("Cornus ''Eddie''s White Wonder''", ("Cornus", "", "", "Eddie's White Wonder")),
        ("Acer tataricum ssp ginnala", ("Acer", "tataricum", "subsp. ginnala", "")),
        ("Gleditsia triacanthos f. Inermis", ("Gleditsia", "triacanthos", "f. inermis", "")),
        ("Ulmus minor L. f.", ("Ulmus", "minor", "", "")),
        ("Crataegus crus-galli", ("Crataegus", "crus-galli", "", "")),
        ("Prunus n. sp.", ("Prunus", "", "", "")),
        ("Prunus avium ''Fruit n.sp.''", ("Prunus", "avium", "", "")),
    ],
)
def test_the_parts_of_a_name_stand_apart(text: str, expected: tuple[str, ...]) -> None:
    assert parts(text) == expected


@pytest.mark.parametrize("mark", ["x", "X", "×", "×\u00a0"])
def test_every_hybrid_mark_is_the_multiplication_sign(mark: str) -> None:
    assert parts(f"Platanus {mark} acerifolia")[:2] == ("Platanus", "× acerifolia")
    assert parts(f"{mark} Chitalpa tashkentensis")[:2] == ("× Chitalpa", "tashkentensis")


def test_a_glued_hybrid_sign_is_seen_and_an_epithet_beginning_with_x_is_left_alone() -> None:
    assert parts("Platanus ×acerifolia")[1] == "× acerifolia"
    assert parts("Celtis xantha")[1] == "xantha"


def test_a_trade_name_is_no_cultivar() -> None:
    name = parse("Acer x freemanii ''Jeffersred'' AUTUMN BLAZE")
    assert name is not None
    assert (name.cultivar, name.trade, name.rest) == ("Jeffersred", "AUTUMN BLAZE", "")


def test_a_hybrid_formula_and_a_doubt_are_told() -> None:
    formula, doubt = parse("Tilia cordata × platyphyllos"), parse("Quercus cf. robur")
    assert formula is not None
    assert formula.formula
    assert doubt is not None
    assert doubt.doubtful
    assert doubt.species == "robur"


@pytest.mark.parametrize("text", ["", "   ", "'", "123", "?", "x", "×", "(L.)"])
def test_what_begins_with_no_word_is_no_name(text: str) -> None:
    assert parse(text) is None


def test_columns_become_one_name() -> None:
    assert join("Pyrus", "communis", "''Duchesse d''Angoulême''") == (
        "Pyrus communis 'Duchesse d'Angoulême'"
    )
    assert (
        join("Acer", "", "''Keithsform'' NORWEGIAN SUNSET") == "Acer 'Keithsform' NORWEGIAN SUNSET"
    )
    assert join("Malus", "", "") == "Malus"


def test_authors_may_go_and_other_words_may_not() -> None:
    assert looks_like_authors("(Aiton) Willd.")
    assert looks_like_authors("(Mill.) K. Koch, 1869")
    assert not looks_like_authors("Wintergreen")


@given(st.text(max_size=300))
def test_any_text_is_read_without_error_and_reads_the_same_twice(text: str) -> None:
    name = parse(text)
    if name is not None:
        assert name.genus
        assert fold(fold(name.genus)) == fold(name.genus)
        assert "\n" not in str(name)
