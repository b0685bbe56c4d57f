"""Gardens for their managers in the small town: one to open, one to close: `python -m tests.browser.desk_town`."""

from __future__ import annotations

import os

MANAGER, REFERENT, AWA = "manager@example.fr", "referent@example.fr", "awa@example.fr"
DRAFT, LEFT = "Jardin du Levant", "Jardin du Midi"


def build() -> None:
    """Adds to the small town a garden to be opened, and one with people who wait for nothing."""
    import datetime as dt

    from django.contrib.gis.geos import MultiPolygon

    from greening.accounts.consents import agree
    from greening.models import Commune
    from greening.roles import Role
    from parcels.allocation import commitment
    from parcels.models import Draw, GardenNews, GardenReferent, OpenDay, Resident
    from tests import factories as make
    from tests.browser.small_town import SOUTH, STEP, WEST
    from tests.greening.people import person
    from tests.parcels.gardeners import neighbour

    person(Role.GARDEN_MANAGER, email=MANAGER)
    rules = make.AllocationRulesFactory(commune=Commune.objects.get())
    make.SharedGardenFactory(
        name=DRAFT,
        state="draft",
        geom=MultiPolygon(make.square(WEST + 0.5 * STEP, SOUTH + 0.5 * STEP, 4e-4)),
    )
    left = make.SharedGardenFactory(
        name=LEFT,
        address="2 rue du Midi",
        geom=MultiPolygon(make.square(WEST + 1.5 * STEP, SOUTH + 1.5 * STEP, 4e-4)),
    )
    make.PlotFactory(
        garden=left, number="01", geom=make.square(WEST + 1.5 * STEP, SOUTH + 1.5 * STEP, 1e-4)
    )
    for name in ("awa", "basile"):
        make.ApplicationFactory(garden=left, resident=neighbour(name), rules=rules)
    make.ApplicationFactory(garden=left, state="submitted", day=dt.date(2026, 3, 4), rules=rules)
    seed = "0f" * 32
    Draw.objects.create(garden=left, key="2026-03-02", sealed=seed, commitment=commitment(seed))
    referent = person(Role.GARDEN_REFERENT, email=REFERENT)
    GardenReferent.objects.create(garden=left, user=referent, name="Nour", phone="01 23 45 67 89")
    GardenNews.objects.create(garden=left, title="Le compost est prêt", body="Venez avec un seau.")
    OpenDay.objects.create(
        garden=left, day=dt.date(2099, 5, 2), starts=dt.time(10), ends=dt.time(12)
    )
    plot = make.PlotFactory(garden=make.SharedGardenFactory(), state="occupied")
    make.AdoptionFactory(
        tree=None,
        plot=plot,
        state="renewal_due",
        until=dt.date(2026, 3, 1),
        since=dt.date(2025, 3, 1),
    )
    make.ContestFactory(decision__garden=left, decision__rules=rules)
    for resident in Resident.objects.exclude(user=None):
        agree(resident.user)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "greening.settings")
    import django

    django.setup()
    build()
