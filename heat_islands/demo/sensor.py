"""What Landsat would measure of a simulated town: radiance, blur, noise, clouds; arrays at 30 m.

Formulas of its own: Planck's law with the constants of physics, not the sensor's K1 and K2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer
from scipy import ndimage

from heat_islands.demo.clouds import Sky, draw_sky, quality_words
from heat_islands.demo.fabric import GRASS, ROOF, SEALED, SOIL, WATER
from heat_islands.demo.fields import Array, blurred, correlated, stream
from heat_islands.demo.frame import CELL_M, SRID, Frame
from heat_islands.demo.physics import REFLECTANCE, Climate, Day
from heat_islands.demo.town import DemoTown

UTM_SRID = 32631  # WGS 84 / UTM zone 31N, metres: Landsat's CRS over Paris
PIXEL_M = 30.0
THERMAL_M = 100.0  # TIRS samples the ground every 100 m
FWHM_M = 100.0  # of its Gaussian point-spread function
OTHER_FWHM_M = 170.0  # of the variant that must be told apart
NEDT_K = 0.05  # noise-equivalent temperature difference
BIAS_K = 1.0  # SD of a scene's common error
ERROR_K = 1.3  # SD of a scene's correlated error
NOISE = 0.01  # SD of reflectance
SKY_RADIANCE = 2.4  # downwelling, W m⁻² sr⁻¹ µm⁻¹: mid-latitude summer, recalled

# Emissivity near 10.9 µm in the order of fabric.KINDS; the range .95–.985 is the design note's.
EMISSIVITY = np.array([0.955, 0.950, 0.980, 0.985, 0.965, 0.985], dtype=np.float32)
EMISSIVITY_ERROR = 0.01  # retrieved within ± that, per kind of ground and town
UNIFORM_EMISSIVITY = 0.97  # what the variant "wrong_emissivity" retrieves with

_FWHM_PER_SIGMA = 2 * math.sqrt(2 * math.log(2))
_MARGIN = 6  # 100 m samples beyond the scene on each side, where a spline settles
_PSF_STEP = 3  # cells: a field blurred over 100 m loses nothing when kept every 30 m
_CLOUD_REFLECTANCE = np.array([0.55, 0.56, 0.57, 0.60, 0.45, 0.35], dtype=np.float32)

# Planck's law at TIRS band 10's effective wavelength; SI radiation constants (CODATA 2018).
_WAVELENGTH_UM = 10.9
_C1 = 1.191042972e8  # 2hc², W m⁻² sr⁻¹ µm⁴
_C2 = 14_387.76877  # hc/k, µm K


def planck(kelvin: Array | np.float32) -> Array:
    """Spectral radiance of a black body (W m⁻² sr⁻¹ µm⁻¹).

    >>> round(float(planck(np.float32(300.0))), 2)
    9.62
    """
    return np.asarray(
        _C1 / _WAVELENGTH_UM**5 / np.expm1(_C2 / (_WAVELENGTH_UM * kelvin)), np.float32
    )


def brightness_temperature(radiance: NDArray[Any]) -> Array:
    """The black body's temperature (kelvin) behind a spectral radiance."""
    return np.asarray(
        _C2 / (_WAVELENGTH_UM * np.log1p(_C1 / _WAVELENGTH_UM**5 / radiance)), np.float32
    )


def error_correlation(metres: Array) -> Array:
    """How a scene's error at one place goes with another's: .67 at 150 m, .36 at 300, .18 at 600.

    A mixture of two correlations fitted to those three figures, which Münster's dates show.

    >>> error_correlation(np.array([150.0, 300.0, 600.0])).round(2)
    array([0.67, 0.36, 0.18], dtype=float32)
    """
    near, far = np.exp(-((metres / 200.0) ** 2)), np.exp(-metres / 550.0)
    return np.asarray(0.464 * near + 0.536 * far, dtype=np.float32)


