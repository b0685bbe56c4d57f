"""What makes the simulated surface hot: one town's coefficients, its days, and its true temperature.

Late morning, kelvin, at 10 m. A cell is as hot as sunlit paving on that day, less what its ground,
its neighbours and its shade take away, plus what no satellite sees. Own formulas throughout: nothing
here is shared with the science that is examined on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from heat_islands.demo.fabric import GRASS, ROOF, SEALED, SOIL, TREE, WATER
from heat_islands.demo.fields import Array, smooth, smooth_noise, stream
from heat_islands.demo.frame import CELL_M
from heat_islands.demo.surface import Surface

# Reflectance in blue, green, red, near infrared, short-wave infrared 1 and 2 (design note, §8).
REFLECTANCE = np.array(
    [
        [0.06, 0.08, 0.09, 0.13, 0.17, 0.16],  # sealed (asphalt)
        [0.15, 0.18, 0.20, 0.25, 0.28, 0.25],  # roof
        [0.03, 0.07, 0.05, 0.38, 0.20, 0.10],  # grass
        [0.02, 0.04, 0.03, 0.32, 0.14, 0.06],  # tree
        [0.08, 0.11, 0.14, 0.22, 0.30, 0.26],  # soil
        [0.04, 0.05, 0.03, 0.02, 0.01, 0.01],  # water
    ],
    dtype=np.float32,
)
# Share of the sun's energy around each band: rounded from the ASTM G173 spectrum (recalled).
SUNLIGHT = np.array([0.25, 0.16, 0.14, 0.31, 0.09, 0.05], dtype=np.float32)
REFLECTED = REFLECTANCE @ SUNLIGHT  # of all sunlight, per kind of ground

SUMMERS = (2023, 2024, 2025, 2026)
SCENES_PER_SUMMER = 3
CONVERTED_FROM = 6  # two yards are converted before this scene, the first of the third summer
_PATH_DAY = date(
    2023, 6, 17
)  # a pass of Landsat 8 in this town's calendar; Landsat 9 is 8 days off


@dataclass(frozen=True)
class Coefficients:
    """One town's physics. Kelvin for a whole cell of each thing, unless a name says otherwise."""

    canopy: float = 8.0  # own crowns; with canopy_around, about 10.5 K in a wood
    canopy_bend: float = 1.2  # how early it saturates
    grass: float = 4.6  # own well-watered lawn; with canopy_around, about 6 K
    albedo: float = 28.0  # K per unit of reflected sunlight
    roof: float = 2.5
    soil: float = 0.8  # bare dry soil, hotter than paving
    water: float = 9.0
    shade: float = 5.0  # fully shaded ground
    canopy_around: float = 2.5  # vegetation smoothed at 50 m
    built_around: float = 1.6  # paving and roofs smoothed at 60 m
    sky_view: float = 2.0  # heat kept between tall buildings
    around_m: tuple[float, float] = (50.0, 60.0)

    @classmethod
    def drawn(cls, seed: int) -> Coefficients:
        """Another town's coefficients: each one within ± 30 % of the usual, independently."""
        rng = stream(seed, "coefficients")
        usual = cls()
        names = [name for name in cls.__dataclass_fields__ if name != "around_m"]
        factors = rng.uniform(0.7, 1.3, len(names))
        return replace(
            usual,
            **{
                name: getattr(usual, name) * float(f)
                for name, f in zip(names, factors, strict=True)
            },
        )

    def without_effect(self) -> Coefficients:
        """The null town: no conversion of the ground would change any temperature."""
        return replace(
            self,
            canopy=0.0, grass=0.0, albedo=0.0, soil=0.0, shade=0.0, canopy_around=0.0, built_around=0.0,
        )  # fmt: skip


@dataclass(frozen=True)
class Day:
    """One pass: its date and satellite, and the weather that rules its surface and its sky."""

    number: int
    on: date
    satellite: str  # "LC08" or "LC09"
    paving_k: float  # sunlit paving in the open
    strength: float  # the sun of that morning against a clear early July
    drought_k: float  # what dry lawns no longer cool
    shade_length: float  # shadows' length against the summer's mean
    cloud_share: float

    @property
    def after_conversion(self) -> bool:
        return self.number >= CONVERTED_FROM


