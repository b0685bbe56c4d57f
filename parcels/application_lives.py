"""The life of an application: submitted, checked, waiting, offered; what a refusal costs; and of what is contested."""

from __future__ import annotations

import uuid as uuid_module
from collections.abc import Iterator
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from greening.guards import current, needs, not_in_the_future
from greening.history import reserve
from greening.lifecycle import Consequence, Kind, Move, Refusal, Situation, register
from greening.roles import WRITE, Role, grant, limit
from parcels.allocation import months_after
from parcels.allocation_rules import Cost, Rules
from parcels.models import Adoption, Draw

NAMESPACE = uuid_module.UUID("0d5f6e0a-53c5-5e0b-8a2f-5d0c6f1e7b21")
#: What never changes once an application is made: nobody, the administrator included, moves it in the order by hand.
FIXED = ("garden", "resident", "rules", "submitted_at", "order_key", "moved_from")
#: Marks the draws of applications that keep the day they had in a garden that closed; they stand behind that day's.
MOVED = "~moved"
#: What an applicant may write; the rest is the town's, or follows from the rules.
APPLICANT_WRITES = {
    True: {
        "state",
        "garden",
        "resident",
        "rules",
        "order_key",
        "claim",
        "moved_from",
        "submitted_at",
        "reconfirmed_on",
    },
    False: {"state", "reconfirmed_on"},
}

#: A refusal to each rule about who may apply.
WHO = {
    "not_resident": _("Plots are for people who live in the town: declare that you do."),
    "not_adult": _("Plots are for adults: declare that you are of age."),
    "has_garden": _("Plots are for people who have no garden at home."),
    "household_has_plot": _("Your household has a plot already."),
}


def of_the_town(situation: Situation) -> bool:
    """Whether somebody acts for the town, or the rules themselves do: they hold `override`, an applicant does not."""
    return "override" in situation.rights


# --- guards -----------------------------------------------------------------------------------------
def order_is_fixed(situation: Situation) -> Refusal | None:
    if situation.created or not situation.patch.keys() & set(FIXED):
        return None
    return Refusal(
        "fixed",
        _("Garden, person and place in the order were fixed when the application was made."),
    )


def applicant_writes_little(situation: Situation) -> Refusal | None:
    """Mass assignment ends here: an applicant's change that names any other field is refused whole."""
    if of_the_town(situation) or situation.patch.keys() <= APPLICANT_WRITES[situation.created]:
        return None
    return Refusal("not_yours", _("Only the town may change this."))


def submitted_first(situation: Situation) -> Refusal | None:
    if not situation.created or of_the_town(situation) or situation.moved_to == "submitted":
        return None
    return Refusal("not_yours", _("An application starts as submitted: the town looks at it."))


def garden_takes_applications(situation: Situation) -> Refusal | None:
    made: Any = situation.obj
    if not situation.created or made.garden.state in ("open", "full"):
        return None
    if of_the_town(situation) and made.garden.state == "paused":
        return None  # who stood on its list before it paused
    return Refusal("garden_shut", _("This garden takes no applications at present."))


def may_apply(situation: Situation) -> Refusal | None:
    """Who may apply, by the rules of the application; somebody of the town may let a person pass, with a reason."""
    made: Any = situation.obj
    if not situation.created or situation.overridden():
        return None
    if made.resident.erased_at is not None:
        return Refusal("erased", _("This person's account was erased."))
    code = barred_by_declaration(made.resident, made.rules.read)
    if not code and made.rules.read.one_plot_per_household and has_plot(made.resident):
        code = "household_has_plot"
    return Refusal(code, WHO[code]) if code else None


def barred_by_declaration(resident: Any, rules: Rules) -> str:
    if rules.resident and not resident.declares_resident:
        return "not_resident"
    if rules.adult and not resident.declares_adult:
        return "not_adult"
    if rules.no_own_garden and not resident.declares_no_own_garden:
        return "has_garden"
    return ""


def has_plot(resident: Any) -> bool:
    """Whether this person's household tends a plot."""
    running = Adoption.objects.running().filter(plot__isnull=False)
    if resident.household_id is not None:
        return running.filter(resident__household=resident.household_id).exists()
    return running.filter(resident=resident).exists()


def claim_of(resident: Any, garden: Any, rules: Rules) -> str:
    """What an open application is the only one of."""
    if rules.one_application_per == "household_and_garden":
        return f"{resident.home}:{garden.uuid}"
    return str(resident.home)


def claim_is_true(situation: Situation) -> Refusal | None:
    made: Any = situation.obj
    if "claim" not in situation.patch:
        return None
    if made.claim == claim_of(made.resident, made.garden, made.rules.read):
        return None
    return Refusal("claim", _("The application does not name the household it is made for."))


