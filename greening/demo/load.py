"""The demo town's ground into the database: one transaction, through the door, never over a real town."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, overload

import numpy as np
import shapely
from django.contrib.gis.geos import GEOSGeometry, LineString, MultiPolygon, Point, Polygon
from django.db import transaction
from numpy.typing import NDArray

from greening.crs import WGS84, transformer
from greening.demo.landing import land
from greening.demo.plans import Ground
from greening.demo.planting import PlacedSite, roof_changes, site_changes, tree_changes
from greening.demo.registry import DemoRun
from greening.demo.species import TAXA
from greening.errors import BadInput
from greening.models import Commune, GreenRoof, PlantingSite, Species, Street, Tree
from greening.models.base import new_uuid

DEMO_INSEE = "00000"  # no commune has it: the demo can never be taken for one
DEMO_NAME = "Ville de démonstration"
DEGREE_DECIMALS = 8  # about a millimetre
BATCH = 1_000


def source_of(seed: int) -> str:
    """What stands in `source` of every row that the demo made."""
    return f"demo town, seed {seed}"


@overload
def in_wgs84(geometries: Iterable[shapely.Point], srid: int) -> list[Point]: ...
@overload
def in_wgs84(geometries: Iterable[shapely.LineString], srid: int) -> list[LineString]: ...
@overload
def in_wgs84(geometries: Iterable[shapely.Polygon], srid: int) -> list[Polygon]: ...
def in_wgs84(geometries: Iterable[Any], srid: int) -> list[Any]:
    """Metric geometries as Django's in WGS 84 (x is longitude)."""
    to_degrees = transformer(srid, WGS84)

    def move(points: NDArray[np.float64]) -> NDArray[np.float64]:
        lon, lat = to_degrees.transform(points[:, 0], points[:, 1])
        return np.round(np.stack((lon, lat), axis=1), DEGREE_DECIMALS)

    moved = shapely.transform(np.array(list(geometries), dtype=object), move)
    return [GEOSGeometry(memoryview(wkb), srid=WGS84) for wkb in shapely.to_wkb(moved)]


def as_multi(polygon: Polygon) -> MultiPolygon:
    """A polygon as the only part of a multi-polygon."""
    return MultiPolygon(polygon, srid=polygon.srid)


def refuse_a_real_town() -> None:
    """Raises BadInput when the database serves a town that is not the demo's."""
    real = Commune.objects.filter(synthetic=False).first()
    if real is not None:
        raise BadInput(
            f"This database holds a real town ({real.name}): the demo town is built into an empty "
            "one only, so name another folder in DATA_DIR."
        )
    if PlantingSite.objects.filter(synthetic=False).exists():
        raise BadInput(
            "This database holds planting sites that are not the demo's: build the demo town into "
            "an empty one, by naming another folder in DATA_DIR."
        )


def refuse_another_seed(seed: int) -> None:
    """Raises BadInput when the demo town in the database was made from another seed."""
    site = PlantingSite.objects.filter(synthetic=True, source__startswith="demo town").first()
    if site is not None and site.source != source_of(seed):
        raise BadInput(
            f"This database already holds the {site.source}: name another folder in DATA_DIR for "
            f"the town of seed {seed}."
        )


def is_done(run: DemoRun) -> bool:
    """Whether the ground of this seed stands; raises BadInput on a real town or another seed."""
    refuse_a_real_town()
    refuse_another_seed(run.seed)
    return Commune.objects.filter(synthetic=True).exists()


def build(run: DemoRun) -> str:
    """The demo step: loads the ground."""
    load_ground(run.ground)
    return (
        f"{PlantingSite.objects.count()} planting sites, {Tree.objects.count()} trees, "
        f"{GreenRoof.objects.count()} green roofs"
    )


@transaction.atomic
def load_ground(ground: Ground) -> None:
    """Commune, species, streets, sites, trees and roofs; nothing when they stand already.

    Raises BadInput where the database holds a real town or the demo of another seed.
    """
    if is_done(DemoRun(ground.seed)):
        return
    source = source_of(ground.seed)
    (outline,) = in_wgs84([ground.outline], ground.srid)
    Commune.objects.create(
        name=DEMO_NAME,
        insee=DEMO_INSEE,
        geom=as_multi(outline),
        metric_srid=ground.srid,
        tree_target=len(ground.sites),
        synthetic=True,
    )
    species = _species()
    streets = Street.objects.bulk_create(
        [
            Street(name=plan.name, geom=line, width_m=plan.width_m, synthetic=True)
            for plan, line in zip(
                ground.streets,
                in_wgs84((plan.line for plan in ground.streets), ground.srid),
                strict=True,
            )
        ],
        batch_size=BATCH,
    )
    said = {"source": source, "synthetic": True}
    sites = [
        PlacedSite(plan, new_uuid(), place, None if plan.street is None else streets[plan.street])
        for plan, place in zip(
            ground.sites,
            in_wgs84((plan.point for plan in ground.sites), ground.srid),
            strict=True,
        )
    ]
    land(site_changes(sites, species, said))
    land(tree_changes(sites, species, said))
    outlines = in_wgs84((plan.polygon for plan in ground.roofs), ground.srid)
    land(roof_changes(zip(ground.roofs, outlines, strict=True), said))


def _species() -> dict[str, Species]:
    """The demo's taxa by scientific name; a taxon that the town has already is used as it is."""
    found: dict[str, Species] = {}
    for taxon in TAXA:
        found[taxon.scientific_name], _made = Species.objects.get_or_create(
            genus=taxon.genus,
            species=taxon.epithet,
            infraspecific="",
            cultivar=taxon.cultivar,
            defaults={"name_fr": taxon.name_fr, "name_en": taxon.name_en},
        )
    return found
