"""The log of allocation decisions: written in a chain of hashes, checked, played again, explained, contested."""

from __future__ import annotations

import datetime as dt
import uuid as uuid_module
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from greening.events import Change
from greening.models.base import new_uuid
from parcels import telling
from parcels.allocation import METHOD, Candidate, Ranking, Reason, digest, rank
from parcels.doorway import Refused, all_or_nothing, pass_door, through
from parcels.models import (
    AllocationRules,
    Application,
    Contest,
    Decision,
    Plot,
    Resident,
    SharedGarden,
)

#: What a decision must say by law (CRPA L311-3-1): shown wherever a decision or a rank is.
MENTION = _(
    "This decision was prepared by an algorithm, which applies the published rules (CRPA, articles L311-3-1 and"
    " L312-1-3). You may ask how it was applied to you, and have a person look at it again."
)


def log(
    garden: SharedGarden,
    what: Decision.What,
    rules: AllocationRules,
    at: dt.datetime,
    *,
    application: Application | None = None,
    plot: Plot | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Decision:
    """Add an entry to the garden's log. Hold its waiting list first: the chain grows one by one."""
    last = Decision.objects.filter(garden=garden).order_by("-number").first()
    entry = Decision(
        garden=garden,
        number=last.number + 1 if last else 1,
        what=what,
        made_at=at,
        rules=rules,
        application=application.uuid if application else None,
        resident=application.resident if application else None,
        plot=plot,
        facts=dict(facts or {}),
        inputs_hash=digest(dict(facts or {})),
        previous=last.hash if last else "",
    )
    entry.hash = entry.content_hash()
    entry.save()
    return entry


def facts_of_offer(
    candidates: Sequence[Candidate],
    places: Sequence[Ranking],
    seeds: Mapping[str, str],
    accessible: bool,
) -> dict[str, Any]:
    """Everything an offer was decided from, and the places that came of it; residents by identifier only."""
    return {
        "method": METHOD,
        "accessible": accessible,
        "seeds": dict(sorted(seeds.items())),
        "candidates": [
            candidate.as_facts() for candidate in sorted(candidates, key=lambda c: c.application)
        ],
        "places": [
            {
                "application": str(place.candidate.application),
                "resident": str(place.candidate.resident),
                "rank": place.rank,
                "last": place.last,
                "of": place.of,
                "reasons": [
                    {"code": why.code, "ahead": why.ahead, "facts": dict(why.facts)}
                    for why in place.reasons
                ],
            }
            for place in places
        ],
    }


# --- checking ---------------------------------------------------------------------------------------
def verify(garden: SharedGarden) -> list[str]:
    """What is wrong with a garden's log, in a sentence each; an empty list means that nobody touched it."""
    wrong: list[str] = []
    previous, number = "", 0
    entries = Decision.objects.filter(garden=garden).order_by("number")
    for entry in entries.select_related("garden", "rules", "resident", "plot"):
        number += 1
        missing, which = {"number": number}, {"number": entry.number}
        if entry.number != number:
            wrong.append(gettext("Entry %(number)s is missing.") % missing)
            number = entry.number
        elif entry.previous != previous:
            wrong.append(gettext("Entry %(number)s does not follow from the one before.") % which)
        if entry.inputs_hash != digest(entry.facts):
            wrong.append(gettext("The facts of entry %(number)s were changed.") % which)
        if entry.hash != entry.content_hash():
            wrong.append(gettext("Entry %(number)s was changed.") % which)
        if entry.what == Decision.What.OFFERED and not replays(entry):
            said = gettext("Entry %(number)s does not follow from its facts and rules.")
            wrong.append(said % which)
        previous = entry.hash
    return wrong


def replays(entry: Decision) -> bool:
    """Whether the rules, applied again to the facts of an offer, give the same places."""
    facts = entry.facts
    standing = [Candidate.from_facts(each) for each in facts["candidates"]]
    seeds, accessible = facts["seeds"], facts["accessible"]
    places = rank(standing, entry.rules.read, seeds=seeds, accessible=accessible)
    again = facts_of_offer(standing, places, seeds, accessible)
    return digest(again) == entry.inputs_hash


# --- reading ----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Place:
    """Where one applicant stood when a decision was made."""

    rank: int
    last: int
    of: int
    reasons: tuple[Reason, ...]


def place_in(entry: Decision, application: Application) -> Place | None:
    """Where this application stood in a decision, or None where it was not on the list."""
    for place in entry.facts.get("places", ()):
        if place["application"] == str(application.uuid):
            reasons = tuple(
                Reason(why["code"], why["ahead"], why["facts"]) for why in place["reasons"]
            )
            return Place(place["rank"], place["last"], place["of"], reasons)
    return None


def read_by(application: Application) -> QuerySet[Decision]:
    """The entries an applicant reads: those about them, their own draw, and the offers made while they waited."""
    about = Q(application=application.uuid)
    mine = Q(garden=application.garden)
    drawn = mine & Q(what=Decision.What.DRAWN, facts__key=application.order_key)
    kinds = (Decision.What.OFFERED, Decision.What.CLOSED)
    since = mine & Q(what__in=kinds, made_at__gte=application.submitted_at)
    rows: QuerySet[Decision] = Decision.objects.filter(about | drawn | since)
    return rows.select_related("rules", "plot", "garden").order_by("-made_at", "-number")


# --- contesting -------------------------------------------------------------------------------------
@all_or_nothing
def contest(decision: Decision, resident: Resident, text: str, *, by: User | None) -> Contest:
    """Object to a decision about oneself. The words stand beside the history, so that they can be erased."""
    if not text.strip():
        raise Refused("no_text", str(_("Say what you contest, in your own words.")))
    uuid = new_uuid()
    patch = {"state": "received", "decision": str(decision.uuid), "resident": str(resident.uuid)}
    pass_door(Change("contest", uuid, patch, create=True, actor=by, source=through(by)))
    return _with_words(uuid, text=text.strip())


@all_or_nothing
def answer(objection: Contest, sentence: str, *, upheld: bool, by: User | None) -> Contest:
    """A person's answer to an objection: the decision is looked at again, or stands."""
    _with_words(objection.uuid, answer=sentence.strip())
    patch = {"state": "upheld" if upheld else "dismissed"}
    pass_door(Change("contest", objection.uuid, patch, actor=by, source=through(by)))
    rows = Contest.objects.select_related("decision__garden", "resident__user")
    answered = rows.get(pk=objection.pk)
    telling.contest_answered(answered)
    return answered


@all_or_nothing
def take_back(objection: Contest, *, by: User | None) -> Contest:
    pass_door(
        Change("contest", objection.uuid, {"state": "withdrawn"}, actor=by, source=through(by))
    )
    return Contest.objects.get(pk=objection.pk)


def _with_words(uuid: uuid_module.UUID, **words: str) -> Contest:
    Contest.objects.filter(uuid=uuid).update(**words)
    return Contest.objects.get(uuid=uuid)
