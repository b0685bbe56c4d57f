"""What runs and heat maps keep in English, said in French: no sentence is left without its translation."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from django.utils.translation import gettext, override
from shapely import MultiPolygon, Point, Polygon, box

from frontend.factors import factor_label
from heat_islands import notes, ranking_notes
from heat_islands.ranking_card import written_in
from heat_islands.ranking_notes import why_left_out
from heat_islands.science.language import ENGLISH
from heat_islands.science.ranking import fault_of
from heat_islands.science.score import BASE, FACTORS
from tests.heat_islands.ranking_layers import GRID, region

LEFT, TOP = GRID.left, GRID.top
SENTENCES = [
    value
    for module in (notes, ranking_notes)
    for name, value in vars(module).items()
    if name.isupper() and isinstance(value, str)
]


@pytest.mark.parametrize("sentence", [*SENTENCES, *ranking_notes.FAULTS, *ranking_notes.INVALID])
def test_every_sentence_has_its_french(sentence: str) -> None:
    with override("fr"):
        assert gettext(sentence) != sentence
    with override("en"):
        assert gettext(sentence) == sentence


@pytest.mark.parametrize("factor", [BASE, *FACTORS])
def test_every_factor_of_the_score_has_its_french(factor: str) -> None:
    with override("en"):
        english = factor_label(factor)
    with override("fr"):
        assert factor_label(factor) != english


@pytest.mark.parametrize(
    ("outline", "said"),
    [
        (None, "elle n’a pas de contour : dessinez-le."),
        (
            Polygon([(LEFT, TOP - 90), (LEFT + 90, TOP), (LEFT + 90, TOP - 90), (LEFT, TOP)]),
            "son contour n’est pas valide (il se recoupe) : redessinez-le.",
        ),
        (Point(LEFT + 50, TOP - 50), "son contour n’est pas une surface."),
        (
            box(LEFT + 100, TOP - 105, LEFT + 105, TOP - 100),
            "elle mesure 25 m², moins qu’une maille de 10 m de la carte (100 m²) : trop petite pour être décrite.",
        ),
        (box(0, 0, 100, 100), "elle est hors du territoire de la carte de chaleur."),
        (
            box(LEFT + 310, TOP - 590, LEFT + 390, TOP - 510),
            "son sol n’est pas connu : l’occupation du sol ne va pas jusqu’à elle, ou n’y montre que des toits.",
        ),
        (
            box(LEFT + 610, TOP - 590, LEFT + 690, TOP - 510),
            "l’occupation du sol n’y montre que 5 % de sol ouvert : son contour semble posé sur un bâtiment.",
        ),
    ],
)
def test_why_a_yard_is_left_out_is_said_in_french(outline: Polygon | None, said: str) -> None:
    layers = region()
    layers.fractions[:, 50:60, 30:40] = np.array([0, 1, 0, 0, 0, 0])[:, None, None]
    layers.fractions[:, 50:60, 60:70] = np.array([0.05, 0.95, 0, 0, 0, 0])[:, None, None]
    fault = fault_of(outline, layers, GRID)
    row = {"id": 1, "name": "Cour A: nord", "text": f"Cour A: nord: {fault}"}
    with override("fr"):
        assert why_left_out(row).replace("\u00a0", " ") == f"Cour A: nord : {said}"
    with override("en"):
        assert why_left_out(row) == row["text"]


SQUARE = [(0, 0), (9, 0), (9, 9), (0, 9)]
HOLE = [(2, 2), (4, 2), (4, 4), (2, 4)]


@pytest.mark.parametrize(
    "outline",
    [
        Polygon([(0, 0), (9, 9), (9, 0), (0, 9)]),
        Polygon([(0, 0), (9, 0), (4, 4), (9, 9), (0, 9), (4, 4)]),
        Polygon(SQUARE, [[(20, 20), (21, 20), (21, 21)]]),
        Polygon(SQUARE, [HOLE, [(2.5, 2.5), (3, 2.5), (3, 3)]]),
        MultiPolygon([box(0, 0, 9, 9), box(2, 2, 4, 4)]),
    ],
)
def test_what_geos_calls_an_invalid_outline_is_known(outline: Polygon) -> None:
    reason = shapely.is_valid_reason(outline).split("[")[0].strip().lower()
    assert reason in ranking_notes.INVALID


def test_a_reason_that_no_pattern_fits_is_shown_as_it_was_kept() -> None:
    with override("fr"):
        assert why_left_out({"name": "Cour A", "text": "Cour A: Nobody knows."}) == (
            "Cour A\u00a0: Nobody knows."
        )


def test_a_refused_scene_s_reason_is_said_in_french() -> None:
    with override("fr"):
        said = notes.refusal("only 31% of the commune is clear")
    assert said == "seuls 31\u00a0% de la commune sont dégagés"


def test_figures_take_the_language_s_signs() -> None:
    with written_in("fr") as french:
        assert french.number(-1234.5, "+,.2f") == "−1\u00a0234,50"
        assert french.share(0.305) == "30\u00a0%"
    with written_in("en") as english:
        assert english is ENGLISH
        assert english.number(-1234.5, "+,.2f") == "-1,234.50"
        assert english.share(0.305) == "30%"
