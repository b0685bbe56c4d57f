"""The ground's nouns: what the database itself refuses, and the questions that rows answer."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon, Point, Polygon
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from greening.errors import BadInput
from greening.models import Commune, Species, Tree
from greening.models.base import new_uuid
from tests.factories import (
    CommuneFactory,
    GreenRoofFactory,
    PlantingSiteFactory,
    SpeciesFactory,
    StreetFactory,
    TreeFactory,
)

pytestmark = pytest.mark.django_db

#: A bow tie: its edges cross at (2.275, 48.825).
CROSSING = Polygon(((2.27, 48.82), (2.28, 48.83), (2.28, 48.82), (2.27, 48.83), (2.27, 48.82)))


def test_an_installation_without_a_town_says_what_to_load() -> None:
    with pytest.raises(BadInput, match=r"manage\.py import_commune FILE"):
        Commune.objects.the()
    issy = CommuneFactory()
    assert Commune.objects.the() == issy


@pytest.mark.parametrize(
    ("make", "geom"),
    [(GreenRoofFactory, CROSSING), (CommuneFactory, MultiPolygon(CROSSING))],
)
def test_the_database_refuses_a_shape_that_crosses_itself(make: Any, geom: GEOSGeometry) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make(geom=geom)


def test_the_database_refuses_it_from_sql_too() -> None:
    roof = GreenRoofFactory()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE greening_greenroof SET geom = ST_GeomFromText(%s, 4326) WHERE id = %s",
            (CROSSING.wkt, roof.pk),
        )


def test_a_site_holds_one_living_tree_and_keeps_the_dead_ones() -> None:
    site = PlantingSiteFactory(state="occupied")
    TreeFactory(site=site, state=Tree.State.DEAD)
    TreeFactory(site=site, state=Tree.State.FELLED)
    TreeFactory(site=site, state=Tree.State.PLANTED)
    for state in (Tree.State.PLANTED, Tree.State.MATURE, Tree.State.RESERVED):
        with pytest.raises(IntegrityError), transaction.atomic():
            TreeFactory(site=site, state=state)
    assert site.trees.count() == 3


def test_a_tree_at_the_nursery_is_not_yet_alive_in_town() -> None:
    for state in ("reserved", "planted", "establishing", "established", "mature", "senescent"):
        TreeFactory(state=state)
    for state in ("dead", "missing", "felled", "transplanted"):
        TreeFactory(state=state)
    assert Tree.objects.alive().count() == 5
    assert all(tree.is_alive for tree in Tree.objects.alive())
    assert {tree.state for tree in Tree.objects.lost()} == {"dead", "missing", "felled"}


def test_alive_trees_can_be_asked_for_by_place() -> None:
    near = TreeFactory(geom=Point(2.27, 48.82))
    TreeFactory(geom=Point(2.27, 48.82), state="dead")
    assert list(Tree.objects.alive().within_box((2.26, 48.81, 2.28, 48.83))) == [near]
    assert list(Tree.objects.within_box((2.26, 48.81, 2.28, 48.83)).alive()) == [near]


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("Tilia", "cordata", "", "Greenspire"), "Tilia cordata 'Greenspire'"),
        (("Platanus", "×hispanica", "", ""), "Platanus ×hispanica"),
        (("Malus", "", "", "Evereste"), "Malus 'Evereste'"),
        (("Pinus", "nigra", "subsp. laricio", ""), "Pinus nigra subsp. laricio"),
    ],
)
def test_a_scientific_name_is_written_as_the_codes_ask(parts: tuple[str, ...], name: str) -> None:
    genus, species, infraspecific, cultivar = parts
    made = SpeciesFactory(
        genus=genus, species=species, infraspecific=infraspecific, cultivar=cultivar
    )
    assert made.scientific_name == name


def test_a_species_exists_once() -> None:
    SpeciesFactory(genus="Tilia", species="cordata")
    with pytest.raises(IntegrityError), transaction.atomic():
        Species.objects.create(genus="Tilia", species="cordata")


@pytest.mark.parametrize("code", ["92040", "2A004", "97411"])
def test_an_insee_code_may_be_corsican_or_overseas(code: str) -> None:
    CommuneFactory.build(insee=code).clean_fields(exclude=["geom"])


@pytest.mark.parametrize(
    ("field", "value"),
    [("insee", "9204"), ("insee", "92O40"), ("metric_srid", 4326), ("metric_srid", 1)],
)
def test_a_commune_that_cannot_be_is_refused(field: str, value: Any) -> None:
    with pytest.raises(ValidationError) as told:
        CommuneFactory.build(**{field: value}).clean_fields(exclude=["geom"])
    assert set(told.value.message_dict) == {field}


def test_identifiers_sort_by_time() -> None:
    made = [new_uuid() for _ in range(50)]
    assert made == sorted(made)
    assert {identifier.version for identifier in made} == {7}


def test_a_street_may_go_while_its_sites_stay() -> None:
    site = PlantingSiteFactory(street=StreetFactory())
    assert site.street is not None
    site.street.delete()
    site.refresh_from_db()
    assert site.street is None


def test_a_geometry_comes_back_as_it_went_in() -> None:
    tree = TreeFactory(geom=Point(2.273_712_345, 48.823_812_345))
    assert Tree.objects.get(pk=tree.pk).geom.tuple == (2.273_712_345, 48.823_812_345)
    assert Tree.objects.get(pk=tree.pk).geom.srid == 4326