def days(seed: int) -> tuple[Day, ...]:
    """The twelve passes of the town: three a summer, 15 June to 15 September, Landsat 8 and 9 mixed.

    Hot days are humid ones, and humid days are cloudy: clouds hide the heat they go with.
    """
    rng = stream(seed, "days")
    passes = [_PATH_DAY + timedelta(days=8 * i) for i in range(180)]
    found: list[Day] = []
    for summer in SUMMERS:
        dry = float(rng.uniform(0, 4))
        within = [d for d in passes if date(summer, 6, 15) <= d <= date(summer, 9, 15)]
        chosen = sorted(rng.choice(len(within), SCENES_PER_SUMMER, replace=False))
        for on in (within[i] for i in chosen):
            heat = float(rng.normal())
            humid = 0.7 * heat + 0.71 * float(rng.normal())
            season = (on - date(summer, 7, 1)).days / 75
            cloud = 0.10 + 0.13 * humid + 0.05 * float(rng.normal())
            found.append(
                Day(
                    number=len(found),
                    on=on,
                    satellite="LC08" if (on - _PATH_DAY).days % 16 == 0 else "LC09",
                    paving_k=311.0 + 3.0 * heat - 3.0 * max(0.0, season) ** 2,
                    strength=float(np.clip(1 - 0.2 * max(0.0, season) ** 1.5 + rng.normal(0, 0.04), 0.7, 1.05)),
                    drought_k=float(np.clip(dry + 0.8 * season + rng.normal(0, 0.4), 0, 4)),
                    shade_length=1 + 0.35 * max(0.0, season) ** 1.5 - 0.1,
                    cloud_share=float(np.clip(cloud, 0.0, 0.45)),
                )
            )  # fmt: skip
    return tuple(found)


@dataclass(frozen=True)
class Unseen:
    """What no model sees: a smooth field, watering (kelvin of cooling) and the sky's share."""

    field: Array
    watering: Array
    closed_sky: Array  # 0 in the open, towards 1 between tall buildings


def unseen(seed: int, surface: Surface, *, watering_follows_green: float = 0.4) -> Unseen:
    """Fields drawn once for a town: SD .7 K at 80 m, and .8 K at 150 m partly following greenery."""
    shape = surface.frame.shape
    rng = stream(seed, "unseen")
    field = 0.7 * smooth_noise(rng, shape, 80 / CELL_M)
    green = smooth(surface.fractions[GRASS] + surface.fractions[TREE], 150 / CELL_M)
    green = (green - green.mean()) / green.std()
    follow = watering_follows_green
    own = smooth_noise(rng, shape, 150 / CELL_M)
    watering = 0.8 * (follow * green + np.sqrt(1 - follow**2) * own)
    volume = smooth(surface.fractions[ROOF] * surface.building_m, 30 / CELL_M)
    return Unseen(field.astype(np.float32), watering.astype(np.float32), 1 - np.exp(-volume / 12.0))


def shade(fractions: Array, building_m: Array) -> Array:
    """The share of each cell's open ground that buildings shade, late on a mean summer morning.

    The sun stands 52° high in the south-south-east (Paris, mid-July, 10:40 UTC): a shadow is .78 of
    the building's height, thrown to the north-north-west. Summed over the cells it crosses.
    """
    lit = np.ones_like(building_m)
    length = 0.78 * building_m
    for north, west, middle_m in ((0, 0, 2.5), (1, 0, 10.0), (2, 1, 20.0)):
        reached = np.clip((length - middle_m) / CELL_M + 0.5, 0, 1) * fractions[ROOF]
        if north == 0:
            reached = 0.35 * reached  # a roof seldom shades its own cell's ground
        thrown = np.zeros_like(lit)
        thrown[: len(lit) - north, : lit.shape[1] - west] = reached[north:, west:]
        lit *= 1 - thrown
    return np.asarray(1 - lit, dtype=np.float32)


