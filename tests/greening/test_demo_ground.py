"""The demo town's ground: a plausible town, the same for the same seed, another for another."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter
from datetime import date
from itertools import pairwise

import numpy as np
import pytest
import shapely
from scipy.spatial import KDTree
from shapely import Polygon

from greening.demo.ground import Ground, build_ground
from greening.demo.lives import TODAY
from greening.demo.registry import DEMO_SEED
from greening.demo.shapes import cut, largest, long_axis
from greening.demo.species import BY_NAME, TAXA
from greening.models import GreenRoof, PlantingSite, Tree
from greening.models.tree import LIVING_STATES

SLIVER_M2 = 0.5  # what rounding to the centimetre leaves along a shared edge
ENDED = {"dead", "missing", "felled"}


@pytest.fixture(scope="module")
def ground() -> Ground:
    return build_ground(DEMO_SEED)


def fingerprint(ground: Ground) -> str:
    """A hash over every geometry's bytes and every word of a ground."""
    digest = hashlib.sha256()
    shapes = [ground.outline, *ground.blocks, *ground.parks, *ground.water]
    shapes += [street.line for street in ground.streets] + [roof.polygon for roof in ground.roofs]
    for wkb in shapely.to_wkb([*shapes, *(site.point for site in ground.sites)]):
        digest.update(wkb)
    digest.update(repr([(street.name, street.width_m) for street in ground.streets]).encode())
    digest.update(
        repr([(site.matricule, site.state, site.trees) for site in ground.sites]).encode()
    )
    return digest.hexdigest()


def overlap_m2(shapes: list[Polygon]) -> float:
    """The largest overlap of two of the shapes."""
    everything = np.array(shapes, dtype=object)
    first, second = shapely.STRtree(everything).query(everything, predicate="intersects")
    pairs = first < second
    common = shapely.intersection(everything[first[pairs]], everything[second[pairs]])
    return float(shapely.area(common).max(initial=0.0))


def test_the_same_seed_gives_the_same_town_byte_for_byte_in_another_process(
    ground: Ground,
) -> None:
    code = (
        "from greening.demo.ground import build_ground\n"
        "from tests.greening.test_demo_ground import fingerprint\n"
        f"print(fingerprint(build_ground({DEMO_SEED})))\n"
    )
    setup = "import django; django.setup()\n"
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONWARNINGS": "ignore"}
    other = subprocess.run(
        [sys.executable, "-c", setup + code],
        capture_output=True,
        text=True,
        check=True,
        env={**environment, "DJANGO_SETTINGS_MODULE": "greening.settings"},
    )
    assert other.stdout.strip() == fingerprint(ground)


def test_another_seed_gives_other_streets_in_the_same_territory(ground: Ground) -> None:
    other = build_ground(1, programme=False)
    assert other.outline.equals(ground.outline)
    here = shapely.union_all([street.surface for street in ground.streets])
    there = shapely.union_all([street.surface for street in other.streets])
    # Two independent layouts that each cover a quarter of the land share a quarter of their ground.
    assert here.intersection(there).area / here.area < 0.5


def test_leaving_the_sites_out_changes_no_geometry(ground: Ground) -> None:
    bare = build_ground(DEMO_SEED, programme=False)
    assert bare.sites == ()
    assert bare.blocks == ground.blocks
    assert [roof.polygon for roof in bare.roofs] == [roof.polygon for roof in ground.roofs]


def test_the_town_has_issys_size_and_a_river_along_its_north_west(ground: Ground) -> None:
    assert ground.outline.area == pytest.approx(4.25e6, rel=0.001)
    (water,) = ground.water
    inside = water.intersection(ground.outline)
    assert inside.area > 100_000
    middle = ground.outline.centroid
    assert inside.centroid.x < middle.x
    assert inside.centroid.y > middle.y


def test_blocks_and_parks_are_valid_disjoint_and_hold_no_street_and_no_water(
    ground: Ground,
) -> None:
    pieces = [*ground.blocks, *ground.parks]
    assert all(piece.is_valid for piece in pieces)
    assert overlap_m2(pieces) < SLIVER_M2
    paved = shapely.union_all([street.surface for street in ground.streets])
    town = shapely.union_all(pieces)
    # Rounding to the centimetre moves an edge by half of one at most: nothing but slivers.
    slivers_m2 = 0.005 * town.length
    assert town.intersection(paved).area < slivers_m2
    assert town.intersection(ground.water[0]).area < slivers_m2
    assert town.difference(ground.outline).area < slivers_m2


def test_streets_have_names_of_their_own_and_widths_that_fit_their_rank(ground: Ground) -> None:
    names = [street.name for street in ground.streets]
    assert len(set(names)) == len(names)
    assert {street.kind for street in ground.streets} == {"avenue", "rue", "allée", "quai"}
    mean = {
        kind: np.mean([street.width_m for street in ground.streets if street.kind == kind])
        for kind in ("avenue", "rue", "allée")
    }
    assert mean["avenue"] > mean["rue"] > mean["allée"]
    kilometres = sum(street.line.length for street in ground.streets) / 1000
    assert 50 < kilometres < 120


