"""The reference in the town's tables: loaded as often as one likes, merged with redirects."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from greening.errors import BadInput
from greening.models import PlantingSite, Species, Synonym, Tree
from greening.species.candidates import Outcome
from greening.species.catalogue import matcher
from greening.species.load import load_species
from greening.species.merge import merge
from greening.species.name_index import Kind
from greening.species.names import ScientificName, parse
from greening.species.reference import ReferenceTaxon, read_reference
from tests.factories import PlantingSiteFactory, SpeciesFactory, TreeFactory

TAXA = list(read_reference())


def taxon(name: str) -> ReferenceTaxon:
    return next(one for one in TAXA if str(one.name) == name)


PLANE = taxon("Platanus × acerifolia")


# — the file —


def test_the_reference_holds_over_120_species_and_their_cultivars_once_each() -> None:
    kinds = Counter(
        "cultivar" if one.name.cultivar else "genus" if one.name.is_genus else "species"
        for one in TAXA
    )
    assert kinds["species"] >= 300
    assert kinds["cultivar"] >= 200
    assert len({one.name.key for one in TAXA}) == len(TAXA)


def test_every_value_of_the_file_is_one_the_model_takes() -> None:
    for one in TAXA:
        name = one.name
        Species(
            genus=name.genus, species=name.species, infraspecific=name.infraspecific,
            cultivar=name.cultivar, **one.values,
        ).clean_fields(exclude=["reference_values"])  # fmt: skip
        assert one.values["name_fr"]
        assert one.values["name_en"]
        for written, kind in one.names:
            Synonym(name=written, kind=kind.value).clean_fields(exclude=["species"])
            assert kind is not Kind.SYNONYM or parse(written) is not None


def test_every_species_stands_under_a_genus_record() -> None:
    genera = {one.name.genus for one in TAXA if one.name.is_genus}
    assert {one.name.genus for one in TAXA} == genera


def test_toxic_and_thorny_trees_are_kept_from_school_yards_and_the_unknown_is_not_called_safe() -> (
    None
):
    def safe(name: str) -> object:
        return taxon(name).values["courtyard_safe"]

    assert safe("Tilia cordata") is True
    assert safe("Taxus baccata") is False
    assert safe("Gleditsia triacanthos") is False
    assert safe("Gleditsia triacanthos f. inermis") is None
    assert safe("Prunus sp.") is None
    for one in TAXA:
        if one.values["toxic_part"] or one.values["thorny"]:
            assert one.values["courtyard_safe"] is False


# — loading —


@pytest.mark.django_db
def test_loading_twice_changes_nothing_the_second_time() -> None:
    first = load_species()
    assert (first.created, first.updated, first.kept) == (len(TAXA), 0, [])
    before = (
        list(Species.objects.order_by("pk").values()),
        list(Synonym.objects.order_by("pk").values()),
    )
    second = load_species()
    assert (second.created, second.updated, second.unchanged) == (0, 0, len(TAXA))
    assert before == (
        list(Species.objects.order_by("pk").values()),
        list(Synonym.objects.order_by("pk").values()),
    )
    plane = Species.objects.get(genus="Platanus", species="× acerifolia", cultivar="")
    assert plane.synonyms.filter(name="Platanus × hispanica", kind="synonym").exists()
    assert plane.get_allergen_display() == "moderate"


@pytest.mark.django_db
def test_what_the_town_changed_is_kept_cleared_fields_too_and_the_rest_follows() -> None:
    load_species([PLANE])
    plane = Species.objects.get()
    plane.name_fr, plane.drought = "Platane d'Issy", ""
    plane.save()
    corrected = replace(
        PLANE, values={**PLANE.values, "name_fr": "Platane", "drought": "low", "leaf": ""}
    )
    done = load_species([corrected])
    plane.refresh_from_db()
    assert (plane.name_fr, plane.drought, plane.leaf) == ("Platane d'Issy", "", "")
    assert done.updated == 1
    assert {column for _, column in done.kept} == {"name_fr", "drought"}
    load_species([replace(corrected, values={**corrected.values, "name_fr": "Platane d'Issy"})])
    load_species([corrected])
    plane.refresh_from_db()
    assert plane.name_fr == "Platane d'Issy", (
        "agreeing once with the town does not take the field back"
    )


@pytest.mark.django_db
@pytest.mark.parametrize("written", ["× acerifolia", "x acerifolia", "acerifolia"])
def test_a_species_the_town_already_has_gets_no_twin_and_keeps_what_it_says(written: str) -> None:
    own = SpeciesFactory(genus="Platanus", species=written, name_fr="Notre platane")
    done = load_species([PLANE])
    assert done.created == 0
    own.refresh_from_db()
    assert Species.objects.count() == 1
    assert (own.name_fr, own.height_class) == ("Notre platane", "large")


@pytest.mark.django_db
def test_a_name_the_town_took_away_is_not_given_back() -> None:
    load_species([PLANE])
    Synonym.objects.get(name="Platanus hybrida").delete()
    load_species([PLANE])
    assert not Synonym.objects.filter(name="Platanus hybrida").exists()


@pytest.mark.django_db
def test_a_record_under_a_synonym_is_reported_and_merged_when_asked() -> None:
    own = SpeciesFactory(genus="Platanus", species="× hispanica")
    tree = TreeFactory(species=own)
    done = load_species()
    plane = Species.objects.get(species="× acerifolia", cultivar="")
    assert done.to_merge == [(own, plane)]
    assert Tree.objects.get().species == own
    assert load_species(merge_synonyms=True).merged == [(own, plane)]
    tree.refresh_from_db()
    assert tree.species == plane
    again = load_species(merge_synonyms=True)
    assert (again.created, again.updated, again.merged) == (0, 0, [])


@pytest.mark.django_db
def test_two_spellings_of_one_taxon_are_reported_as_twins() -> None:
    good = SpeciesFactory(genus="Platanus", species="× acerifolia")
    bad = SpeciesFactory(genus="Platanus", species="x acerifolia")
    assert load_species([PLANE]).to_merge == [(bad, good)]


@pytest.mark.django_db
def test_a_reference_taxon_the_town_merged_away_stays_a_redirect() -> None:
    load_species()
    lime = Species.objects.get(genus="Tilia", species="cordata", cultivar="")
    own = SpeciesFactory(genus="Tilia", species="nostra")
    merge(lime, own)
    done = load_species()
    lime.refresh_from_db()
    assert lime.merged_into == own
    assert (done.created, done.updated) == (0, 0)
    assert not lime.synonyms.exists()
    assert own.synonyms.filter(name="Tilia parvifolia").exists()


@pytest.mark.django_db
def test_the_command_says_what_it_did() -> None:
    SpeciesFactory(genus="Platanus", species="× hispanica")
    out = StringIO()
    call_command("load_species", stdout=out)
    assert f"{len(TAXA)} created, 0 updated" in out.getvalue()
    assert (
        "to merge (--merge-synonyms does it): Platanus × hispanica → Platanus × acerifolia"
        in out.getvalue()
    )
    call_command("load_species", "--merge-synonyms", stdout=out)
    assert "merged: Platanus × hispanica → Platanus × acerifolia" in out.getvalue()


# — merging —


@pytest.mark.django_db
def test_a_merge_moves_trees_sites_and_synonyms_and_leaves_a_redirect() -> None:
    load_species([PLANE])
    plane = Species.objects.get()
    own = SpeciesFactory(genus="Platanus", species="hybride")
    Synonym.objects.create(name="platane de la mairie", kind=Synonym.Kind.COMMON, species=own)
    Synonym.objects.create(name="Platanus × hispanica", species=own)  # plane has it already
    tree = TreeFactory(species=own)
    site = PlantingSiteFactory(target_species=own)
    stamp = tree.updated_at
    done = merge(own, plane)
    assert done.rows == {"greening.Tree": 1, "greening.PlantingSite": 1}
    assert done.synonyms == 1
    tree.refresh_from_db()
    assert tree.species == plane
    assert tree.updated_at > stamp
    assert PlantingSite.objects.get(pk=site.pk).target_species == plane
    assert set(plane.synonyms.values_list("name", flat=True)) >= {
        "platane de la mairie",
        "Platanus × hispanica",
    }
    own.refresh_from_db()
    assert own.accepted == plane
    assert own not in Species.objects.accepted()
    assert merge(own, plane).rows == {}, "again changes nothing"


@pytest.mark.django_db
def test_redirects_stay_one_step_long_and_never_make_a_ring() -> None:
    a, b, c = (SpeciesFactory(genus="Tilia", species=name) for name in ("una", "duae", "tres"))
    merge(a, b)
    merge(b, c)
    a.refresh_from_db()
    assert a.merged_into == c
    with pytest.raises(BadInput, match="into itself"):
        merge(c, a)
    with pytest.raises(BadInput, match="into itself"):
        merge(c, c)
    with pytest.raises(BadInput, match="already merged into “Tilia tres”"):
        merge(a, SpeciesFactory(genus="Tilia", species="quattuor"))


@pytest.mark.django_db
def test_merging_into_a_redirect_means_what_it_stands_for() -> None:
    a, b, c = (SpeciesFactory(genus="Tilia", species=name) for name in ("una", "duae", "tres"))
    merge(b, c)
    merge(a, b)
    a.refresh_from_db()
    assert a.merged_into == c


@pytest.mark.django_db(transaction=True)
def test_a_merge_that_fails_half_way_moves_nothing() -> None:
    a, b = (SpeciesFactory(genus="Tilia", species=name) for name in ("una", "duae"))
    tree = TreeFactory(species=a)

    def merge_and_die() -> None:
        with transaction.atomic():
            merge(a, b)
            raise RuntimeError("the plug is pulled")

    with pytest.raises(RuntimeError, match="pulled"):
        merge_and_die()
    tree.refresh_from_db()
    assert tree.species == a
    assert Species.objects.accepted().count() == 2


@pytest.mark.django_db
def test_the_database_refuses_a_species_merged_into_itself() -> None:
    lime = SpeciesFactory()
    with pytest.raises(DatabaseError), transaction.atomic():
        Species.objects.filter(pk=lime.pk).update(merged_into=lime.pk)
    assert connection.is_usable()


# — matching over the tables —


@pytest.mark.django_db
def test_the_towns_own_names_and_merged_ones_are_matched_too() -> None:
    load_species()
    plane = Species.objects.get(species="× acerifolia", cultivar="")
    own = SpeciesFactory(genus="Platanus", species="isseana", name_fr="platane d'Issy")
    merge(own, plane)
    matches = matcher()
    for text in ("Platanus isseana", "Platane d’Issy", "Platanus x hispanica"):
        match = matches.match(text)
        assert match.outcome is Outcome.EXACT
        assert match.best is not None
        assert match.best.id == plane.pk


@pytest.mark.django_db
def test_an_empty_town_knows_no_name() -> None:
    assert matcher().match("platane").outcome is Outcome.UNKNOWN


# — one species —


def test_a_bare_genus_is_written_with_sp() -> None:
    assert str(Species(genus="Prunus")) == "Prunus sp."
    assert str(Species(genus="Malus", cultivar="Evereste")) == "Malus 'Evereste'"
    assert str(ScientificName("Prunus")) == "Prunus sp."


def test_a_caution_names_its_reasons() -> None:
    locust = Species(genus="Robinia", toxic_part=Species.ToxicPart.BARK_LEAVES_SEEDS, thorny=True)
    assert locust.courtyard_caution == "toxic: bark, leaves and seeds, thorny"
    assert Species(genus="Tilia").courtyard_caution == ""