@dataclass(frozen=True)
class SceneGrid:
    """A scene's 30 m pixels in UTM zone 31N, snapped as USGS does: centres on multiples of 30 m."""

    left: float  # of the corner, not of the first pixel's centre
    top: float
    width: int
    height: int
    frame: Frame

    @classmethod
    def over(cls, frame: Frame) -> SceneGrid:
        """The smallest snapped grid that covers `frame`."""
        to_utm = Transformer.from_crs(SRID, UTM_SRID, always_xy=True)
        left, bottom, right, top = to_utm.transform_bounds(*frame.bounds, densify_pts=41)
        half = PIXEL_M / 2
        west = math.floor((left - half) / PIXEL_M) * PIXEL_M + half
        north = math.ceil((top - half) / PIXEL_M) * PIXEL_M + half
        width, height = math.ceil((right - west) / PIXEL_M), math.ceil((north - bottom) / PIXEL_M)
        return cls(west, north, width, height, frame)

    @property
    def shape(self) -> tuple[int, int]:
        return self.height, self.width

    @property
    def transform(self) -> Affine:
        return Affine(PIXEL_M, 0.0, self.left, 0.0, -PIXEL_M, self.top)

    @property
    def swath(self) -> tuple[int, int]:
        """Rows and columns of the 100 m thermal samples that the grid's pixels lie between."""
        return (
            math.ceil(self.height * PIXEL_M / THERMAL_M) + 2 * _MARGIN,
            math.ceil(self.width * PIXEL_M / THERMAL_M) + 2 * _MARGIN,
        )

    def _cells(self, x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.float32]:
        """Fractional rows and columns (2, …) of the frame's cells at UTM places, 0 at a cell's middle."""
        to_frame = Transformer.from_crs(UTM_SRID, SRID, always_xy=True)
        east, north = to_frame.transform(*np.meshgrid(x, y))
        rows = (self.frame.top - north) / CELL_M - 0.5
        cols = (east - self.frame.left) / CELL_M - 0.5
        return np.stack([rows, cols]).astype(np.float32)

    @cached_property
    def pixel_cells(self) -> NDArray[np.float32]:
        """Where each pixel's centre lies in the frame (2, H, W)."""
        x = self.left + (np.arange(self.width) + 0.5) * PIXEL_M
        y = self.top - (np.arange(self.height) + 0.5) * PIXEL_M
        return self._cells(x, y)

    @cached_property
    def swath_cells(self) -> NDArray[np.float32]:
        """Where each 100 m thermal sample lies in the frame (2, h, w)."""
        rows, cols = self.swath
        x = self.left + (np.arange(cols) - _MARGIN) * THERMAL_M
        y = self.top - (np.arange(rows) - _MARGIN) * THERMAL_M
        return self._cells(x, y)

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """The pixels whose centre lies on the simulated ground; the others are fill."""
        rows, cols = self.pixel_cells
        inside = (rows >= -0.5) & (rows <= self.frame.height - 0.5)
        return np.asarray(inside & (cols >= -0.5) & (cols <= self.frame.width - 0.5))

    def to_pixels(self, samples: Array) -> Array:
        """100 m samples resampled to the 30 m pixels by cubic interpolation, as TIRS products are."""
        scale = PIXEL_M / THERMAL_M
        first = _MARGIN + 0.5 * scale
        return np.asarray(
            ndimage.affine_transform(
                samples, [scale, scale], [first, first], output_shape=self.shape, order=3, mode="nearest"
            ),
            dtype=np.float32,
        )  # fmt: skip


def footprints(field: Array, grid: SceneGrid, fwhm_m: float, shift_m: tuple[float, float]) -> Array:
    """`field` (H, W) on the frame as the thermal sensor samples it, every 100 m (h, w).

    `shift_m` (east, north) is how far the scene is misregistered.
    """
    sigma = fwhm_m / _FWHM_PER_SIGMA / CELL_M
    coarse = blurred(field, sigma, _PSF_STEP)
    moved = (
        grid.swath_cells + np.array([shift_m[1], -shift_m[0]], np.float32)[:, None, None] / CELL_M
    )
    return np.asarray(
        ndimage.map_coordinates(coarse, moved / _PSF_STEP, order=3, mode="nearest"), np.float32
    )


@dataclass(frozen=True)
class Measured:
    """One scene's arrays on `grid`: kelvin, kelvin of stated uncertainty, reflectances, quality words."""

    day: Day
    grid: SceneGrid
    sky: Sky
    surface_k: Array
    stated_error_k: Array
    reflectance: Array  # (6, H, W): bands 2 to 7
    quality: NDArray[np.uint16]


