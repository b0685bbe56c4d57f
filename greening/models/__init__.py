"""The ground's nouns, one subject a file."""

from greening.models.campaign import Campaign, CampaignTarget, Quarter
from greening.models.care import CareTask, Crew, WateringRound
from greening.models.check import Inspection, SurvivalCheck
from greening.models.commune import Commune
from greening.models.event import Event
from greening.models.field import (
    Contractor,
    Device,
    Photo,
    Sector,
    SeenRefusal,
    Unreadable,
    Upload,
)
from greening.models.import_run import ImportRun
from greening.models.notice import (
    Appointment,
    CalendarFeed,
    DueMark,
    Notice,
    Preference,
    SilencedTopic,
)
from greening.models.observation import Observation
from greening.models.order import GuaranteeClaim, NurseryOrder, Reception
from greening.models.person import Consent, PrivacyRequest, UnusedNotice
from greening.models.roof import GreenRoof
from greening.models.site import PlantingSite, Street
from greening.models.species import Species, Synonym
from greening.models.tree import Tree

__all__ = [
    "Appointment",
    "CalendarFeed",
    "Campaign",
    "CampaignTarget",
    "CareTask",
    "Commune",
    "Consent",
    "Contractor",
    "Crew",
    "Device",
    "DueMark",
    "Event",
    "GreenRoof",
    "GuaranteeClaim",
    "ImportRun",
    "Inspection",
    "Notice",
    "NurseryOrder",
    "Observation",
    "Photo",
    "PlantingSite",
    "Preference",
    "PrivacyRequest",
    "Quarter",
    "Reception",
    "Sector",
    "SeenRefusal",
    "SilencedTopic",
    "Species",
    "Street",
    "SurvivalCheck",
    "Synonym",
    "Tree",
    "Unreadable",
    "UnusedNotice",
    "Upload",
    "WateringRound",
]
