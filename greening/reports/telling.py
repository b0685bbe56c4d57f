"""What a reporter is told: received, joined to another, confirmed, asked, refused, done; each once, whoever moved it.

The notices are written in the door's own transaction. Their keys hold the revision of the observation that moved, so
that the same change told twice is one notice, and a second question is told anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from greening.lifecycle import Consequence, Situation, follow
from greening.models import Observation, Report
from greening.notices import NoticeKind, Topic, notify, register
from greening.reports.lives import joined_of

TOLD = ("validated", "needs_info", "refused", "acted_on")


def tell_received(report: Report) -> None:
    """The report has arrived; said in the transaction that files it."""
    if report.reporter is not None:
        _tell(report, "received", f"{report.uuid}:received")


def what_came_of_it(situation: Situation) -> Iterable[Consequence]:
    """Tells everybody concerned what a change made of their report. Nothing follows from it."""
    seen: Any = situation.obj
    if situation.created:
        return ()
    if "joined_to" in situation.patch and seen.joined_to is not None:
        for report in _reports([seen]):
            _tell(report, "joined", f"{report.uuid}:joined:{seen.rev}", seen.joined_to)
            if seen.joined_to.state in TOLD:
                _tell_state(report, seen.joined_to)
    if "state" in situation.patch and seen.joined_to is None and seen.state in TOLD:
        for report in _reports([seen, *joined_of(situation, seen)]):
            _tell_state(report, seen)
    return ()


def _reports(observations: list[Any]) -> Iterable[Report]:
    numbers = [each.pk for each in observations if each.pk is not None]
    reports = Report.objects.filter(observation__in=numbers, reporter__isnull=False)
    return reports.select_related("reporter", "observation")


def _tell_state(report: Report, head: Any) -> None:
    _tell(report, str(head.state), f"{report.uuid}:{head.uuid}:{head.rev}", head)


def _tell(report: Report, name: str, key: str, head: Any = None) -> None:
    if report.reporter is None:
        return
    facts = {
        "number": str(report.number),
        "what": report.observation.what,
        "answer": head.answer if head is not None else "",
    }
    notify(
        report.reporter,
        f"report-{name}",
        key=f"report:{key}",
        facts=facts,
        link=reverse("my-report", args=(report.number,)),
    )


def _with_words(sentence: str | Promise) -> Callable[[Mapping[str, Any]], str]:
    """The sentence with what was reported in the reader's language, and what the town wrote below it."""

    def said(facts: Mapping[str, Any]) -> str:
        what = Observation.What(facts["what"]).label
        text = str(sentence).format(number=facts["number"], what=what)
        return f"{text}\n\n{facts['answer']}".strip()

    return said


def _subject(sentence: str | Promise) -> Callable[[Mapping[str, Any]], str]:
    return lambda facts: str(sentence).format(number=facts["number"])


def declare() -> None:
    """Register the notices, and that moves are told."""
    see = _("See my report")
    register(
        Topic("reports", _("Answers to what I reported")),
        *(
            NoticeKind(f"report-{name}", "reports", _subject(subject), _with_words(body), see)
            for name, subject, body in (
                (
                    "received",
                    _("Your report no. {number} has arrived"),
                    _("Thank you: “{what}”. Somebody of the town reads it and answers you here."),
                ),
                (
                    "joined",
                    _("Your report no. {number}: others saw it too"),
                    _(
                        "Your report “{what}” was joined to another of the same thing. You get the same answer."
                    ),
                ),
                (
                    "validated",
                    _("Your report no. {number} is confirmed"),
                    _("The town has seen to it: “{what}” is confirmed, and work is planned."),
                ),
                (
                    "needs_info",
                    _("Your report no. {number}: the town asks you something"),
                    _("About your report “{what}”:"),
                ),
                (
                    "refused",
                    _("Your report no. {number}: the town's answer"),
                    _("The town does not follow up your report “{what}”. This is why:"),
                ),
                (
                    "acted_on",
                    _("Your report no. {number}: it is done"),
                    _("What you reported has been seen to: “{what}”. Thank you."),
                ),
            )
        ),
    )
    follow("observation", what_came_of_it)
