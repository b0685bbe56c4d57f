"""The land's nouns, one subject a file."""

from parcels.models.adoption import RUNNING, Adoption, CoGardener, Watering
from parcels.models.allocation import AllocationRules, Decision, Draw, WaitingList
from parcels.models.application import Application, Contest
from parcels.models.garden import Plot, SharedGarden
from parcels.models.garden_page import GardenNews, GardenReferent, OpenDay
from parcels.models.parcel import Building, Parcel
from parcels.models.resident import Household, Resident
from parcels.models.school import Courtyard, School

__all__ = [
    "RUNNING",
    "Adoption",
    "AllocationRules",
    "Application",
    "Building",
    "CoGardener",
    "Contest",
    "Courtyard",
    "Decision",
    "Draw",
    "GardenNews",
    "GardenReferent",
    "Household",
    "OpenDay",
    "Parcel",
    "Plot",
    "Resident",
    "School",
    "SharedGarden",
    "WaitingList",
    "Watering",
]
