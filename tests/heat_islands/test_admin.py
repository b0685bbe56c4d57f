"""The admin of immutable records: everyone who may look can, nobody can change."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from heat_islands.models import Cover, HeatMap, HeatMapScene, RankedCourtyard, RankingRun, Scene
from tests.factories import CourtyardFactory
from tests.heat_islands.rasters import GRID, heat_map
from tests.heat_islands.test_raster_views import scene

pytestmark = [
    pytest.mark.django_db,
    # A page of the admin needs collected static files; a test has none.
    pytest.mark.usefixtures("plain_static_files"),
]
MODELS = (Scene, Cover, HeatMap, RankingRun)


@pytest.fixture
def plain_static_files(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def records() -> dict[type, Any]:
    """One record of each kind, linked."""
    landsat, built = scene(), heat_map()
    HeatMapScene.objects.create(heat_map=built, scene=landsat, term_k=1.5, clear_share=0.9)
    cover = Cover.objects.create(
        name="CoSIA 2022", sha256="c" * 64, grid=GRID.as_dict(), directory="covers/c"
    )
    run = RankingRun.objects.create(
        heat_map=built, cover=cover, fingerprint="f" * 64, model_version="1", seed=1,
        bootstrap_rounds=10, weights={}, inputs={}, validation={}, model_card="# Card",
    )  # fmt: skip
    RankedCourtyard.objects.create(
        run=run, courtyard=CourtyardFactory.create(), rank=1, rank_low=1, rank_high=3,
        top_k_probability=0.8, score=71, effect_k=2.0, effect_low_k=1.0, effect_high_k=3.0,
        footprint_effect_k=0.3, anomaly_k=1.0, sealed_share=0.9, reasons={},
    )  # fmt: skip
    return {Scene: landsat, Cover: cover, HeatMap: built, RankingRun: run}


def address(model: type, page: str, *args: object) -> str:
    return reverse(f"admin:heat_islands_{model.__name__.lower()}_{page}", args=args)


@pytest.mark.parametrize("model", MODELS)
def test_an_administrator_sees_list_and_record(
    admin_client: Client, records: dict[type, Any], model: type
) -> None:
    record = records[model]
    listed = admin_client.get(address(model, "changelist"))
    assert listed.status_code == 200
    shown = admin_client.get(address(model, "change", record.pk))
    assert shown.status_code == 200
    assert str(record) in shown.content.decode()


@pytest.mark.parametrize("model", MODELS)
def test_not_even_an_administrator_changes_a_record(
    admin_client: Client, records: dict[type, Any], model: type
) -> None:
    record = records[model]
    assert admin_client.get(address(model, "add")).status_code == 403
    assert admin_client.post(address(model, "change", record.pk), {}).status_code == 403
    assert (
        admin_client.post(address(model, "delete", record.pk), {"post": "yes"}).status_code == 403
    )
    assert type(record).objects.filter(pk=record.pk).exists()


def test_the_heat_map_shows_its_scenes_and_its_addresses(
    admin_client: Client, records: dict[type, Any]
) -> None:
    page = admin_client.get(address(HeatMap, "change", records[HeatMap].pk)).content.decode()
    assert records[Scene].product_id in page
    assert "/heat-maps/summer/WMTSCapabilities.xml?v=" in page


def test_superseded_scenes_are_told_from_current_ones(admin_client: Client) -> None:
    newer = scene(product_id="LC08_L2SP_199026_20230811_20240101_02_T1")
    older = scene(superseded_by=newer)
    page = admin_client.get(address(Scene, "changelist"), {"current": "no"})
    assert list(page.context["cl"].queryset) == [older]
    page = admin_client.get(address(Scene, "changelist"), {"current": "yes"})
    assert list(page.context["cl"].queryset) == [newer]


def test_a_stranger_sees_nothing(client: Client, records: dict[type, Any]) -> None:
    User.objects.create_user("resident", password="a long word for a test")
    client.login(username="resident", password="a long word for a test")
    for model in MODELS:
        assert client.get(address(model, "changelist")).status_code == 302
