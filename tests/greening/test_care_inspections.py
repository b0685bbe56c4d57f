"""Inspections with scores, and the areas of green roofs."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.contrib.gis.geos import Polygon

from greening.check_lives import next_inspection
from greening.crs import LAMBERT_93, WGS84
from greening.events import Change, Verdict, apply
from greening.models import GreenRoof, Inspection, Tree
from tests.factories import CommuneFactory, GreenRoofFactory, InspectionFactory, TreeFactory

pytestmark = pytest.mark.django_db


def inspect(tree: Tree, overall: int = 0, **more: object) -> Verdict:
    patch = {
        "tree": str(tree.uuid),
        "inspected_on": "2026-10-01",
        "crown": 0,
        "trunk": overall,
        "roots": 0,
        "overall": overall,
        **more,
    }
    (verdict,) = apply(Change("inspection", uuid.uuid4(), patch, create=True))
    return verdict


def test_a_sound_tree_comes_back_in_three_years_without_a_warning() -> None:
    tree = TreeFactory(state="mature")
    assert inspect(tree, next_due="2029-10-01").warnings == ()
    tree.refresh_from_db()
    assert (tree.under_watch, tree.rev) == (False, 0)


def test_a_doubtful_tree_is_put_under_watch_and_a_dangerous_one_is_made_safe() -> None:
    tree, other = TreeFactory(state="mature"), TreeFactory(state="mature")
    assert inspect(tree, 2, next_due="2027-10-01").warnings == ()
    (warning,) = inspect(other, 4, next_due="2026-10-20").warnings
    assert "make the place safe" in warning
    assert set(Tree.objects.values_list("under_watch", flat=True)) == {True}


def test_the_next_date_is_asked_for_and_not_too_late_for_the_score() -> None:
    tree = TreeFactory(state="mature")
    assert "2027-04-01" in inspect(tree, 3).warnings[1]
    assert "2027-10-01" in inspect(tree, 2, next_due="2028-01-01").warnings[0]
    assert inspect(tree, next_due="2026-10-01").code == "next_before"
    assert next_inspection(dt.date(2026, 8, 31), 3) == dt.date(2027, 2, 28)


def test_a_score_is_from_0_to_4_and_milder_than_its_parts_only_with_a_warning() -> None:
    tree = TreeFactory(state="mature")
    assert inspect(tree, 5).code == "invalid"
    assert inspect(tree, -1).code == "invalid"
    verdict = inspect(tree, crown=3, overall=1, next_due="2027-10-01")
    assert verdict.warnings == ("The overall score is milder than the worst part's.",)


def test_inspections_that_are_overdue_the_worst_first() -> None:
    day = dt.date(2026, 11, 22)

    def seen(
        tree: Tree, on: dt.date, due: dt.date, overall: int = 1, **facts: object
    ) -> Inspection:
        return InspectionFactory(tree=tree, inspected_on=on, next_due=due, overall=overall, **facts)

    first, last = dt.date(2022, 1, 1), dt.date(2025, 1, 1)
    past, coming = dt.date(2026, 1, 1), dt.date(2027, 1, 1)
    a, b, c, gone = (TreeFactory(state="mature") for _ in range(4))
    Tree.objects.filter(pk=gone.pk).update(state="felled")
    mild = seen(a, first, past)
    worst = seen(b, last, past, overall=3)
    seen(c, first, past)
    newest = seen(c, last, coming)
    seen(gone, last, past)
    seen(a, last, coming, state="withdrawn")
    assert set(Inspection.objects.latest()) >= {mild, worst, newest}
    assert list(Inspection.objects.overdue(day)) == [worst, mild]


# --- roofs --------------------------------------------------------------------------------------------
def roof(side_m: float, **facts: object) -> GreenRoof:
    """A square of `side_m` metres in Lambert 93, near the town hall."""
    outline = Polygon.from_bbox((646_700, 6_857_900, 646_700 + side_m, 6_857_900 + side_m))
    outline.srid = LAMBERT_93
    return GreenRoofFactory(geom=outline.transform(WGS84, clone=True), **facts)


def test_roofs_by_state_and_kind_in_square_metres(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    commune = CommuneFactory()
    roof(10, state="in_service")
    roof(20, state="in_service", area_m2=390.0)
    roof(30, state="in_service", kind="intensive")
    roof(40, state="candidate", archived_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    with django_assert_num_queries(1):
        rows = list(GreenRoof.objects.areas(commune.metric_srid))
    assert [(row["state"], row["kind"], row["roofs"]) for row in rows] == [
        ("in_service", "extensive", 2),
        ("in_service", "intensive", 1),
    ]
    assert rows[0]["total_outline_m2"] == pytest.approx(500, abs=0.1)
    assert rows[1]["total_outline_m2"] == pytest.approx(900, abs=0.1)
    assert [(row["declared_m2"], row["declared"]) for row in rows] == [(390.0, 1), (None, 0)]


def test_each_roof_is_measured_in_the_towns_own_metres() -> None:
    CommuneFactory()
    roof(10)
    assert GreenRoof.objects.measured().get().outline_m2 == pytest.approx(100, abs=0.05)
