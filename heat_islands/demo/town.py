"""One simulated town, whole: its ground, its physics, its yards, from one seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

from shapely import Polygon

from greening.demo.ground import Ground, build_ground
from heat_islands.demo.fields import stream
from heat_islands.demo.frame import SIDE_M, Frame, Layout
from heat_islands.demo.physics import Climate, Coefficients, Day, days, unseen
from heat_islands.demo.surface import Surface, build_surface
from parcels.demo.land import build_land
from parcels.demo.plans import Land

Variant = Literal["standard", "no_effect", "wrong_emissivity", "other_psf"]
Progress = Callable[[str, int, int], None]  # what is being made, how many are done, of how many

YARDS = 24
CONVERTED_YARDS = 2  # converted half-way through the series (design note, §8)


@dataclass(frozen=True)
class DemoTown:
    """A simulated town. `land.yards` are the outlines it knows; `surface.yards` where they really are.

    `climate` is the surface before the series' conversions. `converted` numbers the yards converted
    from the first scene of the third summer on: their true effect is that of converting them before,
    and an examiner should leave them out of skill figures.
    """

    seed: int
    variant: Variant
    misregistration_m: float
    cover_shift_m: float
    ground: Ground | None
    land: Land | None
    layout: Layout
    surface: Surface
    coefficients: Coefficients
    climate: Climate
    days: tuple[Day, ...]
    converted: tuple[int, ...]

    @property
    def frame(self) -> Frame:
        """The 10 m cells of EPSG:2154 on which the truth lies: the canonical grid of the territory."""
        return self.surface.frame

    @property
    def known_yards(self) -> tuple[Polygon, ...]:
        """The outlines the town knows, up to 3 m off; EPSG:2154."""
        return self.layout.yards

    @property
    def real_yards(self) -> tuple[Polygon, ...]:
        """Where the yards truly are; EPSG:2154."""
        return tuple(yard.outline for yard in self.surface.yards)

    @cached_property
    def climate_after(self) -> Climate:
        """The surface once the series' two yards are converted."""
        from heat_islands.demo.effects import converted_fractions

        fractions = converted_fractions(self, self.converted)
        return self.climate.with_ground(fractions)


def layout_of(ground: Ground, land: Land) -> Layout:
    """What the physics needs of a town's ground and land."""
    return Layout(
        outline=ground.outline,
        streets=tuple(street.surface for street in ground.streets),
        blocks=ground.blocks,
        parks=ground.parks,
        water=ground.water,
        buildings=tuple((building.polygon, building.height_m) for building in land.buildings),
        yards=tuple(yard.polygon for yard in land.yards),
        gardens=tuple(garden.polygon for garden in land.gardens),
    )


def build_town(
    seed: int,
    *,
    yards: int = YARDS,
    misregistration_m: float = 5.0,
    cover_shift_m: float = 5.0,
    variant: Variant = "standard",
    layout_seed: int | None = None,
    side_m: float = SIDE_M,
) -> DemoTown:
    """The town of a seed: same arguments, same bytes.

    `layout_seed` chooses the streets, blocks and yards (by default `seed`, which always chooses the
    coefficients, ground cover, weather and noise). `misregistration_m` is the SD of a scene's place
    on each axis (20 m is the stress test); `cover_shift_m` how far the land-cover map is out of
    place: by default one of its own pixels, 10 m to stress. The variants keep everything else:
    "no_effect" (no conversion changes anything), "wrong_emissivity" (surfaces retrieved with one
    emissivity for all), "other_psf" (a thermal blur of 170 m instead of 100). Raises ValueError
    for another variant, BadInput where the town has no room for `yards`.
    """
    ground = build_ground(seed if layout_seed is None else layout_seed, programme=False)
    land = build_land(ground, yards=yards)
    return town_on(
        layout_of(ground, land),
        seed,
        misregistration_m=misregistration_m,
        cover_shift_m=cover_shift_m,
        variant=variant,
        side_m=side_m,
        ground=ground,
        land=land,
    )


def town_on(
    layout: Layout,
    seed: int,
    *,
    misregistration_m: float = 5.0,
    cover_shift_m: float = 5.0,
    variant: Variant = "standard",
    side_m: float = SIDE_M,
    ground: Ground | None = None,
    land: Land | None = None,
) -> DemoTown:
    """The physics of a seed over any layout: what `build_town` does once streets and yards are drawn."""
    if variant not in get_args(Variant):
        raise ValueError(f"unknown variant {variant!r}: one of {', '.join(get_args(Variant))}")
    surface = build_surface(seed, layout, side_m=side_m)
    coefficients = Coefficients.drawn(seed)
    follows = 0.4
    if variant == "no_effect":
        coefficients, follows = coefficients.without_effect(), 0.0
    hidden = unseen(seed, surface, watering_follows_green=follows)
    count = len(layout.yards)
    chosen = stream(seed, "conversions").permutation(count)[:CONVERTED_YARDS]
    return DemoTown(
        seed=seed,
        variant=variant,
        misregistration_m=misregistration_m,
        cover_shift_m=cover_shift_m,
        ground=ground,
        land=land,
        layout=layout,
        surface=surface,
        coefficients=coefficients,
        climate=Climate.of(coefficients, surface, hidden),
        days=days(seed),
        converted=tuple(sorted(int(number) for number in chosen))
        if count > CONVERTED_YARDS
        else (),
    )
