"""Where a row's tree stands: the ways a file writes a place, and what the commune's bounds say of it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import shapely
from django.utils.translation import gettext as _

from greening.crs import WGS84, transformer
from greening.exchange.csv_table import shape_of_text
from greening.exchange.shapes import Territory
from greening.exchange.trees.cells import Doubt, number
from greening.exchange.trees.record import Record, Refused, Told

#: Around the commune, degrees (about 40 km): where a swapped point lands inside it, the swap is certain.
REACH = 0.4
#: Three decimals are 110 m: no one finds a tree with that.
FEWEST_DECIMALS = 4


class Places:
    """Decides places against one commune."""

    def __init__(self, territory: Territory) -> None:
        self.territory = territory
        self.west, self.south, self.east, self.north = territory.outline.bounds

    @cached_property
    def lambert(self) -> Any:
        return transformer(self.territory.srid, WGS84).transform

    def settle(self, record: Record) -> None:
        """Give the record its `lon` and `lat`, telling what was corrected or looks odd. Raises Refused."""
        try:
            lon, lat = self._read(record)
        except Doubt as doubt:
            raise self._refused(record, doubt.code, doubt.sentence) from None
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            if 50_000 < lon < 1_350_000 and 6_000_000 < lat < 7_200_000:
                record.tell(
                    "lambert", _("Lambert 93 metres stood in the columns of degrees: converted.")
                )
                lon, lat = self.lambert(lon, lat)
            elif -90 <= lon <= 90 and -180 <= lat <= 180 and self._around(lat, lon):
                pass
            else:
                sentence = _("the position %(lon)s, %(lat)s lies off the globe")
                raise self._refused(record, "off_the_globe", sentence % {"lon": lon, "lat": lat})
        if lon == 0 and lat == 0:
            raise self._refused(
                record, "no_position", _("the position is 0, 0: it was never filled")
            )
        if not self._around(lon, lat) and self._around(lat, lon):
            lon, lat = lat, lon
            record.tell("swapped", _("Longitude and latitude were swapped: put right."))
        record.lon, record.lat = lon, lat
        if not self.contains(lon, lat):
            record.tell(
                "outside",
                _("The tree stands outside %s: kept, for towns own trees elsewhere.")
                % self.territory.name,
            )
        decimals = [
            len(text.replace(",", ".").partition(".")[2])
            for text in record.place.get("written", ())
        ]
        ours = "uuid" in record.own
        if decimals and max(decimals) < FEWEST_DECIMALS and not ours:
            record.tell(
                "imprecise",
                _("The coordinates have %d decimals: the tree may stand 100 m away.")
                % max(decimals),
            )

    def contains(self, lon: float, lat: float) -> bool:
        if not (self.west <= lon <= self.east and self.south <= lat <= self.north):
            return False
        return bool(shapely.intersects_xy(self.territory.outline, lon, lat))

    def _around(self, lon: float, lat: float) -> bool:
        return (
            self.west - REACH <= lon <= self.east + REACH
            and self.south - REACH <= lat <= self.north + REACH
        )

    def _read(self, record: Record) -> tuple[float, float]:
        found = record.place
        if "lon" in found and "lat" in found:
            return found["lon"], found["lat"]
        if "lat_lon" in found:
            lat, comma, lon = found["lat_lon"].strip("[]() ").partition(",")
            if not comma:
                raise Doubt(
                    "no_position", _("“%s” is no “latitude, longitude”") % found["lat_lon"][:40]
                )
            record.place["written"] = [lat.strip(), lon.strip()]
            return number(lon), number(lat)
        shape = found.get("shape")
        if shape is None and "wkt" in found:
            shape = shape_of_text(found["wkt"])
            if shape is None:
                raise Doubt("no_position", _("“%s” is no WKT and no GeoJSON") % found["wkt"][:40])
        if isinstance(shape, tuple):
            return shape
        if shape is not None and not shape.is_empty:
            if shape.geom_type == "MultiPoint" and len(shape.geoms) == 1:
                shape = shape.geoms[0]
            if shape.geom_type != "Point":
                raise Doubt("not_a_point", _("the position is a %s, not a point") % shape.geom_type)
            return float(shape.x), float(shape.y)
        if "x" in found and "y" in found:
            x, y = found["x"], found["y"]
            if abs(x) <= 180 and abs(y) <= 180:
                return x, y  # many call degrees x and y
            lon, lat = self.lambert(x, y)
            return lon, lat
        raise Doubt("no_position", _("the row has no position"))

    @staticmethod
    def _refused(record: Record, code: str, sentence: str) -> Refused:
        return Refused(Told(record.line, "refused", code, "", sentence, record.source_id))
