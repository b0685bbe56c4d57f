"""The demo town's land: parcels, buildings, schools with yards, gardens with plots. Pure, but `load`."""

from parcels.demo.land import build_land
from parcels.demo.plans import (
    BuildingPlan,
    GardenPlan,
    Land,
    ParcelPlan,
    PlotPlan,
    SchoolPlan,
    YardPlan,
)

__all__ = [
    "BuildingPlan",
    "GardenPlan",
    "Land",
    "ParcelPlan",
    "PlotPlan",
    "SchoolPlan",
    "YardPlan",
    "build_land",
]