def order_is_todays(situation: Situation) -> Refusal | None:
    """An applicant takes their place in the draw of the day, and in no other."""
    made: Any = situation.obj
    if not situation.created or of_the_town(situation):
        return None
    day = timezone.localdate().isoformat()
    if made.moved_from is not None:
        left = made.moved_from
        own = left.state == "closed" and left.resident_id == made.resident.pk
        if not own or made.submitted_at != left.submitted_at or left.moved_to.exists():
            return Refusal("order", _("A place is kept once, from a garden that was closed."))
        day = f"{timezone.localdate(left.submitted_at).isoformat()}{MOVED}"
    elif "submitted_at" in situation.patch:
        return Refusal("order", _("An application takes its place on the day it is made."))
    draws = Draw.objects.filter(garden=made.garden, key=made.order_key, revealed_at=None)
    if made.order_key.split("#")[0] == day and draws.exists():
        return None
    return Refusal("order", _("An application takes its place on the day it is made."))


def offer_is_free(situation: Situation) -> Refusal | None:
    """A plot is offered while it is available, with a last day to answer and an entry in the log."""
    made: Any = situation.obj
    plot = made.offered_plot
    if plot is None or made.offer_until is None:
        return Refusal("no_plot", _("Name the plot that is offered, and the last day to answer."))
    if made.decision is None:
        return Refusal(
            "no_decision", _("An offer follows from a decision in the log: offer from the list.")
        )
    if current(situation, plot).state != "available":
        return Refusal("plot_taken", _("This plot is not available."))
    if plot.garden.pk != made.garden.pk:
        return Refusal("other_garden", _("This plot lies in another garden."))
    if plot.garden.state not in ("open", "full"):
        return Refusal("garden_shut", _("This garden gives no plots at present."))
    return None


def offer_stays_as_made(situation: Situation) -> Refusal | None:
    names = {"offered_plot", "offer_until", "decision"}
    if situation.created or situation.moved_to or not situation.patch.keys() & names:
        return None
    return Refusal("fixed", _("An offer does not change: take it back, and make another."))


def offer_stands(situation: Situation) -> Refusal | None:
    made: Any = situation.obj
    if made.offer_until is not None and timezone.localdate() > made.offer_until:
        return Refusal(
            "offer_over",
            _("The last day to answer was %s: the plot goes to the next person.")
            % made.offer_until.isoformat(),
        )
    plot = current(situation, made.offered_plot)
    if plot.state != "offered":
        return Refusal("plot_taken", _("This plot is not on offer any more."))
    return None


def household_has_room(situation: Situation) -> Refusal | None:
    """One plot a household, held at the moment of taking one: two gardens may have offered one each.

    The household is locked until the transaction ends, so that two of its acceptances are decided one after the
    other and the second sees the adoption of the first.
    """
    made: Any = situation.obj
    rules: Rules = made.decision.rules.read if made.decision else made.rules.read
    if not rules.one_plot_per_household or situation.overridden():
        return None
    made.resident.hold_home()
    if has_plot(made.resident):
        return Refusal(
            "household_has_plot",
            _("Your household has a plot already: decline this one, or give up the other first."),
        )
    return None


def answer_day_is_over(situation: Situation) -> Refusal | None:
    made: Any = situation.obj
    if made.offer_until is not None and timezone.localdate(situation.at) > made.offer_until:
        return None
    return Refusal("offer_stands", _("There is still time to answer this offer."))


def returns_by_the_rules(situation: Situation) -> Refusal | None:
    """Back to the list after a refusal: the rules put somebody there, nobody does it for themselves."""
    if of_the_town(situation):
        return None
    return Refusal("not_yours", _("Only the town may change this."))


# --- consequences -----------------------------------------------------------------------------------
def plot_follows(situation: Situation) -> Iterator[Consequence]:
    """The plot is offered, taken or free again with the application; a refusal has its cost.

    Who comes back to the list, after an offer or a lapse taken back, is asked anew before they may lapse.
    """
    made: Any = situation.obj
    plot = made.offered_plot
    if situation.moved_to == "waiting" and made.asked_on is not None:
        yield Consequence("application", made, {"asked_on": None})
    if plot is None or situation.moved_to is None:
        return
    if situation.moved_to == "offered":
        if plot.state == "available":
            yield Consequence("plot", plot, {"state": "offered"})
    elif situation.moved_to == "accepted":
        yield Consequence("adoption", *_adoption_of(made), create=True)
    elif situation.before.get("state") == "offered":
        if plot.state == "offered":
            yield Consequence("plot", plot, {"state": "available"})
        if situation.moved_to in ("declined", "expired"):
            yield from _cost_of_refusal(situation, made)


def _adoption_of(made: Any) -> tuple[Adoption, dict[str, Any]]:
    rules: Rules = made.decision.rules.read if made.decision else made.rules.read
    today = timezone.localdate()
    patch = {
        "state": "active",
        "plot": made.offered_plot,
        "resident": made.resident,
        "application": made,
        "rules": made.decision.rules if made.decision else made.rules,
        "since": today,
        "until": months_after(today, rules.adoption_months),
        "synthetic": made.synthetic,
    }
    # One name for each offer: an application that is made again elsewhere may be accepted again.
    name = f"{made.uuid}:{made.offered_plot.uuid}"
    return Adoption(uuid=uuid_module.uuid5(NAMESPACE, name)), patch


