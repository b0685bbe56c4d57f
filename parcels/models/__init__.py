"""The land's nouns, one subject a file."""

from parcels.models.garden import Plot, SharedGarden
from parcels.models.parcel import Building, Parcel
from parcels.models.school import Courtyard, School

__all__ = ["Building", "Courtyard", "Parcel", "Plot", "School", "SharedGarden"]