def reflected(fractions: Array, brightness: Array) -> Array:
    """The share of sunlight that each cell's ground reflects; `brightness` (2, …) of paving and roofs."""
    plain = np.tensordot(REFLECTED, fractions, axes=(0, 0))
    paler = (brightness[0] - 1) * fractions[SEALED] * REFLECTED[SEALED]
    paler = paler + (brightness[1] - 1) * fractions[ROOF] * REFLECTED[ROOF]
    return np.asarray(plain + paler, dtype=np.float32)


def steady_ground(coefficients: Coefficients, fractions: Array, brightness: Array) -> Array:
    """What a cell's own ground adds to sunlit paving's temperature on any day (kelvin, full sun).

    `fractions` (6, …) may be a region or one composition. Crowns saturate over the ground that
    roofs leave free, so that a yard's cooling does not depend on how cells cut it.
    """
    free = np.maximum(1 - fractions[ROOF], 1e-6)
    bend = coefficients.canopy_bend
    crowns = np.minimum(fractions[TREE] / free, 1)
    cooling = (coefficients.canopy / np.expm1(-bend)) * free * np.expm1(-bend * crowns)
    cooling = cooling + coefficients.albedo * (reflected(fractions, brightness) - REFLECTED[SEALED])
    cooling = cooling + coefficients.water * fractions[WATER]
    heating = coefficients.roof * fractions[ROOF] + coefficients.soil * fractions[SOIL]
    return np.asarray(heating - cooling, dtype=np.float32)


def own_ground(
    coefficients: Coefficients, steady: Array, fractions: Array, shaded: Array, day: Day
) -> Array:
    """`steady` ground on `day`: less what lawns still cool in its drought, and what buildings shade."""
    lawn = coefficients.grass * max(0.0, 1 - day.drought_k / 6)
    open_ground = fractions[SEALED] + fractions[GRASS] + fractions[SOIL]
    shadow = coefficients.shade * np.minimum(shaded * day.shade_length, 1)
    return np.asarray(steady - lawn * fractions[GRASS] - shadow * open_ground, dtype=np.float32)


def around(coefficients: Coefficients, fractions: Array) -> Array:
    """What a cell's neighbourhood adds (kelvin): vegetation and built ground, smoothed."""
    green_m, built_m = coefficients.around_m
    green = smooth(fractions[TREE] + 0.6 * fractions[GRASS], green_m / CELL_M)
    built = smooth(fractions[SEALED] + fractions[ROOF], built_m / CELL_M)
    return coefficients.built_around * built - coefficients.canopy_around * green


@dataclass(frozen=True)
class Climate:
    """One town's physics, ready for any day: what does not change from scene to scene."""

    coefficients: Coefficients
    fractions: Array
    brightness: Array
    steady: Array
    shaded: Array
    neighbours: Array
    hidden: Array  # the unseen, kelvin

    @classmethod
    def of(
        cls,
        coefficients: Coefficients,
        surface: Surface,
        unseen: Unseen,
    ) -> Climate:
        """The climate of `surface` as it is."""
        ground = surface.fractions
        hidden = unseen.field - unseen.watering
        hidden = hidden + coefficients.sky_view * (unseen.closed_sky - unseen.closed_sky.mean())
        return cls(
            coefficients,
            ground,
            surface.brightness,
            steady_ground(coefficients, ground, surface.brightness),
            shade(ground, surface.building_m),
            around(coefficients, ground),
            np.asarray(hidden, dtype=np.float32),
        )

    def with_ground(self, fractions: Array) -> Climate:
        """The same place with other `fractions` of ground under the same buildings."""
        return replace(
            self,
            fractions=fractions,
            steady=steady_ground(self.coefficients, fractions, self.brightness),
            neighbours=around(self.coefficients, fractions),
        )

    def temperature(self, day: Day) -> Array:
        """The true surface temperature of every cell on `day` (kelvin)."""
        own = own_ground(self.coefficients, self.steady, self.fractions, self.shaded, day)
        local = day.strength * (own + self.neighbours)
        return np.asarray(day.paving_k + local + self.hidden, dtype=np.float32)
