"""The true ground of the simulated region: the town at 2.5 m inside the country around it, at 10 m."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from shapely import Polygon
from shapely.affinity import translate

from heat_islands.demo.fabric import GRASS, ROOF, SEALED, SOIL, TREE, WATER, countryside
from heat_islands.demo.fields import Array, smooth_noise, stream
from heat_islands.demo.frame import FINE_PER_CELL, SIDE_M, Frame, Layout, averaged

OUTLINE_ERROR_M = 3.0  # a cadastral outline is that far, at most, from the yard on the ground
UNKNOWN = 255  # fine cells that the town's own map leaves to the countryside
_DEFAULT_EAVES_M = 15.0

Fine = NDArray[np.uint8]


@dataclass(frozen=True)
class Yard:
    """One courtyard's true ground, cell by cell over a small window of the region.

    `ground` (6, h, w) holds, per kind of ground, the share of each 10 m cell that is both that kind
    and the yard's: it sums over kinds to the share of the cell that the yard covers. No roof: where
    outline and building overlap, the building stands.
    """

    outline: Polygon
    rows: slice
    cols: slice
    ground: Array

    @cached_property
    def cover(self) -> Array:
        """The share of each cell of the window that is the yard's (h, w)."""
        return np.asarray(self.ground.sum(axis=0), dtype=np.float32)

    @property
    def area_cells(self) -> float:
        return float(self.cover.sum(dtype=np.float64))

    @property
    def shares(self) -> Array:
        """The yard's own composition (6,), which sums to 1."""
        return np.asarray(
            self.ground.sum(axis=(1, 2), dtype=np.float64) / self.area_cells, dtype=np.float32
        )


@dataclass(frozen=True)
class Surface:
    """What truly lies on the ground, on `frame`.

    `fractions` (6, H, W) in the order of `fabric.KINDS`; `building_m`, `crown_m` (H, W) heights of
    roofs and crowns themselves; `brightness` (2, H, W): how much paler than usual paving and roofs are.
    """

    frame: Frame
    fractions: Array
    building_m: Array
    crown_m: Array
    brightness: Array
    town: Frame  # the window drawn at 2.5 m
    classes: Fine  # its kinds of ground, UNKNOWN outside the town
    yards: tuple[Yard, ...]

    @property
    def town_window(self) -> tuple[slice, slice]:
        return self.frame.window(self.town.bounds)


def real_outlines(seed: int, known: tuple[Polygon, ...]) -> tuple[Polygon, ...]:
    """Where the yards truly are, as against where the town's outlines say: within ± 3 m."""
    rng = stream(seed, "outlines")
    moved = []
    for outline in known:
        east, north = rng.uniform(-OUTLINE_ERROR_M, OUTLINE_ERROR_M, 2)
        moved.append(translate(outline, float(east), float(north)))
    return tuple(moved)


def yard_mixture(rng: np.random.Generator) -> tuple[float, float, float, float]:
    """A courtyard's shares of paving, lawn, crowns and bare soil: mostly paved, a few already green.

    >>> round(sum(yard_mixture(np.random.default_rng(1))), 6)
    1.0
    """
    sealed = rng.uniform(0.55, 1.0) if rng.random() < 0.75 else rng.uniform(0.2, 0.55)
    grass, tree, soil = rng.dirichlet((0.6, 0.8, 0.4)) * (1 - sealed)
    return float(sealed), float(grass), float(tree), float(soil)


def _arranged(
    rng: np.random.Generator, noise: tuple[Array, Array], inside: NDArray[np.bool_],
    shares: tuple[float, float, float, float],
) -> Fine:  # fmt: skip
    """Kinds of ground for the cells of `inside`, in patches, holding `shares` as exactly as cells can."""
    count = int(inside.sum())
    sealed, grass, tree, _ = (round(share * count) for share in shares)
    order = np.argsort(noise[0][inside], kind="stable")
    kinds = np.full(count, SOIL, dtype=np.uint8)
    kinds[order[:sealed]] = SEALED
    rest = order[sealed:]
    rest = rest[np.argsort(noise[1][inside][rest], kind="stable")]
    kinds[rest[:tree]] = TREE
    kinds[rest[tree : tree + grass]] = GRASS
    return kinds


