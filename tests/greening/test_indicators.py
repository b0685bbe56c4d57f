"""The programme's figures: defined in a sentence, measured in one query, each opening its rows."""

from __future__ import annotations

import datetime as dt
import time
import uuid

import pytest
from django.utils import timezone

from greening import indicators
from greening.errors import BadInput, TownError
from greening.events import Change, apply
from greening.indicators import Family, Indicator, read
from greening.models import Tree
from tests.factories import (
    TOWN_HALL,
    CampaignFactory,
    CommuneFactory,
    PlantingSiteFactory,
    TreeFactory,
)

pytestmark = pytest.mark.django_db
LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def tree(state: str = "planted", season: str = "2025-2026", **facts: object) -> Tree:
    site = PlantingSiteFactory(campaign=season, state="occupied")
    return TreeFactory(site=site, state=state, **facts)


def figures() -> dict[str, float | None]:
    return {
        name.removeprefix("trees_"): reading.value for name, reading in read("programme").items()
    }


def town() -> None:
    """8 planted: 4 alive, 3 lost, 1 moved; 3 planned; and what counts nowhere."""
    CommuneFactory(tree_target=6000)
    CampaignFactory(season="2022-2023")
    for state in ("planted", "establishing", "established", "mature"):
        tree(state)
    for state in ("dead", "missing", "transplanted"):
        tree(state)
    tree("felled", archived_at=LONG_AGO)  # lost, and no longer in the town's own file: still lost
    PlantingSiteFactory.create_batch(2, state="scheduled", campaign="2026-2027")
    PlantingSiteFactory(state="ready")
    # nowhere:
    tree("planted", season="")  # no campaign's site
    tree("mature", planted_on=dt.date(1998, 11, 1))  # stood there before the programme
    tree("mature", planted_on=None)
    tree("reserved", planted_on=None)
    tree("planted", archived_at=LONG_AGO)  # said to live, but gone from the inventory
    PlantingSiteFactory(state="scheduled", archived_at=LONG_AGO)
    PlantingSiteFactory(state="approved")


def test_the_programme_in_numbers() -> None:
    town()
    assert figures() == {
        "target": 6000,
        "planned": 3,
        "planted": 8,
        "alive": 4,
        "lost": 3,
        "moved": 1,
    }


def test_it_takes_one_query(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    town()
    with django_assert_num_queries(1):
        read("programme")


def test_every_number_opens_its_rows() -> None:
    town()
    for name, reading in read("programme").items():
        if name != "trees_target":
            assert reading.rows().count() == reading.value, name
    with pytest.raises(BadInput):
        read("programme")["trees_target"].rows()


def test_an_empty_town_has_planted_nothing_and_promised_nothing_known() -> None:
    assert figures() == {
        "target": None,
        "planned": 0,
        "planted": 0,
        "alive": 0,
        "lost": 0,
        "moved": 0,
    }


def test_only_trees_since_the_first_campaign_count() -> None:
    tree(planted_on=dt.date(2021, 12, 1))
    assert figures()["planted"] == 1  # no campaign is declared: every campaign site's tree counts
    CampaignFactory(season="2022-2023")
    assert figures()["planted"] == 0


def test_a_replaced_tree_was_planted_twice_and_lost_once() -> None:
    site = PlantingSiteFactory(campaign="2025-2026", state="occupied")
    TreeFactory(site=site, state="felled", planted_on=dt.date(2024, 12, 1))
    TreeFactory(site=site)
    found = figures()
    assert (found["planted"], found["alive"], found["lost"]) == (2, 1, 1)


def test_each_figure_says_when_and_in_a_sentence_what() -> None:
    before = timezone.now()
    for reading in read("programme").values():
        assert before <= reading.as_of <= timezone.now()
        assert str(reading.indicator.source).endswith(".")


def test_a_planting_shows_within_the_age_a_page_allows() -> None:
    CampaignFactory(season="2022-2023")
    site = PlantingSiteFactory(campaign="2025-2026", state="ready")
    assert read("programme")["trees_planted"].value == 0
    patch = {
        "site": str(site.uuid),
        "geom": {"type": "Point", "coordinates": list(TOWN_HALL)},
        "state": "planted",
        "planted_on": "2025-12-01",
    }
    apply(Change("tree", uuid.uuid4(), patch, create=True))
    held = read("programme", max_age_s=60)
    assert held["trees_planted"].value == 0, "a page that allows a minute gets what was measured"
    time.sleep(0.3)
    shown = read("programme", max_age_s=0.3)
    assert (shown["trees_planted"].value, shown["trees_planned"].value) == (1, 0)
    assert shown["trees_planted"].as_of > held["trees_planted"].as_of


def test_an_upper_floor_registers_its_own_family(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indicators, "_families", dict(indicators._families))
    roof = Indicator("roofs_in_service", "roofs", "Roofs in service.")
    indicators.register(Family("roofs", lambda: {"roofs_in_service": None}, (roof,)))
    assert read("roofs")["roofs_in_service"].value is None
    assert indicators.indicator("roofs_in_service") is roof
    with pytest.raises(TownError, match="roofs_in_service"):
        indicators.register(Family("other", dict, (roof,)))


def test_unknown_names_are_refused() -> None:
    with pytest.raises(BadInput):
        read("nothing")
    with pytest.raises(BadInput):
        indicators.indicator("nothing")
