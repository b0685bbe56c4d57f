"""The demo's land in the database: loaded once, labelled, never over real land."""

from __future__ import annotations

from dataclasses import replace

import pytest

from greening.demo.ground import Ground, build_ground
from greening.demo.load import load_ground
from greening.errors import BadInput
from parcels.demo.land import build_land
from parcels.demo.load import load_land
from parcels.demo.plans import Land
from parcels.models import Building, Courtyard, Parcel, Plot, School, SharedGarden
from tests.factories import SchoolFactory


@pytest.fixture(scope="module")
def ground() -> Ground:
    return build_ground(5, programme=False)


@pytest.fixture(scope="module")
def land(ground: Ground) -> Land:
    """A town's land with a hundred of its parcels and buildings: all that a loader needs."""
    whole = build_land(ground)
    return replace(whole, parcels=whole.parcels[:100], buildings=whole.buildings[:100])


@pytest.mark.django_db
def test_the_land_is_loaded_once_and_labelled(ground: Ground, land: Land) -> None:
    load_ground(ground)
    load_land(land)
    load_land(land)
    for model, plans in (
        (Parcel, land.parcels),
        (Building, land.buildings),
        (School, land.schools),
        (Courtyard, land.yards),
        (SharedGarden, land.gardens),
    ):
        assert model.objects.count() == len(plans)
        assert not model.objects.filter(synthetic=False).exists()
    assert Plot.objects.filter(synthetic=True).count() == 180


@pytest.mark.django_db
def test_a_yard_knows_its_school_its_area_and_who_uses_it(land: Land) -> None:
    load_land(land)
    yard = Courtyard.objects.get(source_id="demo-yard-03")
    plan = land.yards[2]
    assert yard.school is not None
    assert yard.school.name == land.schools[plan.school].name
    assert yard.children == land.schools[plan.school].pupils
    assert yard.area_m2 == pytest.approx(plan.polygon.area, abs=0.1)
    metric = yard.geom.transform(2154, clone=True)
    assert metric.area == pytest.approx(plan.polygon.area, rel=1e-3)


@pytest.mark.django_db
def test_every_loaded_row_passes_the_models_own_checks(land: Land) -> None:
    load_land(land)
    for school in School.objects.all():
        school.full_clean()
    for plot in Plot.objects.all()[:20]:
        plot.full_clean()
    for parcel in Parcel.objects.all()[:20]:
        parcel.full_clean()


@pytest.mark.django_db
def test_real_schools_are_never_mixed_with_the_demos(land: Land) -> None:
    SchoolFactory.create(name="École réelle")
    with pytest.raises(BadInput, match="not the demo's"):
        load_land(land)
    assert not Parcel.objects.exists()
    assert School.objects.count() == 1


@pytest.mark.django_db
def test_a_changed_plot_is_kept_by_a_second_load(land: Land) -> None:
    load_land(land)
    Plot.objects.filter(number="01").update(state="withdrawn")
    load_land(land)
    assert set(Plot.objects.filter(number="01").values_list("state", flat=True)) == {"withdrawn"}
