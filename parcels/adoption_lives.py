"""The life of an adoption, whatever is adopted: asked for, active, renewed, given notice of, ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from greening.guards import current
from greening.lifecycle import Consequence, Kind, Move, Refusal, Situation, follow, register
from greening.models.tree import ENDED_STATES
from greening.roles import WRITE, Role, grant, limit
from parcels.allocation import months_after
from parcels.application_lives import of_the_town, ones_own
from parcels.models import RUNNING, Adoption, CoGardener

#: Without rules of its own (a tree, a pit before any rules), an adoption runs for a year.
TERM_MONTHS = 12
FIXED = ("plot", "site", "tree", "resident", "application")
HOLDER_WRITES = {
    True: {"state", "site", "tree", "resident", "rules", "since", "until"},
    False: {"state", "ends_on", "renewed_on"},
}
YOUNG = ("planted", "establishing")
#: Ends that need no notice: nobody is left to wait for.
AT_ONCE = ("handed_over", "target_gone", "by_town", "left")


# --- guards -----------------------------------------------------------------------------------------
def target_is_fixed(situation: Situation) -> Refusal | None:
    if situation.created or not situation.patch.keys() & set(FIXED):
        return None
    return Refusal("fixed", _("Who adopted what does not change: end this one and start another."))


def holder_writes_little(situation: Situation) -> Refusal | None:
    if of_the_town(situation) or situation.patch.keys() <= HOLDER_WRITES[situation.created]:
        return None
    return Refusal("not_yours", _("Only the town may change this."))


def starts_as_it_may(situation: Situation) -> Refusal | None:
    """Plots come by an accepted offer, pits by a permit asked for; a young tree's helper just starts."""
    made: Any = situation.obj
    if not situation.created:
        return None
    if made.resident.erased_at is not None:
        return Refusal("erased", _("This person's account was erased."))
    if not of_the_town(situation):
        if made.plot is not None:
            return Refusal("by_offer_only", _("Plots are given by the waiting list: apply first."))
        wanted = "requested" if made.site is not None else "active"
        if made.state != wanted:
            return Refusal("needs_permit", _("A tree pit needs the permit of who manages it: ask."))
        if made.until is None or made.until > months_after(timezone.localdate(), TERM_MONTHS):
            return Refusal("term", _("An adoption runs for a year at most, then it is renewed."))
    return None


def one_thing(situation: Situation) -> Refusal | None:
    made: Any = situation.obj
    if [made.plot, made.site, made.tree].count(None) == 2:
        return None
    return Refusal("one_thing", _("An adoption is of one plot, one tree pit or one tree."))


def target_can_be_tended(situation: Situation) -> Refusal | None:
    made: Any = situation.obj
    starts = situation.created or situation.moved_to == "active"
    if not starts or situation.before.get("state") == "renewal_due":
        return None
    if made.tree is not None and current(situation, made.tree).state not in YOUNG:
        return Refusal("not_young", _("Helpers are asked for young trees only, and it must stand."))
    if made.site is not None and made.site.state not in ("ready", "occupied", "stump", "vacant"):
        return Refusal("no_pit", _("There is no tree pit to tend here yet."))
    if made.plot is not None and situation.created:
        return _plot_can_be_taken(situation, made)
    return None


def _plot_can_be_taken(situation: Situation, made: Any) -> Refusal | None:
    """Available, or the one this person was offered; a list brought along names plots occupied or under notice."""
    plot = current(situation, made.plot)
    if plot.state == "offered":
        offer = made.application
        if offer is None or offer.offered_plot is None or offer.offered_plot.pk != plot.pk:
            return Refusal("plot_offered", _("This plot is offered to somebody."))
    elif plot.state not in ("available", "occupied") and plot.state != made.state:
        return Refusal("plot_taken", _("This plot is not available."))
    return None


