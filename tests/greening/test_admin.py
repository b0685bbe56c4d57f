"""The back office of the ground: lists that stay quick, shapes that can be drawn, nothing from outside."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.test import Client
from django.urls import reverse

from greening.models import GreenRoof, PlantingSite, Tree
from tests.factories import (
    PARK,
    TOWN_HALL,
    CommuneFactory,
    GreenRoofFactory,
    PlantingSiteFactory,
    SpeciesFactory,
    StreetFactory,
    TreeFactory,
    square,
)

pytestmark = pytest.mark.django_db

LIVING = {"source": "", "synthetic": ""}


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


@pytest.fixture
def make() -> dict[str, Callable[[], object]]:
    """A row of each noun that lists must cope with, its relations included."""
    return {
        "commune": CommuneFactory,
        "species": lambda: SpeciesFactory(cultivar=str(SpeciesFactory._meta.model.objects.count())),
        "street": StreetFactory,
        "plantingsite": lambda: PlantingSiteFactory(
            street=StreetFactory(), target_species=SpeciesFactory()
        ),
        "tree": TreeFactory,
        "greenroof": GreenRoofFactory,
    }


NOUNS = ["commune", "species", "street", "plantingsite", "tree", "greenroof"]


@pytest.mark.parametrize("noun", NOUNS)
def test_a_list_asks_as_many_questions_for_thirty_rows_as_for_three(
    noun: str,
    make: dict[str, Callable[[], object]],
    admin_client: Client,
    django_assert_num_queries: Any,
    django_assert_max_num_queries: Any,
) -> None:
    address = reverse(f"admin:greening_{noun}_changelist")
    for _ in range(3):
        make[noun]()
    admin_client.get(address)  # content types and the session are fetched once
    with django_assert_max_num_queries(12) as few:
        assert admin_client.get(address).status_code == 200
    for _ in range(27):
        make[noun]()
    with django_assert_num_queries(len(few.captured_queries)):
        page = admin_client.get(address)
    assert page.context["cl"].result_count == 30


@pytest.mark.parametrize("noun", NOUNS)
def test_every_noun_can_be_searched_and_opened(
    noun: str, make: dict[str, Callable[[], object]], admin_client: Client
) -> None:
    row: Any = make[noun]()
    found = admin_client.get(reverse(f"admin:greening_{noun}_changelist"), {"q": "zzz"})
    assert found.context["cl"].result_count == 0
    for language in ("fr", "en"):
        page = admin_client.get(
            reverse(f"admin:greening_{noun}_change", args=[row.pk]),
            headers={"accept-language": language},
        )
        assert page.status_code == 200


def outside_addresses(html: str) -> list[str]:
    """Scripts, styles, images and frames that the page would fetch from another host."""
    fetched = re.findall(r'<(?:script|img|iframe)[^>]+src="([^"]+)"|<link[^>]+href="([^"]+)"', html)
    return [address for pair in fetched for address in pair if re.match(r"(https?:)?//", address)]


def test_a_map_page_needs_nothing_from_the_internet(admin_client: Client) -> None:
    site = PlantingSiteFactory()
    page = admin_client.get(reverse("admin:greening_plantingsite_change", args=[site.pk]))
    html = page.content.decode()
    assert outside_addresses(html) == []
    assert "leaflet/leaflet.js" in html
    assert "leaflet/draw/leaflet.draw.js" in html
    assert "openstreetmap" not in html
    # /admin/ is excluded from the content security policy: the widgets write their scripts inline.
    assert "Content-Security-Policy" not in page.headers


def test_who_cannot_draw_finds_the_same_shape_as_text(admin_client: Client) -> None:
    site = PlantingSiteFactory()
    page = admin_client.get(
        reverse("admin:greening_plantingsite_change", args=[site.pk]),
        headers={"accept-language": "en"},
    )
    html = page.content.decode()
    assert '<label for="id_geom">The same shape as GeoJSON' in html
    assert 'document.getElementById("id_geom").hidden = false' in html
    assert "2.2737" in re.findall(r'<textarea id="id_geom".*?</textarea>', html, re.S)[0]


def test_a_tree_looks_its_site_up_instead_of_listing_thousands(admin_client: Client) -> None:
    tree = TreeFactory()
    html = admin_client.get(reverse("admin:greening_tree_change", args=[tree.pk])).content.decode()
    assert 'class="vForeignKeyRawIdAdminField' in html
    assert '<select name="site"' not in html
    assert "admin-autocomplete" in html  # the species


def test_a_species_is_found_by_autocomplete(admin_client: Client) -> None:
    SpeciesFactory(genus="Quercus", species="ilex")
    SpeciesFactory(genus="Tilia", species="cordata")
    answer = admin_client.get(
        reverse("admin:autocomplete"),
        {"app_label": "greening", "model_name": "tree", "field_name": "species", "term": "querc"},
    )
    assert [row["text"] for row in answer.json()["results"]] == ["Quercus ilex"]


def test_a_site_can_be_put_on_the_map(admin_client: Client) -> None:
    answer = admin_client.post(
        reverse("admin:greening_plantingsite_add"),
        LIVING
        | {
            "matricule": "N-1",
            "state": "proposed",
            "kind": "street",
            "manager": "town",
            "geom": json.dumps({"type": "Point", "coordinates": TOWN_HALL}),
        },
    )
    assert answer.status_code == 302
    site = PlantingSite.objects.get(matricule="N-1")
    assert site.geom.tuple == pytest.approx(TOWN_HALL)
    assert list(PlantingSite.objects.within_box(square(*TOWN_HALL).extent)) == [site]


def roof_form(**changes: Any) -> dict[str, Any]:
    geom = square(*TOWN_HALL, side=0.0003)
    return (
        LIVING
        | {"name": "Mairie", "state": "candidate", "kind": "extensive", "geom": geom.geojson}
        | changes
    )


def test_an_area_left_empty_is_measured(admin_client: Client) -> None:
    # 0.0003° × 0.0003° at 48.8238°: 22.0 m × 33.4 m = 735 m².
    CommuneFactory()
    admin_client.post(reverse("admin:greening_greenroof_add"), roof_form(area_m2=""))
    assert GreenRoof.objects.get().area_m2 == pytest.approx(735, rel=0.002)


def test_an_area_given_by_a_person_stands_until_the_outline_is_redrawn(
    admin_client: Client,
) -> None:
    CommuneFactory()
    roof = GreenRoofFactory(area_m2=500)
    address = reverse("admin:greening_greenroof_change", args=[roof.pk])
    admin_client.post(address, roof_form(area_m2="500", name="renamed", geom=roof.geom.geojson))
    assert GreenRoof.objects.get().area_m2 == 500
    admin_client.post(address, roof_form(area_m2="500", geom=square(*PARK, side=0.0003).geojson))
    assert GreenRoof.objects.get().area_m2 == pytest.approx(735, rel=0.002)


def test_without_a_town_an_area_stays_empty_and_the_page_says_why(admin_client: Client) -> None:
    page = admin_client.post(
        reverse("admin:greening_greenroof_add"), roof_form(area_m2=""), follow=True
    )
    assert GreenRoof.objects.get().area_m2 is None
    assert "There is no commune yet" in page.content.decode()


def test_an_outline_that_crosses_itself_is_refused_with_a_sentence(admin_client: Client) -> None:
    bow_tie = {
        "type": "Polygon",
        "coordinates": [
            [[2.27, 48.82], [2.28, 48.83], [2.28, 48.82], [2.27, 48.83], [2.27, 48.82]]
        ],
    }
    page = admin_client.post(
        reverse("admin:greening_greenroof_add"), roof_form(area_m2="1", geom=json.dumps(bow_tie))
    )
    assert page.status_code == 200
    assert not GreenRoof.objects.exists()
    assert page.context["adminform"].form.errors


def test_a_second_living_tree_on_a_site_is_refused_with_a_sentence(admin_client: Client) -> None:
    tree = TreeFactory()
    page = admin_client.post(
        reverse("admin:greening_tree_add"),
        LIVING | {"site": tree.site_id, "state": "planted", "geom": Point(*TOWN_HALL).geojson},
    )
    assert page.status_code == 200
    assert Tree.objects.count() == 1


@pytest.mark.parametrize(
    ("language", "word"), [("fr", "Ajouter"), ("en", "Add")], ids=["French", "English"]
)
def test_the_back_office_speaks_both_languages(
    language: str, word: str, admin_client: Client
) -> None:
    page = admin_client.get(reverse("admin:index"), headers={"accept-language": language})
    assert word in page.content.decode()


#: People's own business: shown to them, to who answers for personal data, and of reports to the moderators at their
#: desk, not to the whole office.
PERSONAL = {
    "Appointment", "CalendarFeed", "Consent", "Notice", "Preference", "PrivacyRequest", "Report", "SilencedTopic",
    "UnusedNotice",
}  # fmt: skip
#: Who gardens where, and how that was decided: at the garden managers' desk.
GARDENERS = {
    "Adoption", "AllocationRules", "Application", "CoGardener", "Contest", "Decision", "Draw", "GardenNews",
    "GardenReferent", "Household", "OpenDay", "Resident", "WaitingList", "Watering",
}  # fmt: skip


def test_every_noun_of_both_floors_is_in_the_back_office() -> None:
    from django.apps import apps
    from django.contrib import admin

    nouns = [
        *apps.get_app_config("greening").get_models(),
        *apps.get_app_config("parcels").get_models(),
    ]
    left_out = {noun.__name__ for noun in nouns if noun not in admin.site._registry}
    assert left_out == PERSONAL | GARDENERS
