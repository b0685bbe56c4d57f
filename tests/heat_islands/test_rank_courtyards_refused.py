"""What manage.py rank_courtyards refuses, in one sentence, leaving no run behind."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from shapely import Polygon, box

from greening.errors import BadInput
from heat_islands.models import HeatMap, RankingRun
from heat_islands.ranking import collect, rank_courtyards, read_layers, usable
from tests.factories import CommuneFactory
from tests.heat_islands.ranked_town import GRID, courtyard, heat_map, town
from tests.heat_islands.ranking_layers import region, yards

pytestmark = pytest.mark.django_db


def test_empty_and_crossed_outlines_are_left_out_not_a_crash() -> None:
    # SpatiaLite takes neither, PostGIS takes an empty one: so they are put where the database's would be.
    town()
    inputs = collect(slug=None, seed=0, rounds=10, weights=None, footprint=None)
    crossed = Polygon([(0, 0), (90, 90), (90, 0), (0, 90)])
    inputs = dataclasses.replace(inputs, outlines=(None, Polygon(), crossed, *inputs.outlines[3:]))
    chosen, left_out = usable(inputs, read_layers(inputs))
    assert chosen == [3, 4, 5, 6, 7]
    assert [row["text"] for row in left_out] == [
        "Yard 1: It has no outline: draw one.",
        "Yard 2: It has no outline: draw one.",
        "Yard 3: Its outline is invalid (self-intersection): redraw it.",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--weights", "pupil=2"], "no factor of the score"),
        (["--weights", "pupils=-1"], "between 0 and 3"),
        (["--bootstrap", "3"], "10 to 2000 rounds"),
        (["--seed", "-1"], "whole number"),
        (["--heat-map", "winter"], "no heat map “winter”"),
    ],
)
def test_bad_options_get_a_sentence_and_leave_no_run(arguments: list[str], said: str) -> None:
    town()
    with pytest.raises(CommandError, match=said):
        call_command("rank_courtyards", *arguments)
    assert not RankingRun.objects.exists()


def test_without_a_town_a_heat_map_or_yards_one_sentence_says_what_to_do() -> None:
    with pytest.raises(BadInput, match=r"\.$"):
        rank_courtyards(rounds=10)
    CommuneFactory()
    with pytest.raises(BadInput, match="run build_heat_map first"):
        rank_courtyards(rounds=10)
    heat_map(region())
    with pytest.raises(BadInput, match="import_courtyards"):
        rank_courtyards(rounds=10)


def test_a_heat_map_whose_file_is_gone_says_so() -> None:
    town()
    HeatMap.objects.get().analysis_path.unlink()
    with pytest.raises(BadInput, match="gone or damaged"):
        rank_courtyards(rounds=10)
    assert not RankingRun.objects.exists()


def test_a_heat_map_without_data_says_so() -> None:
    CommuneFactory()
    layers = region()
    heat_map(dataclasses.replace(layers, anomaly=np.full(GRID.shape, np.nan, np.float32)))
    courtyard(yards()[0], "Yard")
    with pytest.raises(BadInput, match="holds no data"):
        rank_courtyards(rounds=10)


def test_when_no_yard_can_be_ranked_the_first_reason_is_told() -> None:
    CommuneFactory()
    heat_map(region())
    courtyard(box(0, 0, 100, 100), "Far away")
    with pytest.raises(
        BadInput, match=r"None of the 1 courtyards.*Far away.*outside the territory"
    ):
        rank_courtyards(rounds=10)