def somebody_agreed(situation: Situation) -> Refusal | None:
    """Several bodies manage the town's streets: the permit is that of the one that manages this pit.

    Asked when a permit begins, is renewed or is written anew: a pit that changes hands meanwhile takes none away,
    and whoever tends it may always leave.
    """
    made: Any = situation.obj
    if made.site is None or made.state not in RUNNING:
        return None
    begins = situation.created or situation.moved_to == "active"
    if not begins and "agreed_by" not in situation.patch:
        return None
    if made.agreed_by != made.site.manager:
        if not of_the_town(situation):
            return Refusal(
                "no_permit",
                _("This pit has another manager by now: write to the town, which must ask them."),
            )
        return Refusal(
            "no_permit",
            _("This pit is managed by “%s”: say that they agreed.")
            % made.site.get_manager_display(),
        )
    return None


def by_the_town(situation: Situation) -> Refusal | None:
    if of_the_town(situation):
        return None
    return Refusal("not_yours", _("Only the town may change this."))


def last_day_is_told(situation: Situation) -> Refusal | None:
    made: Any = situation.obj
    if made.ends_on is None:
        return Refusal("no_date", _("Say which day is the last."))
    if "ends_on" in situation.patch and made.ends_on < timezone.localdate(situation.at):
        return Refusal("past_date", _("The last day cannot lie in the past."))
    return None


def last_day_is_over(situation: Situation) -> Refusal | None:
    made: Any = situation.obj
    if made.ends_on is not None and made.ends_on < timezone.localdate(situation.at):
        return None
    if made.ended_because in AT_ONCE:
        return None
    return Refusal("not_over", _("The last day is not over."))


def ends_at_once(situation: Situation) -> Refusal | None:
    made: Any = situation.obj
    if made.ended_because in AT_ONCE:
        return None
    return Refusal("no_notice", _("Give notice first, or say why it ends at once."))


# --- consequences -----------------------------------------------------------------------------------
def plot_follows(situation: Situation) -> Iterator[Consequence]:
    """The plot's state is its adoption's; handed over, it stays occupied. A renewal runs for another term.

    Who stays after all begins anew: what the notice said is cleared, and a term that is over is another one.
    """
    made: Any = situation.obj
    to = situation.moved_to
    plot = made.plot
    if to == "active" and situation.before.get("state") == "notice":
        stays: dict[str, Any] = {"ends_on": None, "ended_because": ""}
        if made.until is not None and made.until < timezone.localdate(situation.at):
            stays["until"] = next_term(made)
        yield Consequence("adoption", made, stays)
    if to == "active" and situation.before.get("state") == "renewal_due":
        yield Consequence("adoption", made, {"until": next_term(made), "ends_on": None})
    if to == "ended":
        for row in CoGardener.objects.filter(adoption_id=made.pk, state="active").order_by("pk"):
            yield Consequence("co_gardener", row, {"state": "left"})
    if plot is None or to is None:
        return
    if situation.created and to in RUNNING:
        if plot.state == "available":
            yield Consequence("plot", plot, {"state": "offered"})
            yield Consequence("plot", plot, {"state": "occupied"})
        elif plot.state == "offered":
            yield Consequence("plot", plot, {"state": "occupied"})
        if to == "notice" and plot.state in ("available", "offered", "occupied"):
            yield Consequence("plot", plot, {"state": "notice"})
    elif to == "notice" and plot.state == "occupied":
        yield Consequence("plot", plot, {"state": "notice"})
    elif to == "active" and plot.state == "notice":
        yield Consequence("plot", plot, {"state": "occupied"})
    elif to == "ended" and made.ended_because != "handed_over":
        if plot.state == "occupied":
            yield Consequence("plot", plot, {"state": "notice"})
        if plot.state in ("occupied", "notice"):
            yield Consequence("plot", plot, {"state": "available"})


def next_term(made: Any) -> dt.date:
    """The last day after a renewal: a term from the old one, or from today where that is long over."""
    months = made.rules.read.adoption_months if made.rules else TERM_MONTHS
    return months_after(max(made.until or timezone.localdate(), timezone.localdate()), months)


def helpers_follow_the_tree(situation: Situation) -> Iterator[Consequence]:
    tree: Any = situation.obj
    if situation.created or not (
        situation.moved_to in ENDED_STATES or situation.patch.get("archived_at")
    ):
        return
    yield from _gone(situation, Adoption.objects.filter(tree_id=tree.pk))


