"""Between the wire and the model: one field's value, each way."""

from __future__ import annotations

import datetime as dt
import json
import uuid as uuid_module
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.gdal.error import GDALException
from django.contrib.gis.geos import GEOSException, GEOSGeometry, MultiPolygon, Point
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.utils.translation import gettext as _

from greening.crs import WGS84
from greening.lifecycle import Kind
from greening.models.base import Living

References = dict[type[models.Model], dict[uuid_module.UUID, models.Model]]


class FieldRefusal(Exception):
    """A value that its field cannot take: code and sentence."""

    def __init__(self, code: str, message: str, missing: uuid_module.UUID | None = None) -> None:
        super().__init__(message)
        self.code, self.message = code, message
        self.missing = missing  # an object that may still arrive: the change waits for it


@cache
def field_of(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    found = model._meta.get_field(name)
    if not isinstance(found, models.Field):
        raise FieldDoesNotExist(name)
    return found


def writable(kind: Kind, name: str) -> models.Field[Any, Any]:
    if name != "state" and name not in kind.fields:
        raise FieldRefusal(
            "unknown_field",
            _("“%(field)s” is not a field of a %(kind)s that can be written.")
            % {"field": name, "kind": kind.title},
        )
    return field_of(kind.model_class, name)


def wanted_references(
    patches: Iterable[tuple[Kind, Mapping[str, Any]]],
) -> dict[type[models.Model], set[uuid_module.UUID]]:
    """Every object that the patches point to, by model: to be read in one query each."""
    wanted: dict[type[models.Model], set[uuid_module.UUID]] = {}
    for kind, patch in patches:
        for name, value in patch.items():
            if value is None or name not in kind.fields:
                continue
            field = field_of(kind.model_class, name)
            if isinstance(field, models.ForeignKey):
                try:
                    identifier = uuid_module.UUID(str(value))
                except ValueError:
                    continue  # refused when it is read
                wanted.setdefault(field.related_model, set()).add(identifier)
    return wanted


def from_wire(kind: Kind, name: str, value: Any, references: References) -> Any:
    """The Python value of a patch's entry, cleaned by its field's own rules."""
    field = writable(kind, name)
    if isinstance(field, models.ForeignKey):
        return _reference(field, value, references)
    if isinstance(field, GeometryField):
        return _geometry(field, value)
    try:
        return field.clean(value, None)
    except ValidationError as error:
        raise FieldRefusal("invalid", f"{field.verbose_name}: {' '.join(error.messages)}") from None


def to_wire(value: Any) -> Any:
    """A JSON value that `from_wire` reads back."""
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        return value
    if isinstance(value, models.Model):
        return str(value.uuid)  # type: ignore[attr-defined]
    if isinstance(value, GEOSGeometry):
        # Not `.geojson`, which rounds to 15 digits: a place must come back to the last bit.
        shape: Any = value
        return {"type": shape.geom_type, "coordinates": shape.coords}
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if isinstance(value, uuid_module.UUID):
        return str(value)
    if isinstance(value, Decimal):
        return float(value)
    return str(value)


def same(one: Any, other: Any) -> bool:
    """Whether two values of a field say the same; geometries to the last bit."""
    if isinstance(one, GEOSGeometry) and isinstance(other, GEOSGeometry):
        return one.srid == other.srid and bool(one.equals_exact(other))
    return bool(one == other)


def _reference(field: models.ForeignKey[Any, Any], value: Any, references: References) -> Any:
    if value is None:
        if field.null:
            return None
        raise FieldRefusal(
            "invalid", _("%(field)s: a value is needed.") % {"field": field.verbose_name}
        )
    facts = {"field": field.verbose_name, "value": value}
    try:
        identifier = uuid_module.UUID(str(value))
    except ValueError:
        raise FieldRefusal(
            "invalid", _("%(field)s: “%(value)s” is no identifier.") % facts
        ) from None
    found = references.get(field.related_model, {}).get(identifier)
    if found is None:
        raise FieldRefusal(
            "unknown_reference",
            _("%(field)s: nothing here has the identifier %(value)s.") % facts,
            identifier if issubclass(field.related_model, Living) else None,
        )
    return found


def _geometry(field: GeometryField[Any, Any], value: Any) -> GEOSGeometry | None:
    if value is None:
        if field.null:
            return None
        raise FieldRefusal(
            "invalid", _("%(field)s: a position is needed.") % {"field": field.verbose_name}
        )
    if field.geom_type == "POINT" and (point := _plain_point(value)) is not None:
        return point
    try:
        shape = (
            value
            if isinstance(value, GEOSGeometry)
            else GEOSGeometry(json.dumps(value), srid=WGS84)
        )
    except (GEOSException, GDALException, ValueError, TypeError):
        raise FieldRefusal(
            "invalid_geometry",
            _("%(field)s: this is not a GeoJSON geometry.") % {"field": field.verbose_name},
        ) from None
    if field.geom_type == "MULTIPOLYGON" and shape.geom_type == "Polygon":
        shape = MultiPolygon(shape, srid=shape.srid)
    if shape.geom_type.upper() != field.geom_type:
        raise FieldRefusal(
            "invalid_geometry",
            _("%(field)s: a %(got)s was given where a %(want)s is needed.")
            % {
                "field": field.verbose_name,
                "got": shape.geom_type,
                "want": field.geom_type.title(),
            },
        )
    if shape.empty or not shape.valid:
        raise FieldRefusal(
            "invalid_geometry",
            _("%(field)s: this shape is empty or crosses itself: redraw it.")
            % {"field": field.verbose_name},
        )
    west, south, east, north = shape.extent
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise FieldRefusal(
            "invalid_geometry",
            _(
                "%(field)s: longitude and latitude are out of range; are they in degrees, longitude first?"
            )
            % {"field": field.verbose_name},
        )
    return shape


def _plain_point(value: Any) -> Point | None:
    """A GeoJSON point of two numbers in range, without the long way through GDAL; None for anything else."""
    if (
        type(value) is not dict
        or value.keys() != {"type", "coordinates"}
        or value["type"] != "Point"
    ):
        return None
    place = value["coordinates"]
    if type(place) not in (list, tuple) or len(place) != 2:
        return None
    x, y = place
    if type(x) not in (int, float) or type(y) not in (int, float):
        return None
    if not (-180 <= x <= 180 and -90 <= y <= 90):
        return None  # NaN too: refused by the rules below
    return Point(x, y, srid=WGS84)
