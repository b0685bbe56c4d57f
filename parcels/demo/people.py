"""The demo's residents: made-up names at made-up doors, labelled as demonstration data; nobody's address."""

from __future__ import annotations

import datetime as dt
import uuid as uuid_module

import numpy as np
from django.utils import timezone

from parcels.models import Household, Resident
from parcels.models.resident import household_key

NAMESPACE = uuid_module.UUID("a3a1d9a2-7f63-5d4c-9a52-8f5a8a4ce0d7")
FIRST = (
    "Camille", "Dominique", "Claude", "Alix", "Sacha", "Maxime", "Charlie", "Lou", "Noa", "Andrea",
    "Élie", "Yaël", "Morgan", "Robin", "Eden", "Swann", "Loïs", "Ambre", "Célian", "Maé",
)  # fmt: skip
LAST = (
    "Desjardins", "Potager", "Lafeuille", "Duverger", "Delaronce", "Boisvert", "Dupré", "Larosée",
    "Tournesol", "Bellerave", "Chardon", "Lamousse", "Framboisier", "Duchêne", "Lasource", "Houblon",
    "Mirabelle", "Groseiller", "Belletige", "Ducompost", "Radiguet-Vert", "Poireau", "Sarriette", "Lierre",
)  # fmt: skip
STREETS = ("rue du Potager", "allée des Semis", "rue de la Brouette", "passage du Râteau")
POSTCODE = "00000"  # of no town
NEEDS_ACCESSIBLE = 0.06


def name_of(seed: int, *what: object) -> uuid_module.UUID:
    """The same identifier whenever the demo is built: draws depend on it."""
    return uuid_module.uuid5(NAMESPACE, ":".join(map(str, (seed, *what))))


def add_people(seed: int, number: int, consent_on: dt.date) -> list[Resident]:
    """So many residents, each a household of their own; no accounts, so no mail is ever written to them."""
    rng = np.random.default_rng([seed, 21])
    doors = [
        (f"{1 + n // 8} {STREETS[n % len(STREETS)]}", f"porte {1 + n // 4 % 60}")
        for n in range(number)
    ]
    homes = Household.objects.bulk_create(
        Household(uuid=name_of(seed, "home", n), key=household_key(*door, f"{POSTCODE}-{n}"))
        for n, door in enumerate(doors)
    )
    needs = rng.random(number) < NEEDS_ACCESSIBLE
    agreed = timezone.make_aware(dt.datetime.combine(consent_on, dt.time(9)))
    return Resident.objects.bulk_create(
        Resident(
            uuid=name_of(seed, "resident", n),
            name=f"{FIRST[int(rng.integers(len(FIRST)))]} {LAST[int(rng.integers(len(LAST)))]}",
            address=door[0],
            door=door[1],
            postcode=POSTCODE,
            declares_adult=True,
            declares_resident=True,
            declares_no_own_garden=True,
            needs_accessible=bool(needs[n]),
            household=homes[n],
            consent_version="demo",
            consent_at=agreed,
            synthetic=True,
        )
        for n, door in enumerate(doors)
    )
