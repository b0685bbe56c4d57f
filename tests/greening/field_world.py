"""A ground for simulated phones in the test's own database, the state at the end, and the same captures in order."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import random
import uuid
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.gis.geos import Point
from django.db import connection
from django.utils import timezone

from greening.events.values import to_wire
from greening.field.events import receive
from greening.field.uploads import clear_stale, folder
from greening.lifecycle import kinds
from greening.lives import HOLDING
from greening.models import (
    CareTask,
    Device,
    Event,
    Photo,
    PlantingSite,
    SurvivalCheck,
    Tree,
    Unreadable,
    Upload,
)
from greening.roles import Role
from tests.greening.people import person
from tests.greening.phone_simulator import Capture, Ground, SimulatedPhone, captures

YEAR = dt.timedelta(days=365)


def server_environment(data: Path) -> dict[str, str]:
    """A server's own process over this test's database, files and signing key."""
    facts = connection.settings_dict
    if connection.vendor == "sqlite":
        address = f"spatialite:///{facts['NAME']}"
    else:
        address = (
            f"postgis://{facts['USER']}:{facts['PASSWORD']}@{facts['HOST']}:{facts['PORT']}"
            f"/{facts['NAME']}"
        )
    kept = {key: text for key, text in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    return kept | {
        "DATABASE_URL": address,
        "DATA_DIR": str(data),
        "SECRET_KEY": settings.SECRET_KEY,
        "BASE_MAP_URL": "",
        "LOG_LEVEL": "ERROR",
    }


def signed_in_cookie(user: Any) -> str:
    """The cookie of a sign-in, made where the server will look for it."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


