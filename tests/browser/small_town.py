"""Fills a migrated database with a town small enough to know by heart: `python -m tests.browser.small_town`.

Three streets by three around the town hall, with trees along them; one heat map of known values; six ranked yards.
"""

from __future__ import annotations

import os

#: Corner of the street grid and its step, degrees; 0.002° is about 147 m by 222 m here.
WEST, SOUTH, STEP = 2.2690, 48.8205, 0.002
#: The tree that tests click on, alone on its street corner.
LONE_TREE = (2.2690, 48.8195)
#: A place with neither tree nor area, where the heat map says +0.0 °C or so.
NOWHERE_NEAR = (2.2770, 48.8275)


def build() -> None:
    from django.contrib.gis.geos import LineString, MultiPolygon, Point, Polygon

    from greening.models import GreenRoof, PlantingSite, Tree
    from parcels.models import SharedGarden
    from tests import factories as make
    from tests.frontend.rankings import ranking
    from tests.heat_islands.rasters import heat_map

    make.CommuneFactory.create(
        name="Petiteville",
        geom=MultiPolygon(Polygon.from_bbox((2.2650, 48.8170, 2.2790, 48.8290))),
        synthetic=True,
        tree_target=60,
    )
    for row in range(4):
        lat, lon = SOUTH + row * STEP, WEST + row * STEP
        for name, ends in (
            (f"rue du Levant {row + 1}", ((WEST, lat), (WEST + 3 * STEP, lat))),
            (f"rue du Midi {row + 1}", ((lon, SOUTH), (lon, SOUTH + 3 * STEP))),
        ):
            make.StreetFactory.create(name=name, geom=LineString(*ends), width_m=10)
    for column in range(3):
        for row in range(3):
            lon, lat = WEST + (column + 0.5) * STEP, SOUTH + (row + 0.5) * STEP
            make.ParcelFactory.create(geom=MultiPolygon(make.square(lon, lat, 0.0015)))
            make.BuildingFactory.create(geom=MultiPolygon(make.square(lon - 4e-4, lat, 5e-4)))
    states = (
        Tree.State.ESTABLISHING,
        Tree.State.ESTABLISHED,
        Tree.State.ESTABLISHED,
        Tree.State.DEAD,
        Tree.State.PLANTED,
    )
    for number in range(60):
        place = Point(WEST + (number % 15) * STEP / 5, SOUTH + (number // 15) * STEP + 4e-5)
        if number % 6 == 5:
            make.PlantingSiteFactory.create(geom=place, state=PlantingSite.State.READY)
        else:
            make.TreeFactory.create(site__geom=place, state=states[number % 5])
    make.TreeFactory.create(
        site__geom=Point(*LONE_TREE), species__genus="Ginkgo", species__species="biloba"
    )
    make.GreenRoofFactory.create(
        name="Médiathèque",
        geom=make.square(WEST + 0.6 * STEP, SOUTH + 1.5 * STEP, 3e-4),
        state=GreenRoof.State.IN_SERVICE,
    )
    garden = make.SharedGardenFactory.create(
        name="Jardin des Petits Prés",
        geom=MultiPolygon(make.square(WEST + 2.7 * STEP, SOUTH + 0.5 * STEP, 6e-4)),
        state=SharedGarden.State.OPEN,
    )
    for number in range(4):
        make.PlotFactory.create(
            garden=garden,
            geom=make.square(WEST + 2.7 * STEP + (number - 1.5) * 1e-4, SOUTH + 0.5 * STEP, 8e-5),
        )
    yards = [
        make.CourtyardFactory.create(
            school__name=f"École {name}",
            geom=MultiPolygon(
                make.square(
                    WEST + (0.7 + number % 3) * STEP, SOUTH + (0.75 + number // 3) * STEP, 5e-4
                )
            ),
        )
        for number, name in enumerate(
            ("des Tilleuls", "du Moulin", "des Prés", "Jean-Macé", "du Parc", "des Iris")
        )
    ]
    ranking(*yards, heat_map=heat_map(), synthetic=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "greening.settings")
    import django

    django.setup()
    from django.db import transaction

    with transaction.atomic():
        build()
