"""The dashboard's tables with their drawings: bars against a target, shares with their interval, weeks of work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from django.db.models import Count, Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from frontend.charts import Axis, Whisker
from frontend.programme.listing import address
from frontend.programme.names import NONE
from greening import campaigns, survival
from greening.models import Campaign, CareTask, GreenRoof, Tree
from greening.models.care import OPEN_TASK_STATES

PLAIN_STATES = "scheduled,ready"
#: Rows of a table on the dashboard; the longest tail is summed up in words.
MOST_ROWS = 12
WEEKS = 8


@dataclass(frozen=True)
class Bar:
    """A stretch of a drawing, in its units; `fill` names how it is drawn."""

    start: float
    width: float
    fill: str


@dataclass(frozen=True)
class Cell:
    """A number of a table and the address of its rows."""

    value: Any
    url: str = ""


@dataclass(frozen=True)
class Line:
    """One row: what it is about, its numbers, and what is drawn beside them."""

    label: str
    cells: tuple[Cell, ...]
    bars: tuple[Bar, ...] = ()
    mark: float | None = None  # the target
    whisker: Whisker | None = None


@dataclass(frozen=True)
class Table:
    name: str
    title: str
    about: str
    of: str  # the head of the first column
    heads: tuple[str, ...]
    lines: list[Line]
    axis: Axis | None = None
    unit: str = ""
    left_out: int = 0
    percent: bool = False
    keys: tuple[tuple[str, str], ...] = field(default=())  # what is drawn how

    @property
    def ticks(self) -> list[tuple[float, float]]:
        """The axis' round values that are whole: half a tree is no mark."""
        return [tick for tick in self.axis.ticks if tick[0] == int(tick[0])] if self.axis else []


def _bars(axis: Axis, *parts: tuple[float, str]) -> tuple[Bar, ...]:
    """Stretches side by side from zero."""
    found, at = [], 0.0
    for value, fill in parts:
        start, end = axis.at(at), axis.at(at + value)
        if value > 0:
            found.append(Bar(start, max(1.0, round(end - start, 2)), fill))
        at += value
    return tuple(found)


def _axis(values: Iterable[float]) -> Axis:
    return Axis(0.0, max([1.0, *values]), margin=4.0)


# --- campaigns ------------------------------------------------------------------------------------


def cut_key(cut: str, row: campaigns.Progress) -> str:
    """What a row of a cut is called in a list's filter."""
    if row.key is None:
        return NONE
    return row.label if cut in ("species", "quarter") else str(row.key)


def campaign_tables(campaign: Campaign) -> list[Table]:
    return [campaign_table(campaign, cut) for cut in campaigns.CUTS]


def campaign_table(campaign: Campaign, cut: str) -> Table:
    """A campaign by species, manager or quarter: aimed at, planned, planted; each number opens its rows."""
    titles = {"species": _("By species"), "manager": _("By manager"), "quarter": _("By quarter")}
    heads = {"species": _("species"), "manager": _("manager"), "quarter": _("quarter")}
    rows = campaigns.progress(campaign, cut)
    most = sorted(rows, key=lambda row: -max(row.target, row.planned + row.planted))[:MOST_ROWS]
    shown = [row for row in rows if row in most]
    axis = _axis(max(row.target, row.planned + row.planted) for row in rows)
    season = campaign.season

    def line(row: campaigns.Progress) -> Line:
        key = {cut: cut_key(cut, row)}
        planned = address("sites", campaign=season, state=PLAIN_STATES, **key)
        planted = address("trees", campaign=season, archived="all", **key)
        return Line(
            row.label,
            (
                Cell(row.target or None),
                Cell(row.planned, planned if row.planned else ""),
                Cell(row.planted, planted if row.planted else ""),
            ),
            _bars(axis, (row.planted, "planted"), (row.planned, "planned")),
            axis.at(row.target) if row.target else None,
        )

    return Table(
        name=f"campaign-{cut}",
        title=titles[cut],
        about="",
        of=heads[cut],
        heads=(_("aimed at"), _("planned"), _("planted")),
        lines=[line(row) for row in shown],
        axis=axis,
        unit=_("trees"),
        left_out=len(rows) - len(shown),
        keys=(("planted", _("planted")), ("planned", _("planned")), ("target", _("aimed at"))),
    )


