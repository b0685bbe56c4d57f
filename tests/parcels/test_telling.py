"""What gardens tell people: once, in the transaction of what happened, with its date in their calendar."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone, translation

from greening import notices
from greening.models import Appointment, Notice
from greening.notices import words
from parcels.adopting import (
    adopt,
    agree,
    end,
    give_notice,
    renew,
    renewals,
    take_notice_back,
)
from parcels.applying import (
    apply_for,
    check,
    close_garden,
    reconfirm,
    reconfirmations,
    refuse,
    withdraw,
)
from parcels.decisions import answer, contest
from parcels.doorway import Refused
from parcels.models import Application, Decision
from parcels.offering import accept, decline, expire_due, offer_next
from tests.factories import (
    AdoptionFactory,
    ApplicationFactory,
    PlantingSiteFactory,
    PlotFactory,
    SharedGardenFactory,
)
from tests.parcels.gardeners import account, manager, neighbour

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]


def days(number: int) -> dt.date:
    return timezone.localdate() + dt.timedelta(days=number)


def told() -> list[str]:
    return list(Notice.objects.order_by("pk").values_list("what", flat=True))


def test_a_story_is_told_step_by_step_and_its_dates_stand_in_the_calendar() -> None:
    alix = neighbour("alix")
    plot = PlotFactory(garden__name="Jardin des Lilas", number="7")
    made = check(apply_for(alix, plot.garden, by=account(alix)), by=manager())
    offer_next(plot, by=None)
    (date,) = Appointment.objects.all()
    assert (date.last_day, date.cancelled, date.person) == (days(7), False, account(alix))
    accept(made, by=account(alix))
    accept(made, by=account(alix))  # a second click tells nothing more
    date.refresh_from_db()
    assert date.cancelled
    assert told() == [
        "application-received",
        "application-checked",
        "plot-offered",
        "offer-accepted",
    ]
    offer = Notice.objects.get(what="plot-offered")
    assert words.subject(offer) == "Plot 7 of Jardin des Lilas is offered to you"


@pytest.mark.parametrize(
    ("refusals", "said"),
    [
        (0, "You keep your place on the list."),
        (1, "put back by 6 months."),
        (2, "at its end."),
        (3, "Your application ends here. You may apply again."),
    ],
)
@pytest.mark.parametrize("lapsed", [False, True])
def test_a_refusal_is_told_with_what_it_costs(refusals: int, said: str, *, lapsed: bool) -> None:
    alix, plot = neighbour("alix"), PlotFactory()
    made = ApplicationFactory(garden=plot.garden, resident=alix, refusals=refusals)
    offer_next(plot, by=None)
    if lapsed:
        expire_due(days(8))
        expire_due(days(8))
    else:
        decline(made, by=account(alix))
    last = Notice.objects.latest("pk")
    assert last.what == ("offer-lapsed" if lapsed else "offer-declined")
    assert said in words.body(last)
    assert Appointment.objects.get().cancelled


def test_nothing_is_told_of_what_did_not_happen() -> None:
    alix = neighbour("alix")
    with pytest.raises(Refused):
        apply_for(alix, SharedGardenFactory(state="draft"), by=account(alix))
    plot = PlotFactory()
    made = ApplicationFactory(garden=plot.garden, resident=alix)
    with pytest.raises(Refused):
        refuse(made, "", by=None)
    assert told() == []


def test_the_towns_own_words_do_not_go_into_the_mail() -> None:
    alix = neighbour("alix")
    made = ApplicationFactory(resident=alix, state="submitted")
    refuse(made, "has_garden", by=None, answer="We saw your garden, Alix.")
    notice = Notice.objects.get()
    assert "has a garden at home" in words.body(notice)
    assert "Alix" not in words.body(notice) + str(notice.facts)


def test_reconfirmations_closing_permits_renewals_and_answers_are_told_once() -> None:
    alix, robin = neighbour("alix"), neighbour("robin")
    made = ApplicationFactory(resident=alix, day=days(-366))
    for _again in range(2):
        reconfirmations(days(0))
    close_garden(made.garden, by=None)
    agree(
        adopt(PlantingSiteFactory(state="occupied"), robin, by=account(robin)),
        by=None,
        agreed_by="town",
    )
    gardened = AdoptionFactory(
        tree=None, plot=PlotFactory(state="occupied"), resident=robin, until=days(30)
    )
    for _again in range(2):
        renewals(days(0))
    give_notice(gardened, by=account(robin))
    renewals(days(31))
    renewals(days(31))
    refuse(ApplicationFactory(resident=alix, garden__state="open"), "other", by=None)
    objection = contest(Decision.objects.latest("pk"), alix, "Why?", by=account(alix))
    answer(objection, "Because.", upheld=True, by=manager())
    assert told() == [
        "reconfirm-please",
        "garden-closed",
        "permit-agreed",
        "renewal-due",
        "notice-received",
        "adoption-ended",
        "application-refused",
        "contest-answered",
    ]
    for notice in Notice.objects.all():
        for language in ("fr", "en"):
            with translation.override(language):
                assert words.subject(notice)
                assert words.body(notice)


def standing_dates() -> dict[str, dt.date | None]:
    rows = Appointment.objects.filter(cancelled=False)
    return {row.key.split("-")[0]: row.last_day for row in rows}


def test_a_date_goes_with_what_it_was_for_though_nothing_is_said() -> None:
    alix = neighbour("alix")
    gardened = AdoptionFactory(
        tree=None, plot=PlotFactory(state="occupied"), resident=alix, until=days(30)
    )
    renewals(days(0))
    assert standing_dates() == {"renewal": days(30)}
    renewed = renew(gardened, by=account(alix))
    assert renewed.until is not None
    assert standing_dates() == {"renewal": renewed.until}  # the next one
    leaving = give_notice(gardened, by=account(alix))
    assert standing_dates() == {"last": leaving.ends_on}
    boss = manager()
    staying = take_notice_back(gardened, by=boss)
    assert standing_dates() == {"renewal": staying.until}
    end(gardened, by=boss)
    assert standing_dates() == {}
    assert set(told()) == {
        "renewal-due", "notice-received", "notice-taken-back", "adoption-ended",
    }  # fmt: skip


@pytest.mark.parametrize("answer_", ["reconfirmed", "withdrawn", "refused", "closed", "offered"])
def test_the_last_day_to_confirm_goes_once_nobody_waits_for_it(answer_: str) -> None:
    alix, plot = neighbour("alix"), PlotFactory()
    made = ApplicationFactory(resident=alix, garden=plot.garden, day=days(-366))
    reconfirmations(days(0))
    assert set(standing_dates()) == {"reconfirm"}
    if answer_ == "reconfirmed":
        reconfirm(made, by=account(alix))
    elif answer_ == "withdrawn":
        withdraw(made, by=account(alix))
    elif answer_ == "refused":
        refuse(made, "other", by=None)
    elif answer_ == "closed":
        close_garden(made.garden, by=None)
    else:
        offer_next(plot, by=None)
    assert "reconfirm" not in standing_dates()


def test_who_has_no_account_is_told_nothing_and_loses_nothing() -> None:
    plot = PlotFactory()
    made = ApplicationFactory(garden=plot.garden)
    offer_next(plot, by=None)
    assert Application.objects.get(pk=made.pk).state == "offered"
    assert told() == []


def test_every_kind_of_notice_belongs_to_a_topic_that_can_be_silenced() -> None:
    names = {topic.name for topic in notices.topics()}
    assert {"garden-applications", "garden-offers", "garden-adoptions"} <= names


def test_both_or_neither(monkeypatch: Any) -> None:
    """What is told and what happened are one: if the telling fails, nothing happened."""
    alix, plot = neighbour("alix"), PlotFactory()
    made = ApplicationFactory(garden=plot.garden, resident=alix)

    def broken(*_args: Any, **_facts: Any) -> bool:
        raise OSError("disk full")

    monkeypatch.setattr("parcels.telling.notify", broken)
    with pytest.raises(OSError, match="disk full"):
        offer_next(plot, by=None)
    assert Application.objects.get(pk=made.pk).state == "waiting"
    assert not Decision.objects.exists()
