"""manage.py rank_courtyards and the run it keeps."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
from typing import Any

import pytest
from django.core.management import call_command
from shapely import box

from heat_islands.models import Cover, RankedCourtyard, RankingRun
from heat_islands.ranking import rank_courtyards
from heat_islands.science.footprint import Footprint
from heat_islands.science.score import Weights
from parcels.models import Courtyard
from tests.heat_islands.ranked_town import GRID, courtyard, heat_map
from tests.heat_islands.ranking_layers import region, yards

pytestmark = pytest.mark.django_db


def command(*arguments: str) -> str:
    out = io.StringIO()
    call_command("rank_courtyards", "--bootstrap", "10", *arguments, stdout=out)
    return out.getvalue()


def ranked(**options: Any) -> RankingRun:
    return rank_courtyards(rounds=10, **options)[0]


def test_every_yard_is_ranked_once_with_its_interval_and_reasons(ranked_town: RankingRun) -> None:
    run = ranked_town
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


def test_the_same_inputs_find_the_run_that_stands(ranked_town: RankingRun) -> None:
    again, is_new = rank_courtyards(rounds=10)
    assert not is_new
    assert again.pk == ranked_town.pk
    assert RankingRun.objects.count() == 1
    assert "Nothing changed" in command()


def test_another_seed_weight_or_heat_map_is_another_run(ranked_town: RankingRun) -> None:
    first = ranked_town
    heavier = ranked(weights=Weights(pupils=2.0))
    assert heavier.pk != first.pk
    assert ranked(seed=1).pk not in (first.pk, heavier.pk)
    heat_map(region(seed=1, noise_k=0.5), version="v2")
    assert ranked().heat_map.version == "v2"
    assert RankingRun.objects.count() == 4


def test_a_yard_drawn_anew_is_another_run_and_the_old_one_stays(ranked_town: RankingRun) -> None:
    yard, first = Courtyard.objects.get(name="Yard 1"), ranked_town
    before = first.yards.get(courtyard=yard).effect_k
    yard.design_canopy, yard.design_permeable = 0.1, 0.2
    yard.save()
    second = ranked()
    assert second.yards.get(courtyard=yard).effect_k < before
    assert first.yards.get(courtyard=yard).effect_k == before


def test_a_run_says_what_it_was_made_of(ranked_town: RankingRun) -> None:
    run = ranked_town
    assert run.inputs["heat_map"] == "summer/v1"
    assert run.inputs["cover"] == "c" * 64
    assert {"yards", "calibration", "footprint"} <= set(run.inputs)
    names = [row["name"] for row in run.validation["predictors"]]
    assert {"mean", "NDVI alone", "linear", "boosted trees"} <= set(names)


def test_the_model_card_s_figures_are_the_run_s(ranked_town: RankingRun) -> None:
    run = ranked_town
    card = run.model_card
    for row in run.validation["predictors"]:
        assert f"| {row['name']} | {row['spatial_r2']:z.3f} | {row['spatial_rmse_k']:.2f} |" in card
    assert f"Trained on {run.validation['footprints']:,} footprints" in card
    assert "conditional on simulation" in card
    assert "late-morning" in card.lower()


def figures(card: str) -> list[str]:
    """Every number of a card but days, which languages write in their own order; sorted."""
    ungrouped = re.sub(r"(?<=\d)\u00a0(?=\d)", "", card)
    plain = ungrouped.translate(str.maketrans({",": ".", "−": "-", "\u00a0": " "}))
    without_days = re.sub(r"\d{4}-\d\d-\d\d|\d\d/\d\d/\d{4}", "", plain)
    return sorted(re.findall(r"(?<![\w.])[+-]?\d+(?:\.\d+)?(?!\w)", without_days))


def test_the_french_card_has_the_english_one_s_figures_and_none_of_its_words(
    ranked_town: RankingRun,
) -> None:
    english, language = ranked_town.card_in("en")
    french, langue = ranked_town.card_in("fr")
    assert (language, langue) == ("en", "fr")
    assert english == ranked_town.model_card
    assert len(figures(french)) > 50
    assert figures(french) == figures(english.replace(",", ""))
    same = {line for line in english.splitlines() if re.search("[a-z]", line)} & set(
        french.splitlines()
    )
    assert same == set()
    assert "conditionnels à la simulation" in french
    assert re.search(r"Leur largeur médiane est ici de \d+,\d\u00a0K", french)


def test_a_run_older_than_the_translations_has_its_english_card_alone(
    ranked_town: RankingRun,
) -> None:
    ranked_town.model_card_translations = {}
    assert ranked_town.card_in("fr") == (ranked_town.model_card, "en")


def test_without_a_cover_the_fractions_are_estimated_and_every_product_says_so(
    ranked_town: RankingRun,
) -> None:
    ranked_town.delete()
    Cover.objects.all().delete()
    run = ranked()
    assert run.cover is None
    assert run.cover_estimated
    assert "Land cover: estimated" in run.model_card
    assert "Occupation du sol\u00a0: estimée" in run.card_in("fr")[0]
    assert "estimated from 30 m bands" in command()


def test_yards_that_cannot_be_measured_are_left_out_with_a_reason(ranked_town: RankingRun) -> None:
    speck = box(GRID.left + 1000, GRID.top - 1005, GRID.left + 1005, GRID.top - 1000)
    courtyard(speck, "Speck")
    courtyard(box(0, 0, 100, 100), "Far away")
    run = ranked()
    assert run.yards.count() == 8
    left = {row["name"]: row["text"] for row in run.left_out}
    assert "too small" in left["Speck"]
    assert "outside the territory" in left["Far away"]
    assert "Left out: Speck: It measures 25 m²" in command()
    assert "Far away: It lies outside the territory" in run.model_card
    assert "Far away\u00a0: elle est hors du territoire" in run.card_in("fr")[0]


def test_unknown_pupils_count_as_a_middling_school_and_are_flagged(ranked_town: RankingRun) -> None:
    courtyard(yards(9)[-1], "No school", school=None)
    line = ranked().yards.get(courtyard__name="No school")
    assert "Its number of pupils is not known: it counts as a middling school." in line.flags
    assert next(r["points"] for r in line.reasons if r["factor"] == "pupils") == 0


def test_a_converted_yard_is_flagged(ranked_town: RankingRun) -> None:
    yard = Courtyard.objects.get(name="Yard 1")
    Courtyard.objects.filter(pk=yard.pk).update(state=Courtyard.State.DELIVERED)
    assert any("converted" in flag for flag in ranked().yards.get(courtyard=yard).flags)


def test_json_and_csv_hold_the_same_yards_in_order(ranked_town: RankingRun) -> None:
    told = json.loads(command("--format", "json"))
    rows = list(csv.DictReader(io.StringIO(command("--format", "csv"))))
    assert [yard["name"] for yard in told["yards"]] == [row["name"] for row in rows]
    assert [int(row["rank"]) for row in rows] == list(range(1, 9))
    assert told["weights"] == dataclasses.asdict(Weights())


def test_the_table_shows_rank_range_and_interval(ranked_town: RankingRun) -> None:
    table = command("--card")
    run = RankingRun.objects.get()
    best = run.yards.get(rank=1)
    assert best.courtyard.name in table
    assert f"{best.effect_k:.1f} ({best.effect_low_k:.1f} – {best.effect_high_k:.1f})" in table
    assert run.model_card in table


def test_a_configured_footprint_is_part_of_the_run(ranked_town: RankingRun) -> None:
    assert ranked(footprint=Footprint(fwhm_m=120.0)).inputs["footprint"]["fwhm_m"] == 120.0


def test_deleting_a_run_is_the_only_way_to_change_it(ranked_town: RankingRun) -> None:
    run = ranked_town
    assert RankedCourtyard.objects.filter(run=run).count() == 8
    assert run.fingerprint == ranked().fingerprint
    run.delete()
    assert not RankedCourtyard.objects.exists()
    again, is_new = rank_courtyards(rounds=10)
    assert is_new
    assert again.fingerprint == run.fingerprint
