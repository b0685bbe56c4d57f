"""Pages by key, against the whole list sorted by hand."""

from __future__ import annotations

import base64
import datetime as dt
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext

from greening.errors import BadInput
from greening.models import Tree
from greening.paging import page
from tests.factories import SpeciesFactory, TreeFactory

pytestmark = pytest.mark.django_db
DAYS = [None, dt.date(2024, 11, 1), dt.date(2025, 1, 1), dt.date(2025, 11, 20)]


@pytest.fixture
def grove() -> list[Tree]:
    """Forty trees with many ties and many gaps."""
    rng = random.Random(11)
    species = [None, SpeciesFactory(), SpeciesFactory(genus="Acer", species="campestre")]
    return [
        TreeFactory(
            planted_on=rng.choice(DAYS),
            height_m=rng.choice([None, 0.1 + 0.2, 3.0, 12.25]),
            lot=rng.choice(["", "A", "É", "b"]),
            species=rng.choice(species),
            state="mature",
        )
        for _ in range(40)
    ]


def walk(rows: QuerySet[Tree], sort: str, size: int) -> list[list[Tree]]:
    pages = [page(rows, sort, size=size)]
    while (token := pages[-1].next) is not None:
        pages.append(page(rows, sort, size=size, token=token))
    return [list(each.rows) for each in pages]


def walk_back(rows: QuerySet[Tree], sort: str, size: int) -> list[list[Tree]]:
    """From the last page, found by walking forward, to the first."""
    here = page(rows, sort, size=size)
    while here.next is not None:
        here = page(rows, sort, size=size, token=here.next)
    pages = [here]
    while (token := pages[-1].previous) is not None:
        pages.append(page(rows, sort, size=size, token=token))
    return [list(each.rows) for each in reversed(pages)]


def flat(pages: list[list[Tree]]) -> list[int]:
    return [tree.pk for each in pages for tree in each]


def by_hand(sort: str) -> list[int]:
    name, falling = sort.removeprefix("-"), sort.startswith("-")
    rows = list(Tree.objects.values_list("pk", name))
    present = sorted((row[1], row[0]) for row in rows if row[1] is not None)
    absent = sorted(row[0] for row in rows if row[1] is None)
    if falling:
        present.reverse()
        absent.reverse()
    return [row[1] for row in present] + absent


SORTS = ["planted_on", "-planted_on", "height_m", "-height_m", "species__genus", "-species__genus"]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("size", [1, 3, 7, 40, 100])
def test_pages_are_the_sorted_list_cut_up(grove: list[Tree], sort: str, size: int) -> None:
    expected = by_hand(sort)
    pages = walk(Tree.objects.all(), sort, size)
    assert flat(pages) == expected
    assert {len(each) for each in pages[:-1]} <= {size}
    assert flat(walk_back(Tree.objects.all(), sort, size)) == expected


@pytest.mark.parametrize("sort", ["id", "-id", "pk", "created_at", "-uuid", "lot"])
def test_other_orders_lose_and_repeat_nothing(grove: list[Tree], sort: str) -> None:
    """Text is in the database's own order, so only that nothing is lost and both ways agree."""
    there = flat(walk(Tree.objects.all(), sort, 7))
    assert sorted(there) == sorted(tree.pk for tree in grove)
    assert flat(walk_back(Tree.objects.all(), sort, 7)) == there


def test_a_previous_page_is_the_page_one_came_from(grove: list[Tree]) -> None:
    first = page(Tree.objects.all(), "-planted_on", size=9)
    second = page(Tree.objects.all(), "-planted_on", size=9, token=first.next)
    back = page(Tree.objects.all(), "-planted_on", size=9, token=second.previous)
    assert list(back.rows) == list(first.rows)
    assert (first.previous, back.previous) == (None, None)
    assert back.next is not None


def test_rows_that_come_and_go_shift_nothing(grove: list[Tree]) -> None:
    rows = Tree.objects.all()
    first = page(rows, "planted_on", size=10)
    rest = by_hand("planted_on")[10:]
    TreeFactory(planted_on=dt.date(2000, 1, 1), state="mature")  # before the page: shifts an OFFSET
    first.rows[9].delete()  # the row the token was made from
    seen: list[int] = []
    token = first.next
    while token is not None:
        here = page(rows, "planted_on", size=10, token=token)
        seen += [tree.pk for tree in here.rows]
        token = here.next
    assert seen == rest


def test_filters_and_annotations_page_alike(grove: list[Tree]) -> None:
    rows = Tree.objects.filter(height_m__gt=1).annotate(
        label=Concat(F("lot"), Value("/"), F("species__genus"))
    )
    assert sorted(flat(walk(rows, "label", 4))) == sorted(rows.values_list("pk", flat=True))


def test_no_page_uses_an_offset_or_a_count(
    grove: list[Tree], django_assert_max_num_queries: Any
) -> None:
    token = page(Tree.objects.all(), "planted_on", size=10).next
    with django_assert_max_num_queries(3) as queries:
        page(Tree.objects.all(), "planted_on", size=10, token=token)
    for query in queries.captured_queries:
        assert "OFFSET" not in query["sql"].upper()
        assert "COUNT(" not in query["sql"].upper()


@pytest.mark.parametrize("sort", ["planted_on", "-planted_on"])
@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads SQLite's query plan")
def test_a_page_walks_the_index_and_sorts_nothing(grove: list[Tree], sort: str) -> None:
    token = page(Tree.objects.all(), sort, size=3).next
    with CaptureQueriesContext(connection) as queries:
        page(Tree.objects.all(), sort, size=3, token=token)
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + queries.captured_queries[0]["sql"])
        plan = " ".join(str(row[3]) for row in cursor.fetchall())
    assert "COVERING INDEX" in plan
    assert "planted_on>" in plan
    assert "TEMP B-TREE" not in plan


def test_an_empty_list_has_one_empty_page() -> None:
    here = page(Tree.objects.all(), "planted_on")
    assert (list(here.rows), here.next, here.previous) == ([], None, None)


def bad_tokens() -> Iterator[str]:
    def made(*parts: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()

    yield from ("", "é", "AAAA", "%%%", made(1), made("planted_on", 0, "2025-01-01"))
    yield made("-planted_on", 0, "2025-01-01", 1)  # of another order
    yield made("planted_on", 0, "not a day", 1)
    yield made("planted_on", 0, "2025-01-01", "1 OR 1=1")
    yield made("planted_on", 0, "2025-01-01", 2**70)
    yield made("planted_on", 7, "2025-01-01", 1)
    yield made("planted_on", 0, {"a": 1}, 1)


@pytest.mark.parametrize("token", list(bad_tokens()))
def test_a_token_of_another_list_is_refused_in_a_sentence(token: str) -> None:
    with pytest.raises(BadInput, match="first page"):
        page(Tree.objects.all(), "planted_on", token=token)


@pytest.mark.parametrize("sort", ["colour", "species", "site__trees__id", "planted_on__year"])
def test_an_order_that_is_none_is_refused(sort: str) -> None:
    with pytest.raises(BadInput, match="sorted"):
        page(Tree.objects.all(), sort)


@pytest.mark.parametrize("size", [0, -1, 1001])
def test_a_page_has_a_size(size: int) -> None:
    with pytest.raises(BadInput):
        page(Tree.objects.all(), size=size)
