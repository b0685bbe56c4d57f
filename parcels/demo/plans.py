"""What the demo town's land is made of: plain frozen records, metres of the ground's CRS, no Django."""

from __future__ import annotations

from dataclasses import dataclass

from shapely import Point, Polygon


@dataclass(frozen=True)
class ParcelPlan:
    """One cadastral parcel; the reference is made up and starts with DEMO."""

    polygon: Polygon
    reference: str


@dataclass(frozen=True)
class BuildingPlan:
    """One building's footprint and its height to the eaves."""

    polygon: Polygon
    height_m: float
    reference: str


@dataclass(frozen=True)
class SchoolPlan:
    """One school. Its UAI is well-formed but of département 000, which does not exist."""

    name: str
    uai: str
    level: str
    pupils: int
    point: Point


@dataclass(frozen=True)
class YardPlan:
    """One courtyard; `school` is an index into `Land.schools`."""

    polygon: Polygon
    school: int


@dataclass(frozen=True)
class PlotPlan:
    """One plot of a shared garden."""

    polygon: Polygon
    number: str
    state: str


@dataclass(frozen=True)
class GardenPlan:
    """One shared garden with its plots, all inside its polygon."""

    polygon: Polygon
    name: str
    state: str
    plots: tuple[PlotPlan, ...]


@dataclass(frozen=True)
class Land:
    """A whole town's land. Parcels tile the blocks; yards, gardens and buildings are disjoint."""

    seed: int
    parcels: tuple[ParcelPlan, ...]
    buildings: tuple[BuildingPlan, ...]
    schools: tuple[SchoolPlan, ...]
    yards: tuple[YardPlan, ...]
    gardens: tuple[GardenPlan, ...]
