"""The demo town's ground, from one seed: `build_ground` is pure, deterministic and needs no database."""

from __future__ import annotations

from greening.demo import roofs, sites, streets, terrain
from greening.demo.plans import (
    Ground,
    RoofPlan,
    SitePlan,
    StreetPlan,
    TreePlan,
)
from greening.demo.registry import DEMO_SEED

__all__ = [
    "Ground",
    "RoofPlan",
    "SitePlan",
    "StreetPlan",
    "TreePlan",
    "build_ground",
]


def build_ground(seed: int = DEMO_SEED, *, programme: bool = True) -> Ground:
    """The town of a seed, in metres of EPSG:2154; the same seed gives the same bytes.

    `programme=False` leaves the planting sites out and keeps every geometry else: what a benchmark
    that builds many towns needs. The outline and the river are the same for all seeds.
    """
    outline = terrain.outline()
    bank, water = terrain.river()
    network, _ = streets.build_network(seed, outline, water, bank)
    return Ground(
        seed=seed,
        outline=outline,
        streets=network.streets,
        blocks=network.blocks,
        parks=network.parks,
        water=(water,),
        sites=sites.build_sites(seed, outline, network.streets, network.parks) if programme else (),
        roofs=roofs.build_roofs(seed, network.blocks),
    )
