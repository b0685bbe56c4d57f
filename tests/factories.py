"""Objects that are valid by default; a test names only what it is about."""

from __future__ import annotations

import datetime as dt

import factory
from django.contrib.gis.geos import LineString, MultiPolygon, Point, Polygon
from factory.django import DjangoModelFactory

from greening.models import Commune, GreenRoof, PlantingSite, Species, Street, Tree
from parcels.models import Building, Courtyard, Parcel, Plot, School, SharedGarden

#: Hand-named places in Issy-les-Moulineaux (lon, lat).
TOWN_HALL = (2.2737, 48.8238)
STREET_CORNER = (2.2700, 48.8240)
PARK = (2.2601, 48.8215)


def square(lon: float, lat: float, side: float = 0.0006) -> Polygon:
    """A small square around a place, `side` in degrees (0.0006° is about 44 by 67 m here)."""
    half = side / 2
    return Polygon.from_bbox((lon - half, lat - half, lon + half, lat + half))


class CommuneFactory(DjangoModelFactory[Commune]):
    class Meta:
        model = Commune

    name = "Issy-les-Moulineaux"
    insee = factory.Sequence(lambda n: f"{92040 + n:05d}")
    geom = factory.LazyFunction(
        lambda: MultiPolygon(Polygon.from_bbox((2.2456, 48.8130, 2.2890, 48.8345)))
    )


class SpeciesFactory(DjangoModelFactory[Species]):
    class Meta:
        model = Species
        django_get_or_create = ("genus", "species", "infraspecific", "cultivar")

    genus = "Tilia"
    species = "cordata"
    infraspecific = ""
    cultivar = ""


class StreetFactory(DjangoModelFactory[Street]):
    class Meta:
        model = Street

    name = factory.Sequence(lambda n: f"rue des Tilleuls {n}")
    geom = factory.LazyFunction(lambda: LineString(TOWN_HALL, STREET_CORNER))


class PlantingSiteFactory(DjangoModelFactory[PlantingSite]):
    class Meta:
        model = PlantingSite

    matricule = factory.Sequence(lambda n: f"S-{n:05d}")
    geom = factory.LazyFunction(lambda: Point(*TOWN_HALL))


class TreeFactory(DjangoModelFactory[Tree]):
    class Meta:
        model = Tree

    site = factory.SubFactory(PlantingSiteFactory, state=PlantingSite.State.OCCUPIED)
    species = factory.SubFactory(SpeciesFactory)
    geom = factory.SelfAttribute("site.geom")
    state = Tree.State.PLANTED
    planted_on = dt.date(2025, 11, 20)


class GreenRoofFactory(DjangoModelFactory[GreenRoof]):
    class Meta:
        model = GreenRoof

    name = factory.Sequence(lambda n: f"Toiture {n}")
    geom = factory.LazyFunction(lambda: square(*TOWN_HALL, side=0.0003))


class ParcelFactory(DjangoModelFactory[Parcel]):
    class Meta:
        model = Parcel

    reference = factory.Sequence(lambda n: f"92040000AB{n:04d}")
    geom = factory.LazyFunction(lambda: MultiPolygon(square(*TOWN_HALL)))


class BuildingFactory(DjangoModelFactory[Building]):
    class Meta:
        model = Building

    reference = factory.Sequence(lambda n: f"B-{n}")
    geom = factory.LazyFunction(lambda: MultiPolygon(square(*TOWN_HALL, side=0.0003)))
    height_m = 15.0


class SchoolFactory(DjangoModelFactory[School]):
    class Meta:
        model = School

    name = factory.Sequence(lambda n: f"École {n}")
    geom = factory.LazyFunction(lambda: Point(*TOWN_HALL))
    pupils = 240


class CourtyardFactory(DjangoModelFactory[Courtyard]):
    class Meta:
        model = Courtyard

    name = factory.LazyAttribute(lambda yard: f"Cour de {yard.school}")
    school = factory.SubFactory(SchoolFactory)
    geom = factory.LazyFunction(lambda: MultiPolygon(square(*TOWN_HALL)))
    area_m2 = 2900.0


class SharedGardenFactory(DjangoModelFactory[SharedGarden]):
    class Meta:
        model = SharedGarden

    name = factory.Sequence(lambda n: f"Jardin {n}")
    geom = factory.LazyFunction(lambda: MultiPolygon(square(*PARK)))
    state = SharedGarden.State.OPEN


class PlotFactory(DjangoModelFactory[Plot]):
    class Meta:
        model = Plot

    garden = factory.SubFactory(SharedGardenFactory)
    number = factory.Sequence(lambda n: str(n + 1))
    geom = factory.LazyFunction(lambda: square(*PARK, side=0.0001))