def cost_of(made: Any, answer: str) -> Cost:
    """What declining, or letting lapse, the offer in hand costs by the rules it was made under."""
    rules: Rules = made.decision.rules.read if made.decision else made.rules.read
    number = made.refusals + 1
    return rules.cost_of_silence(number) if answer == "expired" else rules.cost_of(number)


def _cost_of_refusal(situation: Situation, made: Any) -> Iterator[Consequence]:
    """The application waits on where the rules keep its place, with what that costs; otherwise it ends here."""
    cost = cost_of(made, made.state)
    if cost.cost == "out":
        return
    rules: Rules = made.decision.rules.read if made.decision else made.rules.read
    counted = made.state == "declined" or rules.unanswered == "refusal"
    patch = {
        "state": "waiting",
        "offered_plot": None,
        "offer_until": None,
        "decision": None,
        "refusals": made.refusals + counted,
        "delay_months": made.delay_months + cost.months,
    }
    if cost.cost == "end_of_list":
        patch["behind_since"] = timezone.localdate(situation.at)
    yield Consequence("application", made, patch)


_why = needs("reason", "no_reason", _("Say why: the applicant reads it."))
_answered = needs("answer", "no_answer", _("Answer in a sentence: the applicant reads it."))

APPLICATION = Kind(
    name="application",
    model="parcels.Application",
    # A town brings its paper list along: its rows start where they stand. Residents start at the beginning.
    starts=("submitted", "checked", "waiting", "offered"),
    moves=(
        Move("submitted", "checked", "withdrawn", "closed"),
        Move("submitted", "refused", guards=[_why]),
        Move("checked", "waiting", "withdrawn", "closed"),
        Move("checked", "refused", guards=[_why]),
        Move("waiting", "offered", guards=[offer_is_free]),
        Move("waiting", "lapsed", "withdrawn", "closed"),
        Move("waiting", "refused", guards=[_why]),
        Move("offered", "accepted", guards=[offer_stands, household_has_room]),
        Move("offered", "declined"),
        Move("offered", "expired", guards=[answer_day_is_over]),
        Move("offered", "withdrawn"),
        Move("declined", "waiting", guards=[returns_by_the_rules]),
        Move("expired", "waiting", guards=[returns_by_the_rules]),
        # A decision contested and taken back.
        Move("refused", "checked", guards=[returns_by_the_rules]),
        Move("lapsed", "waiting", guards=[returns_by_the_rules]),
    ),
    # The plot before the garden: rows are locked in this order, and a plot's own change takes the plot first.
    fields=(
        "offered_plot",
        "garden",
        "resident",
        "rules",
        "submitted_at",
        "order_key",
        "claim",
        "moved_from",
        "offer_until",
        "decision",
        "refusals",
        "delay_months",
        "behind_since",
        "reconfirmed_on",
        "asked_on",
        "reason",
        "source",
        "synthetic",
        "archived_at",
    ),
    guards=(
        order_is_fixed,
        applicant_writes_little,
        submitted_first,
        garden_takes_applications,
        may_apply,
        claim_is_true,
        order_is_todays,
        offer_stays_as_made,
        not_in_the_future("reconfirmed_on"),
    ),
    consequences=plot_follows,
    order=60,
)


# --- what is contested ------------------------------------------------------------------------------
def ones_own_decision(situation: Situation) -> Refusal | None:
    objection: Any = situation.obj
    if not situation.created and situation.patch.keys() & {"decision", "resident"}:
        return Refusal("fixed", _("What is contested, and by whom, does not change."))
    if objection.decision.resident_id == objection.resident.pk:
        return None
    return Refusal("not_yours", _("Only the person a decision is about contests it."))


CONTEST = Kind(
    name="contest",
    model="parcels.Contest",
    starts=("received",),
    moves=(
        Move("received", "upheld", guards=[_answered]),
        Move("received", "dismissed", guards=[_answered]),
        Move("received", "withdrawn"),
    ),
    fields=("decision", "resident", "source", "synthetic"),
    guards=(ones_own_decision,),
    order=80,
)


def ones_own(user: Any, obj: Any) -> bool:
    """A resident's rights end at their own rows."""
    resident = obj.resident if obj.resident_id is not None else None
    return resident is not None and resident.user_id is not None and resident.user_id == user.pk


def declare() -> None:
    """Register applications and objections, and who may make and settle them."""
    register(APPLICATION, CONTEST)
    mine = ("application", "contest")
    grant(Role.GARDEN_MANAGER, mine, {*WRITE, "override"})
    moves = ("accepted", "declined", "withdrawn")
    grant(Role.RESIDENT, ("application",), {"create", "edit", *(f"move:{to}" for to in moves)})
    grant(Role.RESIDENT, ("contest",), {"create", "move:withdrawn"})
    limit(Role.RESIDENT, mine, ones_own)
    # Residents agreed that the gardens' managers read what they tell; the rest of the town's people does not.
    of_people = (*mine, "adoption", "co_gardener")
    reserve(of_people, Role.GARDEN_MANAGER, Role.ADMINISTRATOR)
