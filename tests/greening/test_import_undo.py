"""An import taken back: what it made goes out of sight, what it changed comes back, what people did since stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management.base import CommandError

from greening.errors import BadInput
from greening.events import Change, apply
from greening.exchange import alone
from greening.models import CareTask, Event, ImportRun, PlantingSite, Tree
from greening.undo import undo_import
from tests.greening.imports import run
from tests.greening.inventories import THERE, imported, table, the_tree, town, tree_row

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def issy() -> None:
    town()


def last() -> ImportRun:
    found = ImportRun.objects.first()
    assert found is not None
    return found


def test_what_an_import_made_is_archived(tmp_path: Path) -> None:
    imported(table(tmp_path / "t.csv", tree_row(1), tree_row(2)))
    out, _err = run("undo_import", last().pk)
    assert out == f"Import {last().pk} taken back: 4 archived, 0 given back, 0 left for a person."
    assert not Tree.objects.filter(archived_at=None).exists()
    assert not PlantingSite.objects.filter(archived_at=None).exists()
    assert Event.objects.filter(batch=last().undo_batch).count() == 4


def test_what_an_import_changed_is_given_back(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    imported(table(file, tree_row(1, circonference=90, hauteur=8), tree_row(2)))
    before = the_tree(1).geom.coords
    imported(table(file, tree_row(1, THERE, circonference=95, hauteur=9, remarque="abîmé")))
    undo_import(last())
    tree = the_tree(1)
    assert (tree.girth_m, tree.height_m, tree.note) == (0.9, 8.0, "")
    assert tree.geom.coords == tree.site.geom.coords == before
    assert the_tree(2).archived_at is None  # it had vanished


def test_what_a_person_changed_since_is_kept_and_said(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    imported(table(file, tree_row(1, circonference=90, hauteur=8)))
    imported(table(file, tree_row(1, circonference=95, hauteur=9)))
    apply(Change("tree", the_tree(1).uuid, {"girth_m": 0.96}))
    undone = undo_import(last())
    assert (the_tree(1).girth_m, the_tree(1).height_m) == (0.96, 8.0)
    assert [kept[:2] for kept in undone.kept] == [("tree", the_tree(1).pk)]


def test_a_new_tree_that_a_person_has_touched_is_kept_and_said(tmp_path: Path) -> None:
    imported(table(tmp_path / "t.csv", tree_row(1), tree_row(2)))
    apply(Change("tree", the_tree(1).uuid, {"height_m": 4.0}))
    out, err = run("undo_import", last().pk)
    assert the_tree(1).archived_at is None
    assert the_tree(2).archived_at is not None
    assert "1 left for a person" in out
    assert "it was changed since the import made it" in err


def test_a_state_that_cannot_go_back_is_said_and_the_rest_does(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    imported(table(file, tree_row(1, stade="Jeune (arbre)", hauteur=4)))
    imported(table(file, tree_row(1, stade="Adulte", hauteur=9)))
    undone = undo_import(last())
    tree = the_tree(1)
    assert (tree.state, tree.height_m, tree.details["stage"]) == ("mature", 4.0, "Jeune (arbre)")
    assert undone.counts["kept"] == 1


def test_work_that_followed_from_the_import_is_cancelled(tmp_path: Path) -> None:
    import datetime as dt

    recent = dt.date.today() - dt.timedelta(days=60)
    imported(
        table(tmp_path / "t.csv", tree_row(1, state="planted", date_plantation=recent.isoformat()))
    )
    made = CareTask.objects.filter(tree=the_tree(1))
    assert made.exists()
    undo_import(last())
    assert set(made.values_list("state", flat=True)) == {"cancelled"}


def test_an_import_is_taken_back_once(tmp_path: Path) -> None:
    imported(table(tmp_path / "t.csv", tree_row(1)))
    run("undo_import", last().pk)
    with pytest.raises(CommandError, match="was taken back already"):
        run("undo_import", last().pk)
    with pytest.raises(CommandError, match="There is no import 99"):
        run("undo_import", 99)


def test_an_undo_that_was_interrupted_is_completed_by_the_next(tmp_path: Path) -> None:
    imported(table(tmp_path / "t.csv", *[tree_row(n) for n in range(1, 401)]))

    def stop(_undone: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        undo_import(last(), after_slice=stop)
    halfway = Tree.objects.filter(archived_at=None).count()
    assert 0 < halfway < 400
    undo_import(last())
    assert Tree.objects.filter(archived_at=None).count() == 0
    per_tree = Event.objects.filter(batch=last().undo_batch).count()
    assert per_tree == 800  # each tree and each site once


def test_imported_again_after_the_undo_the_trees_are_back(tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", tree_row(1), tree_row(2))
    imported(file)
    undo_import(last())
    imported(file)
    assert (
        Tree.objects.filter(archived_at=None, site__archived_at=None).count()
        == Tree.objects.count()
        == 2
    )


def test_nothing_is_taken_back_while_its_source_is_imported(tmp_path: Path) -> None:
    imported(table(tmp_path / "t.csv", tree_row(1)), "--source", "town")
    with alone.with_source("town"), pytest.raises(BadInput, match="is under way"):
        undo_import(last())
    with alone.with_run(last()), pytest.raises(BadInput, match="is at work"):
        undo_import(last())
    assert last().state == "done"
    assert the_tree(1).archived_at is None


def test_a_source_is_not_imported_while_an_import_of_it_is_taken_back(tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", tree_row(1))
    imported(file, "--source", "town")

    def another(_undone: object) -> None:
        with pytest.raises(CommandError, match="is under way"):
            run("import_trees", file, "--source", "town")

    undo_import(last(), after_slice=another)
    assert [run.state for run in ImportRun.objects.order_by("pk")] == ["undone", "failed"]


@pytest.mark.parametrize("state", ["done", "undone"])
def test_a_run_that_is_over_takes_no_more_rows(tmp_path: Path, state: str) -> None:
    file = table(tmp_path / "t.csv", tree_row(1))
    imported(file, "--source", "town")
    ImportRun.objects.update(state=state)
    apply(Change("tree", the_tree(1).uuid, {"archived_at": "2026-01-01T00:00:00Z"}))
    with pytest.raises(CommandError, match="start another"):
        run("import_trees", file, "--source", "town", "--run", last().pk)
    assert (last().state, the_tree(1).archived_at is None) == (state, False)


def test_a_second_process_leaves_the_first_ones_run_and_rows_alone(tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", tree_row(1))
    imported(file, "--source", "town")
    ImportRun.objects.update(state="running", counts={"read": 1})
    running = last()
    running.errors_file.parent.mkdir(parents=True, exist_ok=True)
    running.errors_file.write_text("line 7")
    with alone.with_run(running), pytest.raises(CommandError, match="is at work"):
        run("import_trees", file, "--source", "town", "--run", running.pk)
    left = last()
    assert (left.state, left.message, left.counts) == ("running", "", {"read": 1})
    assert running.errors_file.read_text() == "line 7"
