"""Surface temperature of Landsat's thermal band: digital numbers, radiance and the closure check between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ZERO_CELSIUS_K = 273.15  # definition of the degree Celsius

# Collection 2 Level 2 surface temperature, uint16, fill 0
# [USGS LSDS-1619, Landsat 8-9 Collection 2 Level 2 Science Product Guide, table 6-1]
ST_SCALE_K = 0.00341802
ST_OFFSET_K = 149.0
# Intermediate products of the single-channel retrieval, int16, fill -9999 [same guide]
ST_QA_SCALE_K = 0.01
CLOUD_DISTANCE_SCALE_KM = 0.01
UNIT_SCALE = 1e-4  # ST_EMIS, ST_EMSD, ST_ATRAN, dimensionless
RADIANCE_SCALE = 1e-3  # ST_TRAD, ST_URAD, ST_DRAD, W m⁻² sr⁻¹ µm⁻¹

FloatArray = NDArray[np.floating]


@dataclass(frozen=True)
class ThermalBand:
    """The two constants of band 10's Planck curve: K1 in W m⁻² sr⁻¹ µm⁻¹, K2 in kelvin."""

    k1: float
    k2: float


#: K1/K2_CONSTANT_BAND_10. Landsat 8: the MTL of LC08_L2SP_204023_20200927 carries these values. Landsat 9:
#: recalled, to be checked against a Landsat 9 MTL, which has priority where the product brings one.
THERMAL_BANDS = {
    "LANDSAT_8": ThermalBand(k1=774.8853, k2=1321.0789),
    "LANDSAT_9": ThermalBand(k1=799.0284, k2=1329.2405),
}


def kelvin(
    dn: FloatArray | float, scale: float = ST_SCALE_K, offset: float = ST_OFFSET_K
) -> FloatArray:
    """Surface temperature in kelvin of ST_B10 digital numbers; the caller masks fill (0).

    >>> round(float(kelvin(44947.0)), 8)
    302.62974494
    """
    return np.asarray(dn) * scale + offset


def celsius(temperature_k: FloatArray | float) -> FloatArray:
    """Degrees Celsius of kelvins."""
    return np.asarray(temperature_k) - ZERO_CELSIUS_K


def planck_radiance(temperature_k: FloatArray | float, band: ThermalBand) -> FloatArray:
    """What a black body at `temperature_k` emits in the band, W m⁻² sr⁻¹ µm⁻¹."""
    return band.k1 / np.expm1(band.k2 / np.asarray(temperature_k))


def brightness_temperature(radiance: FloatArray | float, band: ThermalBand) -> FloatArray:
    """The temperature in kelvin at which a black body emits `radiance`: the inverse of :func:`planck_radiance`."""
    return band.k2 / np.log(band.k1 / np.asarray(radiance) + 1.0)


def radiance_at_sensor(
    temperature_k: FloatArray | float,
    *,
    transmittance: FloatArray | float,
    upwelling: FloatArray | float,
    downwelling: FloatArray | float,
    emissivity: FloatArray | float,
    band: ThermalBand,
) -> FloatArray:
    """What the satellite sees: the surface's own and reflected sky radiance through the air, plus the air's.

    >>> L = radiance_at_sensor(310.0, transmittance=.78, upwelling=1.75, downwelling=2.85,
    ...                        emissivity=.972, band=THERMAL_BANDS["LANDSAT_8"])
    >>> round(float(L), 6)
    10.214584
    """
    emissivity = np.asarray(emissivity)
    surface = emissivity * planck_radiance(temperature_k, band) + (1.0 - emissivity) * downwelling
    return np.asarray(transmittance) * surface + upwelling


def surface_temperature(
    radiance: FloatArray | float,
    *,
    transmittance: FloatArray | float,
    upwelling: FloatArray | float,
    downwelling: FloatArray | float,
    emissivity: FloatArray | float,
    band: ThermalBand,
) -> FloatArray:
    """Surface temperature, K, of radiance at the sensor: Planck's inverse of (L − Lu − τ(1−ε)Ld)/(τε).

    >>> T = surface_temperature(10.214584, transmittance=.78, upwelling=1.75, downwelling=2.85,
    ...                         emissivity=.972, band=THERMAL_BANDS["LANDSAT_8"])
    >>> round(float(T), 4)
    310.0
    """
    emissivity = np.asarray(emissivity)
    transmittance = np.asarray(transmittance)
    emitted = (
        np.asarray(radiance) - upwelling - transmittance * (1.0 - emissivity) * downwelling
    ) / (transmittance * emissivity)
    return brightness_temperature(emitted, band)


def local_variance(st_qa_k: FloatArray, scene_wide_k: float) -> FloatArray:
    """The part of ST_QA² that differs within a scene, K²: what remains above the scene-wide floor.

    ST_QA adds, in quadrature, errors that all pixels of a scene share (atmosphere, calibration) and that the
    scene term of the composite removes. `scene_wide_k` is that floor, see :func:`scene_wide_error`. NaN stays NaN.

    >>> local_variance(np.array([3.0, 5.0]), scene_wide_k=4.0).tolist()
    [0.0, 9.0]
    """
    return np.maximum(np.square(st_qa_k) - scene_wide_k**2, 0.0)


def scene_wide_error(st_qa_k: FloatArray) -> float:
    """The ST_QA that (nearly) every clear pixel of the scene has at least, K; NaN where there is none.

    The tenth percentile rather than the minimum: single pixels at the fill's edge read near zero.
    """
    known = st_qa_k[np.isfinite(st_qa_k)]
    return float(np.percentile(known, 10)) if known.size else float("nan")
