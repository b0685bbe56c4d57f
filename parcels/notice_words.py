"""What the gardens' notices say: their topics, and the sentences of each kind, put into words for its reader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from greening.notices import NoticeKind, Topic, register
from parcels.models import Application


def _why_refused(facts: Mapping[str, Any]) -> str:
    reason = dict(Application.Reason.choices).get(facts["reason"], facts["reason"])
    return _(
        "Your application for %(garden)s was refused: %(reason)s. You can contest this; a person will answer."
    ) % {"garden": facts["garden"], "reason": reason}


def _what_it_costs(facts: Mapping[str, Any]) -> str:
    """What becomes of the application after a refusal."""
    cost, months = facts["cost"], int(facts["months"])
    if cost == "out":
        return _("Your application ends here. You may apply again.")
    if cost == "end_of_list":
        return _("You stay on the list, at its end.")
    if cost == "months":
        return ngettext(
            "You stay on the list, put back by %(months)s month.",
            "You stay on the list, put back by %(months)s months.",
            months,
        ) % {"months": months}
    return _("You keep your place on the list.")


def _after_declining(facts: Mapping[str, Any]) -> str:
    said = _("You declined plot %(plot)s of %(garden)s.") % dict(facts)
    return f"{said} {_what_it_costs(facts)}"


def _after_silence(facts: Mapping[str, Any]) -> str:
    said = _("Plot %(plot)s of %(garden)s went to the next person: we had no answer in time.")
    return f"{said % dict(facts)} {_what_it_costs(facts)}"


def _answer_to_contest(facts: Mapping[str, Any]) -> str:
    if facts["upheld"]:
        return _("You were right to ask: the decision is looked at again. Read the answer.")
    return _("The decision stands. Read why.")


def declare() -> None:
    """Register what is told."""
    read = gettext_lazy("See my garden")
    register(
        Topic("garden-applications", gettext_lazy("My applications for a plot")),
        Topic("garden-offers", gettext_lazy("Plots offered to me")),
        Topic("garden-adoptions", gettext_lazy("What I tend: renewals and last days")),
        NoticeKind(
            "application-received",
            "garden-applications",
            gettext_lazy("Your application for {garden} has arrived"),
            gettext_lazy(
                "We check it, then you are on the waiting list. Your place is that of today."
            ),
            read,
        ),
        NoticeKind(
            "application-checked",
            "garden-applications",
            gettext_lazy("You are on the waiting list of {garden}"),
            gettext_lazy("Your place, and why it is yours, stands on your page."),
            read,
        ),
        NoticeKind(
            "application-refused",
            "garden-applications",
            gettext_lazy("Your application for {garden} was refused"),
            _why_refused,
            read,
        ),
        NoticeKind(
            "application-withdrawn",
            "garden-applications",
            gettext_lazy("Your application for {garden} is withdrawn"),
            gettext_lazy("You are on the list no more. You may apply again whenever you like."),
            read,
        ),
        NoticeKind(
            "reconfirm-please",
            "garden-applications",
            gettext_lazy("Do you still want a plot in {garden}?"),
            gettext_lazy("Please confirm by {until}: without it your application ends."),
            gettext_lazy("Confirm my application"),
            gettext_lazy("Last day to confirm my application for {garden}"),
        ),
        NoticeKind(
            "application-lapsed",
            "garden-applications",
            gettext_lazy("Your application for {garden} has ended"),
            gettext_lazy("It was not confirmed by {until}. You may apply again."),
            read,
        ),
        NoticeKind(
            "garden-closed",
            "garden-applications",
            gettext_lazy("{garden} is closed"),
            gettext_lazy(
                "Its waiting list ends. You may apply to another garden and keep the day of your application."
            ),
            gettext_lazy("Choose another garden"),
        ),
        NoticeKind(
            "contest-answered",
            "garden-applications",
            gettext_lazy("Your objection about {garden} is answered"),
            _answer_to_contest,
            gettext_lazy("Read the answer"),
        ),
        NoticeKind(
            "plot-offered",
            "garden-offers",
            gettext_lazy("Plot {plot} of {garden} is offered to you"),
            gettext_lazy("Please answer by {until}. After that day it goes to the next person."),
            gettext_lazy("Answer"),
            gettext_lazy("Last day to answer: plot {plot} of {garden}"),
        ),
        NoticeKind(
            "offer-accepted",
            "garden-offers",
            gettext_lazy("Plot {plot} of {garden} is yours"),
            gettext_lazy(
                "Welcome to the garden! Your adoption runs until {term}, then you may renew it."
            ),
            read,
        ),
        NoticeKind(
            "offer-declined",
            "garden-offers",
            gettext_lazy("You declined plot {plot} of {garden}"),
            _after_declining,
            read,
        ),
        NoticeKind(
            "offer-lapsed",
            "garden-offers",
            gettext_lazy("The offer of plot {plot} of {garden} has lapsed"),
            _after_silence,
            read,
        ),
        NoticeKind(
            "permit-agreed",
            "garden-adoptions",
            gettext_lazy("You may garden here: {what}"),
            gettext_lazy("Your permit runs from today."),
            read,
        ),
        NoticeKind(
            "permit-refused",
            "garden-adoptions",
            gettext_lazy("No permit for {what}"),
            gettext_lazy(
                "Who manages this tree pit did not agree. Other pits may be free near you."
            ),
            read,
        ),
        NoticeKind(
            "renewal-due",
            "garden-adoptions",
            gettext_lazy("Do you go on with {what}?"),
            gettext_lazy("Please renew by {until}: otherwise notice is given for you."),
            gettext_lazy("Renew"),
            gettext_lazy("Last day to renew: {what}"),
        ),
        NoticeKind(
            "notice-received",
            "garden-adoptions",
            gettext_lazy("Your notice for {what} is received"),
            gettext_lazy("Your last day is {until}. Thank you for your care."),
            read,
            gettext_lazy("Last day: {what}"),
        ),
        NoticeKind(
            "not-renewed",
            "garden-adoptions",
            gettext_lazy("{what} was not renewed"),
            gettext_lazy("Your last day is {until}. Write to the garden if this is a mistake."),
            read,
            gettext_lazy("Last day: {what}"),
        ),
        NoticeKind(
            "notice-taken-back",
            "garden-adoptions",
            gettext_lazy("You go on with {what}"),
            gettext_lazy("The notice is taken back: there is no last day any more."),
            read,
        ),
        NoticeKind(
            "adoption-handed-over",
            "garden-adoptions",
            gettext_lazy("{what} is in other hands"),
            gettext_lazy("Somebody else goes on from today. Thank you for your care."),
            read,
        ),
        NoticeKind(
            "adoption-taken-over",
            "garden-adoptions",
            gettext_lazy("{what} is yours to tend"),
            gettext_lazy("You go on from today, until {until}; then you may renew."),
            read,
        ),
        NoticeKind(
            "adoption-ended-by-town",
            "garden-adoptions",
            gettext_lazy("The town ended your adoption of {what}"),
            gettext_lazy("Why stands on your page."),
            read,
        ),
        NoticeKind(
            "adoption-ended",
            "garden-adoptions",
            gettext_lazy("Your adoption of {what} has ended"),
            gettext_lazy("Thank you for your care."),
            read,
        ),
    )
