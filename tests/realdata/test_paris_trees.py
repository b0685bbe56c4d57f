"""Paris' 6,438 real trees: in with the right units, out as valid schema-arbre, back unchanged in what it carries."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from django.core.management import call_command

from greening.models import Event, PlantingSite, Tree
from tests.factories import CommuneFactory
from tests.greening.imports import run
from tests.greening.inventories import counts
from tests.greening.test_export_trees import problems

pytestmark = [pytest.mark.django_db, pytest.mark.realdata]


def carried() -> list[tuple[object, ...]]:
    """The fields that schema-arbre carries, of every tree."""
    trees = Tree.objects.select_related("site", "species").order_by("source_id")
    return [
        (
            tree.source_id, tree.geom.coords, str(tree.species), tree.species_as_written, tree.girth_m, tree.height_m,
            tree.planted_on, tree.note, tree.details.get("remarkable"), tree.details.get("common_name"),
            tree.site.address, tree.site.matricule, tree.site.soil, tree.site.constraints,
        )
        for tree in trees
    ]  # fmt: skip


def test_paris(shared_data: Path, tmp_path: Path) -> None:
    CommuneFactory(insee="92040")
    call_command("load_species", verbosity=0)
    source = shared_data / "trees" / "paris_les-arbres_merged.csv"
    out, err = run("import_trees", source)
    assert counts(out) == {"new": 6438, "updated": 0, "unchanged": 0, "refused": 0}
    assert "Read as paris" in err

    # Against the file itself, read here by other means.
    rows = {
        row["idbase"]: row for row in csv.DictReader(source.read_text("utf-8-sig").splitlines())
    }
    assert Tree.objects.filter(girth_m__isnull=False).count() == 5952
    for tree in Tree.objects.all():
        row = rows[tree.source_id]
        girth = int(re.sub(r"\.0*$", "", row["circonference_cm"]))
        assert tree.girth_m == (girth / 100 if girth else None)
        assert tree.geom.coords == (float(row["lon"]), float(row["lat"]))
        height = float(row["hauteur_m"])
        assert tree.height_m == (
            height if 0 < height < 100 else None
        )  # one of 150 m is told and left empty
    known = Tree.objects.filter(species__isnull=False).count()
    assert known / 6438 > 0.99

    # Out, valid, and back into the same town: not one event.
    before, events = carried(), Event.objects.count()
    said, _err = run("export_trees", tmp_path / "paris.csv", "--profile", "schema-arbre")
    assert '--source "Paris, les-arbres"' in said
    assert problems(tmp_path / "paris.csv", shared_data) == []
    out, _err = run("import_trees", tmp_path / "paris.csv", "--source", "Paris, les-arbres")
    assert counts(out) == {"new": 0, "updated": 0, "unchanged": 6438, "refused": 0}
    assert Event.objects.count() == events

    # And into an empty one: the same in every field that schema-arbre carries.
    Tree.objects.all().delete()
    PlantingSite.objects.all().delete()
    Event.objects.all().delete()
    run("import_trees", tmp_path / "paris.csv", "--source", "Paris, les-arbres")
    assert carried() == before
