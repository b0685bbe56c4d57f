"""Who may write what a garden's page tells, and what is known of a referent who asks for their data."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from greening.accounts.own_data import OwnData
from greening.accounts.own_data import register as register_own_data
from greening.roles import REFERENCE, Role, grant, limit
from parcels.models import GardenReferent


def of_own_garden(user: Any, row: Any) -> bool:
    """A referent writes for the garden whose contact they are, and for no other."""
    if row.garden_id is None:
        return False
    return GardenReferent.objects.filter(garden_id=row.garden_id, user_id=user.pk).exists()


def _export(user: User) -> list[dict[str, Any]]:
    rows = GardenReferent.objects.filter(user=user).select_related("garden")
    return [
        {
            "garden": row.garden.name,
            "name": row.name,
            "email": row.email,
            "phone": row.phone,
            "consent_at": row.consent_at.isoformat(),
            "consent_version": row.consent_version,
        }
        for row in rows
    ]


def _erase(user: User) -> None:
    GardenReferent.objects.filter(user=user).delete()


def declare() -> None:
    pages = ("gardennews", "openday", "gardenreferent")
    grant(Role.GARDEN_MANAGER, pages, REFERENCE)
    grant(Role.GARDEN_REFERENT, ("gardennews",), REFERENCE)
    limit(Role.GARDEN_REFERENT, ("gardennews",), of_own_garden)
    register_own_data(OwnData("garden_referent", export=_export, erase=_erase))
