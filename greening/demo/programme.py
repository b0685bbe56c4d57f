"""The demo's planting programme: seasons, orders and work on the trees of the ground."""

from __future__ import annotations

from django.db import transaction

from greening.demo.registry import DemoRun
from greening.demo.seasons import add_campaigns, add_orders, add_quarters
from greening.demo.work import add_work
from greening.models import Campaign


def is_done(run: DemoRun) -> bool:
    """Whether the demo's campaigns stand."""
    return Campaign.objects.filter(synthetic=True).exists()


@transaction.atomic
def build(run: DemoRun) -> str:
    """The demo step: all of it or nothing; what was made, in a few words."""
    campaigns = add_campaigns(add_quarters(run.ground))
    orders = add_orders(run.seed, campaigns)
    return f"{len(campaigns)} campaigns, {orders} steps of nursery orders, {add_work(run.seed)}"