def campaigns_table(found: Sequence[Campaign]) -> Table:
    """Every campaign: aimed at, planned, planted; three queries a campaign, of which there are few."""
    numbers = [
        (
            campaign,
            sum(target.trees for target in campaign.targets.all()),
            campaign.planned_sites.count(),
            campaign.planted_trees.count(),
        )
        for campaign in found
    ]
    axis = _axis(max(aim, planned + planted) for _campaign, aim, planned, planted in numbers)
    lines = [
        Line(
            campaign.season,
            (
                Cell(aim or None),
                Cell(
                    planned,
                    address("sites", campaign=campaign.season, state=PLAIN_STATES)
                    if planned
                    else "",
                ),
                Cell(
                    planted,
                    address("trees", campaign=campaign.season, archived="all") if planted else "",
                ),
            ),
            _bars(axis, (planted, "planted"), (planned, "planned")),
            axis.at(aim) if aim else None,
        )
        for campaign, aim, planned, planted in numbers
    ]
    return Table(
        name="campaigns",
        title=_("Campaigns"),
        about="",
        of=_("season"),
        heads=(_("aimed at"), _("planned"), _("planted")),
        lines=lines,
        axis=axis,
        unit=_("trees"),
        keys=(("planted", _("planted")), ("planned", _("planned")), ("target", _("aimed at"))),
    )


# --- survival -------------------------------------------------------------------------------------


def survival_table(autumn: int, cut: str) -> Table:
    """Survival by species, nursery lot or contractor: the share alive of known fates and its interval."""
    titles = {
        "species": _("Survival by species"),
        "lot": _("Survival by nursery lot"),
        "contractor": _("Survival by contractor"),
    }
    heads = {"species": _("species"), "lot": _("lot"), "contractor": _("contractor")}
    rows = sorted(survival.report(autumn, cut), key=lambda row: (-row.known, -row.trees, row.label))
    axis = Axis(0.0, 100.0, margin=6.0)

    def line(row: survival.Survival) -> Line:
        label = row.label
        key = {cut: NONE if not row.key else (label if cut == "species" else str(row.key))}
        lost = row.dead + row.outside + row.lost

        def rows_of(fate: str, count: int) -> Cell:
            url = address("trees", autumn=autumn, fate=fate, archived="all", **key)
            return Cell(count, url if count else "")

        interval, share = row.interval, row.share_alive
        whisker = (
            axis.whisker(100 * interval[0], 100 * share, 100 * interval[1])
            if interval is not None and share is not None
            else None
        )
        return Line(
            label,
            (
                Cell(row.trees, address("trees", autumn=autumn, archived="all", **key)),
                rows_of("alive", row.alive),
                rows_of("dead,outside,lost", lost),
                rows_of("unchecked", row.unchecked),
                Cell(_share(row)),
            ),
            whisker=whisker,
        )

    return Table(
        name=f"survival-{cut}",
        title=titles[cut],
        about=_(
            "Share alive of the trees whose fate is known, with its 95 per cent interval (Wilson)."
        ),
        of=heads[cut],
        heads=(_("trees"), _("alive"), _("dead or lost"), _("not checked"), _("share alive")),
        lines=[line(row) for row in rows[:MOST_ROWS]],
        axis=axis,
        unit="%",
        left_out=max(0, len(rows) - MOST_ROWS),
        percent=True,
    )


def _share(row: survival.Survival) -> str | None:
    share, interval = row.share_alive, row.interval
    if share is None or interval is None:
        return None
    low, high = (round(100 * bound) for bound in interval)
    return _("%(share)s %% (%(low)s–%(high)s)") % {
        "share": round(100 * share),
        "low": low,
        "high": high,
    }


# --- work, guarantees, roofs ----------------------------------------------------------------------


