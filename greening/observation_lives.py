"""The life of an observation: received, looked at, answered, acted on; a hazard puts its tree under watch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from greening.guards import needs, not_in_the_future
from greening.lifecycle import Consequence, Kind, Move, Refusal, Situation, register
from greening.models.observation import HAZARD_FROM
from greening.models.tree import LIVING_STATES
from greening.reports.lives import joins_a_head, the_town_answers
from greening.roles import WRITE, Role, grant


def tree_of_its_site(situation: Situation) -> Refusal | None:
    """An observation names a tree and a site only if the one stands, or stood, on the other."""
    seen: Any = situation.obj
    if seen.tree is None or seen.site is None or seen.tree.site.uuid == seen.site.uuid:
        return None
    return Refusal("other_site", _("This tree does not stand on that site."))


def hazard_warning(situation: Situation) -> Any:
    seen: Any = situation.obj
    if "severity" in situation.patch and (seen.severity or 0) >= HAZARD_FROM:
        return _("Serious or dangerous: make the place safe and tell the crew lead today.")
    return None


def hazard_is_watched(situation: Situation) -> Iterator[Consequence]:
    """A living tree with a hazard is put under watch; only a person takes the watch off again."""
    seen: Any = situation.obj
    if "severity" not in situation.patch or (seen.severity or 0) < HAZARD_FROM:
        return
    if seen.tree is not None and seen.tree.state in LIVING_STATES and not seen.tree.under_watch:
        yield Consequence("tree", seen.tree, {"under_watch": True})


_answered = needs("answer", "no_answer", _("Say why: the person who reported it reads it."))
_asked = needs("answer", "no_question", _("Say what is asked."))
_done = needs("done_on", "no_date", _("Give the day it was done."))

OBSERVATION = Kind(
    name="observation",
    model="greening.Observation",
    starts=("draft", "received"),
    moves=(
        Move("draft", "received"),
        Move("received", "validated"),
        Move("received", "needs_info", guards=[_asked]),
        Move("received", "refused", guards=[_answered]),
        Move("received", "acted_on", guards=[_done]),
        Move("needs_info", "received", "validated"),
        Move("needs_info", "refused", guards=[_answered]),
        Move("validated", "acted_on", guards=[_done]),
        Move("validated", "refused", guards=[_answered]),
        # A decision contested, a repair that did not hold.
        Move("refused", "received"),
        Move("acted_on", "validated"),
    ),
    fields=(
        "what",
        "severity",
        "note",
        "seen_on",
        "site",
        "tree",
        "geom",
        "answer",
        "done_on",
        "joined_to",
        "source",
        "synthetic",
    ),
    soft=("note", "answer"),
    guards=(
        the_town_answers,
        not_in_the_future("seen_on", "done_on"),
        tree_of_its_site,
        joins_a_head,
    ),
    warners=(hazard_warning,),
    consequences=hazard_is_watched,
    order=50,
)


def declare() -> None:
    """Register observations and who may make and settle them."""
    register(OBSERVATION)
    grant(Role.PLANNER, ("observation",), WRITE)
    grant(Role.CREW_LEAD, ("observation",), WRITE)
    grant(Role.CREW, ("observation",), {"create", "edit"})
