"""Every coordinate reference system of the product, with its unit and its limits."""

from __future__ import annotations

from functools import cache

from pyproj import CRS, Transformer

WGS84 = 4326  # degrees, lon/lat; everything stored and everything on the wire
WEB_MERCATOR = 3857  # metres only at the equator: tiles, never measurements
LAMBERT_93 = 2154  # metres, mainland France; the default metric CRS of a territory
UTM_31N = 32631  # metres, 0°–6° E: the Landsat and Sentinel-2 scenes of Paris

#: Metres in one degree of latitude; of longitude, times cos(latitude). Good to 0.6 %: for boxes, not distances.
METRES_PER_DEGREE = 111_320.0


@cache
def transformer(from_srid: int, to_srid: int) -> Transformer:
    """A cached transformer that takes and gives x before y."""
    return Transformer.from_crs(from_srid, to_srid, always_xy=True)


@cache
def is_metric(srid: int) -> bool:
    """Whether the CRS is projected with metres on both axes.

    >>> is_metric(LAMBERT_93), is_metric(WGS84)
    (True, False)
    """
    crs = CRS.from_epsg(srid)
    return crs.is_projected and all(axis.unit_name == "metre" for axis in crs.axis_info)