def test_forty_roofs_lie_within_forty_blocks(ground: Ground) -> None:
    assert len(ground.roofs) == 40
    blocks = shapely.STRtree(ground.blocks)
    held = [int(blocks.query(roof.polygon, predicate="within")[0]) for roof in ground.roofs]
    assert len(set(held)) == 40
    assert all(0 < roof.area_m2 < roof.polygon.area for roof in ground.roofs)
    assert {roof.state for roof in ground.roofs} <= set(GreenRoof.State.values)
    assert {roof.kind for roof in ground.roofs} <= set(GreenRoof.Kind.values)


def test_six_thousand_sites_stand_four_metres_apart_in_streets_and_parks(ground: Ground) -> None:
    assert len(ground.sites) == 6_000
    assert len({site.matricule for site in ground.sites}) == 6_000
    places = np.array([(site.point.x, site.point.y) for site in ground.sites])
    nearest, _ = KDTree(places).query(places, k=2)
    assert nearest[:, 1].min() >= 4.0
    for site in ground.sites:
        if site.street is not None:
            street = ground.streets[site.street]
            assert street.line.distance(site.point) <= street.width_m / 2
    parks = shapely.union_all(ground.parks)
    in_parks = [site.point for site in ground.sites if site.street is None]
    assert len(in_parks) > 500
    assert shapely.contains(parks, in_parks).all()


def test_every_state_is_one_of_the_domains(ground: Ground) -> None:
    assert {site.state for site in ground.sites} <= set(PlantingSite.State.values)
    assert {site.kind for site in ground.sites} <= set(PlantingSite.Kind.values)
    assert {site.manager for site in ground.sites} <= set(PlantingSite.Manager.values)
    trees = [tree for site in ground.sites for tree in site.trees]
    assert {tree.state for tree in trees} <= set(Tree.State.values)
    assert {tree.species for tree in trees} <= set(BY_NAME)


def test_a_site_and_its_trees_tell_the_same_story(ground: Ground) -> None:
    for site in ground.sites:
        states = [tree.state for tree in site.trees]
        assert all(state in ENDED for state in states[:-1]), "one living tree a site"
        last = states[-1] if states else None
        match site.state:
            case "occupied":
                assert last in LIVING_STATES
            case "ready":
                assert last == "reserved"
            case "scheduled":
                assert last in {None, "reserved"}
            case "to_fell":
                assert last in {"dead", "senescent"}
            case "stump" | "vacant" | "retired":
                assert last in ENDED
            case _:
                assert not states


def test_no_tree_is_planted_in_the_future_or_ends_before_it_began(ground: Ground) -> None:
    for tree in (tree for site in ground.sites for tree in site.trees):
        assert (tree.ended_on is not None) == (tree.state in ENDED)
        if tree.planted_on is not None:
            assert date(2022, 11, 1) <= tree.planted_on <= TODAY
            assert tree.planted_on.month in (11, 12, 1, 2, 3)
            assert tree.ended_on is None or tree.planted_on < tree.ended_on <= TODAY
    for site in ground.sites:
        for before, after in pairwise(site.trees):
            assert before.ended_on is not None
            assert after.planted_on is None or before.ended_on < after.planted_on


def test_the_programme_has_come_a_plausible_way(ground: Ground) -> None:
    states = Counter(site.state for site in ground.sites)
    assert 0.6 < states["occupied"] / 6_000 < 0.75
    assert states["scheduled"] + states["ready"] > 600
    assert states["proposed"] > 200
    lost = sum(tree.state in ("dead", "missing") for site in ground.sites for tree in site.trees)
    assert 0.03 < lost / 4_200 < 0.12
    assert any(len(site.trees) > 1 for site in ground.sites)


def test_every_taxon_is_planted_about_as_often_as_its_share(ground: Ground) -> None:
    wanted = Counter(site.target_species for site in ground.sites)
    assert set(wanted) == {taxon.scientific_name for taxon in TAXA}
    assert sum(taxon.share for taxon in TAXA) == pytest.approx(1.0)
    # Streets are planted with one leading species, so shares wander; none takes the town over.
    assert max(wanted.values()) < 0.3 * 6_000


def test_cutting_a_square_gives_two_halves() -> None:
    square = Polygon([(0, 0), (10, 0), (10, 10), (0, 10)])
    left, right = cut(square, (5, 5), 0.0)  # heading east: the north half lies to the left
    assert (left.area, right.area) == (50.0, 50.0)
    assert left.centroid.y == pytest.approx(7.5)
    assert largest(left).equals(left)


@pytest.mark.parametrize("turn_deg", [0, 17, 90, 123, 200, 301])
def test_the_long_axis_has_the_whole_rectangle_on_its_left(turn_deg: int) -> None:
    shape = shapely.affinity.rotate(Polygon([(0, 0), (40, 0), (40, 9), (0, 9)]), turn_deg)
    start, heading, length, breadth = long_axis(shape)
    assert (length, breadth) == (pytest.approx(40), pytest.approx(9))
    left, right = cut(shape, start, heading)
    assert left.area == pytest.approx(360)
    assert right.area == pytest.approx(0, abs=1e-6)
