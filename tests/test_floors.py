"""frontend → heat_islands → parcels → greening: what import-linter cannot see never points upward either."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db.migrations.loader import MigrationLoader

from tests.conftest import ROOT

FLOORS = ["greening", "parcels", "heat_islands", "frontend"]
#: These two know the upper floors by name only, so that Django can compose the house.
COMPOSERS = {Path("greening/settings.py"), Path("greening/urls.py")}


def above(floor: str) -> list[str]:
    return FLOORS[FLOORS.index(floor) + 1 :]


def upward_strings(source: str, floor: str) -> list[str]:
    """Strings in the code that name a module, a model or a table of a floor above.

    >>> upward_strings('apps.get_model("parcels", "School")', "greening")
    ['parcels']
    >>> upward_strings('models.ForeignKey("heat_islands.HeatMap")', "parcels")
    ['heat_islands.HeatMap']
    >>> upward_strings('cursor.execute("SELECT id FROM parcels_school")', "greening")
    ['parcels_school']
    >>> upward_strings('import_string("greening.models.Tree"); "the parcels that people share"', "greening")
    []
    """
    names = "|".join(above(floor))
    if not names:
        return []
    dotted = re.compile(rf"^(?:{names})(?:\.\w+)*$")
    table = re.compile(rf"\b(?:{names})_[a-z]+\b")
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if dotted.match(node.value):
                found.append(node.value)
            elif len(node.value) < 2_000:
                found += table.findall(node.value)
    return found


@pytest.mark.parametrize("floor", FLOORS)
def test_no_string_points_to_a_floor_above(floor: str) -> None:
    offenders = {
        str(path.relative_to(ROOT)): names
        for path in sorted((ROOT / floor).rglob("*.py"))
        if path.relative_to(ROOT) not in COMPOSERS and "node_modules" not in path.parts
        if (names := upward_strings(path.read_text("utf-8"), floor))
    }
    assert offenders == {}


def test_no_relation_points_to_a_floor_above() -> None:
    offenders = []
    for model in apps.get_models():
        floor = model._meta.app_label
        if floor not in FLOORS:
            continue
        for field in [*model._meta.local_fields, *model._meta.local_many_to_many]:
            target = field.related_model
            if (
                target is not None
                and not isinstance(target, str)
                and target._meta.app_label in above(floor)
            ):
                offenders.append(f"{model.__name__}.{field.name} → {target._meta.label}")
    assert offenders == []


def test_no_migration_waits_for_a_floor_above() -> None:
    loader = MigrationLoader(None)
    offenders = [
        f"{app}.{name} → {needed[0]}.{needed[1]}"
        for (app, name), migration in loader.disk_migrations.items()
        if app in FLOORS
        for needed in migration.dependencies
        if needed[0] in above(app)
    ]
    assert offenders == []


def test_every_floor_is_installed_from_the_ground_up() -> None:
    from django.conf import settings

    installed = [app for app in settings.INSTALLED_APPS if app in FLOORS]
    assert installed == FLOORS
