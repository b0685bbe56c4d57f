"""manage.py rank_courtyards and the run it keeps."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from shapely import Polygon, box

from greening.errors import BadInput
from heat_islands.models import HeatMap, RankedCourtyard, RankingRun
from heat_islands.ranking import collect, rank_courtyards, read_layers, usable
from heat_islands.science.footprint import Footprint
from heat_islands.science.score import Weights
from parcels.models import Courtyard
from tests.factories import CommuneFactory
from tests.heat_islands.ranked_town import GRID, courtyard, heat_map, town
from tests.heat_islands.ranking_layers import region, yards

pytestmark = pytest.mark.django_db


def command(*arguments: str) -> str:
    out = io.StringIO()
    call_command("rank_courtyards", "--bootstrap", "10", *arguments, stdout=out)
    return out.getvalue()


def ranked(**options: Any) -> RankingRun:
    return rank_courtyards(rounds=10, **options)[0]


def test_every_yard_is_ranked_once_with_its_interval_and_reasons() -> None:
    town()
    run = ranked()
    lines = list(run.yards.order_by("rank"))
    assert [line.rank for line in lines] == list(range(1, 9))
    for line in lines:
        assert line.rank_low <= line.rank <= line.rank_high
        assert line.effect_low_k < line.effect_k < line.effect_high_k
        assert sum(reason["points"] for reason in line.reasons) == pytest.approx(
            line.score, abs=0.01
        )
    assert lines[0].score == pytest.approx(100)
    assert run.left_out == []


def test_the_same_inputs_find_the_run_that_stands() -> None:
    town()
    first, is_new = rank_courtyards(rounds=10)
    again, is_new_again = rank_courtyards(rounds=10)
    assert (is_new, is_new_again) == (True, False)
    assert again.pk == first.pk
    assert "Nothing changed" in command()


def test_another_seed_weight_or_heat_map_is_another_run() -> None:
    town()
    first = ranked()
    heavier = ranked(weights=Weights(pupils=2.0))
    assert heavier.pk != first.pk
    assert ranked(seed=1).pk not in (first.pk, heavier.pk)
    heat_map(region(seed=1, noise_k=0.5), version="v2")
    assert ranked().heat_map.version == "v2"
    assert RankingRun.objects.count() == 4


def test_a_yard_drawn_anew_is_another_run_and_the_old_one_stays() -> None:
    yard = town()[0]
    first = ranked()
    before = first.yards.get(courtyard=yard).effect_k
    yard.design_canopy, yard.design_permeable = 0.1, 0.2
    yard.save()
    second = ranked()
    assert second.yards.get(courtyard=yard).effect_k < before
    assert first.yards.get(courtyard=yard).effect_k == before


def test_a_run_says_what_it_was_made_of() -> None:
    town()
    run = ranked()
    assert run.inputs["heat_map"] == "summer/v1"
    assert run.inputs["cover"] == "c" * 64
    assert {"yards", "calibration", "footprint"} <= set(run.inputs)
    names = [row["name"] for row in run.validation["predictors"]]
    assert {"mean", "NDVI alone", "linear", "boosted trees"} <= set(names)


def test_the_model_card_s_figures_are_the_run_s() -> None:
    town()
    run = ranked()
    card = run.model_card
    for row in run.validation["predictors"]:
        assert f"| {row['name']} | {row['spatial_r2']:.3f} | {row['spatial_rmse_k']:.2f} |" in card
    assert f"Trained on {run.validation['footprints']:,} footprints" in card
    assert "conditional on simulation" in card
    assert "late-morning" in card.lower()


def test_without_a_cover_the_fractions_are_estimated_and_every_product_says_so() -> None:
    town(with_cover=False)
    run = ranked()
    assert run.cover is None
    assert run.cover_estimated
    assert "Land cover: estimated" in run.model_card
    assert "estimated from 30 m bands" in command()


def test_yards_that_cannot_be_measured_are_left_out_with_a_reason() -> None:
    town()
    speck = box(GRID.left + 1000, GRID.top - 1005, GRID.left + 1005, GRID.top - 1000)
    courtyard(speck, "Speck")
    courtyard(box(0, 0, 100, 100), "Far away")
    run = ranked()
    assert run.yards.count() == 8
    left = {row["name"]: row["text"] for row in run.left_out}
    assert "too small" in left["Speck"]
    assert "outside the territory" in left["Far away"]
    assert "Left out: Speck: It measures 25 m²" in command()
    assert "Far away" in run.model_card


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


def test_unknown_pupils_count_as_a_middling_school_and_are_flagged() -> None:
    town()
    courtyard(yards(9)[-1], "No school", school=None)
    line = ranked().yards.get(courtyard__name="No school")
    assert "Its number of pupils is not known: it counts as a middling school." in line.flags
    assert next(r["points"] for r in line.reasons if r["factor"] == "pupils") == 0


def test_a_converted_yard_is_flagged() -> None:
    yard = town()[0]
    Courtyard.objects.filter(pk=yard.pk).update(state=Courtyard.State.DELIVERED)
    assert any("converted" in flag for flag in ranked().yards.get(courtyard=yard).flags)


def test_json_and_csv_hold_the_same_yards_in_order() -> None:
    town()
    told = json.loads(command("--format", "json"))
    rows = list(csv.DictReader(io.StringIO(command("--format", "csv"))))
    assert [yard["name"] for yard in told["yards"]] == [row["name"] for row in rows]
    assert [int(row["rank"]) for row in rows] == list(range(1, 9))
    assert told["weights"] == dataclasses.asdict(Weights())


def test_the_table_shows_rank_range_and_interval() -> None:
    town()
    table = command("--card")
    run = RankingRun.objects.get()
    best = run.yards.get(rank=1)
    assert best.courtyard.name in table
    assert f"{best.effect_k:.1f} ({best.effect_low_k:.1f} – {best.effect_high_k:.1f})" in table
    assert run.model_card in table


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
        ranked()
    CommuneFactory()
    with pytest.raises(BadInput, match="run build_heat_map first"):
        ranked()
    heat_map(region())
    with pytest.raises(BadInput, match="import_courtyards"):
        ranked()


def test_a_heat_map_whose_file_is_gone_says_so() -> None:
    town()
    HeatMap.objects.get().analysis_path.unlink()
    with pytest.raises(BadInput, match="gone or damaged"):
        ranked()
    assert not RankingRun.objects.exists()


def test_a_heat_map_without_data_says_so() -> None:
    CommuneFactory()
    layers = region()
    heat_map(dataclasses.replace(layers, anomaly=np.full(GRID.shape, np.nan, np.float32)))
    courtyard(yards()[0], "Yard")
    with pytest.raises(BadInput, match="holds no data"):
        ranked()


def test_when_no_yard_can_be_ranked_the_first_reason_is_told() -> None:
    CommuneFactory()
    heat_map(region())
    courtyard(box(0, 0, 100, 100), "Far away")
    with pytest.raises(
        BadInput, match=r"None of the 1 courtyards.*Far away.*outside the territory"
    ):
        ranked()


def test_a_configured_footprint_is_part_of_the_run() -> None:
    town()
    assert ranked(footprint=Footprint(fwhm_m=120.0)).inputs["footprint"]["fwhm_m"] == 120.0


def test_deleting_a_run_is_the_only_way_to_change_it() -> None:
    town()
    run = ranked()
    assert RankedCourtyard.objects.filter(run=run).count() == 8
    assert run.fingerprint == ranked().fingerprint
