"""The ground's nouns, one subject a file."""

from greening.models.commune import Commune
from greening.models.event import Event
from greening.models.roof import GreenRoof
from greening.models.site import PlantingSite, Street
from greening.models.species import Species, Synonym
from greening.models.tree import Tree

__all__ = ["Commune", "Event", "GreenRoof", "PlantingSite", "Species", "Street", "Synonym", "Tree"]
