"""What every object of the town has: an identity, a place, and (most of them) a life."""

from __future__ import annotations

import uuid as uuid_module
from typing import Any

from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from greening.spatial import SpatialQuerySet


def new_uuid() -> uuid_module.UUID:
    """A UUIDv7: it sorts by time, and a phone can make one without asking the server."""
    return uuid_module.UUID(bytes=uuid7().bytes)


def valid_geometry(model: str) -> models.CheckConstraint:
    """The database itself refuses a geometry that crosses itself, on both engines."""
    return models.CheckConstraint(
        condition=models.Q(geom__isvalid=True),
        name=f"{model}_geom_valid",
        violation_error_message=_("This shape crosses itself or is not closed: redraw it."),
    )


class Identified(models.Model):
    """The primary key is the short public integer (SpatiaLite's R-tree is keyed by it); `uuid` is the identity
    on the wire, which a phone may have given before the server knew of the object."""

    id = models.BigAutoField(_("number"), primary_key=True)
    uuid = models.UUIDField(_("identifier"), default=new_uuid, unique=True, editable=False)

    class Meta:
        abstract = True


class Living(Identified):
    """An object with a life: its state moves only as `lifecycle.py`'s table of its kind allows.

    `rev` grows by one with each applied event, so that a writer can say which version it saw.
    """

    state: Any  # each kind declares its own states
    rev = models.PositiveIntegerField(_("revision"), default=0, editable=False)
    synthetic = models.BooleanField(
        _("demonstration data"),
        default=False,
        help_text=_("Made up by the demo town; labelled on every page."),
    )
    source = models.CharField(_("source"), max_length=200, blank=True)
    archived_at = models.DateTimeField(
        _("gone from its source"),
        null=True,
        blank=True,
        help_text=_("Kept with its history, no longer shown."),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        abstract = True


class Placed(models.Model):
    """Anything found by its place; the concrete class declares `geom` in WGS 84."""

    objects = SpatialQuerySet.as_manager()

    class Meta:
        abstract = True
