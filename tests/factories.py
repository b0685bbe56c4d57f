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
from parcels.allocation import digest
from parcels.allocation_rules import DEFAULT
from parcels.models import (
    Adoption,
    AllocationRules,
    Application,
    Building,
    CoGardener,
    Contest,
    Courtyard,
    Decision,
    Household,
    Parcel,
    Plot,
    Resident,
    School,
    SharedGarden,
)
from parcels.models.resident import household_key

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


class AllocationRulesFactory(DjangoModelFactory[AllocationRules]):
    class Meta:
        model = AllocationRules
        django_get_or_create = ("version",)

    commune = factory.SubFactory(CommuneFactory)
    version = 1
    valid_from = dt.date(2020, 1, 1)
    rules = factory.LazyFunction(lambda: dict(DEFAULT))
    text_fr = "Les règles."
    text_en = "The rules."


class HouseholdFactory(DjangoModelFactory[Household]):
    class Meta:
        model = Household

    key = factory.Sequence(lambda n: household_key(f"{n} rue des Lilas", "", "92130"))


class ResidentFactory(DjangoModelFactory[Resident]):
    class Meta:
        model = Resident

    name = factory.Sequence(lambda n: f"Camille Exemple {n}")
    address = factory.Sequence(lambda n: f"{n} rue des Lilas")
    postcode = "92130"
    declares_adult = declares_resident = declares_no_own_garden = True
    household = factory.SubFactory(HouseholdFactory)
    consent_version = "1"


class ApplicationFactory(DjangoModelFactory[Application]):
    """One that waits; the day is that of its order."""

    class Meta:
        model = Application

    class Params:
        day = dt.date(2026, 3, 2)

    garden = factory.SubFactory(SharedGardenFactory)
    resident = factory.SubFactory(ResidentFactory)
    rules = factory.SubFactory(AllocationRulesFactory)
    state = Application.State.WAITING
    submitted_at = factory.LazyAttribute(
        lambda made: dt.datetime.combine(made.day, dt.time(12), tzinfo=dt.UTC)
    )
    order_key = factory.LazyAttribute(lambda made: made.day.isoformat())
    claim = factory.LazyAttribute(lambda made: str(made.resident.home))


class DecisionFactory(DjangoModelFactory[Decision]):
    class Meta:
        model = Decision

    garden = factory.SubFactory(SharedGardenFactory)
    number = 1
    what = Decision.What.REFUSED
    made_at = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
    rules = factory.SubFactory(AllocationRulesFactory)
    resident = factory.SubFactory(ResidentFactory)
    inputs_hash = digest({})
    hash = "0" * 64


class ContestFactory(DjangoModelFactory[Contest]):
    class Meta:
        model = Contest

    resident = factory.SubFactory(ResidentFactory)
    decision = factory.SubFactory(DecisionFactory, resident=factory.SelfAttribute("..resident"))
    text = "Why not me?"


class AdoptionFactory(DjangoModelFactory[Adoption]):
    """Of a young tree, unless a test says otherwise."""

    class Meta:
        model = Adoption

    tree = factory.SubFactory(TreeFactory)
    resident = factory.SubFactory(ResidentFactory)
    since = dt.date(2026, 3, 2)
    until = dt.date(2027, 3, 2)


class CoGardenerFactory(DjangoModelFactory[CoGardener]):
    class Meta:
        model = CoGardener

    adoption = factory.SubFactory(AdoptionFactory)
    resident = factory.SubFactory(ResidentFactory)
