"""The demo's ground in the database: loaded once, never over a real town."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from django.contrib.gis.db.models.functions import Transform
from django.core.management import CommandError, call_command

from greening.demo import registry
from greening.demo.ground import Ground, build_ground
from greening.demo.load import load_ground
from greening.demo.registry import DemoRun
from greening.demo.sites import build_sites
from greening.errors import BadInput
from greening.models import Commune, GreenRoof, PlantingSite, Species, Street, Tree
from tests.factories import CommuneFactory, PlantingSiteFactory, SpeciesFactory

SEED = 5
SITES = 400


@pytest.fixture(scope="module")
def ground() -> Ground:
    """A town whose programme is a fifteenth of the real demo's: all that a loader needs."""
    bare = build_ground(SEED, programme=False)
    return replace(bare, sites=build_sites(SEED, bare.outline, bare.streets, bare.parks, SITES))


@pytest.fixture
def only_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty list of steps, to which a test adds its own."""
    monkeypatch.setattr(registry, "_steps", {})


@pytest.mark.django_db
def test_the_ground_is_loaded_and_labelled(ground: Ground) -> None:
    load_ground(ground)
    commune = Commune.objects.the()
    assert commune.synthetic
    assert commune.insee == "00000"
    assert commune.tree_target == SITES
    assert Street.objects.filter(synthetic=True).count() == len(ground.streets)
    assert PlantingSite.objects.filter(synthetic=True).count() == SITES
    assert GreenRoof.objects.filter(synthetic=True).count() == 40
    assert Tree.objects.filter(synthetic=False).count() == 0
    assert Tree.objects.count() == sum(len(site.trees) for site in ground.sites)


@pytest.mark.django_db
def test_a_site_comes_back_where_it_was_put(ground: Ground) -> None:
    load_ground(ground)
    plan = ground.sites[7]
    site = PlantingSite.objects.annotate(metric=Transform("geom", 2154)).get(
        matricule=plan.matricule
    )
    assert site.metric.x == pytest.approx(plan.point.x, abs=0.01)
    assert site.metric.y == pytest.approx(plan.point.y, abs=0.01)
    assert str(site.target_species) == plan.target_species
    assert site.street is None or site.street.name == ground.streets[plan.street or 0].name


@pytest.mark.django_db
def test_an_earlier_life_names_the_tree_that_replaced_it(ground: Ground) -> None:
    load_ground(ground)
    plan = next(site for site in ground.sites if len(site.trees) == 2)
    site = PlantingSite.objects.get(matricule=plan.matricule)
    old = site.trees.get(replaced_by__isnull=False)
    assert old.state == plan.trees[0].state
    assert old.replaced_by is not None
    assert old.replaced_by.site == site
    assert old.replaced_by.state == plan.trees[1].state


@pytest.mark.django_db
def test_loading_twice_adds_no_twins_and_keeps_what_was_changed(ground: Ground) -> None:
    load_ground(ground)
    PlantingSite.objects.filter(matricule=ground.sites[0].matricule).update(soil="limon")
    counted = Tree.objects.count(), Street.objects.count(), Species.objects.count()
    load_ground(ground)
    assert (Tree.objects.count(), Street.objects.count(), Species.objects.count()) == counted
    assert PlantingSite.objects.get(matricule=ground.sites[0].matricule).soil == "limon"


@pytest.mark.django_db
def test_a_species_that_the_town_has_is_used_as_it_is(ground: Ground) -> None:
    SpeciesFactory.create(genus="Tilia", species="cordata", name_fr="Mon tilleul")
    load_ground(ground)
    assert Species.objects.get(genus="Tilia", species="cordata").name_fr == "Mon tilleul"


@pytest.mark.django_db
def test_a_real_town_is_never_overwritten(ground: Ground) -> None:
    CommuneFactory.create(name="Issy-les-Moulineaux")
    with pytest.raises(BadInput, match=r"real town \(Issy-les-Moulineaux\)"):
        load_ground(ground)
    assert not PlantingSite.objects.exists()


@pytest.mark.django_db
def test_sites_of_a_real_town_without_outline_are_never_mixed_with_the_demos(
    ground: Ground,
) -> None:
    PlantingSiteFactory.create()
    with pytest.raises(BadInput, match="not the demo's"):
        load_ground(ground)
    assert not Commune.objects.exists()


@pytest.mark.django_db
def test_another_seed_is_refused_in_a_town_that_stands(ground: Ground) -> None:
    load_ground(ground)
    with pytest.raises(BadInput, match="demo town, seed 5"):
        load_ground(replace(ground, seed=6))
    assert Commune.objects.count() == 1


@pytest.mark.django_db
def test_an_interrupted_load_leaves_nothing(ground: Ground) -> None:
    first = ground.sites[0]
    tree = replace(first.trees[0] if first.trees else _any_tree(ground), species="Unknown species")
    broken = replace(ground, sites=(*ground.sites[1:], replace(first, trees=(tree,))))
    with pytest.raises(KeyError):
        load_ground(broken)
    assert not Commune.objects.exists()
    assert not Street.objects.exists()


def _any_tree(ground: Ground):  # type: ignore[no-untyped-def]
    return next(tree for site in ground.sites for tree in site.trees)


@pytest.mark.django_db
def test_the_command_runs_steps_in_order_and_skips_what_stands(only_steps: None) -> None:
    made: list[tuple[str, int]] = []

    def step(name: str):  # type: ignore[no-untyped-def]
        def build(run: DemoRun) -> str:
            made.append((name, run.seed))
            return f"{name} made"

        return build

    registry.register(30, "roof", step("roof"), lambda run: False)
    registry.register(10, "cellar", step("cellar"), lambda run: True)
    registry.register(20, "wall", step("wall"), lambda run: False)
    out, err = StringIO(), StringIO()
    call_command("build_demo", seed=3, stdout=out, stderr=err)
    assert made == [("wall", 3), ("roof", 3)]
    lines = out.getvalue().splitlines()
    assert lines[0] == "cellar: already there"
    assert lines[1].startswith("wall: wall made (")
    assert err.getvalue() == ""


@pytest.mark.django_db
def test_a_step_registered_again_replaces_the_first(only_steps: None) -> None:
    registry.register(1, "ground", lambda run: "first", lambda run: False)
    registry.register(1, "ground", lambda run: "second", lambda run: False)
    assert [step.make(DemoRun(1)) for step in registry.steps()] == ["second"]


@pytest.mark.django_db
def test_the_command_refuses_a_real_town_with_one_sentence() -> None:
    CommuneFactory.create(name="Issy-les-Moulineaux")
    with pytest.raises(CommandError, match="name another folder in DATA_DIR") as refusal:
        call_command("build_demo", stdout=StringIO())
    assert refusal.value.returncode == 1
