"""What happened on each planting site from 2022 to the demo's today: campaigns, losses, replacements."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from shapely import Point

from greening.demo.plans import SitePlan, StreetPlan, TreePlan
from greening.demo.species import BY_NAME, OLD_TAXA, TAXA

TODAY = date(2026, 11, 15)  # the demo's day: the fifth campaign has just begun

#: Shares of the programme by campaign (the year its season starts, in November); None: not decided.
CAMPAIGNS: tuple[tuple[int | None, float], ...] = (
    (2022, 0.14),
    (2023, 0.17),
    (2024, 0.19),
    (2025, 0.18),
    (2026, 0.19),
    (None, 0.13),
)
#: Losses of young street trees: about a tenth within three years, most of it in the first summer
#: (order of magnitude of urban survival reviews; recalled).
LOST_FIRST_YEAR, LOST_LATER_YEAR = 0.055, 0.018
MISSING_SHARE = 0.2  # of the lost: gone without a trace
GROWING_SEASONS = 3  # after which a tree counts as established
OLD_TREE_SHARE = 0.03  # sites of the renewal of old alignments, where an old tree stands or stood
PIT_SHARE = 0.08  # of streets paved wall to wall, where a tree stands in a pit of its own
WATCHED_SHARE = 0.04
NURSERIES = ("Pépinière A", "Pépinière B", "Pépinière C")
SIZE_CLASSES = ("16/18", "18/20", "20/25")  # girth at 1 m, cm, as nurseries sell trees
MANAGERS = ("town", "gpso", "department")


def _lot(season: int, species: str, nursery: str) -> str:
    """The delivery a tree came with: one a season, species and nursery.

    >>> _lot(2024, "Tilia cordata", "Pépinière B")
    '2024-TILCOR-B'
    """
    genus, epithet = species.replace("× ", "").split()[:2]
    return f"{season}-{genus[:3].upper()}{epithet[:3].upper()}-{nursery[-1]}"


class Programme:
    """Deals out campaigns, street by street, and tells each site's story."""

    def __init__(self, rng: np.random.Generator, count: int) -> None:
        self._rng = rng
        self._number = 0
        ends = np.cumsum([share for _, share in CAMPAIGNS])
        self._until = [
            (campaign, round(end * count))
            for (campaign, _), end in zip(CAMPAIGNS, ends, strict=True)
        ]
        shares = np.array([taxon.share for taxon in TAXA])
        self._street_shares = shares / shares.sum()
        in_park = shares * np.array([taxon.in_park for taxon in TAXA])
        self._park_shares = in_park / in_park.sum()

    def plant(
        self, places: NDArray[np.float64], street_index: int | None, street: StreetPlan | None
    ) -> list[SitePlan]:
        """The sites of one street or park: mostly one species, one manager and one campaign."""
        rng = self._rng
        shares = self._park_shares if street is None else self._street_shares
        leading = TAXA[int(rng.choice(len(TAXA), p=shares))].scientific_name
        manager = self._manager(street)
        season_start = int(rng.integers(0, 75))
        kind = "park" if street is None else "pit" if rng.random() < PIT_SHARE else "street"
        sites = []
        for place in places:
            campaign = self._campaign()
            self._number += 1
            species = leading
            if street is None or rng.random() < 0.15:
                species = TAXA[int(rng.choice(len(TAXA), p=shares))].scientific_name
            state, trees = self._story(campaign, species, season_start, street is not None)
            # Ten cubic metres is what French guidance asks of a street pit; older ones have less.
            pit = None if street is None else round(float(rng.uniform(4.0, 12.0)), 1)
            sites.append(
                SitePlan(
                    matricule=f"DEMO-{self._number:05d}",
                    point=Point(float(place[0]), float(place[1])),
                    street=street_index,
                    kind=kind,
                    manager=manager,
                    state=state,
                    target_species=species,
                    campaign=campaign,
                    pit_volume_m3=pit,
                    trees=trees,
                )
            )
        return sites

    def _manager(self, street: StreetPlan | None) -> str:
        """Parks are the town's, most streets the inter-communal body's, avenues the département's."""
        if street is None:
            return "town"
        if street.kind in ("avenue", "quai"):
            return str(self._rng.choice(MANAGERS, p=(0.1, 0.3, 0.6)))
        return str(self._rng.choice(MANAGERS, p=(0.3, 0.7, 0.0)))

    def _campaign(self) -> int | None:
        for campaign, until in self._until:
            if self._number < until:
                return campaign
        return None

    def _story(
        self, campaign: int | None, species: str, season_start: int, in_street: bool
    ) -> tuple[str, tuple[TreePlan, ...]]:
        """The site's state today and its trees, oldest first."""
        if campaign is None:
            state = str(
                self._rng.choice(
                    ("proposed", "surveyed", "approved", "refused"), p=(0.48, 0.25, 0.19, 0.08)
                )
            )
            return state, ()
        if in_street and self._rng.random() < OLD_TREE_SHARE:
            return self._renewal(campaign, species, season_start)
        if campaign == TODAY.year:
            return self._this_season(species)
        return self._grown(campaign, species, season_start, ())

    def _this_season(self, species: str) -> tuple[str, tuple[TreePlan, ...]]:
        """The running campaign: some planted this month, some pits ready, most still scheduled."""
        draw = self._rng.random()
        if draw < 0.12:
            day = TODAY - timedelta(days=int(self._rng.integers(1, 14)))
            return "occupied", (self._tree(species, "planted", day, TODAY),)
        if draw < 0.40:
            return "ready", (self._reserved(species),)
        if draw < 0.92:
            trees = (self._reserved(species),) if self._rng.random() < 0.6 else ()
            return "scheduled", trees
        return "approved", ()

    def _grown(
        self, campaign: int, species: str, season_start: int, before: tuple[TreePlan, ...]
    ) -> tuple[str, tuple[TreePlan, ...]]:
        """A tree of an earlier campaign, and what came after it where it was lost."""
        day = date(campaign, 11, 20) + timedelta(days=season_start + int(self._rng.integers(0, 21)))
        ended = self._loss(day)
        if ended is None:
            seasons = TODAY.year - campaign
            state = "established" if seasons >= GROWING_SEASONS else "establishing"
            if seasons == GROWING_SEASONS and self._rng.random() < 0.2:
                state = "establishing"  # this autumn's survival check has not come to it yet
            return "occupied", (*before, self._tree(species, state, day, TODAY))
        lost_state = "missing" if self._rng.random() < MISSING_SHARE else "dead"
        lost = self._tree(species, lost_state, day, ended, ended_on=ended)
        trees = (*before, lost)
        next_campaign = ended.year if ended.month < 11 else ended.year + 1
        if next_campaign < TODAY.year and self._rng.random() < 0.75:
            return self._grown(next_campaign, species, season_start, trees)
        draw = self._rng.random()
        if lost_state == "missing":
            return (
                ("scheduled", (*trees, self._reserved(species)))
                if draw < 0.5
                else (
                    "vacant",
                    trees,
                )
            )
        if draw < 0.25:
            return "to_fell", trees
        if draw < 0.40:
            return "stump", trees
        if draw < 0.75:
            return "vacant", trees
        if draw < 0.95:
            return "scheduled", (*trees, self._reserved(species))
        return "retired", trees

    def _renewal(
        self, campaign: int, species: str, season_start: int
    ) -> tuple[str, tuple[TreePlan, ...]]:
        """A place in an old alignment: its old tree stands, or was felled before the new one."""
        old_species = OLD_TAXA[int(self._rng.integers(len(OLD_TAXA)))]
        girth = round(float(self._rng.uniform(0.9, 2.3)), 2)
        height = round(float(self._rng.uniform(9, 19)), 1)
        if campaign == TODAY.year:
            state, site = (
                ("senescent", "to_fell")
                if self._rng.random() < 0.6
                else (
                    "mature",
                    "occupied",
                )
            )
            return site, (TreePlan(old_species, state, None, None, height, girth),)
        felled_on = date(campaign, 9, 1) + timedelta(days=int(self._rng.integers(0, 60)))
        old = TreePlan(old_species, "felled", None, felled_on, height, girth)
        return self._grown(campaign, species, season_start, (old,))

    def _loss(self, planted_on: date) -> date | None:
        """The day a young tree was found lost, within the years it had to live; None if it lives."""
        for year in range(planted_on.year + (planted_on.month >= 11), TODAY.year + 1):
            first = year == planted_on.year + (planted_on.month >= 11)
            if self._rng.random() < (LOST_FIRST_YEAR if first else LOST_LATER_YEAR):
                day = date(year, 6, 15) + timedelta(days=int(self._rng.integers(0, 120)))
                return min(day, TODAY)
        return None

    def _reserved(self, species: str) -> TreePlan:
        nursery = NURSERIES[int(self._rng.integers(len(NURSERIES)))]
        return TreePlan(
            species,
            "reserved",
            None,
            None,
            None,
            None,
            size_class=SIZE_CLASSES[int(self._rng.integers(len(SIZE_CLASSES)))],
            nursery=nursery,
            lot=_lot(TODAY.year, species, nursery),
        )

    def _tree(
        self,
        species: str,
        state: str,
        planted_on: date,
        measured_on: date,
        *,
        ended_on: date | None = None,
    ) -> TreePlan:
        """A tree planted as an 18/20 (girth, cm) or so, grown until it was last measured."""
        years = max((measured_on - planted_on).days / 365.25 - 0.7, 0.0)  # it sulks at first
        growth = BY_NAME[species].growth_m * years * float(self._rng.uniform(0.6, 1.3))
        size_class = SIZE_CLASSES[int(self._rng.integers(len(SIZE_CLASSES)))]
        thin, thick = (int(cm) / 100 for cm in size_class.split("/"))
        # Girth gains 1–2 cm a year on a young street tree (order of magnitude; recalled).
        girth = float(self._rng.uniform(thin, thick)) + 0.016 * years
        nursery = NURSERIES[int(self._rng.integers(len(NURSERIES)))]
        season = planted_on.year if planted_on.month >= 8 else planted_on.year - 1
        return TreePlan(
            species=species,
            state=state,
            planted_on=planted_on,
            ended_on=ended_on,
            height_m=round(float(self._rng.uniform(3.2, 5.0)) + growth, 1),
            girth_m=round(girth, 3),
            measured_on=measured_on,
            size_class=size_class,
            nursery=nursery,
            lot=_lot(season, species, nursery),
            under_watch=state == "establishing" and bool(self._rng.random() < WATCHED_SHARE),
        )
