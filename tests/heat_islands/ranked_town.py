"""A small town in the database and on disk, ready to be ranked: heat map, cover and courtyards."""

from __future__ import annotations

import datetime as dt

import numpy as np
from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.contrib.gis.geos import Polygon as GeosPolygon
from shapely import Polygon

from heat_islands.covers import FRACTIONS
from heat_islands.models import Cover, HeatMap
from heat_islands.science.encoding import HEAT_MAP_BANDS
from heat_islands.science.footprint import FloatArray
from heat_islands.science.grid import Block
from heat_islands.science.training import Layers
from heat_islands.store import band_writer
from parcels.models import Courtyard
from tests.factories import CommuneFactory, CourtyardFactory, SchoolFactory
from tests.heat_islands.ranking_layers import GRID, region, yards

WHOLE = Block(0, 0, GRID.height, GRID.width)


def heat_map(layers: Layers, slug: str = "summer", version: str = "v1") -> HeatMap:
    """A heat map of the region: only its analysis raster, which is all that a ranking reads."""
    directory = f"heat-maps/{slug}/{version}"
    folder = settings.DATA_DIR / directory
    folder.mkdir(parents=True)
    absent = np.full(GRID.shape, np.nan, np.float32)
    bands: dict[str, FloatArray] = {
        "anomaly": layers.anomaly,
        "se": layers.se,
        "ndvi": absent if layers.ndvi is None else layers.ndvi,
        "albedo": absent if layers.albedo is None else layers.albedo,
        "n": np.full(GRID.shape, 8, np.float32),
    }
    with band_writer(folder / "analysis.tif", GRID, HEAT_MAP_BANDS) as writer:
        writer.write(
            WHOLE,
            np.stack([band.encode(bands.get(band.name, absent).copy()) for band in HEAT_MAP_BANDS]),
        )
        writer.close()
    outline = GEOSGeometry(_box().wkt, srid=GRID.srid)
    outline.transform(4326)
    return HeatMap.objects.create(
        slug=slug,
        version=version,
        title="Town 2024–2026",
        date_from=dt.date(2024, 6, 20),
        date_to=dt.date(2026, 8, 30),
        scene_count=8,
        method={},
        grid=GRID.as_dict(),
        bounds=outline,
        directory=directory,
    )


def cover(layers: Layers) -> Cover:
    """The region's cover as add_cover keeps it."""
    directory = "covers/region"
    folder = settings.DATA_DIR / directory
    folder.mkdir(parents=True)
    with band_writer(folder / "fractions.tif", GRID, FRACTIONS) as writer:
        stored = [b.encode(f.copy()) for b, f in zip(FRACTIONS, layers.fractions, strict=True)]
        writer.write(WHOLE, np.stack(stored))
        writer.close()
    return Cover.objects.create(
        name="Region", sha256="c" * 64, grid=GRID.as_dict(), directory=directory, resolution_m=10.0
    )


def courtyard(outline: Polygon, name: str, **facts: object) -> Courtyard:
    """A yard drawn in metres of the grid, stored in WGS 84 like any."""
    shape = GEOSGeometry(outline.wkt, srid=GRID.srid)
    shape.transform(4326)
    return CourtyardFactory(
        name=name, geom=MultiPolygon(shape, srid=4326), area_m2=outline.area, **facts
    )


def town(*, with_cover: bool = True, seed: int = 1) -> list[Courtyard]:
    """Everything a ranking needs; the yards' schools have 100, 140, … pupils."""
    CommuneFactory()
    layers = region(seed)
    heat_map(layers)
    if with_cover:
        cover(layers)
    return [
        courtyard(outline, f"Yard {i + 1}", school=SchoolFactory(pupils=100 + 40 * i))
        for i, outline in enumerate(yards())
    ]


def _box() -> GeosPolygon:
    return GeosPolygon.from_bbox(GRID.bounds)
