"""A bound on what GDAL keeps in memory: by default, 5 % of the machine in every process."""

from __future__ import annotations

import ctypes


def cap_gdal_cache(megabytes: int) -> None:
    """Bound GDAL's block cache for the whole process.

    Django and rasterio share one GDAL (`greening.gdal`), and only Django's binding reaches this function.
    """
    from django.contrib.gis.gdal.libgdal import lgdal

    lgdal.GDALSetCacheMax64(ctypes.c_int64(megabytes * 1_000_000))
