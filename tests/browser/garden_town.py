"""Gardening for the small town: rules, people who wait, offers, an adoption: `python -m tests.browser.garden_town`.

The plots of its one garden are numbered from 1 to 4; who comes in which story is said below.
"""

from __future__ import annotations

import os

#: Applies from scratch, waits, is offered a plot, accepts, renews.
ALIX = "alix@example.fr"
#: Has declined once and has an offer to answer.
ROBIN = "robin@example.fr"
#: Comes without scripts.
KIM = "kim@example.fr"
#: Has one of everything, for the look at each page.
SACHA = "sacha@example.fr"
GARDEN = "Jardin des Petits Prés"


def build() -> None:
    import datetime as dt

    from django.utils import timezone

    from greening.accounts.consents import agree
    from greening.models import Commune, Tree
    from parcels.models import Plot, Resident, SharedGarden
    from parcels.offering import offer_next
    from tests import factories as make
    from tests.parcels.gardeners import neighbour

    rules = make.AllocationRulesFactory(commune=Commune.objects.get())
    garden = SharedGarden.objects.get(name=GARDEN)
    for number, plot in enumerate(garden.plots.order_by("pk"), start=1):
        Plot.objects.filter(pk=plot.pk).update(number=str(number), area_m2=20.0 + number)
    for name in ("alix", "kim"):
        neighbour(name)
    today = timezone.localdate()
    # Robin and Sacha wait longest, and so the first two plots are offered to them.
    for days, name, refusals in ((40, "robin", 1), (30, "sacha", 0)):
        make.ApplicationFactory(
            garden=garden,
            rules=rules,
            resident=neighbour(name),
            day=today - dt.timedelta(days=days),
            refusals=refusals,
        )
    for number in ("1", "2"):
        offer_next(garden.plots.get(number=number), by=None)
    for resident in Resident.objects.exclude(user=None):
        agree(resident.user)
    sacha = Resident.objects.get(name="Sacha")
    tree = Tree.objects.filter(state="establishing")[0]
    make.AdoptionFactory(
        tree=tree, resident=sacha, state="renewal_due", until=today + dt.timedelta(days=5)
    )
    task = make.CareTaskFactory(
        tree=tree, due_from=today, due_until=today + dt.timedelta(days=6), litres=30
    )
    assert task.action == "water"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "greening.settings")
    import django

    django.setup()
    build()
