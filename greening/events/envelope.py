"""What comes to the door, and what it answers."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid as uuid_module
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.contrib.auth.models import User
from django.contrib.gis.geos import Point

from greening.models.base import new_uuid

Status = Literal["applied", "duplicate", "merged", "conflict", "rejected", "waiting"]


@dataclass(frozen=True, slots=True)
class Change:
    """A change asked for. `patch` holds wire values (JSON); an explicit None clears a field.

    `actor` None is the system itself (imports at the terminal, the demo town, scheduled work): all rights.
    """

    kind: str
    object_uuid: uuid_module.UUID
    patch: Mapping[str, Any]
    create: bool = False
    base_rev: int | None = None
    uuid: uuid_module.UUID = field(default_factory=new_uuid)
    actor: User | None = None
    source: str = "system"
    device: str = ""
    sequence: int | None = None
    device_time: dt.datetime | None = None
    after: uuid_module.UUID | None = None
    cause: uuid_module.UUID | None = None
    batch: uuid_module.UUID | None = None
    override: str = ""
    position: Point | None = None
    accuracy_m: float | None = None
    samples: int | None = None  # readings that the position rests on
    photos: Sequence[str] = ()

    @property
    def digest(self) -> str:
        """Hash of what is asked, without who carried it: the same again must be the same."""
        asked = [
            self.kind,
            str(self.object_uuid),
            self.create,
            self.base_rev,
            self.patch,
            list(self.photos),
        ]
        text = json.dumps(asked, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The door's answer to one change; `rev` is the object's revision after it."""

    uuid: uuid_module.UUID
    status: Status
    code: str = ""
    message: str = ""
    rev: int | None = None
    object_id: int | None = None
    warnings: tuple[str, ...] = ()
    waiting_for: uuid_module.UUID | None = None  # the change or object that must arrive first

    @property
    def landed(self) -> bool:
        """Whether the change is in the inventory, by this call or an earlier one (whose verdict is `code`)."""
        verdict = self.code if self.status == "duplicate" else self.status
        return verdict in ("applied", "merged")