class World:
    """Sites and trees for so many phones, with identifiers that depend on the seed alone."""

    def __init__(
        self,
        count: int,
        *,
        seed: int,
        sites: int = 3,
        trees: int = 1,
        shared: bool = True,
        skewed: float = 0.0,
        photo: Callable[[random.Random], bytes] | None = None,
    ) -> None:
        rng = random.Random(seed)

        def names(number: int) -> list[str]:
            return [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(number)]

        self.grounds = [Ground(names(sites), names(trees)) for _ in range(count)]
        if shared:  # each pair of neighbours has one site in common
            for left in range(0, count - 1, 2):
                both = names(1)
                for number in (left, left + 1):
                    ground = self.grounds[number]
                    self.grounds[number] = Ground(ground.sites, ground.trees, both)
        self.shared = {site for ground in self.grounds for site in ground.shared}
        self.devices = names(count)
        today = timezone.localdate()
        self.offs = [
            rng.choice([-YEAR, YEAR]) if rng.random() < skewed else dt.timedelta(0)
            for _ in range(count)
        ]
        self.captures: list[tuple[list[Capture], dict[str, bytes]]] = [
            captures(rng, ground, today=today, clock_off=off, photo=photo)
            for ground, off in zip(self.grounds, self.offs, strict=True)
        ]
        self.crew = [person(Role.CREW, email=f"crew{number}@example.fr") for number in range(4)]

    def build(self) -> None:
        """The ground as it is before anybody comes."""
        ready = [site for ground in self.grounds for site in (*ground.sites,)] + sorted(self.shared)
        place = Point(2.2737, 48.8238, srid=4326)
        PlantingSite.objects.bulk_create(
            [PlantingSite(uuid=site, geom=place, state="ready", rev=1) for site in ready],
            batch_size=1000,
        )
        standing = [tree for ground in self.grounds for tree in ground.trees]
        under = PlantingSite.objects.bulk_create(
            [
                PlantingSite(
                    uuid=uuid.uuid5(uuid.NAMESPACE_OID, tree), geom=place, state="occupied", rev=1
                )
                for tree in standing
            ],
            batch_size=1000,
        )
        Tree.objects.bulk_create(
            [
                Tree(uuid=tree, site=site, geom=place, state="planted", rev=1,
                     planted_on=dt.date(2023, 11, 20))
                for tree, site in zip(standing, under, strict=True)
            ],
            batch_size=1000,
        )  # fmt: skip

    def phones(self) -> list[SimulatedPhone]:
        cookies = [signed_in_cookie(user) for user in self.crew]
        return [
            SimulatedPhone(
                device,
                cookies[number % len(cookies)],
                [Capture(one.event) for one in made],
                dict(photos),
                clock_off=off,
            )
            for number, (device, off, (made, photos)) in enumerate(
                zip(self.devices, self.offs, self.captures, strict=True)
            )
        ]

    def apply_in_order(self) -> None:
        """Every capture once, in the order it was made, nothing going wrong: what a run must come to."""
        for number, (device, off, (made, _photos)) in enumerate(
            zip(self.devices, self.offs, self.captures, strict=True)
        ):
            phone = Device.objects.create(uuid=device)
            receive(
                [one.event for one in made],
                device=phone,
                actor=self.crew[number % len(self.crew)],
                off=-off,
            )

    # --- what must hold -----------------------------------------------------------------------------

    def state(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Every living object by kind and identifier, with all that its kind lets anybody write.

        Of the shared sites only one planting can win, and which is the network's affair: these are looked at apart.
        """
        contested = {
            str(one.event["object_uuid"])
            for made, _photos in self.captures
            for one in made
            if one.event["patch"].get("site") in self.shared
        }
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for kind in kinds():
            related = [
                name for name in kind.fields if kind.model_class._meta.get_field(name).many_to_one
            ]
            for obj in kind.model_class._default_manager.select_related(*related):
                if str(obj.uuid) in contested or str(obj.uuid) in self.shared:
                    continue
                if kind.name == "care_task" and str(obj.tree.uuid) in contested:
                    continue
                found[kind.name, str(obj.uuid)] = {
                    name: to_wire(getattr(obj, name)) for name in ("state", "rev", *kind.fields)
                }
        return found

    def statuses(self) -> dict[str, tuple[str, str]]:
        """What became of each capture that is not about a shared site; each stands there exactly once."""
        apart = {
            one.event["uuid"]
            for made, _photos in self.captures
            for one in made
            if one.event["patch"].get("site") in self.shared
        }
        rows = Event.objects.filter(cause=None).values_list("uuid", "status", "code")
        said = {str(name): (status, code) for name, status, code in rows if str(name) not in apart}
        assert len(said) == len([row for row in rows if str(row[0]) not in apart]), "twins"
        return said

    def check(self, phones: Sequence[SimulatedPhone]) -> None:
        """0 lost, 0 twins, one tree a site, every photo's hash right, nothing left half-way."""
        sent = {one.event["uuid"] for made, _photos in self.captures for one in made}
        rows = Event.objects.filter(cause=None)
        assert {str(name) for name in rows.values_list("uuid", flat=True)} == sent, (
            "lost or invented"
        )
        assert rows.count() == len(sent), "twins"
        assert not rows.filter(status="waiting").exists()
        assert not Unreadable.objects.exists()
        for site in self.shared:
            assert Tree.objects.filter(site__uuid=site, state__in=HOLDING).count() == 1
        for made, _photos in self.captures:
            for one in made:
                if one.event["patch"].get("site") in self.shared:
                    row = rows.get(uuid=one.event["uuid"])
                    assert (row.status, row.code) in (("applied", ""), ("rejected", "site_taken"))
        want = {sha256 for _made, photos in self.captures for sha256 in photos}
        assert set(Photo.objects.values_list("sha256", flat=True)) == want
        kept = {path.stem: path for path in (folder() / "photos").rglob("*.jpg")}
        assert kept.keys() == want
        for sha256, path in kept.items():
            assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256
        # A phone may have begun what another one finished at the same moment: tidied away, and nobody waits for it.
        assert set(Upload.objects.values_list("sha256", flat=True)) <= want
        clear_stale(days=-1)  # a killed server may leave a file whose row it had just deleted
        assert not list((folder() / "uploads").glob("*"))
        assert all(phone.done for phone in phones)


def clear() -> None:
    """The database without what phones did; people and roles stay."""
    for model in (
        Event,
        SurvivalCheck,
        CareTask,
        Tree,
        PlantingSite,
        Photo,
        Upload,
        Unreadable,
        Device,
    ):
        model._default_manager.all().delete()
