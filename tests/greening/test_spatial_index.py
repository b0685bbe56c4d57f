"""SpatiaLite's R-trees follow their tables, also after the table remakes of a migration."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.gis.geos import Point
from django.core.management import call_command
from django.db import connection

from greening import spatial_index
from greening.models import PlantingSite, Tree
from tests.factories import PARK, TOWN_HALL, PlantingSiteFactory, TreeFactory, square

pytestmark = pytest.mark.django_db

AT_TOWN_HALL = square(*TOWN_HALL).extent
AT_THE_PARK = square(*PARK).extent


@pytest.fixture
def only_spatialite() -> None:
    if connection.vendor != "sqlite":
        pytest.skip(
            "PostGIS: a GiST index follows its table by itself; SpatiaLite's R-tree does not"
        )


@pytest.fixture
def check_spatial_index(only_spatialite: None) -> Callable[[str, str], int | None]:
    """SpatiaLite's own comparison of every box: 1 sound, 0 out of step, None without an index."""

    def check(table: str, column: str) -> int | None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT CheckSpatialIndex(%s, %s)", (table, column))
            answer: int | None = cursor.fetchone()[0]
            return answer

    return check


def test_every_geometry_column_has_a_sound_index_after_migrate(
    check_spatial_index: Callable[[str, str], int | None],
) -> None:
    columns = list(spatial_index.indexed_columns("default"))
    assert ("greening_tree", "geom") in columns
    assert {column: check_spatial_index(*column) for column in columns} == dict.fromkeys(columns, 1)


def test_a_row_is_found_where_it_is_and_no_longer_where_it_was() -> None:
    site = PlantingSiteFactory(geom=Point(*TOWN_HALL))
    assert list(PlantingSite.objects.within_box(AT_TOWN_HALL)) == [site]

    site.geom = Point(*PARK)
    site.save()
    assert not PlantingSite.objects.within_box(AT_TOWN_HALL).exists()
    assert list(PlantingSite.objects.within_box(AT_THE_PARK)) == [site]

    site.delete()
    assert not PlantingSite.objects.within_box(AT_THE_PARK).exists()


def test_bulk_writes_keep_the_index_in_step() -> None:
    sites = PlantingSite.objects.bulk_create(
        PlantingSite(geom=Point(*TOWN_HALL)) for _ in range(20)
    )
    for site in sites[:5]:
        site.geom = Point(*PARK)
    PlantingSite.objects.bulk_update(sites, ["geom"])
    PlantingSite.objects.filter(pk=sites[-1].pk).update(geom=Point(*PARK))
    assert PlantingSite.objects.within_box(AT_TOWN_HALL).count() == 14
    assert PlantingSite.objects.within_box(AT_THE_PARK).count() == 6


@pytest.mark.django_db(transaction=True)
def test_a_table_remake_blinds_the_index_and_migrate_mends_it(
    check_spatial_index: Callable[[str, str], int | None],
) -> None:
    before = TreeFactory(geom=Point(*TOWN_HALL))
    # What Django does to add a constraint on SQLite: a new table under the old name.
    with connection.schema_editor() as editor:
        editor._remake_table(Tree)
    after = TreeFactory(geom=Point(*TOWN_HALL))
    assert after not in Tree.objects.within_box(AT_TOWN_HALL)
    with connection.cursor() as cursor:
        assert not spatial_index.is_sound(cursor, "greening_tree", "geom")

    call_command("migrate", verbosity=0)

    assert set(Tree.objects.within_box(AT_TOWN_HALL)) == {before, after}
    assert check_spatial_index("greening_tree", "geom") == 1
    after.geom = Point(*PARK)
    after.save()
    assert list(Tree.objects.within_box(AT_TOWN_HALL)) == [before]


@pytest.mark.django_db(transaction=True)
def test_a_sound_index_is_left_alone(only_spatialite: None) -> None:
    TreeFactory()
    assert spatial_index.mend() == []


@pytest.mark.django_db(transaction=True)
def test_an_index_without_triggers_or_out_of_step_is_rebuilt(only_spatialite: None) -> None:
    PlantingSiteFactory(geom=Point(*TOWN_HALL))
    with connection.cursor() as cursor:
        cursor.execute('DROP TRIGGER "gii_greening_plantingsite_geom"')
    PlantingSiteFactory(geom=Point(*TOWN_HALL))
    assert PlantingSite.objects.within_box(AT_TOWN_HALL).count() == 1

    assert spatial_index.mend() == [("greening_plantingsite", "geom")]

    assert PlantingSite.objects.within_box(AT_TOWN_HALL).count() == 2
    with connection.cursor() as cursor:
        cursor.execute('DELETE FROM "idx_greening_plantingsite_geom"')
    assert spatial_index.mend() == [("greening_plantingsite", "geom")]


def test_mending_has_nothing_to_do_on_postgis() -> None:
    if connection.vendor == "postgresql":
        assert spatial_index.mend() == []
    else:
        assert set(spatial_index.mend()) == set()
