"""The back office of the shared land: yards are drawn here, and doubtful schools wait for a person."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.gis.geos import MultiPolygon
from django.test import Client
from django.urls import reverse

from parcels.applying import withdraw
from parcels.models import Courtyard, Decision
from tests.factories import (
    PARK,
    TOWN_HALL,
    ApplicationFactory,
    BuildingFactory,
    CommuneFactory,
    CourtyardFactory,
    ParcelFactory,
    PlotFactory,
    SchoolFactory,
    SharedGardenFactory,
    square,
)
from tests.greening.test_admin_door import opened

pytestmark = pytest.mark.django_db

MAKE: dict[str, Callable[[], object]] = {
    "parcel": ParcelFactory,
    "building": BuildingFactory,
    "school": lambda: CourtyardFactory().school,
    "courtyard": CourtyardFactory,
    "sharedgarden": lambda: PlotFactory().garden,
    "plot": PlotFactory,
}


@pytest.fixture(autouse=True)
def _quick_back_office(settings: Any, tmp_path: Path) -> None:
    # A slow password hash protects people, not tests.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # The folder of static files and the manifest of hashed names exist only after collectstatic.
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.mark.parametrize("noun", MAKE)
def test_a_list_asks_as_many_questions_for_thirty_rows_as_for_three(
    noun: str,
    admin_client: Client,
    django_assert_num_queries: Any,
    django_assert_max_num_queries: Any,
) -> None:
    address = reverse(f"admin:parcels_{noun}_changelist")
    for _ in range(3):
        MAKE[noun]()
    admin_client.get(address)  # content types and the session are fetched once
    with django_assert_max_num_queries(12) as few:
        assert admin_client.get(address).status_code == 200
    for _ in range(27):
        MAKE[noun]()
    with django_assert_num_queries(len(few.captured_queries)):
        page = admin_client.get(address)
    assert page.context["cl"].result_count == 30


@pytest.mark.parametrize("noun", MAKE)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_noun_can_be_searched_and_opened(
    noun: str, language: str, admin_client: Client
) -> None:
    row: Any = MAKE[noun]()
    found = admin_client.get(reverse(f"admin:parcels_{noun}_changelist"), {"q": "zzz"})
    assert found.context["cl"].result_count == 0
    page = admin_client.get(
        reverse(f"admin:parcels_{noun}_change", args=[row.pk]),
        headers={"accept-language": language},
    )
    assert page.status_code == 200


def yard_form(geom: str, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Cour de la mairie",
        "state": "baseline",
        "geom": geom,
        "area_m2": "",
        "design_canopy": "0.4",
        "design_permeable": "0.6",
        "cost_class": "2",
        "source": "",
        "source_id": "",
    } | changes


def test_a_courtyard_can_be_drawn_and_is_measured(admin_client: Client) -> None:
    # 0.0006° × 0.0006° at 48.8238°: 44.0 m × 66.7 m = 2,939 m².
    CommuneFactory()
    school = SchoolFactory()
    answer = admin_client.post(
        reverse("admin:parcels_courtyard_add"),
        yard_form(MultiPolygon(square(*TOWN_HALL)).geojson, school=school.pk),
    )
    assert answer.status_code == 302
    yard = Courtyard.objects.get()
    assert yard.area_m2 == pytest.approx(2_939, rel=0.001)
    assert yard.school == school
    assert list(Courtyard.objects.intersecting(square(*TOWN_HALL))) == [yard]


def test_a_courtyard_smaller_than_a_cell_is_kept_with_a_warning(admin_client: Client) -> None:
    CommuneFactory()
    tiny = MultiPolygon(square(*PARK, side=0.00008))  # 5.9 m × 8.9 m
    page = admin_client.post(
        reverse("admin:parcels_courtyard_add"),
        yard_form(tiny.geojson),
        follow=True,
        headers={"accept-language": "en"},
    )
    assert Courtyard.objects.get().area_m2 == pytest.approx(52, abs=1)
    assert [m.level_tag for m in page.context["messages"]] == ["warning", "success"]


@pytest.mark.parametrize(
    "geom",
    [
        "",
        json.dumps({"type": "MultiPolygon", "coordinates": []}),
        json.dumps({"type": "Point", "coordinates": TOWN_HALL}),
        json.dumps(
            {
                "type": "MultiPolygon",
                "coordinates": [
                    [[[2.27, 48.82], [2.28, 48.83], [2.28, 48.82], [2.27, 48.83], [2.27, 48.82]]]
                ],
            }
        ),
        "not GeoJSON",
    ],
    ids=["nothing drawn", "an empty outline", "a point", "crossing itself", "nonsense"],
)
def test_a_courtyard_that_is_no_area_is_refused_with_a_sentence(
    geom: str, admin_client: Client
) -> None:
    CommuneFactory()
    page = admin_client.post(reverse("admin:parcels_courtyard_add"), yard_form(geom))
    assert page.status_code == 200
    assert page.context["adminform"].form.errors
    assert not Courtyard.objects.exists()


def test_a_school_is_found_by_autocomplete(admin_client: Client) -> None:
    SchoolFactory(name="École Paul Bert")
    SchoolFactory(name="École Justin Oudin")
    answer = admin_client.get(
        reverse("admin:autocomplete"),
        {"app_label": "parcels", "model_name": "courtyard", "field_name": "school", "term": "bert"},
    )
    assert [row["text"] for row in answer.json()["results"]] == ["École Paul Bert"]


def test_schools_that_an_import_doubted_can_be_listed(admin_client: Client) -> None:
    doubted = SchoolFactory(flag="shares its address with another one")
    SchoolFactory()
    page = admin_client.get(reverse("admin:parcels_school_changelist"), {"doubtful": "yes"})
    assert list(page.context["cl"].result_list) == [doubted]
    page = admin_client.get(reverse("admin:parcels_school_changelist"), {"doubtful": "no"})
    assert page.context["cl"].result_count == 1


def test_a_garden_with_a_list_is_not_closed_behind_the_backs_of_who_waits(
    admin_client: Client,
) -> None:
    """Only the garden desk tells them and writes the log."""
    garden = SharedGardenFactory()
    waiting = ApplicationFactory(garden=garden, state="submitted")
    there = reverse("admin:parcels_sharedgarden_change", args=[garden.pk])
    page = admin_client.post(there, opened(admin_client, there) | {"state": "closed"})
    assert "doivent être prévenues" in page.content.decode()
    for row in (garden, waiting):
        row.refresh_from_db()
    assert (garden.state, waiting.state) == ("open", "submitted")
    assert not Decision.objects.exists()
    withdraw(waiting, by=None)
    form = opened(admin_client, there) | {"state": "closed"}
    assert admin_client.post(there, form).status_code == 302
    garden.refresh_from_db()
    assert garden.state == "closed"


def test_a_garden_shows_its_plots(admin_client: Client) -> None:
    garden = SharedGardenFactory()
    PlotFactory(garden=garden, number="7b")
    page = admin_client.get(reverse("admin:parcels_sharedgarden_change", args=[garden.pk]))
    assert "7b" in page.content.decode()
