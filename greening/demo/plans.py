"""What a synthetic town's ground is made of: plain frozen records, metres of EPSG:2154, no Django."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shapely import LineString, Point, Polygon

from greening.crs import LAMBERT_93


@dataclass(frozen=True)
class StreetPlan:
    """One street: its centre line, its full width between façade lines, its rank.

    `kind` is one of "avenue", "rue", "allée", "quai".
    """

    name: str
    line: LineString
    width_m: float
    kind: str

    @property
    def surface(self) -> Polygon:
        """The street's ground from façade line to façade line."""
        return self.line.buffer(self.width_m / 2, cap_style="flat")


@dataclass(frozen=True)
class TreePlan:
    """One life on a site. `ended_on` is set when the state is an end (dead, missing, felled)."""

    species: str
    state: str
    planted_on: date | None
    ended_on: date | None
    height_m: float | None
    girth_m: float | None
    measured_on: date | None = None
    size_class: str = ""
    nursery: str = ""
    lot: str = ""
    under_watch: bool = False


@dataclass(frozen=True)
class SitePlan:
    """One planting site and every tree it held, oldest first.

    `street` is an index into `Ground.streets` (None in a park); `campaign` is the year in which the
    planting season starts (November), None while no campaign is decided.
    """

    matricule: str
    point: Point
    street: int | None
    kind: str
    manager: str
    state: str
    target_species: str
    campaign: int | None
    pit_volume_m3: float | None
    trees: tuple[TreePlan, ...]

    @property
    def tree(self) -> TreePlan | None:
        """The newest life on the site, living or ended."""
        return self.trees[-1] if self.trees else None


@dataclass(frozen=True)
class RoofPlan:
    """One green roof. `area_m2` is the planted area, a little less than the polygon's."""

    name: str
    polygon: Polygon
    kind: str
    state: str
    substrate_cm: float
    area_m2: float


@dataclass(frozen=True)
class Ground:
    """A whole synthetic town without its private land: all geometry in metres of `srid`.

    Blocks and parks are disjoint and hold no street and no water; a roof lies inside one block.
    """

    seed: int
    outline: Polygon
    streets: tuple[StreetPlan, ...]
    blocks: tuple[Polygon, ...]
    parks: tuple[Polygon, ...]
    water: tuple[Polygon, ...]
    sites: tuple[SitePlan, ...]
    roofs: tuple[RoofPlan, ...]
    srid: int = LAMBERT_93
