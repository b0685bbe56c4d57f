"""A second import of the same trees: no twins, nothing lost that people here did, the vanished told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID

import pytest

from greening.events import Change, apply
from greening.exchange import holders
from greening.exchange.holders import Hold
from greening.models import Event, Tree
from tests.factories import CareTaskFactory
from tests.greening.inventories import (
    THERE,
    counts,
    events,
    imported,
    table,
    the_tree,
    town,
    tree_row,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def issy() -> None:
    town()


@pytest.fixture
def again(tmp_path: Path) -> Iterator[object]:
    """Imports rows under one source."""

    def run(*rows: dict[str, object], options: Sequence[object] = ()) -> str:
        return imported(table(tmp_path / "t.csv", *rows), "--source", "town", *options)

    return run  # type: ignore[return-value]


def test_the_same_file_again_makes_no_twins_and_no_events(again) -> None:
    rows = [
        tree_row(n, genre="Tilia", espece="cordata", circonference=90 + n, stade="Adulte")
        for n in range(1, 6)
    ]
    again(*rows)
    before = events()
    said = again(*rows)
    assert counts(said) == {"new": 0, "updated": 0, "unchanged": 5, "refused": 0}
    assert events() == before


def test_only_what_differs_is_changed(again) -> None:
    again(tree_row(1, circonference=90, hauteur=8), tree_row(2, circonference=90))
    said = again(tree_row(1, circonference=95, hauteur=8), tree_row(2, circonference=90))
    assert counts(said)["updated"] == 1
    last = Event.objects.order_by("-id").first()
    assert last is not None
    assert last.patch == {"girth_m": 0.95}
    assert last.before == {"girth_m": 0.9}


def test_an_empty_cell_erases_nothing(again) -> None:
    again(tree_row(1, circonference=90))
    again(tree_row(1, circonference=""))
    assert the_tree(1).girth_m == 0.9


def test_a_tree_that_moved_takes_its_site_along(again) -> None:
    again(tree_row(1))
    again(tree_row(1, THERE))
    tree = the_tree(1)
    assert tree.geom.coords == tree.site.geom.coords
    assert tree.geom.x == THERE[0]


def test_what_was_measured_here_is_not_undone_by_the_old_file(again) -> None:
    again(tree_row(1, circonference=90))
    apply(Change("tree", the_tree(1).uuid, {"girth_m": 0.97}))
    said = again(tree_row(1, circonference=90))
    assert the_tree(1).girth_m == 0.97
    assert "was changed here since the source last gave it: ours is kept" in said


def test_news_on_both_sides_is_a_conflict_for_a_person(again) -> None:
    again(tree_row(1, circonference=90))
    apply(Change("tree", the_tree(1).uuid, {"girth_m": 0.97}))
    said = again(tree_row(1, circonference=99))
    assert the_tree(1).girth_m == 0.97
    assert "1 kept for a person" in said
    assert Event.objects.to_settle().count() == 1


def test_a_species_that_a_person_settled_stays(again) -> None:
    from greening.models import Species

    again(tree_row(1, espece="Tilleul des bois"))
    lime = Species.objects.get(genus="Tilia", species="cordata")
    apply(Change("tree", the_tree(1).uuid, {"species": str(lime.uuid)}))
    before = events()
    again(tree_row(1, espece="Tilleul des bois"))
    assert the_tree(1).species == lime
    assert events() == before


def test_a_later_stage_moves_the_state_step_by_step(again) -> None:
    again(tree_row(1, stade="Jeune (arbre)"))
    again(tree_row(1, stade="Adulte"))
    states = Event.objects.of(the_tree(1)).values_list("patch__state", flat=True)
    assert [state for state in states if state] == ["establishing", "established", "mature"]


def test_an_illegal_move_is_said_and_the_rest_of_the_row_lands(again) -> None:
    again(tree_row(1, stade="Adulte"))
    said = again(tree_row(1, stade="Jeune (arbre)", hauteur=9))
    tree = the_tree(1)
    assert (tree.state, tree.height_m) == ("mature", 9.0)
    assert "cannot become that: state kept" in said


def test_what_vanished_is_archived_with_its_site_and_said(again) -> None:
    again(tree_row(1), tree_row(2))
    said = again(tree_row(1))
    gone = the_tree(2)
    assert gone.archived_at is not None
    assert gone.site.archived_at is not None
    assert the_tree(1).archived_at is None
    assert counts(said)["archived"] == 1
    assert f"Tree {gone.pk} is gone from the file and was archived" in said


def test_what_vanished_from_one_source_leaves_the_others_alone(again, tmp_path: Path) -> None:
    again(tree_row(1))
    imported(table(tmp_path / "parks.csv", tree_row(50, THERE)), "--source", "parks")
    assert Tree.objects.filter(archived_at=None).count() == 2


def test_a_row_that_returns_is_brought_back(again) -> None:
    again(tree_row(1), tree_row(2))
    again(tree_row(1))
    said = again(tree_row(1), tree_row(2))
    assert counts(said)["back again"] == 1
    assert the_tree(2).archived_at is None
    assert the_tree(2).site.archived_at is None
    assert Tree.objects.count() == 2


def test_a_row_that_is_refused_has_not_vanished(again) -> None:
    again(tree_row(1), tree_row(2))
    again(tree_row(1), {"id": 2, "lon": "", "lat": ""})
    assert the_tree(2).archived_at is None


def test_a_part_of_the_file_archives_nothing_when_told_so(again) -> None:
    again(tree_row(1), tree_row(2))
    again(tree_row(1), options=["--keep-missing"])
    assert the_tree(2).archived_at is None


def test_whoever_holds_on_to_a_tree_is_asked_before_it_goes(again) -> None:
    again(tree_row(1), tree_row(2), tree_row(3))

    def adopters(trees: Sequence[Tree]) -> dict[UUID, list[Hold]]:
        return {
            tree.uuid: [Hold("Zoé adopted it", keeps=True)]
            for tree in trees
            if tree.source_id == "2"
        }

    CareTaskFactory(tree=the_tree(3))
    holders.register(adopters)
    try:
        said = again(tree_row(1))
    finally:
        holders.unregister(adopters)
    assert the_tree(2).archived_at is None
    assert the_tree(3).archived_at is not None
    assert "was left in place: Zoé adopted it" in said
    assert "was archived, although work is still planned on it" in said
    assert counts(said)["gone from the file but held"] == 1


def test_trees_without_identifiers_are_known_by_their_place(again) -> None:
    rows = [{"lon": 2.27 + n * 1e-4, "lat": 48.82, "hauteur": 7} for n in range(3)]
    again(*rows)
    said = again(*rows)
    assert counts(said)["unchanged"] == 3
    twice = again(*rows, rows[0])
    assert "it stands at the very place of line 2, and has no identifier [refused]" in twice


def test_a_batch_asks_the_database_a_fixed_number_of_questions(
    again, django_assert_max_num_queries
) -> None:
    rows = [tree_row(n, genre="Tilia", espece="cordata", hauteur=5) for n in range(1, 201)]
    again(*rows)
    with django_assert_max_num_queries(45):
        again(*rows)
