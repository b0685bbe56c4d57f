"""What the gardens know of a person: told once, one household a door, and gone when they leave."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from greening.accounts.expired import forget_unused
from greening.models import Event, UnusedNotice
from greening.roles import Role
from parcels.adopting import add_co_gardener
from parcels.applying import apply_for, refuse
from parcels.decisions import contest, verify
from parcels.default_rules import default_rules
from parcels.doorway import Refused
from parcels.models import (
    AllocationRules,
    Decision,
    Household,
    Plot,
    Resident,
)
from parcels.models.resident import household_key
from parcels.offering import offer_next
from parcels.residents import (
    erase,
    export,
    in_use,
    join_households,
    split_from_household,
    write_down,
)
from tests.factories import (
    AdoptionFactory,
    ApplicationFactory,
    PlotFactory,
    SharedGardenFactory,
)
from tests.greening.people import person
from tests.parcels.gardeners import account, manager, neighbour

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rules")]

TOLD = {
    "name": "Alix Exemple",
    "address": "12, rue de l’Égalité",
    "door": "Bât. B, 3e",
    "postcode": "92130",
    "declares_adult": True,
    "declares_resident": True,
    "declares_no_own_garden": True,
}


def told(who: str, **facts: object) -> Resident:
    user = person(Role.RESIDENT, email=f"{who}@example.fr")
    return write_down(user, {**TOLD, **facts}, consent="2026-11")


def test_one_door_is_one_household_however_it_is_spelt() -> None:
    alix = told("alix")
    robin = told("robin", address="12 RUE DE L'EGALITE", door="bât b - 3E")
    sacha = told("sacha", door="Bât. B, 4e")
    assert alix.household == robin.household
    assert alix.household != sacha.household
    assert (alix.consent_version, alix.consent_at is not None) == ("2026-11", True)


def test_a_household_does_not_tell_its_address_without_the_towns_key(settings: object) -> None:
    here = household_key("12 rue de l'Égalité", "", "92130")
    settings.SECRET_KEY = "another"  # type: ignore[attr-defined]
    assert household_key("12 rue de l'Égalité", "", "92130") != here


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"name": " "}, "missing"),
        ({"postcode": ""}, "missing"),
        ({"phone": "1" * 31}, "invalid"),
        ({"user": 3}, "unknown"),
        ({"household": 3}, "unknown"),
        ({"erased_at": None}, "unknown"),
    ],
)
def test_only_what_is_asked_is_taken_and_what_is_needed_must_be_there(
    facts: dict[str, object], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        told("alix", **facts)
    assert refused.value.code == code
    assert not Resident.objects.exists()


def test_nothing_is_kept_without_consent() -> None:
    with pytest.raises(Refused, match="agreement"):
        write_down(person(Role.RESIDENT), TOLD, consent="")


def test_who_moves_in_with_an_applicant_cannot_apply_twice() -> None:
    """The claim of an open application follows the person; two of one household cannot stand."""
    alix, robin = told("alix"), told("robin", door="4e")
    garden = SharedGardenFactory()
    apply_for(alix, garden, by=account(alix))
    mine = apply_for(robin, garden, by=account(robin))
    user = account(robin)
    moved = write_down(user, {**TOLD, "door": "5e"}, consent="2026-11")
    mine.refresh_from_db()
    assert mine.claim == str(moved.home)
    with pytest.raises(Refused, match="open application already"):
        write_down(user, TOLD, consent="2026-11")
    robin.refresh_from_db()
    assert robin.door == "5e"


def test_a_manager_joins_and_splits_households() -> None:
    alix, robin, boss = told("alix"), told("robin", door="4e"), manager()
    one, other = alix.household, robin.household
    assert one is not None
    assert other is not None
    garden = SharedGardenFactory()
    made = apply_for(alix, garden, by=account(alix))
    apply_for(robin, garden, by=account(robin))
    with pytest.raises(Refused, match="role"):
        join_households(one, other, by=account(alix))
    with pytest.raises(Refused, match="open application already"):
        join_households(one, other, by=boss)
    refuse(made, "other", by=boss)
    join_households(one, other, by=boss)
    robin.refresh_from_db()
    assert robin.household == one
    assert told("sacha", door="4e").household == one  # who comes to that door later, too
    with pytest.raises(Refused, match="open application already"):
        apply_for(alix, garden, by=account(alix))
    own = split_from_household(alix, by=boss)
    alix.refresh_from_db()
    assert (alix.household, own == one) == (own, False)
    # A change of the telephone number does not put them back together.
    assert write_down(account(alix), {**TOLD, "phone": "01"}, consent="2026-11").household == own
    assert apply_for(alix, garden, by=account(alix)).state == "submitted"


# --- leaving ----------------------------------------------------------------------------------------
def test_an_erased_person_leaves_an_empty_row_and_nothing_open() -> None:
    alix = told("alix", phone="0612345678", needs_accessible=True)
    user, garden = account(alix), SharedGardenFactory()
    waiting = ApplicationFactory(
        resident=neighbour("robin"), garden=garden, day=dt.date(2026, 5, 1)
    )
    mine = ApplicationFactory(resident=alix, garden=garden)
    plot = PlotFactory(garden=garden, accessible=True)
    offer_next(plot, by=None)
    gardened = AdoptionFactory(tree=None, plot=PlotFactory(state="occupied"), resident=alix)
    with_them = add_co_gardener(AdoptionFactory(), alix, by=None)
    objection = contest(Decision.objects.get(), alix, "Why there?", by=user)
    assert in_use(user)
    assert export(user)["contests"][0]["text"] == "Why there?"

    erase(user)
    assert not in_use(user)
    for row in (mine, waiting, plot, gardened, with_them, objection, alix):
        row.refresh_from_db()
    assert (mine.state, waiting.state, waiting.offered_plot) == ("withdrawn", "offered", plot)
    assert (gardened.state, gardened.ended_because) == ("ended", "left")
    assert Plot.objects.get(pk=gardened.plot_id).state == "available"
    assert (with_them.state, objection.state, objection.text) == ("left", "withdrawn", "")
    assert (alix.name, alix.address, alix.phone, alix.user, alix.household) == (
        "",
        "",
        "",
        None,
        None,
    )
    assert (alix.needs_accessible, alix.declares_adult, alix.erased_at is not None) == (
        False,
        False,
        True,
    )
    # Her home is nobody's any more; what happened stays true.
    assert not Household.objects.filter(key=household_key("12 rue", "", "")).exists()
    assert verify(garden) == []
    user.delete()
    assert "Exemple" not in str([(e.patch, e.before, e.message) for e in Event.objects.all()])
    with pytest.raises(Refused):
        apply_for(alix, garden, by=None)


def test_the_database_holds_an_erased_row_empty() -> None:
    alix = told("alix")
    with pytest.raises(IntegrityError), transaction.atomic():
        Resident.objects.filter(pk=alix.pk).update(erased_at=timezone.now())


@pytest.mark.parametrize("holds", ["waits", "gardens", "gardens with another"])
def test_who_waits_or_gardens_is_no_unused_account_however_long_nobody_signed_in(
    holds: str,
) -> None:
    alix, robin = neighbour("alix"), neighbour("robin")
    User.objects.filter(resident__in=[alix, robin]).update(
        last_login=timezone.now() - dt.timedelta(days=1_200)
    )
    if holds == "waits":
        ApplicationFactory(resident=alix)
    elif holds == "gardens":
        AdoptionFactory(resident=alix)
    else:
        add_co_gardener(AdoptionFactory(), alix, by=None)
    assert forget_unused(timezone.localdate()) == "1 warned, 0 unused accounts erased"
    assert UnusedNotice.objects.get().user == account(robin)


def test_an_account_without_a_garden_is_erased_too() -> None:
    user = person(Role.RESIDENT)
    erase(user)
    assert export(user) == {}


def test_the_export_says_everything_the_gardens_hold() -> None:
    alix = told("alix")
    made = apply_for(alix, SharedGardenFactory(name="Jardin des Lilas"), by=account(alix))
    refuse(made, "incomplete", by=None, answer="A paper is missing.")
    held = export(account(alix))
    assert held["name"] == "Alix Exemple"
    assert held["applications"][0]["garden"] == "Jardin des Lilas"
    assert held["applications"][0]["answer"] == "A paper is missing."
    assert held["decisions"][0]["what"] == "refused"


def test_nobody_reads_a_name_where_a_history_names_a_resident() -> None:
    assert "Exemple" not in str(told("alix"))


# --- rules ------------------------------------------------------------------------------------------
def test_rules_in_force_do_not_change_and_a_new_version_follows(rules: AllocationRules) -> None:
    rules.rules = {**rules.rules, "answer_days": 3}
    with pytest.raises(Exception, match="do not change"):
        rules.save()
    with pytest.raises(Exception, match="do not change"):
        rules.delete()
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    newer = AllocationRules.objects.create(
        commune=rules.commune, version=2, valid_from=tomorrow, rules=rules.rules
    )
    newer.text_fr = "Répondez sous 3 jours."
    newer.save()  # not in force yet
    assert AllocationRules.objects.in_force(tomorrow).read.answer_days == 3
    assert AllocationRules.objects.in_force(timezone.localdate()).read.answer_days == 7
    with pytest.raises(Exception, match="answer_days: a whole number"):
        AllocationRules.objects.create(
            commune=rules.commune,
            version=3,
            valid_from=tomorrow,
            rules={**rules.rules, "answer_days": 0},
        )


def test_without_rules_nobody_applies_and_the_towns_first_are_the_products() -> None:
    AllocationRules.objects.all().delete()
    alix = told("alix")
    with pytest.raises(Exception, match="publish the town's rules"):
        apply_for(alix, SharedGardenFactory(), by=None)
    made = default_rules()
    assert default_rules() == made
    assert (made.version, made.read.answer_days) == (1, 7)
    for said in ("7 jours", "6 mois", "30 jours"):
        assert said in made.text_fr
    assert apply_for(alix, SharedGardenFactory(), by=None).rules == made
