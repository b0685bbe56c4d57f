"""Objects that are valid by default; a test names only what it is about."""

from __future__ import annotations

import datetime as dt

import factory
from django.contrib.gis.geos import LineString, MultiPolygon, Point, Polygon
from factory.django import DjangoModelFactory

from greening.models import (
    Campaign,
    CareTask,
    Commune,
    Crew,
    GreenRoof,
    GuaranteeClaim,
    Inspection,
    NurseryOrder,
    Observation,
    PlantingSite,
    Quarter,
    Reception,
    Species,
    Street,
    SurvivalCheck,
    Tree,
    WateringRound,
)
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


class QuarterFactory(DjangoModelFactory[Quarter]):
    class Meta:
        model = Quarter

    name = factory.Sequence(lambda n: f"Quartier {n}")
    geom = factory.LazyFunction(lambda: MultiPolygon(square(*TOWN_HALL)))


class CampaignFactory(DjangoModelFactory[Campaign]):
    class Meta:
        model = Campaign
        django_get_or_create = ("season",)

    season = "2025-2026"


class CrewFactory(DjangoModelFactory[Crew]):
    class Meta:
        model = Crew

    name = factory.Sequence(lambda n: f"Équipe {n}")


class WateringRoundFactory(DjangoModelFactory[WateringRound]):
    class Meta:
        model = WateringRound

    day = dt.date(2026, 7, 1)
    crew = factory.SubFactory(CrewFactory)
    state = WateringRound.State.ASSIGNED
    tank_litres = 1000.0
    litres_per_tree = 80.0


class CareTaskFactory(DjangoModelFactory[CareTask]):
    class Meta:
        model = CareTask

    tree = factory.SubFactory(TreeFactory)
    action = CareTask.Action.WATER
    due_from = dt.date(2026, 7, 1)
    due_until = dt.date(2026, 7, 15)


class SurvivalCheckFactory(DjangoModelFactory[SurvivalCheck]):
    class Meta:
        model = SurvivalCheck

    tree = factory.SubFactory(TreeFactory)
    autumn = 2026
    checked_on = dt.date(2026, 10, 1)
    found = SurvivalCheck.Found.ALIVE


class InspectionFactory(DjangoModelFactory[Inspection]):
    class Meta:
        model = Inspection

    tree = factory.SubFactory(TreeFactory)
    inspected_on = dt.date(2026, 3, 1)
    crown = trunk = roots = overall = 0


class NurseryOrderFactory(DjangoModelFactory[NurseryOrder]):
    class Meta:
        model = NurseryOrder

    nursery = "Pépinière du Val"
    species = factory.SubFactory(SpeciesFactory)
    ordered_count = 20


class ReceptionFactory(DjangoModelFactory[Reception]):
    class Meta:
        model = Reception

    contractor = "Arbres et Rues"
    season = "2025-2026"


class GuaranteeClaimFactory(DjangoModelFactory[GuaranteeClaim]):
    class Meta:
        model = GuaranteeClaim

    tree = factory.SubFactory(TreeFactory, guarantee_until=dt.date(2028, 3, 1))
    defect = GuaranteeClaim.Defect.DEAD
    noted_on = dt.date(2026, 10, 1)


class ObservationFactory(DjangoModelFactory[Observation]):
    class Meta:
        model = Observation

    what = Observation.What.DAMAGE
    seen_on = dt.date(2026, 10, 1)
    geom = factory.LazyFunction(lambda: Point(*TOWN_HALL, srid=4326))


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
