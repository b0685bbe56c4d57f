"""Campaigns: seasons, targets, and progress by species, manager and quarter."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.gis.geos import MultiPolygon, Point
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from greening.campaigns import Progress, progress
from greening.errors import BadInput
from greening.models import Campaign, CampaignTarget, PlantingSite, Tree
from greening.models.campaign import season_dates, season_of
from tests.factories import (
    PARK,
    TOWN_HALL,
    CampaignFactory,
    PlantingSiteFactory,
    QuarterFactory,
    SpeciesFactory,
    TreeFactory,
    square,
)

pytestmark = pytest.mark.django_db
SEASON = "2025-2026"


def site(state: str = "scheduled", **facts: object) -> PlantingSite:
    return PlantingSiteFactory(campaign=SEASON, state=state, **facts)


def tree(**facts: object) -> Tree:
    where = {name: facts.pop(name) for name in ("geom", "manager") if name in facts}
    return TreeFactory(site=site("occupied", **where), **facts)


def numbers(rows: list[Progress]) -> dict[str, tuple[int, int, int]]:
    return {row.label: (row.target, row.planned, row.planted) for row in rows}


@pytest.mark.parametrize("season", ["2026", "2026-2028", "2026-27", "2027-2026"])
def test_a_season_is_two_years_that_follow_each_other(season: str) -> None:
    with pytest.raises(ValidationError):
        season_dates(season)


def test_every_day_belongs_to_one_season() -> None:
    day = dt.date(2025, 7, 1)
    while day <= dt.date(2026, 6, 30):
        assert season_of(day) == SEASON
        day += dt.timedelta(days=1)
    assert season_of(day) == "2026-2027"


def test_a_campaign_has_the_usual_dates_unless_it_sets_its_own() -> None:
    assert (CampaignFactory().starts_on, CampaignFactory().ends_on) == season_dates(SEASON)
    own = CampaignFactory(season="2026-2027", starts_on=dt.date(2026, 9, 1))
    assert (own.starts_on, own.ends_on) == (dt.date(2026, 9, 1), dt.date(2027, 6, 30))
    assert list(Campaign.objects.on(dt.date(2026, 8, 1))) == []
    with pytest.raises(IntegrityError), transaction.atomic():
        CampaignFactory(season="2027-2028", starts_on=dt.date(2030, 1, 1))


def test_progress_by_species_sets_targets_sites_and_trees_side_by_side() -> None:
    campaign = CampaignFactory()
    lime, maple = SpeciesFactory(), SpeciesFactory(genus="Acer", species="campestre")
    for manager, count in (("gpso", 40), ("town", 30)):
        CampaignTarget.objects.create(campaign=campaign, species=lime, manager=manager, trees=count)
    CampaignTarget.objects.create(campaign=campaign, trees=5)
    site(target_species=lime)
    site("ready", target_species=maple)
    site()
    tree(species=lime)
    tree(species=lime, state="dead")  # planted, and lost since
    assert numbers(progress(campaign, "species")) == {
        "Acer campestre": (0, 1, 0),
        "Tilia cordata": (70, 1, 2),
        "not stated": (5, 1, 0),
    }
    assert progress(campaign, "species")[-1].key is None


def test_progress_by_manager() -> None:
    campaign = CampaignFactory()
    CampaignTarget.objects.create(campaign=campaign, manager="gpso", trees=40)
    site(manager="gpso")
    tree(manager="town")
    assert numbers(progress(campaign, "manager")) == {
        "Grand Paris Seine Ouest": (40, 1, 0),
        str(PlantingSite.Manager.TOWN.label): (0, 0, 1),
    }


def test_progress_by_quarter_asks_the_outlines(django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    campaign = CampaignFactory()
    centre, park = (
        QuarterFactory(name="Centre", geom=MultiPolygon(square(*TOWN_HALL))),
        QuarterFactory(name="Parc", geom=MultiPolygon(square(*PARK))),
    )
    CampaignTarget.objects.create(campaign=campaign, quarter=park, trees=12)
    site(geom=Point(*TOWN_HALL))
    site(geom=Point(*PARK))
    site(geom=Point(2.25, 48.82))
    tree(geom=Point(*PARK))
    with django_assert_max_num_queries(4):
        rows = progress(campaign, "quarter")
    assert numbers(rows) == {"Centre": (0, 1, 0), "Parc": (12, 1, 1), "not stated": (0, 1, 0)}
    assert {row.key for row in rows} == {centre.pk, park.pk, None}


def test_a_site_on_the_border_of_two_quarters_counts_once() -> None:
    campaign = CampaignFactory()
    west = QuarterFactory(geom=MultiPolygon(square(2.2697, 48.8240)))
    QuarterFactory(geom=MultiPolygon(square(2.2703, 48.8240)))
    site(geom=Point(2.2700, 48.8240))
    rows = progress(campaign, "quarter")
    assert [(row.key, row.planned) for row in rows] == [(west.pk, 1)]


def test_the_cuts_of_one_campaign_add_up_to_its_sites_and_trees() -> None:
    campaign = CampaignFactory()
    QuarterFactory()
    for manager in ("town", "gpso"):
        site(manager=manager)
        tree(manager=manager)
    site("occupied")
    site(archived_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    tree(planted_on=dt.date(2026, 7, 1))  # the next season's
    PlantingSiteFactory(campaign="2026-2027", state="scheduled")
    for cut in ("species", "manager", "quarter"):
        rows = progress(campaign, cut)
        assert sum(row.planned for row in rows) == campaign.planned_sites.count() == 2
        assert sum(row.planted for row in rows) == campaign.planted_trees.count() == 2


def test_an_unknown_cut_is_refused_in_a_sentence() -> None:
    with pytest.raises(BadInput):
        PlantingSite.objects.by("colour")
