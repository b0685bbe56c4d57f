"""What the gardens know of a person: written down with their consent, handed out to them, emptied when they leave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from greening.events import Change
from greening.events.values import field_of
from greening.models.base import new_uuid
from greening.roles import Role, holds
from parcels.application_lives import claim_of
from parcels.doorway import Refused, all_or_nothing, pass_door, through
from parcels.models import (
    Adoption,
    Application,
    CoGardener,
    Contest,
    Household,
    Resident,
)
from parcels.models.resident import PERSONAL, household_key

#: What a person says of themselves; nothing else is taken from a form.
TOLD = (
    "name",
    "address",
    "door",
    "postcode",
    "phone",
    "declares_adult",
    "declares_resident",
    "declares_no_own_garden",
    "needs_accessible",
)
MAY_SORT_HOUSEHOLDS = (Role.GARDEN_MANAGER, Role.ADMINISTRATOR)


def resident_of(user: User) -> Resident | None:
    """What the gardens know of this account, or None."""
    return Resident.objects.select_related("household").filter(user=user).first()


@all_or_nothing
def write_down(user: User, told: Mapping[str, Any], *, consent: str) -> Resident:
    """Write down, or correct, what a person tells of themselves; `consent` is the version of the text they agreed to.

    The household is found by address and door. Raises Refused where it has another open application already.
    """
    unknown = told.keys() - set(TOLD)
    if unknown:
        raise Refused("unknown", f"{', '.join(sorted(unknown))}: not asked of a resident.")
    if not consent:
        raise Refused("no_consent", _("Your agreement is needed before we keep these details."))
    resident = resident_of(user) or Resident(user=user)
    for name, value in told.items():
        setattr(resident, name, value)
    for name in ("name", "address", "postcode"):
        if not str(getattr(resident, name)).strip():
            label = field_of(Resident, name).verbose_name
            raise Refused("missing", _("%(field)s is needed.") % {"field": label})
    if resident.consent_version != consent:
        resident.consent_version, resident.consent_at = consent, timezone.now()
    # One who was split from a household stays so while the address is the same.
    key = household_key(resident.address, resident.door, resident.postcode)
    before = resident.household
    if before is None or _home_key(resident) != key:
        resident.household = Household.objects.get_or_create(key=key)[0].whole
    try:
        resident.clean_fields(exclude=["user", "household"])
    except ValidationError as error:
        raise Refused("invalid", " ".join(error.messages)) from None
    resident.save()
    if before != resident.household:
        _reclaim([resident], None)
    return resident


def _home_key(resident: Resident) -> str:
    """The key of the address that stands in the database until now."""
    if resident._state.adding:
        return ""
    then = Resident.objects.get(pk=resident.pk)
    return household_key(then.address, then.door, then.postcode)


# --- households -------------------------------------------------------------------------------------
@all_or_nothing
def join_households(kept: Household, other: Household, *, by: User) -> Household:
    """Two households that are one: `other`'s people move over. Refused while both have an open application."""
    _may_sort(by)
    if kept.pk == other.pk:
        raise Refused("same", _("This is the same household."))
    moved = list(other.residents.select_for_update())
    other.residents.update(household=kept)
    Household.objects.filter(joined_to=other).update(joined_to=kept)
    Household.objects.filter(pk=other.pk).update(joined_to=kept)
    Household.objects.filter(pk=kept.pk).update(joined_to=None)
    _reclaim(moved, by)
    return Household.objects.get(pk=kept.pk)


@all_or_nothing
def split_from_household(resident: Resident, *, by: User) -> Household:
    """Somebody who lives behind the same door without being of that household gets one of their own."""
    _may_sort(by)
    own = Household.objects.create(key=f"split-{new_uuid().hex}")
    Resident.objects.filter(pk=resident.pk).update(household=own)
    _reclaim([resident], by)
    return own


def _may_sort(by: User) -> None:
    if not holds(by, *MAY_SORT_HOUSEHOLDS):
        raise Refused("forbidden", _("Your role does not allow this change."))


