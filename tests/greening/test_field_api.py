"""Session, phones, rights at every address, balance and pack: what a phone is told, never by a redirect."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.gis.geos import MultiPolygon
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from greening.events import Change, apply
from greening.field import access
from greening.models import (
    Commune,
    Contractor,
    Crew,
    Device,
    Event,
    Photo,
    Quarter,
    Sector,
    Street,
    Tree,
)
from greening.roles import Role
from tests.factories import (
    PARK,
    TOWN_HALL,
    CareTaskFactory,
    CommuneFactory,
    CrewFactory,
    PlantingSiteFactory,
    QuarterFactory,
    SpeciesFactory,
    StreetFactory,
    TreeFactory,
    WateringRoundFactory,
    square,
)
from tests.greening.field_phone import Phone, digest, picture, v7
from tests.greening.people import PASSWORD, signed_in

pytestmark = pytest.mark.django_db
A_HASH = "ab" * 32
#: Every address with the methods it answers.
ADDRESSES = [
    ("GET", "session"),
    ("POST", "devices"),
    ("GET", "pack"),
    ("POST", "events"),
    ("GET", "balance"),
    ("POST", "export"),
    ("POST", "photos/"),
    ("HEAD", f"photos/{A_HASH}"),
    ("PATCH", f"photos/{A_HASH}"),
    ("GET", f"photos/{A_HASH}/receipt"),
]


def ask(client: Client, method: str, path: str, device: Any = None, **headers: str) -> Any:
    named = {"x-device": str(device)} if device else {}
    return client.generic(
        method, f"/api/field/{path}", b"{}", "application/json", headers=named | headers
    )


def code(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json", answer
    assert "Access-Control-Allow-Origin" not in answer
    return answer.status_code, json.loads(answer.content)["code"] if answer.content else ""


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_who_is_signed_out_is_told_so_and_never_redirected(method: str, path: str) -> None:
    answer = ask(Client(), method, path, v7())
    assert answer.status_code == 401
    assert method == "HEAD" or code(answer) == (401, "signed_out")


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
@pytest.mark.parametrize("role", [Role.RESIDENT, Role.GARDEN_MANAGER])
def test_a_role_without_field_work_is_told_so(method: str, path: str, role: Role) -> None:
    assert ask(signed_in(role), method, path, v7()).status_code == 403


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_a_revoked_phone_is_shut_out_of_all_but_the_session(method: str, path: str) -> None:
    phone = Phone()
    Device.objects.update(revoked_at=timezone.now())
    answer = ask(phone.client, method, path, phone.uuid)
    if path == "session":
        assert answer.json()["device"]["revoked"] is True
    elif path == "devices":
        again = phone.post("devices", {"uuid": str(phone.uuid), "name": "again"})
        assert code(again) == (403, "device_revoked")
    elif path == "export":
        assert answer.status_code == 403  # a lead hands it in, from a browser
    else:
        assert answer.status_code == 403
        assert method == "HEAD" or code(answer) == (403, "device_revoked")
        assert ask(Client(), method, path, phone.uuid).status_code == 403  # signed out as well


@pytest.mark.parametrize(
    ("method", "path"),
    [each for each in ADDRESSES if each[1] not in ("session", "devices", "export")],
)
def test_a_phone_must_be_known(method: str, path: str) -> None:
    client = signed_in(Role.CREW)
    missing, unknown = ask(client, method, path), ask(client, method, path, v7())
    assert (missing.status_code, unknown.status_code) == (400, 403)
    if method != "HEAD":
        assert (code(missing)[1], code(unknown)[1]) == ("device_missing", "device_unknown")
    assert ask(client, method, path, "nonsense").status_code == 400


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_other_methods_are_refused(method: str, path: str) -> None:
    answer = ask(Phone().client, "DELETE", path, v7())
    assert code(answer) == (405, "method")
    assert method in answer["Allow"]


def test_the_session_says_who_with_what_rights_and_from_which_phone() -> None:
    phone = Phone(Role.CREW)
    crew = CrewFactory()
    crew.members.add(phone.user)
    said = phone.get("session").json()
    assert said["user"]["roles"] == ["crew"]
    assert said["user"]["rights"]["tree"] == ["create", "edit", "move"]
    assert "green_roof" not in said["user"]["rights"]
    assert said["crews"] == [{"uuid": str(crew.uuid), "name": crew.name}]
    assert said["device"] == {**said["device"], "uuid": str(phone.uuid), "revoked": False}
    assert abs(dt.datetime.fromisoformat(said["server_time"]) - timezone.now()) < dt.timedelta(
        minutes=1
    )
    assert said["limits"]["events"] == 100


def test_the_token_of_the_session_is_needed_and_an_old_one_is_told_as_such() -> None:
    client = Client(enforce_csrf_checks=True)
    user = signed_in(Role.CREW).user  # type: ignore[attr-defined]
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    device = v7()
    body = json.dumps({"uuid": str(device), "name": "Phone"})
    refused = client.post("/api/field/devices", body, content_type="application/json")
    assert code(refused) == (403, "csrf")
    token = client.get("/api/field/session").json()["csrf"]
    made = client.post(
        "/api/field/devices", body, content_type="application/json", headers={"x-csrftoken": token}
    )
    assert made.status_code == 201
    client.logout()
    signed_out = client.post("/api/field/devices", body, content_type="application/json")
    assert code(signed_out) == (401, "signed_out")


def test_a_changed_password_signs_the_phone_out_and_it_goes_on_after_signing_in() -> None:
    phone = Phone()
    event = phone.planting(PlantingSiteFactory(state="ready"))
    phone.user.set_password("tout autre chose, longue aussi")
    phone.user.save()
    assert code(phone.post("events", {"events": [event]})) == (401, "signed_out")
    assert phone.client.login(username=phone.user.email, password="tout autre chose, longue aussi")
    assert phone.send(event)[0]["status"] == "applied"
    assert PASSWORD != "tout autre chose, longue aussi"


def test_registering_twice_is_once_and_takes_over_the_name() -> None:
    phone = Phone()
    again = phone.post(
        "devices", {"uuid": str(phone.uuid), "name": "Blue phone", "platform": "Android"}
    )
    assert (again.status_code, again.json()["name"]) == (200, "Blue phone")
    assert Device.objects.get().platform == "Android"


@pytest.mark.parametrize(
    "body", [{}, {"uuid": "x"}, {"uuid": 5}, {"uuid": str(uuid.uuid4()), "name": 5}, {"uuid": None}]
)
def test_a_phone_that_does_not_say_who_it_is_is_malformed(body: Any) -> None:
    answer = Phone(register=False).post("devices", body)
    assert code(answer) == (400, "malformed")


def test_a_phone_is_noted_as_seen_once_a_minute_at_most(django_assert_max_num_queries: Any) -> None:
    phone = Phone()
    with django_assert_max_num_queries(6) as asked:
        phone.get(f"photos/{A_HASH}/receipt")
    assert not [one for one in asked.captured_queries if one["sql"].startswith("UPDATE")]


def test_revoking_ends_the_sign_in_that_the_phone_used() -> None:
    phone = Phone()
    assert Session.objects.count() == 1
    access.revoke(Device.objects.get(), phone.user)
    assert Session.objects.count() == 0
    assert code(phone.get("balance")) == (403, "device_revoked")


# --- balance ----------------------------------------------------------------------------------------


def test_the_balance_counts_verdicts_gaps_and_photos() -> None:
    phone = Phone()
    content = picture()
    good = phone.planting(PlantingSiteFactory(state="ready"), photos=[digest(content), A_HASH])
    phone.sequence += 2  # two captures that never arrived
    bad = phone.planting(PlantingSiteFactory(state="refused"))
    stuck = phone.event("tree", {"note": "a"}, create=False)
    phone.send(good, bad, stuck, {"uuid": str(v7()), "sequence": phone.sequence + 1})
    phone.upload(content)
    said = phone.get("balance", device=phone.uuid).json()
    assert said["events"] == {
        "total": 4, "applied": 1, "merged": 0, "rejected": 2, "conflict": 0, "waiting": 1,
    }  # fmt: skip
    assert said["sequences"] == {"highest": 6, "received": 4, "missing": [2, 3], "missing_count": 2}
    assert said["photos"] == {
        "announced": 2, "received": 1, "refused": 0, "missing": [A_HASH], "missing_count": 1,
    }  # fmt: skip
    today = timezone.localdate()
    assert phone.get("balance", day=today.isoformat()).json()["events"]["total"] == 4
    yesterday = (today - dt.timedelta(days=1)).isoformat()
    other = phone.get("balance", day=yesterday).json()
    assert (other["events"]["total"], other["sequences"]["highest"]) == (0, 6)


def test_a_crew_asks_about_its_own_phone_and_a_lead_about_any() -> None:
    one, other, lead = Phone(), Phone(), Phone(Role.CREW_LEAD)
    assert code(one.get("balance", device=other.uuid)) == (403, "forbidden")
    assert lead.get("balance", device=other.uuid).json()["device"] == str(other.uuid)
    assert code(one.get("balance", device="x")) == (400, "malformed")
    assert code(one.get("balance", day="2026-13-01")) == (400, "malformed")


def test_a_wild_gap_is_counted_and_cut_in_the_telling() -> None:
    phone = Phone()
    phone.send(phone.planting(PlantingSiteFactory(state="ready"), sequence=2**62))
    said = phone.get("balance").json()["sequences"]
    assert (len(said["missing"]), said["missing_count"]) == (1000, 2**62 - 1)


# --- pack -------------------------------------------------------------------------------------------


@pytest.fixture
def town() -> Any:
    CommuneFactory()
    StreetFactory(name="rue des Ormes")
    here = TreeFactory(site__matricule="HERE")
    there = TreeFactory(site__matricule="THERE", site__geom=f"POINT({PARK[0]} {PARK[1]})")
    return here, there


def test_the_pack_holds_the_whole_town_for_who_has_no_crew(town: Any) -> None:
    said = Phone().get("pack").json()
    here, _there = town
    assert (said["whole"], said["crew"], said["sectors"]) == (True, None, [])
    assert sorted(site["matricule"] for site in said["sites"]) == ["HERE", "THERE"]
    site = next(one for one in said["sites"] if one["matricule"] == "HERE")
    assert (site["tree"], site["lon"], site["lat"]) == (str(here.uuid), *TOWN_HALL)
    tree = next(one for one in said["trees"] if one["uuid"] == str(here.uuid))
    assert (tree["site"], tree["planted_on"], tree["rev"]) == (site["uuid"], "2025-11-20", here.rev)
    assert said["species"][0]["name"] == "Tilia cordata"
    assert said["streets"][0]["name"] == "rue des Ormes"
    assert said["outline"]["type"] in ("Polygon", "MultiPolygon")
    assert ["ready", "ready to plant"] in said["choices"]["planting_site.state"]
    assert ["no_water", "no water"] in said["choices"]["care_task.reason"]


def test_the_pack_of_a_crew_holds_its_sectors_and_the_stops_of_its_rounds(town: Any) -> None:
    here, there = town
    phone, crew = Phone(), CrewFactory()
    crew.members.add(phone.user)
    hall = QuarterFactory(name="Hall", geom=MultiPolygon(square(*TOWN_HALL)))
    Sector.objects.create(crew=crew, quarter=hall)
    own = CareTaskFactory(tree=here)
    CareTaskFactory(tree=there)
    said = phone.get("pack").json()
    assert (said["sectors"], said["crew"]["name"]) == (["Hall"], crew.name)
    assert [site["matricule"] for site in said["sites"]] == ["HERE"]
    assert [task["uuid"] for task in said["tasks"]] == [str(own.uuid)]
    tour = WateringRoundFactory(crew=crew, day=timezone.localdate())
    stop = CareTaskFactory(tree=there, round=tour, stop=1, crew=crew, due_from=dt.date(2026, 8, 1),
                           due_until=dt.date(2026, 8, 9), litres=80)  # fmt: skip
    WateringRoundFactory(crew=CrewFactory(), day=timezone.localdate())
    said = phone.get("pack").json()
    assert sorted(site["matricule"] for site in said["sites"]) == ["HERE", "THERE"]
    assert said["rounds"] == [
        {
            "uuid": str(tour.uuid), "id": tour.pk, "rev": 0, "name": str(tour), "state": "assigned",
            "day": timezone.localdate().isoformat(), "crew": crew.name,
            "stops": [
                {"task": str(stop.uuid), "stop": 1, "site": str(there.site.uuid), "tree": str(there.uuid),
                 "action": "water", "litres": 80.0, "state": "planned"}
            ],
        }
    ]  # fmt: skip


def test_since_an_earlier_pack_only_what_changed_comes_and_what_went_says_so(town: Any) -> None:
    here, there = town
    phone = Phone()
    long_ago = timezone.now() - dt.timedelta(days=1)
    Tree.objects.update(updated_at=long_ago)
    type(here.site).objects.update(updated_at=long_ago)
    first = phone.get("pack").json()
    apply(Change("tree", here.uuid, {"archived_at": timezone.now().isoformat()}))
    said = phone.get("pack", since=first["as_of"], scope=first["scope"]).json()
    assert said["whole"] is False
    assert [(tree["uuid"], tree["gone"]) for tree in said["trees"]] == [(str(here.uuid), True)]
    assert said["sites"] == []
    assert said["species"] == first["species"]
    raw = phone.client.get(
        f"/api/field/pack?since={first['as_of']}&scope={first['scope']}", headers=phone.headers
    )
    assert len(raw.json()["trees"]) == 1  # a "+" that nobody escaped
    assert phone.get("pack", since=first["as_of"], scope="other").json()["whole"] is True
    assert code(phone.get("pack", since="x", scope=first["scope"])) == (400, "malformed")
    assert there.pk


def test_an_unchanged_pack_is_not_sent_again_and_a_changed_one_is(town: Any) -> None:
    phone = Phone()
    etag = phone.get("pack")["ETag"]
    again = {**phone.headers, "if-none-match": etag}
    assert phone.client.get("/api/field/pack", headers=again).status_code == 304
    apply(Change("tree", town[0].uuid, {"note": "leans"}))
    assert phone.client.get("/api/field/pack", headers=again).status_code == 200
    SpeciesFactory(genus="Acer", species="campestre")
    fresh = phone.get("pack")["ETag"]
    assert fresh != etag


SLOW = {"town", "species", "choices", "outline", "streets"}


def test_an_unchanged_refresh_is_a_304_however_often(town: Any) -> None:
    """The phone asks since its last pack, and its tag is that of what it holds by now."""
    phone = Phone()
    held = phone.get("pack").json()
    apply(Change("tree", town[0].uuid, {"note": "leans"}))
    for expected in (200, 304, 304):
        query = {"since": held["as_of"], "scope": held["scope"], "fixed": held["fixed"]}
        headers = {**phone.headers, "if-none-match": held["etag"]}
        answer = phone.client.get("/api/field/pack", query, headers=headers)
        assert answer.status_code == expected
        if expected == 200:
            came = answer.json()
            assert str(town[0].uuid) in {tree["uuid"] for tree in came["trees"]}
            assert not SLOW & came.keys()
            held |= came
    assert held["etag"] == phone.get("pack").json()["etag"]


@pytest.mark.parametrize("whole", [{"fixed": ""}, {"fixed": "older"}, {"scope": "other"}])
def test_the_slow_parts_come_where_the_phone_lacks_them(town: Any, whole: Any) -> None:
    phone = Phone()
    held = phone.get("pack").json()
    query = {"since": held["as_of"], "scope": held["scope"], "fixed": held["fixed"]} | whole
    assert phone.get("pack", **query).json().keys() >= SLOW


def _committed_late(here: Any) -> None:
    """Stamped before the newest change, committed after it."""
    Tree.objects.filter(pk=here.pk).update(rev=here.rev + 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda _here: Street.objects.update(name="rue du Levant"),
        lambda _here: Street.objects.update(geom="LINESTRING(2.27 48.82, 2.28 48.83)"),
        lambda _here: Commune.objects.update(geom=MultiPolygon(square(*PARK))),
        lambda _here: Commune.objects.update(name="Issy"),
        lambda _here: Quarter.objects.update(name="Town hall"),
        lambda _here: Tree.objects.update(size_class="18/20"),
        lambda _here: Crew.objects.update(name="Night crew"),
        _committed_late,
    ],
    ids=["street", "line", "outline", "town", "quarter", "choices", "crew", "late"],
)
def test_whatever_the_pack_holds_changes_its_tag(town: Any, change: Any) -> None:
    phone, crew = Phone(), CrewFactory()
    crew.members.add(phone.user)
    hall = QuarterFactory(name="Hall", geom=MultiPolygon(square(*TOWN_HALL)))
    Sector.objects.create(crew=crew, quarter=hall)
    before = phone.get("pack").json()
    change(town[0])
    assert phone.get("pack").json()["etag"] != before["etag"]


def test_the_pack_travels_compressed(town: Any) -> None:
    phone = Phone()
    answer = phone.client.get(
        "/api/field/pack", headers={**phone.headers, "accept-encoding": "gzip"}
    )
    assert answer["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(answer.content))["sites"]


def test_the_pack_asks_a_fixed_number_of_questions(
    town: Any, django_assert_max_num_queries: Any
) -> None:
    phone = Phone()
    for _ in range(30):
        CareTaskFactory()
    with django_assert_max_num_queries(28):
        assert len(phone.get("pack").json()["tasks"]) == 30


# --- contractors ------------------------------------------------------------------------------------


@pytest.fixture
def firm() -> Phone:
    phone = Phone(Role.CONTRACTOR)
    Contractor.objects.create(name="Arbres et Rues").members.add(phone.user)
    return phone


def test_a_contractor_sees_and_changes_its_own_lots_only(firm: Phone) -> None:
    own, other = TreeFactory(contractor="Arbres et Rues"), TreeFactory(contractor="Vert")
    task = CareTaskFactory(tree=own, state="assigned", crew=CrewFactory())
    foreign = CareTaskFactory(tree=other, state="assigned", crew=CrewFactory())
    said = firm.get("pack").json()
    assert [tree["uuid"] for tree in said["trees"]] == [str(own.uuid)]
    assert [site["uuid"] for site in said["sites"]] == [str(own.site.uuid)]
    assert [one["uuid"] for one in said["tasks"]] == [str(task.uuid)]
    done = {"state": "done", "done_on": timezone.localdate().isoformat(), "litres_given": 60}
    verdicts = firm.send(
        firm.change(own, "tree", {"note": "a"}),
        firm.change(other, "tree", {"note": "a"}),
        firm.change(task, "care_task", done),
        firm.change(foreign, "care_task", done),
    )
    assert [one["code"] for one in verdicts] == ["", "forbidden", "", "forbidden"]


def test_a_contractor_neither_takes_nor_gives_a_lot(firm: Phone) -> None:
    own, other = TreeFactory(contractor="Arbres et Rues"), TreeFactory(contractor="Vert")
    task = CareTaskFactory(tree=other)
    verdicts = firm.send(
        firm.change(other, "tree", {"contractor": "Arbres et Rues"}),
        firm.change(own, "tree", {"contractor": "Vert"}),
        firm.change(task, "care_task", {"tree": str(own.uuid)}),
    )
    assert [one["code"] for one in verdicts] == ["forbidden"] * 3
    assert set(Tree.objects.values_list("contractor", flat=True)) == {"Arbres et Rues", "Vert"}


def test_a_contractors_person_who_is_a_resident_too_sees_no_more(firm: Phone) -> None:
    """Whoever signed up by themselves is a resident: that opens no other lot, in the pack or in a photo."""
    for role in (Role.RESIDENT, Role.GARDEN_REFERENT, Role.DPO):
        firm.user.groups.add(Group.objects.get_or_create(name=role.value)[0])
    own, other = TreeFactory(contractor="Arbres et Rues"), TreeFactory(contractor="Vert")
    said = firm.get("pack").json()
    assert [tree["uuid"] for tree in said["trees"]] == [str(own.uuid)]
    assert firm.send(firm.change(other, "tree", {"note": "a"}))[0]["code"] == "forbidden"


def test_a_contractor_without_a_firm_sees_nothing() -> None:
    TreeFactory(contractor="")
    phone = Phone(Role.CONTRACTOR)
    said = phone.get("pack").json()
    assert (said["trees"], said["sites"], said["tasks"]) == ([], [], [])


def test_a_contractor_plants_what_was_reserved_for_its_lot(firm: Phone) -> None:
    site = PlantingSiteFactory(state="ready")
    tree = TreeFactory(site=site, state="reserved", planted_on=None, contractor="Arbres et Rues")
    patch = {"state": "planted", "planted_on": timezone.localdate().isoformat(), "lot": "A-7"}
    assert firm.send(firm.change(tree, "tree", patch))[0]["status"] == "applied"
    new = firm.planting(PlantingSiteFactory(state="ready"))
    new["patch"]["contractor"] = "Arbres et Rues"
    assert firm.send(new)[0]["code"] == "forbidden"


def test_photos_and_events_count_for_the_phone_that_took_them() -> None:
    phone, other = Phone(), Phone()
    phone.upload(picture())
    assert Photo.objects.get().device.uuid == phone.uuid
    other.send(other.planting(PlantingSiteFactory(state="ready")))
    assert phone.get("balance").json()["events"]["total"] == 0
    assert Event.objects.filter(device=str(other.uuid)).exists()
