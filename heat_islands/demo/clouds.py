"""The sky over one simulated scene: coherent clouds, their shadows, and what the quality band says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from heat_islands.demo.fields import Array, smooth_noise

MISSED_SHARE = 0.10  # of the cloud, unflagged in QA_PIXEL (design note, §8)

# QA_PIXEL words, all seen in real scenes (Colombia 2019-12-01) but for fill, which is bit 0 alone.
FILL, CLEAR, CLEAR_WATER, CLOUD, SHADOW, DILATED = 1, 21824, 21952, 22280, 23888, 21762

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Sky:
    """One scene's clouds at 30 m: `opacity` 0–1, true masks, and what the product flags of them."""

    opacity: Array
    haze: Array  # 0–1 beside the clouds: cold edges that no mask tells
    shadow: Mask
    flagged_cloud: Mask
    flagged_shadow: Mask
    dilated: Mask

    @property
    def cloud(self) -> Mask:
        return self.opacity > 0


def _moved(mask: Mask, north: int, west: int) -> Mask:
    """`mask` moved by whole cells to the north (up) and the west (left); nothing enters at the edges."""
    return np.asarray(ndimage.shift(mask, (-north, -west), order=0, cval=False), dtype=bool)


def draw_sky(
    rng: np.random.Generator, shape: tuple[int, int], share: float, cell_m: float = 30.0
) -> Sky:
    """Clouds over `share` of a scene, in coherent fields of 1 to 3 km with ragged edges."""
    billow = smooth_noise(rng, shape, 1_400 / cell_m) + 0.45 * smooth_noise(
        rng, shape, 350 / cell_m
    )
    billow = billow + 0.2 * smooth_noise(rng, shape, 90 / cell_m)
    patchy = smooth_noise(rng, shape, 500 / cell_m)
    # Thrown by a sun 52° high in the south-south-east from clouds 700 to 1,900 m up.
    thrown_m = 0.78 * float(rng.uniform(700, 1_900))
    north, west = round(0.92 * thrown_m / cell_m), round(0.39 * thrown_m / cell_m)
    if share <= 0:
        none = np.zeros(shape, dtype=bool)
        calm = np.zeros(shape, dtype=np.float32)
        return Sky(calm, calm, none, none, none, none)
    threshold = np.quantile(billow, 1 - share)
    opacity = np.clip((billow - threshold) / 0.35, 0, 1).astype(np.float32)
    cloud = opacity > 0
    missed = cloud & (patchy > np.quantile(patchy[cloud], 1 - MISSED_SHARE))
    flagged = cloud & ~missed
    shadow = _moved(cloud, north, west) & ~cloud
    flagged_shadow = _moved(flagged, north, west) & ~flagged
    near = ndimage.binary_dilation(flagged, iterations=2) & ~flagged
    haze = ndimage.gaussian_filter(cloud.astype(np.float32), 120 / cell_m, truncate=3.0)
    return Sky(opacity, haze.astype(np.float32), shadow, flagged, flagged_shadow, near)


def quality_words(sky: Sky, water: Mask, known: Mask) -> NDArray[np.uint16]:
    """QA_PIXEL of a scene: cloud over shadow over dilated cloud over water; fill where not `known`."""
    words = np.full(sky.opacity.shape, CLEAR, dtype=np.uint16)
    words[water] = CLEAR_WATER
    words[sky.dilated] = DILATED
    words[sky.flagged_shadow] = SHADOW
    words[sky.flagged_cloud] = CLOUD
    words[~known] = FILL
    return words
