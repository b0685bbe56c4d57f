"""Simulated scenes over a small town with clouds that know the weather: what the composite is tested on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from heat_islands.science.encoding import SCENE_BANDS, Int16Array

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class Simulated:
    """True cell terms (cells,), true scene temperatures °C (scenes,), and what is seen of them, °C (scenes, cells)."""

    cell_k: FloatArray
    scene_c: NDArray[np.float64]
    lst_c: FloatArray

    @property
    def stored(self) -> Int16Array:
        """As add_scene keeps them."""
        return SCENE_BANDS[0].encode(self.lst_c + np.float32(273.15))


def smooth(rng: np.random.Generator, side: int, cells: float) -> FloatArray:
    """A field of mean 0 and SD 1, correlated over some `cells`."""
    field = gaussian_filter(rng.standard_normal((side, side)), cells, mode="wrap")
    return np.asarray((field - field.mean()) / field.std(), dtype=np.float32)


def simulate(
    seed: int,
    *,
    scenes: int = 12,
    side: int = 80,
    clouded: float = 0.5,
    missed: float = 0.0,
    error_k: float = 1.0,
    heat_makes_clouds: float = 0.5,
) -> Simulated:
    """Scenes whose clouds are coherent, likelier on hot days and over hot cells; `missed` of them stay in the data,
    4–15 K too cold."""
    rng = np.random.default_rng(seed)
    cell = 3.0 * smooth(rng, side, 6)
    weather = 28.0 + 4.0 * rng.standard_normal(scenes)
    seen = np.empty((scenes, side, side), dtype=np.float32)
    for s in range(scenes):
        seen[s] = weather[s] + cell + error_k * smooth(rng, side, 2)
        share = np.clip(clouded + 0.1 * (weather[s] - 28.0) / 4.0, 0.0, 0.85)
        if not clouded:
            continue
        sky = smooth(rng, side, 12) + heat_makes_clouds * cell / 3.0
        cloud = sky > np.quantile(sky, 1 - share)
        gap = smooth(rng, side, 4)
        slipped = cloud & (gap > np.quantile(gap, 1 - missed)) if missed else np.zeros_like(cloud)
        seen[s][slipped] -= rng.uniform(4.0, 15.0)
        seen[s][cloud & ~slipped] = np.nan
    return Simulated(cell.ravel(), weather, seen.reshape(scenes, -1))


def centred_error(estimate: FloatArray, truth: FloatArray, where: NDArray[np.bool_]) -> FloatArray:
    """Error of anomalies: both relative to their own mean over the same cells."""
    return np.asarray((estimate - estimate[where].mean()) - (truth - truth[where].mean()))[where]