def _reclaim(moved: list[Resident], by: User | None) -> None:
    """Open applications count for the household that their people are of now."""
    rows = Application.objects.open().filter(resident__in=moved)
    for made in rows.select_related("resident__household", "garden", "rules").order_by("pk"):
        claim = claim_of(made.resident, made.garden, made.rules.read)
        if claim != made.claim:
            pass_door(
                Change("application", made.uuid, {"claim": claim}, actor=by, source=through(by))
            )


# --- one's own data ---------------------------------------------------------------------------------
def export(user: User) -> dict[str, Any]:
    """Everything the gardens hold of a person, as JSON can say it."""
    resident = resident_of(user)
    if resident is None:
        return {}
    told = {name: getattr(resident, name) for name in TOLD}
    return {
        "identifier": str(resident.uuid),
        **told,
        "consent_version": resident.consent_version,
        "consent_at": resident.consent_at.isoformat() if resident.consent_at else None,
        "applications": [_application(row) for row in resident.applications.order_by("pk")],
        "adoptions": [_adoption(row) for row in resident.adoptions.order_by("pk")],
        "co_gardening": [
            {"adoption": str(row.adoption.uuid), "state": row.state}
            for row in resident.co_gardening.select_related("adoption")
        ],
        "waterings": [
            {"day": row.day.isoformat(), "litres": row.litres}
            for row in resident.waterings.order_by("day", "pk")
        ],
        "decisions": [
            {"made_at": row.made_at.isoformat(), "what": row.what, "number": row.number}
            for row in resident.decisions.order_by("made_at")
        ],
        "contests": [
            {"state": row.state, "text": row.text, "answer": row.answer}
            for row in resident.contests.order_by("pk")
        ],
    }


def _application(row: Application) -> dict[str, Any]:
    return {
        "identifier": str(row.uuid),
        "garden": row.garden.name,
        "state": row.state,
        "submitted_at": row.submitted_at.isoformat(),
        "refusals": row.refusals,
        "reason": row.reason,
        "answer": row.answer,
    }


def _adoption(row: Adoption) -> dict[str, Any]:
    return {
        "identifier": str(row.uuid),
        "of": f"{row.of_what} {row.target}",
        "state": row.state,
        "since": row.since.isoformat() if row.since else None,
        "until": row.until.isoformat() if row.until else None,
        "answer": row.answer,
    }


def in_use(user: User) -> bool:
    """Whether this person waits for a plot or tends something: their account is no unused one."""
    resident = resident_of(user)
    if resident is None:
        return False
    waits = Application.objects.open().filter(resident=resident).exists()
    return waits or Adoption.objects.shared_with(resident).running().exists()


def erase(user: User) -> None:
    """Empty what the gardens know of an account; what runs in its name ends through the door first."""
    resident = resident_of(user)
    if resident is not None:
        empty(resident)


@all_or_nothing
def empty(resident: Resident) -> None:
    """Withdraw, give up, and leave an empty row: history and log keep an identifier that leads to nobody."""
    from parcels.applying import withdraw

    for application in (
        Application.objects.open().filter(resident=resident).order_by("garden", "pk")
    ):
        withdraw(application, by=None)
    for adoption in resident.adoptions.exclude(state__in=("ended", "refused")).order_by("pk"):
        patch = {"state": "ended", "ended_because": Adoption.Because.LEFT.value}
        pass_door(Change("adoption", adoption.uuid, patch))
    for with_them in CoGardener.objects.filter(resident=resident, state="active").order_by("pk"):
        pass_door(Change("co_gardener", with_them.uuid, {"state": "left"}))
    for objection in Contest.objects.filter(resident=resident, state="received").order_by("pk"):
        pass_door(Change("contest", objection.uuid, {"state": "withdrawn"}))
    Contest.objects.filter(resident=resident).update(text="", answer="")
    Application.objects.filter(resident=resident).update(answer="")
    Adoption.objects.filter(resident=resident).update(answer="")
    household = resident.household
    for name, nothing in PERSONAL.items():
        setattr(resident, name, nothing)
    resident.erased_at = timezone.now()
    resident.save()
    if household is not None and not household.residents.exists():
        Household.objects.filter(pk=household.pk, joined_to=None).delete()
