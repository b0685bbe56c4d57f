"""The demo town's land into the database: one transaction, no twins, never over a real town."""

from __future__ import annotations

from django.db import transaction

from greening.crs import LAMBERT_93
from greening.demo.landing import land as land_changes
from greening.demo.landing import wire
from greening.demo.load import (
    BATCH,
    as_multi,
    in_wgs84,
    refuse_a_real_town,
    refuse_another_seed,
    source_of,
)
from greening.demo.registry import DemoRun
from greening.errors import BadInput
from greening.events import Change
from greening.models.base import new_uuid
from parcels.demo.plans import Land
from parcels.models import Building, Courtyard, Parcel, Plot, School, SharedGarden

ACCESSIBLE_PLOTS = 2  # raised beds by the gate of every garden


def is_done(run: DemoRun) -> bool:
    """Whether the demo's land stands."""
    return Parcel.objects.filter(source=source_of(run.seed)).exists()


def build(run: DemoRun) -> str:
    """The demo step: builds and loads the land."""
    from parcels.demo.land import build_land  # scipy: half a second that a second start saves

    load_land(build_land(run.ground))
    return (
        f"{Courtyard.objects.count()} school courtyards, {SharedGarden.objects.count()} gardens, "
        f"{Plot.objects.count()} plots, {Building.objects.count()} buildings"
    )


@transaction.atomic
def load_land(land: Land, *, srid: int = LAMBERT_93) -> None:
    """Parcels, buildings, schools, courtyards, gardens and plots; nothing when they stand already.

    `srid` is the CRS of the land's geometry. Raises BadInput where the database holds a real town,
    real land, or the demo of another seed.
    """
    refuse_a_real_town()
    refuse_another_seed(land.seed)
    if is_done(DemoRun(land.seed)):
        return
    real = Parcel.objects.filter(synthetic=False), School.objects.filter(synthetic=False)
    if any(rows.exists() for rows in real):
        raise BadInput(
            "This database holds parcels or schools that are not the demo's: build the demo town "
            "into an empty one, by naming another folder in DATA_DIR."
        )
    source = source_of(land.seed)
    shapes = in_wgs84((plan.polygon for plan in land.parcels), srid)
    Parcel.objects.bulk_create(
        [
            Parcel(
                reference=plan.reference,
                geom=as_multi(shape),
                area_m2=round(plan.polygon.area, 1),
                source=source,
                synthetic=True,
            )
            for plan, shape in zip(land.parcels, shapes, strict=True)
        ],
        batch_size=BATCH,
    )
    shapes = in_wgs84((plan.polygon for plan in land.buildings), srid)
    Building.objects.bulk_create(
        [
            Building(
                reference=plan.reference,
                geom=as_multi(shape),
                height_m=plan.height_m,
                source=source,
                synthetic=True,
            )
            for plan, shape in zip(land.buildings, shapes, strict=True)
        ],
        batch_size=BATCH,
    )
    _load_schools(land, srid, source)
    _load_gardens(land, srid, source)


def _load_schools(land: Land, srid: int, source: str) -> None:
    points = in_wgs84((plan.point for plan in land.schools), srid)
    schools = School.objects.bulk_create(
        [
            School(
                name=plan.name,
                uai=plan.uai,
                source_id=plan.uai,
                level=plan.level,
                pupils=plan.pupils,
                geom=point,
                source=source,
                synthetic=True,
            )
            for plan, point in zip(land.schools, points, strict=True)
        ],
        batch_size=BATCH,
    )
    shapes = in_wgs84((plan.polygon for plan in land.yards), srid)
    land_changes(
        Change(
            "courtyard",
            new_uuid(),
            {
                "name": f"Cour – {schools[plan.school].name}",
                "source_id": f"demo-yard-{number:02d}",
                "school": str(schools[plan.school].uuid),
                "geom": wire(as_multi(shape)),
                "area_m2": round(plan.polygon.area, 1),
                "source": source,
                "synthetic": True,
            },
            create=True,
        )
        for number, (plan, shape) in enumerate(zip(land.yards, shapes, strict=True), start=1)
    )


def _load_gardens(land: Land, srid: int, source: str) -> None:
    shapes = in_wgs84((plan.polygon for plan in land.gardens), srid)
    gardens = [new_uuid() for _plan in land.gardens]
    land_changes(
        Change(
            "shared_garden",
            uuid,
            {
                "name": plan.name,
                "source_id": f"demo-garden-{number}",
                "state": plan.state,
                "geom": wire(as_multi(shape)),
                "area_m2": round(plan.polygon.area, 1),
                "source": source,
                "synthetic": True,
            },
            create=True,
        )
        for number, (uuid, plan, shape) in enumerate(
            zip(gardens, land.gardens, shapes, strict=True), start=1
        )
    )
    plots = [
        (uuid, plot)
        for uuid, plan in zip(gardens, land.gardens, strict=True)
        for plot in plan.plots
    ]
    shapes = in_wgs84((plot.polygon for _garden, plot in plots), srid)
    land_changes(
        Change(
            "plot",
            new_uuid(),
            {
                "garden": str(garden),
                "number": plot.number,
                "state": plot.state,
                "geom": wire(shape),
                "area_m2": round(plot.polygon.area, 1),
                "accessible": int(plot.number) <= ACCESSIBLE_PLOTS,
                "source": source,
                "synthetic": True,
            },
            create=True,
        )
        for (garden, plot), shape in zip(plots, shapes, strict=True)
    )