def gardener_follows_the_pit(situation: Situation) -> Iterator[Consequence]:
    if situation.created or situation.moved_to not in ("retired", "refused"):
        return
    yield from _gone(situation, Adoption.objects.filter(site_id=situation.obj.pk))


def _gone(situation: Situation, adoptions: Any) -> Iterator[Consequence]:
    patch = {"state": "ended", "ended_because": "target_gone"}
    for row in adoptions.filter(state__in=RUNNING).order_by("pk"):
        if current(situation, row).state in RUNNING:
            yield Consequence("adoption", row, patch)


ADOPTION = Kind(
    name="adoption",
    model="parcels.Adoption",
    starts=("requested", "active", "renewal_due", "notice"),
    moves=(
        Move("requested", "active", guards=[by_the_town]),
        Move("requested", "refused", guards=[by_the_town]),
        Move("requested", "ended"),
        Move("active", "renewal_due"),
        Move("active", "notice", guards=[last_day_is_told]),
        Move("active", "ended", guards=[by_the_town, ends_at_once]),
        Move("renewal_due", "active"),
        Move("renewal_due", "notice", guards=[last_day_is_told]),
        Move("renewal_due", "ended", guards=[by_the_town, ends_at_once]),
        # Notice taken back, while nobody else was promised the place.
        Move("notice", "active", guards=[by_the_town]),
        Move("notice", "ended", guards=[by_the_town, last_day_is_over]),
    ),
    # What is adopted before who and why: rows are locked in this order.
    fields=(
        "plot",
        "site",
        "tree",
        "resident",
        "application",
        "rules",
        "since",
        "until",
        "renewed_on",
        "ends_on",
        "ended_because",
        "successor",
        "agreed_by",
        "permit_reference",
        "source",
        "synthetic",
        "archived_at",
    ),
    guards=(
        one_thing,
        target_is_fixed,
        starts_as_it_may,
        holder_writes_little,
        target_can_be_tended,
        somebody_agreed,
    ),
    consequences=plot_follows,
    order=70,
)


# --- co-gardeners -----------------------------------------------------------------------------------
def of_a_running_adoption(situation: Situation) -> Refusal | None:
    with_them: Any = situation.obj
    if not situation.created:
        if situation.patch.keys() & {"adoption", "resident"}:
            return Refusal("fixed", _("Who tends what with whom does not change: add another."))
        return None
    if with_them.adoption.state not in RUNNING:
        return Refusal("not_running", _("This adoption is over."))
    if with_them.resident.pk == with_them.adoption.resident.pk:
        return Refusal("holder", _("The holder need not be added."))
    if with_them.resident.erased_at is not None:
        return Refusal("erased", _("This person's account was erased."))
    return None


CO_GARDENER = Kind(
    name="co_gardener",
    model="parcels.CoGardener",
    starts=("active",),
    moves=(Move("active", "left"), Move("left", "active", guards=[of_a_running_adoption])),
    fields=("adoption", "resident", "source", "synthetic"),
    guards=(of_a_running_adoption,),
    order=75,
)


def holder_or_oneself(user: Any, with_them: Any) -> bool:
    """A resident says who tends with them, and may leave what they tend with somebody."""
    if ones_own(user, with_them.adoption):
        return True
    return with_them.pk is not None and ones_own(user, with_them)


def declare() -> None:
    """Register adoptions and co-gardeners, who may start and end them, and what follows from trees and pits."""
    register(ADOPTION, CO_GARDENER)
    follow("tree", helpers_follow_the_tree)
    follow("planting_site", gardener_follows_the_pit)
    grant(Role.GARDEN_MANAGER, ("adoption", "co_gardener"), {*WRITE, "override"})
    # Pits and young trees stand in the planner's and the crew lead's streets: they say who tends them.
    grant(Role.PLANNER, ("adoption",), {"move:active", "move:refused", "edit", "override"})
    moves = ("active", "notice", "ended")
    grant(Role.RESIDENT, ("adoption",), {"create", "edit", *(f"move:{to}" for to in moves)})
    grant(Role.RESIDENT, ("co_gardener",), {"create", "move:left"})
    limit(Role.RESIDENT, ("adoption",), ones_own)
    limit(Role.RESIDENT, ("co_gardener",), holder_or_oneself)