def _town_classes(seed: int, town: Frame, layout: Layout, real: tuple[Polygon, ...]) -> Fine:
    """The town's ground at 2.5 m, from its polygons and, inside its blocks, patches of its own."""
    rng = stream(seed, "town ground")
    small, patch, crowns = (smooth_noise(rng, town.shape, scale) for scale in (5.0, 14.0, 2.5))
    classes = np.full(town.shape, UNKNOWN, dtype=np.uint8)
    inside = town.burn([(layout.outline, 1)]).astype(bool)
    classes[inside] = SEALED

    # Private land: each block its own greenness; lawns in patches, crowns scattered, some bare soil.
    if layout.blocks:
        number = town.burn([(block, i + 1) for i, block in enumerate(layout.blocks)], "int32")
        green = np.append(0.0, rng.beta(2.0, 2.6, len(layout.blocks)))[number].astype(np.float32)
        block = number > 0
        planted = block & (patch < 2.2 * green - 1.2)
        classes[block] = SEALED
        classes[planted] = GRASS
        classes[planted & (small > 1.3)] = SOIL
        classes[block & (crowns + 0.5 * small > 1.75 - 1.3 * green)] = TREE
    parks = town.burn([(park, 1) for park in layout.parks]).astype(bool)
    classes[parks] = GRASS
    classes[parks & (small > 0.15)] = TREE
    classes[parks & (small < -1.3)] = SEALED
    streets = town.burn([(s, i + 1) for i, s in enumerate(layout.streets)], "int32")
    lined = np.append(0.0, rng.uniform(-0.6, 0.9, len(layout.streets)))[streets]
    classes[streets > 0] = SEALED
    classes[(streets > 0) & (crowns > 1.5 - lined)] = TREE
    gardens = town.burn([(garden, 1) for garden in layout.gardens]).astype(bool)
    classes[gardens] = GRASS
    classes[gardens & (small < 0.2)] = SOIL
    classes[gardens & (small > 1.4)] = TREE
    classes[town.burn([(water, 1) for water in layout.water]).astype(bool)] = WATER

    yards = town.burn([(yard, i + 1) for i, yard in enumerate(real)], "int32")
    for i in range(len(real)):
        where = yards == i + 1
        mixture = yard_mixture(stream(seed, "yard", i))
        classes[where] = _arranged(rng, (small, crowns), where, mixture)
    classes[town.burn([(polygon, 1) for polygon, _ in layout.buildings]).astype(bool)] = ROOF
    return classes


def _yards(frame: Frame, town: Frame, classes: Fine, real: tuple[Polygon, ...]) -> tuple[Yard, ...]:
    yards = []
    for outline in real:
        rows, cols = frame.window(outline.bounds)
        window = frame.crop(rows, cols)
        fine = window.finer()
        row = round((town.top - fine.top) / fine.cell_m)
        col = round((fine.left - town.left) / fine.cell_m)
        kinds = classes[row : row + fine.height, col : col + fine.width]
        inside = fine.burn([(outline, 1)]).astype(bool) & (kinds != ROOF) & (kinds != UNKNOWN)
        if not inside.any():
            raise ValueError(
                f"a yard near {outline.centroid.wkt} has no open ground: buildings cover it"
            )
        ground = np.stack([averaged((kinds == kind) & inside) for kind in range(6)])
        yards.append(Yard(outline, rows, cols, ground))
    return tuple(yards)


def build_surface(seed: int, layout: Layout, *, side_m: float = SIDE_M) -> Surface:
    """The region of `layout`'s town, at least `side_m` × `side_m`: same seed and layout, same bytes."""
    frame = Frame.around(layout.outline.bounds, side_m)
    fabric = countryside(seed, frame, layout)
    left, bottom, right, top = layout.outline.bounds
    rows, cols = frame.window((left - 60, bottom - 60, right + 60, top + 60))
    town_cells = frame.crop(rows, cols)
    town = town_cells.finer()
    real = real_outlines(seed, layout.yards)
    classes = _town_classes(seed, town, layout, real)

    drawn = np.stack([averaged(classes == kind) for kind in range(6)])
    known = drawn.sum(axis=0)
    fractions = fabric.fractions
    fractions[:, rows, cols] = drawn + (1 - known) * fractions[:, rows, cols]
    fractions /= fractions.sum(axis=0)

    eaves = town.burn(list(layout.buildings), "float32").astype(np.float32)
    roofs = averaged(classes == ROOF)
    mean_eaves = averaged(eaves) / np.maximum(roofs, 1 / FINE_PER_CELL**2)
    building = fabric.building_m
    building[rows, cols] = np.where(
        roofs > 0, np.where(mean_eaves > 0, mean_eaves, _DEFAULT_EAVES_M), building[rows, cols]
    )
    rng = stream(seed, "materials")
    brightness = np.stack([1 + sd * smooth_noise(rng, frame.shape, 4.0) for sd in (0.08, 0.2)])
    return Surface(
        frame=frame,
        fractions=fractions,
        building_m=building,
        crown_m=fabric.crown_m,
        brightness=np.clip(brightness, 0.55, 1.6).astype(np.float32),
        town=town,
        classes=classes,
        yards=_yards(frame, town, classes, real),
    )