class Landsat:
    """The satellites over one town: what stays the same from scene to scene is made once."""

    def __init__(self, town: DemoTown) -> None:
        self.town = town
        self.grid = SceneGrid.over(town.frame)
        self.fwhm_m = OTHER_FWHM_M if town.variant == "other_psf" else FWHM_M
        self._means: tuple[Climate, Array] | None = None
        self._emitted: tuple[Climate, Array, Array] | None = None
        rng = stream(town.seed, "emissivity")
        error = rng.uniform(-EMISSIVITY_ERROR, EMISSIVITY_ERROR, 6).astype(np.float32)
        self.retrieved = np.minimum(EMISSIVITY + error, 0.995)
        if town.variant == "wrong_emissivity":
            self.retrieved = np.full(6, UNIFORM_EMISSIVITY, dtype=np.float32)

    def measure(self, day: Day) -> Measured:
        """One scene: everything a product of that day holds."""
        town, grid = self.town, self.grid
        climate = town.climate_after if day.after_conversion else town.climate
        rng = stream(town.seed, "scene", day.number)
        east, north = rng.normal(0, town.misregistration_m, 2)
        shift = (float(east), float(north))
        sky = draw_sky(rng, grid.shape, day.cloud_share)

        kelvin = self._thermal(climate, day, shift, rng)
        kelvin += np.float32(rng.normal(0, BIAS_K))
        kelvin += ERROR_K * correlated(
            rng, grid.shape, lambda cells: error_correlation(cells * PIXEL_M)
        )
        top_k = day.paving_k - float(rng.uniform(24, 36))
        kelvin -= 3.5 * day.strength * sky.shadow + 2.0 * sky.haze * (1 - sky.opacity)
        kelvin = (1 - sky.opacity) * kelvin + sky.opacity * top_k

        reflectance, water = self._reflective(climate, day, shift)
        reflectance *= 1 - 0.55 * sky.shadow
        reflectance += sky.opacity * (_CLOUD_REFLECTANCE[:, None, None] - reflectance)
        reflectance += NOISE * rng.standard_normal(reflectance.shape, dtype=np.float32)

        # The product's own idea of its error: right in size, blind to where it truly errs.
        stated = 1.6 + 0.25 * rng.standard_normal(grid.shape, dtype=np.float32) + 3.0 * sky.haze
        return Measured(
            day=day,
            grid=grid,
            sky=sky,
            surface_k=kelvin.astype(np.float32),
            stated_error_k=np.maximum(stated, 0.3).astype(np.float32),
            reflectance=reflectance.astype(np.float32),
            quality=quality_words(sky, water, grid.known),
        )

    def _thermal(
        self, climate: Climate, day: Day, shift: tuple[float, float], rng: np.random.Generator
    ) -> Array:
        """Surface temperature as retrieved under a clear sky (kelvin, 30 m pixels)."""
        emissivity, believed = self._emissivities(climate)
        leaving = emissivity * planck(climate.temperature(day)) + (1 - emissivity) * SKY_RADIANCE
        seen = footprints(leaving, self.grid, self.fwhm_m, shift)
        warmer = planck(np.float32(day.paving_k + 1)) - planck(np.float32(day.paving_k))
        seen += NEDT_K * float(warmer) * rng.standard_normal(seen.shape, dtype=np.float32)
        black = (seen - (1 - believed) * SKY_RADIANCE) / believed
        return self.grid.to_pixels(brightness_temperature(black))

    def _emissivities(self, climate: Climate) -> tuple[Array, Array]:
        """The true emissivity of every cell, and that of each 100 m sample as the retrieval has it.

        The latter comes from maps of its own (ASTER's, for Landsat), so it is not misregistered with
        a scene.
        """
        if self._emitted is None or self._emitted[0] is not climate:
            true = np.tensordot(EMISSIVITY, climate.fractions, axes=(0, 0))
            assumed = np.tensordot(self.retrieved, climate.fractions, axes=(0, 0))
            self._emitted = (climate, true, footprints(assumed, self.grid, FWHM_M, (0.0, 0.0)))
        return self._emitted[1:]

    def _reflective(
        self, climate: Climate, day: Day, shift: tuple[float, float]
    ) -> tuple[Array, NDArray[np.bool_]]:
        """Surface reflectance (6, H, W) without clouds or noise, and where it is mostly water."""
        moved = self.grid.pixel_cells
        moved = moved + np.array([shift[1], -shift[0]], np.float32)[:, None, None] / CELL_M
        parched = day.drought_k / 8  # dry lawns turn the colour of straw, here of soil
        spectra = REFLECTANCE.copy()
        spectra[GRASS] = (1 - parched) * REFLECTANCE[GRASS] + parched * REFLECTANCE[SOIL]
        seen = np.zeros((6, *self.grid.shape), dtype=np.float32)
        water = np.zeros(self.grid.shape, dtype=bool)
        for kind, pixel in enumerate(self._pixel_means(climate)):
            sampled = ndimage.map_coordinates(pixel, moved, order=1, mode="nearest")
            seen += spectra[kind][:, None, None] * sampled
            if kind == WATER:
                water = sampled > 0.6
        return seen, water

    def _pixel_means(self, climate: Climate) -> Array:
        """Shares of ground (6, H, W) averaged over 30 m, paving and roofs weighted by their brightness."""
        if self._means is None or self._means[0] is not climate:
            means = climate.fractions.copy()
            means[[SEALED, ROOF]] *= climate.brightness
            for share in means:
                share[:] = ndimage.uniform_filter(share, round(PIXEL_M / CELL_M), mode="nearest")
            self._means = (climate, means)
        return self._means[1]
