"""The land's nouns, one subject a file."""

from parcels.models.garden import Plot, SharedGarden
from parcels.models.garden_page import GardenNews, GardenReferent, OpenDay
from parcels.models.parcel import Building, Parcel
from parcels.models.school import Courtyard, School

__all__ = [
    "Building",
    "Courtyard",
    "GardenNews",
    "GardenReferent",
    "OpenDay",
    "Parcel",
    "Plot",
    "School",
    "SharedGarden",
]
