"""The garden managers' desk: who opens it, what its forms do through the door, and what nobody may slip in."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.gis.geos import MultiPolygon
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from greening.events.values import to_wire
from greening.models import Commune, Event, Notice
from greening.roles import Role
from parcels.adopting import renewals
from parcels.allocation import commitment
from parcels.allocation_rules import DEFAULT
from parcels.models import (
    Adoption,
    AllocationRules,
    Application,
    Contest,
    Draw,
    GardenNews,
    GardenReferent,
    OpenDay,
    Plot,
    SharedGarden,
)
from parcels.offering import accept
from tests import factories as make
from tests.greening.people import person, signed_in
from tests.parcels.gardeners import account, neighbour
from tests.parcels.test_plot_shapes import rectangle

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def town() -> Commune:
    made: Commune = make.CommuneFactory()
    return made


@pytest.fixture
def garden() -> SharedGarden:
    """A garden of 40 by 40 metres, open, with one free plot."""
    made: SharedGarden = make.SharedGardenFactory(
        geom=MultiPolygon(rectangle(0, 0, 40, 40)), name="Jardin des Prés", address="3 rue du Pré"
    )
    make.PlotFactory(garden=made, number="01", geom=rectangle(1, 1))
    return made


@pytest.fixture
def rules(town: Commune) -> AllocationRules:
    made: AllocationRules = make.AllocationRulesFactory(commune=town)
    return made


@pytest.fixture
def manager() -> Client:
    client = signed_in(Role.GARDEN_MANAGER)
    client.headers = {"Accept-Language": "en"}  # type: ignore[attr-defined]
    return client


def get(client: Client, name: str, *args: Any, **query: str) -> str:
    answer = client.get(reverse(name, args=args), query, headers={"Accept-Language": "en"})
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def post(client: Client, name: str, *args: Any, **fields: Any) -> Any:
    return client.post(
        reverse(name, args=args), fields, follow=True, headers={"Accept-Language": "en"}
    )


def referent_of(garden: SharedGarden) -> Client:
    client = signed_in(Role.GARDEN_REFERENT)
    GardenReferent.objects.create(garden=garden, user=client.user, name="Nour", phone="01 02 03")  # type: ignore[attr-defined]
    return client


# --- who ------------------------------------------------------------------------------------------
def permit_asked() -> Adoption:
    made: Adoption = make.AdoptionFactory(
        tree=None, site=make.PlantingSiteFactory(state="occupied"), state="requested"
    )
    return made


def pages(garden: SharedGarden) -> dict[str, str]:
    """Every address of the desk, with rows behind it."""
    plot = garden.plots.get(number="01")
    made = make.ApplicationFactory(garden=garden)
    objection = make.ContestFactory(decision__garden=garden)
    return {
        "desk": reverse("garden-desk"),
        "garden": reverse("garden-desk-garden", args=(garden.pk,)),
        "words": reverse("garden-desk-words", args=(garden.pk,)),
        "close": reverse("garden-desk-close", args=(garden.pk,)),
        "list": reverse("garden-desk-list", args=(garden.pk,)),
        "new-plot": reverse("garden-desk-new-plot", args=(garden.pk,)),
        "plot": reverse("garden-desk-plot", args=(garden.pk, plot.pk)),
        "applications": reverse("garden-desk-applications"),
        "application": reverse("garden-desk-application", args=(made.pk,)),
        "contests": reverse("garden-desk-contests"),
        "contest": reverse("garden-desk-contest", args=(objection.pk,)),
        "renewals": reverse("garden-desk-renewals"),
        "permits": reverse("garden-desk-permits"),
        "permit": reverse("garden-desk-permit", args=(permit_asked().pk,)),
        "gardeners": reverse("garden-desk-gardeners"),
        "gardener": reverse("garden-desk-gardener", args=(make.AdoptionFactory().pk,)),
        "rules": reverse("garden-desk-rules"),
        "new-rules": reverse("garden-desk-new-rules"),
    }


@pytest.mark.parametrize("role", list(Role))
def test_the_desk_is_the_managers_and_a_corner_of_it_the_referent_s(
    role: Role, garden: SharedGarden
) -> None:
    client = referent_of(garden) if role is Role.GARDEN_REFERENT else signed_in(role)
    opened = set()
    addresses = pages(garden)
    for name, address in addresses.items():
        status = client.get(address).status_code
        assert status in (200, 403, 404), (name, status)
        if status == 200:
            opened.add(name)
        elif name != "desk" or role is not Role.GARDEN_REFERENT:
            # … and nothing can be posted where nothing can be read.
            assert client.post(address, {"do": "check"}).status_code in (403, 404, 405), name
    everything = set(addresses) if role in (Role.GARDEN_MANAGER, Role.ADMINISTRATOR) else set()
    own = {"desk", "garden", "words"} if role is Role.GARDEN_REFERENT else set()
    assert opened == everything | own


def test_a_visitor_is_asked_to_sign_in(garden: SharedGarden) -> None:
    for address in pages(garden).values():
        answer = Client().get(address)
        assert answer.status_code == 302
        assert "/account/login/" in answer["Location"]
        assert Client().post(address, {"do": "check"}).status_code in (302, 405)


def test_a_referent_sees_no_other_garden_and_no_person(garden: SharedGarden) -> None:
    client = referent_of(garden)
    other = make.SharedGardenFactory()
    make.ApplicationFactory(garden=garden, resident__name="Zoé Secrète")
    for name in ("garden-desk-garden", "garden-desk-words"):
        assert client.get(reverse(name, args=(other.pk,))).status_code == 404
        assert "Zoé Secrète" not in client.get(reverse(name, args=(garden.pk,))).content.decode()
    desk = client.get(reverse("garden-desk")).content.decode()
    assert garden.name in desk
    assert other.name not in desk


REFERENT_TRIES = [
    {"do": "move:paused"},
    {"do": "rules", "rules-rules_fr": "Les miennes"},
    {"do": "referent", "referent-name": "Moi", "referent-phone": "1", "referent-agrees": "on"},
    {"do": "no-referent"},
    {"do": "day", "day-day": "2099-01-01", "day-starts": "10:00", "day-ends": "12:00"},
]


@pytest.mark.parametrize("fields", REFERENT_TRIES, ids=lambda fields: str(fields["do"]))
def test_a_referent_changes_the_news_alone(fields: dict[str, str], garden: SharedGarden) -> None:
    client = referent_of(garden)
    name = "garden-desk-garden" if fields["do"].startswith("move") else "garden-desk-words"
    assert client.post(reverse(name, args=(garden.pk,)), fields).status_code in (403, 404)
    garden.refresh_from_db()
    assert garden.state == "open"
    assert garden.rules_fr == ""
    assert garden.referent.name == "Nour"
    assert not OpenDay.objects.exists()


def test_a_form_without_its_token_is_refused(garden: SharedGarden) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(
        person(Role.GARDEN_MANAGER), backend="django.contrib.auth.backends.ModelBackend"
    )
    for address in pages(garden).values():
        assert client.post(address, {"do": "move:paused"}).status_code == 403, address
    garden.refresh_from_db()
    assert garden.state == "open"


# --- the first page -------------------------------------------------------------------------------
def test_each_number_opens_its_very_rows(
    manager: Client, garden: SharedGarden, rules: AllocationRules
) -> None:
    for state in ("submitted", "submitted", "waiting", "waiting", "waiting", "checked"):
        make.ApplicationFactory(garden=garden, state=state)
    make.ContestFactory(decision__garden=garden)
    plot = make.PlotFactory(garden=garden, number="09", state="occupied")
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    make.AdoptionFactory(tree=None, plot=plot, state="renewal_due", until=yesterday)
    make.AdoptionFactory()
    permit_asked()
    answer = manager.get(reverse("garden-desk"))
    figures = {figure.name: figure for figure in answer.context["figures"]}
    counts = {name: figure.count for name, figure in figures.items()}
    assert counts == {
        "submitted": 3,
        "waiting": 3,
        "offered": 0,
        "free": 1,
        "contests": 1,
        "permits": 1,
        "gardeners": 2,
        "renewals": 1,
    }
    for figure in figures.values():
        page = manager.get(figure.url)
        rows = page.context["page"].rows if "page" in page.context else page.context["rows"]
        assert len(rows) == figure.count, figure.name


def test_the_list_of_applications_is_paged_from_the_oldest(
    manager: Client, garden: SharedGarden
) -> None:
    first = dt.date(2026, 1, 1)
    for number in range(60):
        day = first + dt.timedelta(days=59 - number)
        make.ApplicationFactory(garden=garden, state="submitted", day=day)
    page = manager.get(reverse("garden-desk-applications"), {"state": "submitted"}).context["page"]
    assert [row.submitted_at.date() for row in page.rows][:2] == [first, dt.date(2026, 1, 2)]
    assert len(page.rows) == 50
    then = {"state": "submitted", "page": page.next}
    rest = manager.get(reverse("garden-desk-applications"), then).context["page"]
    assert len(rest.rows) == 10
    other = {"state": "submitted", "garden": str(make.SharedGardenFactory().pk)}
    assert manager.get(reverse("garden-desk-applications"), other).context["page"].rows == []
    broken = {"state": "submitted", "page": "nonsense", "garden": "x" * 40}
    assert manager.get(reverse("garden-desk-applications"), broken).status_code == 200


# --- plots ----------------------------------------------------------------------------------------
def drawn(shape: Any, **facts: str) -> dict[str, str]:
    return {"do": "save", "number": "02", "geom": json.dumps(to_wire(shape)), **facts}


def test_a_plot_is_drawn_measured_and_written_with_who_did_it(
    manager: Client, garden: SharedGarden
) -> None:
    assert "02" in get(manager, "garden-desk-new-plot", garden.pk)
    change = str(uuid.uuid4())
    fields = drawn(rectangle(10, 10), accessible="on", change=change)
    answer = post(manager, "garden-desk-new-plot", garden.pk, **fields)
    assert "Plot 02 is drawn." in answer.content.decode()
    plot = Plot.objects.get(number="02")
    assert plot.accessible
    assert plot.state == "available"
    assert plot.area_m2 == pytest.approx(20, rel=0.01)
    event = Event.objects.get(object_uuid=plot.uuid)
    assert event.actor == manager.user  # type: ignore[attr-defined]
    # The same form sent twice draws one plot.
    post(manager, "garden-desk-new-plot", garden.pk, **fields)
    assert Plot.objects.filter(number="02").count() == 1


NOT_DRAWN = {
    "nothing": ("", "Nothing is drawn yet"),
    "words": ("two by three", "not GeoJSON"),
    "a point": ('{"type": "Point", "coordinates": [2.26, 48.82]}', "no single polygon"),
    "words in it": ('{"type": "Polygon", "coordinates": [[["a", "b"]]]}', "no single polygon"),
    "a line": ('{"type": "Polygon", "coordinates": [[[2.26, 48.82], [2.27, 48.82]]]}', "GeoJSON"),
    "a bow tie": (
        '{"type": "Polygon", "coordinates": [[[2.26, 48.82], [2.2601, 48.8201], [2.2601, 48.82],'
        " [2.26, 48.8201], [2.26, 48.82]]]}",
        "crosses itself",
    ),
    "far away": (json.dumps(to_wire(rectangle(500, 500))), "beyond the outline"),
    "over another": (json.dumps(to_wire(rectangle(2, 2))), "overlaps plot 01"),
    "deep": ("[" * 5000, "not GeoJSON"),
}


@pytest.mark.parametrize("what", NOT_DRAWN)
def test_what_is_no_plot_here_is_refused_in_one_sentence(
    what: str, manager: Client, garden: SharedGarden
) -> None:
    text, sentence = NOT_DRAWN[what]
    answer = post(manager, "garden-desk-new-plot", garden.pk, number="02", geom=text)
    assert answer.status_code == 409
    assert sentence in answer.content.decode()
    assert garden.plots.count() == 1


def test_a_number_is_given_once(manager: Client, garden: SharedGarden) -> None:
    fields = drawn(rectangle(10, 10)) | {"number": "01"}
    answer = post(manager, "garden-desk-new-plot", garden.pk, **fields)
    assert answer.status_code == 409
    assert "alert" in answer.content.decode()
    assert garden.plots.count() == 1


def test_a_plot_is_found_in_its_own_garden_only(manager: Client, garden: SharedGarden) -> None:
    other = make.PlotFactory()
    assert manager.get(reverse("garden-desk-plot", args=(garden.pk, other.pk))).status_code == 404


def test_mass_assignment_ends_at_the_form(manager: Client, garden: SharedGarden) -> None:
    plot = garden.plots.get()
    fields = {
        **drawn(plot.geom),
        "number": "01",
        "rev": str(plot.rev),
        "state": "occupied",
        "area_m2": "999",
        "synthetic": "on",
        "garden": str(make.SharedGardenFactory().uuid),
        "source": "me",
    }
    post(manager, "garden-desk-plot", garden.pk, plot.pk, **fields)
    plot.refresh_from_db()
    assert (plot.state, plot.area_m2, plot.synthetic, plot.garden, plot.source) == (
        "available",
        None,
        False,
        garden,
        "",
    )


def test_two_people_at_one_plot_see_each_other_s_change(
    manager: Client, garden: SharedGarden
) -> None:
    plot = garden.plots.get()
    seen = str(plot.rev)
    theirs = drawn(rectangle(1, 1, 6, 5)) | {"number": "01", "rev": seen}
    post(manager, "garden-desk-plot", garden.pk, plot.pk, **theirs)
    change = str(uuid.uuid4())
    mine = drawn(rectangle(1, 1, 3, 5)) | {"number": "01", "rev": seen, "change": change}
    answer = post(manager, "garden-desk-plot", garden.pk, plot.pk, **mine)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody saved this plot while you worked on it" in page
    assert [each.label for each in answer.context["differences"]] == ["outline"]
    assert Event.objects.to_settle().count() == 1
    plot.refresh_from_db()
    again = mine | {"rev": str(plot.rev), "settles": change, "change": str(uuid.uuid4())}
    post(manager, "garden-desk-plot", garden.pk, plot.pk, **again)
    plot.refresh_from_db()
    assert plot.area_m2 == pytest.approx(15, rel=0.01)
    assert Event.objects.to_settle().count() == 0


def test_a_plot_rests_and_is_offered_again_by_hand_but_not_given_away(
    manager: Client, garden: SharedGarden
) -> None:
    plot = garden.plots.get()
    post(manager, "garden-desk-plot", garden.pk, plot.pk, do="move:resting", rev=str(plot.rev))
    plot.refresh_from_db()
    assert plot.state == "resting"
    taken = reverse("garden-desk-plot", args=(garden.pk, plot.pk))
    assert manager.post(taken, {"do": "move:occupied"}).status_code == 404


# --- opening, pausing, closing --------------------------------------------------------------------
def test_what_happens_to_who_waits_is_said_before_the_click(
    manager: Client, garden: SharedGarden, rules: AllocationRules
) -> None:
    make.ApplicationFactory.create_batch(3, garden=garden)
    page = get(manager, "garden-desk-garden", garden.pk)
    assert "3 people who wait keep their places." in page
    answer = post(manager, "garden-desk-garden", garden.pk, do="move:paused", rev=str(garden.rev))
    assert "is now “paused”" in answer.content.decode()
    garden.refresh_from_db()
    assert garden.state == "paused"
    assert Application.objects.filter(state="waiting").count() == 3


def test_closing_ends_the_list_tells_everybody_and_is_logged(
    manager: Client, garden: SharedGarden, rules: AllocationRules
) -> None:
    people = [neighbour("awa"), neighbour("basile")]
    for each in people:
        make.ApplicationFactory(garden=garden, resident=each)
    page = get(manager, "garden-desk-close", garden.pk)
    assert "<strong>2</strong> people have applied here" in page
    post(manager, "garden-desk-close", garden.pk)  # without the tick
    garden.refresh_from_db()
    assert garden.state == "open"
    answer = post(manager, "garden-desk-close", garden.pk, sure="yes")
    assert "2 people who had applied are told" in answer.content.decode()
    garden.refresh_from_db()
    assert garden.state == "closed"
    assert set(Application.objects.values_list("state", flat=True)) == {"closed"}
    told = Notice.objects.filter(what="garden-closed").values_list("person", flat=True)
    assert set(told) == {account(each).pk for each in people}


def test_a_garden_with_gardeners_does_not_close(
    manager: Client, garden: SharedGarden, rules: AllocationRules
) -> None:
    Plot.objects.update(state="occupied")
    page = get(manager, "garden-desk-close", garden.pk)
    assert "must be free before the garden closes" in page
    assert 'name="sure"' not in page
    answer = post(manager, "garden-desk-close", garden.pk, sure="yes")
    garden.refresh_from_db()
    assert garden.state == "open"
    assert "end these first" in answer.content.decode()


# --- applications, offers, draws ------------------------------------------------------------------
def test_an_application_is_checked_and_the_look_is_written_down_once_a_day(
    manager: Client, garden: SharedGarden, rules: AllocationRules
) -> None:
    made = make.ApplicationFactory(garden=garden, state="submitted", resident=neighbour("awa"))
    page = get(manager, "garden-desk-application", made.pk)
    get(manager, "garden-desk-application", made.pk)
    assert made.resident.address in page
    assert LogEntry.objects.filter(object_id=str(made.pk)).count() == 1
    post(manager, "garden-desk-application", made.pk, do="check")
    made.refresh_from_db()
    assert made.state == "waiting"


def test_a_refusal_has_a_reason_and_is_taken_back(
    manager: Client, garden: SharedGarden, rules: AllocationRules
) -> None:
    made = make.ApplicationFactory(garden=garden, state="submitted")
    answer = post(manager, "garden-desk-application", made.pk, do="refuse", answer="Non.")
    assert answer.status_code == 409
    fields = {"do": "refuse", "reason": "not_resident", "answer": "Habitez-vous Issy ?"}
    post(manager, "garden-desk-application", made.pk, **fields)
    made.refresh_from_db()
    assert (made.state, made.reason, made.answer) == (
        "refused",
        "not_resident",
        "Habitez-vous Issy ?",
    )
    assert "Habitez" not in json.dumps(list(Event.objects.values_list("patch", flat=True)))
    post(manager, "garden-desk-application", made.pk, do="reopen")
    made.refresh_from_db()
    assert made.state == "checked"


def test_the_list_shows_who_waits_why_and_offers_to_the_first(
    manager: Client, garden: SharedGarden, rules: AllocationRules
) -> None:
    second = make.ApplicationFactory(garden=garden, day=dt.date(2026, 3, 9))
    first = make.ApplicationFactory(garden=garden, day=dt.date(2026, 3, 2))
    answer = manager.get(
        reverse("garden-desk-list", args=(garden.pk,)), headers={"Accept-Language": "en"}
    )
    assert [line.made for line in answer.context["lines"]] == [first, second]
    assert "1 before that" in answer.content.decode()
    plot = garden.plots.get()
    said = post(manager, "garden-desk-list", garden.pk, do=f"offer:{plot.pk}").content.decode()
    assert f"offered to application {first.pk}" in said
    first.refresh_from_db()
    assert (first.state, first.offered_plot) == ("offered", plot)
    # A second click finds the plot offered.
    said = post(manager, "garden-desk-list", garden.pk, do=f"offer:{plot.pk}").content.decode()
    assert "not available" in said
    accept(first, by=first.resident.user)


def test_a_paused_garden_offers_nothing(
    manager: Client, garden: SharedGarden, rules: AllocationRules
) -> None:
    SharedGarden.objects.update(state="paused")
    made = make.ApplicationFactory(garden=garden)
    plot = garden.plots.get()
    said = post(manager, "garden-desk-list", garden.pk, do=f"offer:{plot.pk}").content.decode()
    assert "gives no plots at present" in said
    made.refresh_from_db()
    assert made.state == "waiting"


def test_a_plot_of_another_garden_is_not_offered_from_here(
    manager: Client, garden: SharedGarden, rules: AllocationRules
) -> None:
    other = make.PlotFactory()
    answer = manager.post(
        reverse("garden-desk-list", args=(garden.pk,)), {"do": f"offer:{other.pk}"}
    )
    assert answer.status_code == 404


def test_a_draw_shows_its_hash_first_and_its_seed_after(
    manager: Client, garden: SharedGarden, rules: AllocationRules
) -> None:
    seed = "5e" * 32
    draw = Draw.objects.create(
        garden=garden, key="2026-03-02", sealed=seed, commitment=commitment(seed)
    )
    for _ in range(3):
        make.ApplicationFactory(garden=garden)
    page = get(manager, "garden-desk-list", garden.pk)
    assert draw.commitment in page
    assert seed not in page
    assert "3 people stand first with the same right" in page
    said = post(manager, "garden-desk-list", garden.pk, do=f"draw:{draw.pk}").content.decode()
    assert seed in said
    said = post(manager, "garden-desk-list", garden.pk, do=f"draw:{draw.pk}").content.decode()
    assert "made already" in said
    assert (
        "nothing was changed"
        in post(manager, "garden-desk-list", garden.pk, do="verify").content.decode()
    )


def test_what_is_wrong_with_a_log_is_said_in_the_readers_language(
    manager: Client, garden: SharedGarden, rules: AllocationRules
) -> None:
    make.DecisionFactory(garden=garden, number=3, inputs_hash="0" * 64)
    there, french = reverse("garden-desk-list", args=[garden.pk]), {"Accept-Language": "fr"}
    said = manager.post(there, {"do": "verify"}, follow=True, headers=french).content.decode()
    for sentence in (
        "L’entrée 1 manque.",
        "Les faits de l’entrée 3 ont été modifiés.",
        "L’entrée 3 a été modifiée.",
    ):
        assert sentence in said
    assert "Entry" not in said


def test_households_are_joined_and_split(
    manager: Client, garden: SharedGarden, rules: AllocationRules
) -> None:
    one = make.ResidentFactory(address="4 rue des Lilas", door="A")
    other = make.ResidentFactory(address="4 rue des lilas", door="porte A")
    stranger = make.ResidentFactory(address="9 quai")
    made = make.ApplicationFactory(garden=garden, resident=one)
    page = get(manager, "garden-desk-application", made.pk)
    assert f"join:{other.pk}" in page
    address = reverse("garden-desk-application", args=(made.pk,))
    assert manager.post(address, {"do": f"join:{stranger.pk}"}).status_code == 404
    post(manager, "garden-desk-application", made.pk, do=f"join:{other.pk}")
    other.refresh_from_db()
    assert other.household == one.household
    assert manager.post(address, {"do": f"split:{stranger.pk}"}).status_code == 404
    post(manager, "garden-desk-application", made.pk, do=f"split:{other.pk}")
    other.refresh_from_db()
    assert other.household != one.household


def test_an_objection_is_answered_by_a_person(
    manager: Client, garden: SharedGarden, rules: AllocationRules
) -> None:
    objection = make.ContestFactory(decision__garden=garden, resident=neighbour("awa"))
    assert "Why not me?" in get(manager, "garden-desk-contest", objection.pk)
    assert post(manager, "garden-desk-contest", objection.pk, upheld="no").status_code == 409
    fields = {"upheld": "no", "answer": "Others applied before you."}
    post(manager, "garden-desk-contest", objection.pk, **fields)
    objection = Contest.objects.get(pk=objection.pk)
    assert (objection.state, objection.answer) == ("dismissed", "Others applied before you.")


def test_a_late_renewal_is_renewed_or_given_notice(manager: Client, garden: SharedGarden) -> None:
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    plot = make.PlotFactory(garden=garden, number="09", state="occupied")
    late = make.AdoptionFactory(tree=None, plot=plot, state="renewal_due", until=yesterday)
    assert str(plot) in get(manager, "garden-desk-renewals")
    post(manager, "garden-desk-renewals", do=f"renew:{late.pk}")
    late.refresh_from_db()
    assert late.state == "active"
    assert late.until > yesterday


def test_a_late_renewal_stays_on_the_list_when_the_night_gave_notice(
    manager: Client, garden: SharedGarden
) -> None:
    today = timezone.localdate()
    yesterday = today - dt.timedelta(days=1)
    plot = make.PlotFactory(garden=garden, number="09", state="occupied")
    late = make.AdoptionFactory(tree=None, plot=plot, state="renewal_due", until=yesterday)
    renewals(today)
    page = get(manager, "garden-desk-renewals")
    assert str(plot) in page
    assert f"notice:{late.pk}" not in page
    post(manager, "garden-desk-renewals", do=f"renew:{late.pk}")
    late.refresh_from_db()
    assert (late.state, late.ended_because) == ("active", "")
    assert late.until > today
    assert str(plot) not in get(manager, "garden-desk-renewals")


# --- rules ----------------------------------------------------------------------------------------
def rules_form(**changed: str) -> dict[str, str]:
    return {
        "valid_from": (timezone.localdate() + dt.timedelta(days=10)).isoformat(),
        "resident": "on",
        "adult": "on",
        "one_application_per": "household",
        "one_plot_per_household": "on",
        "answer_days": "10",
        "unanswered": "refusal",
        "reconfirm_months": "12",
        "grace_days": "30",
        "adoption_months": "12",
        "renewal_window_days": "60",
        "notice_days": "30",
        "cost_1": "nothing",
        "cost_2": "months",
        "months_2": "3",
        "text_fr": "Voici.",
        **changed,
    }


def test_a_new_version_of_the_rules_leaves_the_old_one_alone(
    manager: Client, rules: AllocationRules
) -> None:
    assert (
        "Version 2 is published"
        in post(manager, "garden-desk-new-rules", **rules_form()).content.decode()
    )
    new = AllocationRules.objects.get(version=2)
    assert new.read.answer_days == 10
    assert not new.read.no_own_garden
    assert new.rules["refusal_costs"] == [{"cost": "nothing"}, {"cost": "months", "months": 3}]
    rules.refresh_from_db()
    assert rules.rules == DEFAULT
    assert AllocationRules.objects.in_force(timezone.localdate()) == rules
    # It may be withdrawn before its day; the one in force may not.
    post(manager, "garden-desk-rules", do=f"withdraw:{new.pk}")
    assert not AllocationRules.objects.filter(version=2).exists()
    said = post(manager, "garden-desk-rules", do=f"withdraw:{rules.pk}").content.decode()
    assert "Rules in force do not change" in said
    assert AllocationRules.objects.filter(pk=rules.pk).exists()


WRONG_RULES = {
    "yesterday": ({"valid_from": "2020-01-01"}, "published before they apply"),
    "a gap": ({"cost_1": "nothing", "cost_2": "", "cost_3": "out"}, "Say first what the refusal"),
    "no months": ({"cost_2": "months", "months_2": ""}, "Say how many months"),
    "ninety-one": ({"answer_days": "91"}, "90"),
    "no text": ({"text_fr": ""}, "error"),
}


@pytest.mark.parametrize("what", WRONG_RULES)
def test_rules_that_cannot_be_used_are_refused_in_plain_words(
    what: str, manager: Client, rules: AllocationRules
) -> None:
    changed, sentence = WRONG_RULES[what]
    answer = post(manager, "garden-desk-new-rules", **rules_form(**changed))
    assert answer.status_code == 409
    assert sentence in answer.content.decode()
    assert AllocationRules.objects.count() == 1


# --- what the public reads ------------------------------------------------------------------------
def test_news_shows_the_role_and_no_script(manager: Client, garden: SharedGarden) -> None:
    evil = (
        "<script>alert(1)</script> [x](javascript:alert(2)) <img src=x onerror=alert(3)> **bold**"
    )
    fields = {"do": "news", "news-title": "<b>Fête</b>", "news-body": evil}
    page = post(manager, "garden-desk-words", garden.pk, **fields).content.decode()
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert "<img" not in page
    assert "<b>Fête" not in page
    assert "<strong>bold</strong>" in page
    row = GardenNews.objects.get()
    assert row.author_role == "garden_manager"
    assert row.author == manager.user  # type: ignore[attr-defined]


def test_a_referent_s_news_is_theirs_by_role_and_another_garden_s_is_out_of_reach(
    garden: SharedGarden,
) -> None:
    client = referent_of(garden)
    fields = {"do": "news", "news-title": "Compost", "news-body": "Il est mûr."}
    post(client, "garden-desk-words", garden.pk, **fields)
    row = GardenNews.objects.get()
    assert row.author_role == "garden_referent"
    other = GardenNews.objects.create(garden=make.SharedGardenFactory(), title="A", body="B")
    stolen = {"do": f"no-news:{other.pk}"}
    address = reverse("garden-desk-words", args=(garden.pk,))
    assert client.post(address, stolen).status_code == 404
    assert GardenNews.objects.count() == 2
    post(client, "garden-desk-words", garden.pk, do=f"no-news:{row.pk}")
    assert GardenNews.objects.count() == 1


def test_a_referent_s_contact_needs_their_agreement_and_leaves_no_trace(
    manager: Client, garden: SharedGarden
) -> None:
    fields = {"do": "referent", "referent-name": "Nour", "referent-email": "nour@example.fr"}
    answer = post(manager, "garden-desk-words", garden.pk, **fields)
    assert answer.status_code == 409
    assert "Without their agreement" in answer.content.decode()
    agreed = fields | {"referent-agrees": "on"}
    assert (
        post(
            manager, "garden-desk-words", garden.pk, **(agreed | {"referent-email": ""})
        ).status_code
        == 409
    )
    unknown = agreed | {"referent-account": "nobody@example.fr"}
    assert post(manager, "garden-desk-words", garden.pk, **unknown).status_code == 409
    post(manager, "garden-desk-words", garden.pk, **agreed)
    assert GardenReferent.objects.get().consent_at is not None
    post(manager, "garden-desk-words", garden.pk, do="no-referent")
    assert not GardenReferent.objects.exists()
    kept = [
        *Event.objects.values_list("patch", flat=True),
        *LogEntry.objects.values_list("object_repr", "change_message"),
    ]
    assert "nour" not in json.dumps(kept).lower()


def test_open_days_are_a_calendar(manager: Client, garden: SharedGarden) -> None:
    day = timezone.localdate() + dt.timedelta(days=9)
    fields = {
        "do": "day",
        "day-day": day.isoformat(),
        "day-starts": "10:00",
        "day-ends": "12:30",
        "day-note": "Apportez\nvos graines; et vos sacs",
    }
    backwards = fields | {"day-ends": "09:00"}
    assert post(manager, "garden-desk-words", garden.pk, **backwards).status_code == 409
    over = fields | {"day-day": "2020-01-01"}
    assert post(manager, "garden-desk-words", garden.pk, **over).status_code == 409
    post(manager, "garden-desk-words", garden.pk, **fields)
    answer = Client().get(reverse("garden-open-days", args=(garden.pk,)))
    assert answer["Content-Type"].startswith("text/calendar")
    (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
    start = event["DTSTART"].dt.astimezone(timezone.get_current_timezone())
    assert (start.date(), start.time()) == (day, dt.time(10))
    assert event["LOCATION"] == "3 rue du Pré"
    assert event["DESCRIPTION"] == "Apportez\nvos graines; et vos sacs"
    post(manager, "garden-desk-words", garden.pk, do=f"no-day:{OpenDay.objects.get().pk}")
    assert not OpenDay.objects.exists()


def test_the_garden_s_own_rules_pass_the_door(manager: Client, garden: SharedGarden) -> None:
    fields = {"do": "rules", "rules-rules_fr": "Pas de chiens.", "rules-rules_en": "No dogs."}
    post(manager, "garden-desk-words", garden.pk, rev=str(garden.rev), **fields)
    garden.refresh_from_db()
    assert garden.rules_fr == "Pas de chiens."
    assert Event.objects.filter(object_uuid=garden.uuid, rev__isnull=False).count() == 1
    stale = fields | {"rules-rules_fr": "Des chats.", "rev": "0"}
    assert post(manager, "garden-desk-words", garden.pk, **stale).status_code == 409


@pytest.mark.parametrize(
    "do", ["", "nonsense", "move:closed", "news:99999999999999999999", "day:x"]
)
def test_a_form_that_is_none_is_not_found(do: str, manager: Client, garden: SharedGarden) -> None:
    for name in ("garden-desk-garden", "garden-desk-words", "garden-desk-list"):
        assert manager.post(reverse(name, args=(garden.pk,)), {"do": do}).status_code == 404
    garden.refresh_from_db()
    assert garden.state == "open"