def work_table(today: dt.date) -> Table:
    """Open care tasks by the week in which their window closes: overdue, then the coming weeks."""
    monday = today - dt.timedelta(days=today.weekday())
    edges = [monday + dt.timedelta(days=7 * week) for week in range(WEEKS + 1)]
    spans: list[tuple[str, dt.date | None, dt.date]] = [
        (_("overdue"), None, today - dt.timedelta(days=1)),
        (_("this week"), today, edges[1] - dt.timedelta(days=1)),
    ]
    for start, end in pairwise(edges[1:]):
        label = _("week of %(day)s") % {"day": date_format(start, "SHORT_DATE_FORMAT")}
        spans.append((label, start, end - dt.timedelta(days=1)))
    within = [
        Q(due_until__lte=last) & (Q(due_until__gte=first) if first else Q())
        for _label, first, last in spans
    ]
    counts = {
        f"{kind}{number}": Count("pk", filter=condition & water)
        for number, condition in enumerate(within)
        for kind, water in (("w", Q(action="water")), ("o", ~Q(action="water")))
    }
    rows = CareTask.objects.filter(state__in=OPEN_TASK_STATES, due_until__lt=edges[-1])
    found = rows.aggregate(**counts)
    axis = _axis(found[f"w{n}"] + found[f"o{n}"] for n in range(len(spans)))
    lines = []
    for number, (label, first, last) in enumerate(spans):
        water, other = found[f"w{number}"], found[f"o{number}"]
        span = {"until_after": first or "", "until_before": last, "state": "open"}
        lines.append(
            Line(
                label,
                (
                    Cell(water, address("tasks", action="water", **span) if water else ""),
                    Cell(other),
                    Cell(water + other, address("tasks", **span) if water + other else ""),
                ),
                _bars(axis, (water, "planned"), (other, "planted")),
            )
        )
    return Table(
        name="work",
        title=_("Work due"),
        about=_("Open care tasks by the week in which they must be done."),
        of=_("week"),
        heads=(_("waterings"), _("other care"), _("in all")),
        lines=lines,
        axis=axis,
        unit=_("tasks"),
        keys=(("planned", _("waterings")), ("planted", _("other care"))),
    )


def guarantee_table(today: dt.date) -> Table:
    """Trees whose guarantee ends soon, and how many of them nobody has claimed for."""
    lines = []
    spans = (30, 90, 180, 365)
    counted: list[tuple[int, Any]] = [
        (days, Tree.objects.guarantee_ending(days, today).order_by()) for days in spans
    ]
    numbers = [
        (days, rows.count(), rows.filter(state="dead", claimed=False).count())
        for days, rows in counted
    ]
    axis = _axis(count for _days, count, _dead in numbers)
    for days, count, dead in numbers:
        lines.append(
            Line(
                _("within %(days)s days") % {"days": days},
                (
                    Cell(count, address("trees", guarantee=days) if count else ""),
                    Cell(
                        dead,
                        address("trees", guarantee=days, state="dead", claimed="no")
                        if dead
                        else "",
                    ),
                ),
                _bars(axis, (count, "planted")),
            )
        )
    return Table(
        name="guarantee",
        title=_("Guarantees that end"),
        about=_("A dead tree must be claimed before its guarantee ends."),
        of=_("ends"),
        heads=(_("trees"), _("dead and not claimed")),
        lines=lines,
        axis=axis,
        unit=_("trees"),
    )


def roofs_table() -> Table:
    """Green roofs by state: how many, their outline's area in the town's metric CRS, and the area declared."""
    labels = dict(GreenRoof.State.choices)
    sums: dict[str, list[float]] = {}
    declared: dict[str, float | None] = {}
    for row in GreenRoof.objects.areas():
        held = sums.setdefault(row["state"], [0, 0.0])
        held[0] += row["roofs"]
        held[1] += row["total_outline_m2"] or 0.0
        if row["declared_m2"] is not None:
            declared[row["state"]] = (declared.get(row["state"]) or 0.0) + row["declared_m2"]
    axis = _axis(area for _count, area in sums.values())
    lines = [
        Line(
            str(labels[state]),
            (
                Cell(int(sums[state][0]), address("roofs", state=state)),
                Cell(round(sums[state][1])),
                Cell(None if declared.get(state) is None else round(declared[state] or 0.0)),
            ),
            _bars(axis, (sums[state][1], "planted")),
        )
        for state in labels
        if state in sums
    ]
    return Table(
        name="roofs",
        title=_("Green roofs"),
        about=_("The outline is measured on the map; the planted area is what was declared."),
        of=_("state"),
        heads=(_("roofs"), _("outline, m²"), _("declared, m²")),
        lines=lines,
        axis=axis,
        unit="m²",
    )
