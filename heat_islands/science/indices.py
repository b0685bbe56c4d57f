"""Spectral indices and albedo of surface reflectance; spyndex is the source of the index formulas."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]

#: Our names of the six reflective bands, in Landsat's order, with spyndex's one-letter names.
BANDS = {"blue": "B", "green": "G", "red": "R", "nir": "N", "swir1": "S1", "swir2": "S2"}
INDICES = ("NDVI", "NDBI", "NDMI", "MNDWI")

#: Liang (2001), Remote Sensing of Environment 76:213–238, shortwave broadband albedo of Landsat TM/ETM+;
#: its five bands exist on OLI at nearly the same wavelengths.
LIANG_2001 = {"blue": 0.356, "red": 0.130, "nir": 0.373, "swir1": 0.085, "swir2": 0.072}
LIANG_2001_OFFSET = -0.0018


def index(name: str, reflectance: Mapping[str, FloatArray]) -> FloatArray:
    """A normalised-difference index as spyndex's catalogue defines it, same shape as the bands.

    Over water, surface reflectance below 0 happens and takes the ratio out of [−1, 1]: see :func:`plausible`.

    >>> bands = {"nir": np.array([0.4]), "red": np.array([0.1])}
    >>> index("NDVI", bands).round(6).tolist()
    [0.6]
    """
    import spyndex  # 0.3 s of imports that a tile server need not pay

    parameters = {
        spyndex_name: reflectance[band]
        for band, spyndex_name in BANDS.items()
        if band in reflectance
    }
    needed = {key: parameters[key] for key in spyndex.indices[name].bands}
    with np.errstate(divide="ignore", invalid="ignore"):
        result = np.asarray(spyndex.computeIndex(name, needed))
    return np.where(np.isfinite(result), result, np.nan).astype(result.dtype, copy=False)


def plausible(values: FloatArray) -> FloatArray:
    """A normalised difference with everything outside [−1, 1] absent: there a band's reflectance was negative.

    >>> plausible(np.array([0.5, -3.0])).tolist()
    [0.5, nan]
    """
    return np.where(np.abs(values) <= 1.0, values, np.nan).astype(values.dtype, copy=False)


def albedo(reflectance: Mapping[str, FloatArray]) -> FloatArray:
    """Broadband shortwave albedo, 0–1, of Landsat surface reflectance [Liang 2001].

    >>> bands = {"blue": np.float64(.08), "red": np.float64(.12), "nir": np.float64(.30),
    ...          "swir1": np.float64(.25), "swir2": np.float64(.18)}
    >>> round(float(albedo(bands)), 6)
    0.18839
    """
    total = sum(weight * reflectance[band] for band, weight in LIANG_2001.items())
    return np.asarray(total + LIANG_2001_OFFSET)
