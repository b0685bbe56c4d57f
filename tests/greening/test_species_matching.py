"""What people type, matched: sure where it may be, asking where it must."""

from __future__ import annotations

import csv
import random
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greening.species.candidates import Outcome, Reason
from greening.species.matching import Matcher
from greening.species.name_index import Entry, Kind
from greening.species.names import join, parse
from greening.species.reference import read_reference

REFERENCE = [
    Entry(
        number,
        taxon.name,
        (
            (str(taxon.values["name_fr"]), Kind.COMMON),
            (str(taxon.values["name_en"]), Kind.COMMON),
            *taxon.names,
        ),
    )
    for number, taxon in enumerate(read_reference(), 1)
]
NAMES = {entry.id: str(entry.name) for entry in REFERENCE}
MATCHER = Matcher(REFERENCE)


def best(text: str) -> tuple[Outcome, str]:
    match = MATCHER.match(text)
    return match.outcome, NAMES[match.best.id] if match.best else ""


@pytest.mark.parametrize(
    ("text", "taxon"),
    [
        ("Platanus x hispanica", "Platanus × acerifolia"),
        ("PLATANUS  X ACERIFOLIA", "Platanus × acerifolia"),
        ("Platanus ×acerifolia (Aiton) Willd.", "Platanus × acerifolia"),
        ("Tilia cordata 'Greenspire'", "Tilia cordata 'Greenspire'"),
        ("TILIA CORDATA GREENSPIRE", "Tilia cordata 'Greenspire'"),
        ("Tilia Cordata", "Tilia cordata"),
        ("tilleul à petites feuilles", "Tilia cordata"),
        ("tilleuls à petites feuilles", "Tilia cordata"),
        ("erable champetre", "Acer campestre"),
        ("Acer pseudoplatanus (L.)", "Acer pseudoplatanus"),
        ("Quercus ilex L.", "Quercus ilex"),
        ("Prunus sp.", "Prunus sp."),
        ("chêne sp.", "Quercus sp."),
        ("Malus Evereste", "Malus 'Evereste'"),
        ("Prunus 'Kanzan'", "Prunus serrulata 'Kanzan'"),
        ("Sophora japonica", "Styphnolobium japonicum"),
        ("Sophora japonica 'Regent'", "Styphnolobium japonicum 'Regent'"),
        ("Robinia pseudo-acacia", "Robinia pseudoacacia"),
        ("Tilleul (Tilia cordata)", "Tilia cordata"),
        ("Platanus x hispanica - Platane", "Platanus × acerifolia"),
    ],
)
def test_a_name_the_reference_holds_is_met_however_it_is_written(text: str, taxon: str) -> None:
    assert best(text) == (Outcome.EXACT, taxon)
    assert MATCHER.match(text).candidates[0].score == 100


@pytest.mark.parametrize(
    ("text", "taxon"),
    [
        ("Liquidambar styracifula", "Liquidambar styraciflua"),
        ("Zelkova serratta", "Zelkova serrata"),
        ("Eriobotrya japonicum", "Eriobotrya japonica"),
        ("Robinia pseudo acacia", "Robinia pseudoacacia"),
        ("tileul", "Tilia sp."),
        ("Malus 'Everest'", "Malus 'Evereste'"),
        ("Fraxinus excelsior 'Westhofs Glorie'", "Fraxinus excelsior 'Westhof's Glorie'"),
        ("tilleul cordata", "Tilia cordata"),
        ("Poirier Chanticleer", "Pyrus calleryana 'Chanticleer'"),
    ],
)
def test_a_misspelling_is_met_with_a_score_under_100(text: str, taxon: str) -> None:
    assert best(text) == (Outcome.FUZZY, taxon)
    assert 80 <= MATCHER.match(text).candidates[0].score < 100


def test_a_generic_name_is_its_genus_and_the_usual_species_is_only_suggested() -> None:
    match = MATCHER.match("platane")
    assert [(NAMES[c.id], c.score, c.reason) for c in match.candidates] == [
        ("Platanus sp.", 100, Reason.COMMON_NAME),
        ("Platanus × acerifolia", 70, Reason.USUAL_BEARER),
    ]
    assert best("érable") == (Outcome.EXACT, "Acer sp.")


def test_a_generic_name_is_the_species_where_the_genus_holds_one() -> None:
    assert best("olivier") == (Outcome.EXACT, "Olea europaea")
    assert best("Olea sp.") == (Outcome.EXACT, "Olea sp.")


@pytest.mark.parametrize(
    ("text", "among"),
    [
        ("saule pleureur", {"Salix babylonica", "Salix × sepulcralis"}),
        ("Betula alba", {"Betula pendula", "Betula pubescens"}),
        ("cerisier", {"Prunus avium", "Prunus cerasus", "Prunus serrulata"}),
        ("Quercus rubur", {"Quercus robur", "Quercus sp."}),
    ],
)
def test_between_close_ones_a_person_chooses(text: str, among: set[str]) -> None:
    match = MATCHER.match(text)
    assert match.outcome is Outcome.AMBIGUOUS
    assert match.best is None
    assert {NAMES[c.id] for c in match.candidates} == among


@pytest.mark.parametrize(
    ("text", "taxon", "missing"),
    [
        ("Acer platanoides 'Zorro'", "Acer platanoides", "'Zorro'"),
        ("Acer nikoense", "Acer sp.", "nikoense"),
        ("Quercus petraea 'Fastigiata'", "Quercus petraea", "'Fastigiata'"),
        ("Quercus cf. robur", "Quercus sp.", "robur"),
        ("Tilia cordata × platyphyllos", "Tilia sp.", "cordata"),
        ("platanus acerifolia malade", "Platanus × acerifolia", "malade"),
    ],
)
def test_what_is_known_in_part_says_what_is_missing(text: str, taxon: str, missing: str) -> None:
    assert best(text) == (Outcome.BROADER, taxon)
    assert MATCHER.match(text).candidates[0].missing == missing


@pytest.mark.parametrize(
    "text",
    ["", " ", "souche", "A définir", "Non spécifié sp.", "frêne vert", "cèdre rouge", "Acacia dealbata",
     "Malva sylvestris", "tilleul de Mandchourie", "12345", "x" * 5000],
)  # fmt: skip
def test_what_nobody_knows_stays_unknown(text: str) -> None:
    match = MATCHER.match(text)
    assert match.outcome is Outcome.UNKNOWN
    assert match.best is None
    assert all(c.score <= 50 for c in match.candidates)


#: Real trees the reference does not hold, many one or two letters from one it does.
ABSENT = (
    "Acer miyabei", "Acer truncatum", "Alnus viridis", "Betula lenta", "Carpinus orientalis", "Carya ovata",
    "Catalpa ovata", "Celtis sinensis", "Cercis chinensis", "Cornus sericea", "Corylus maxima", "Crataegus mollis",
    "Crataegus rotundifolia", "Fagus orientalis", "Fraxinus latifolia", "Gleditsia japonica", "Juglans cinerea",
    "Larix laricina", "Liquidambar orientalis", "Liriodendron chinense", "Magnolia obovata", "Malus baccata",
    "Picea glauca", "Picea orientalis", "Pinus parviflora", "Platanus racemosa", "Populus deltoides",
    "Populus tremuloides", "Prunus serotina", "Prunus salicina", "Pyrus elaeagrifolia", "Quercus velutina",
    "Quercus faginea", "Rhus glabra", "Robinia viscosa", "Salix purpurea", "Sorbus latifolia",
    "Taxodium ascendens", "Thujopsis dolabrata", "Thuja orientalis", "Tilia dasystyla", "Tilia japonica",
    "Ulmus rubra", "Viburnum lentago", "Zelkova sinica", "Sorbaria sorbifolia", "Prunella vulgaris",
    "chêne du Liban", "frêne de Mandchourie", "orme rouge", "hêtre austral", "bouleau jaune", "saule fragile",
)  # fmt: skip


@pytest.mark.parametrize("text", ABSENT)
def test_a_tree_the_reference_lacks_is_never_taken_for_its_neighbour(text: str) -> None:
    match = MATCHER.match(text)
    if match.best:
        assert match.outcome is Outcome.BROADER
        assert MATCHER.index.is_genus(match.best.id)


def test_one_wrong_letter_never_makes_another_species() -> None:
    """Every species of the reference three times, each time with one letter dropped, changed or doubled."""
    chance = random.Random(7)
    right = wrong = tried = 0
    for entry in REFERENCE:
        if not entry.name.species or entry.name.cultivar or entry.name.infraspecific:
            continue
        for _ in range(3):
            text = str(entry.name)
            place = chance.choice([i for i, c in enumerate(text) if c.isalpha() and i > 1])
            other = chance.choice(["", chance.choice("aeilmnorst"), text[place] * 2])
            match = MATCHER.match(text[:place] + other + text[place + 1 :])
            tried += 1
            if match.best and not MATCHER.index.is_genus(match.best.id):
                right += match.best.id == entry.id
                wrong += match.best.id != entry.id
    assert tried > 900
    assert wrong == 0
    assert right / tried > 0.75  # the others are asked about


@given(st.text(max_size=80))
def test_any_text_gets_an_answer_ranked_and_within_bounds(text: str) -> None:
    match = MATCHER.match(text)
    scores = [candidate.score for candidate in match.candidates]
    assert all(0 < score <= 100 for score in scores)
    assert scores == sorted(scores, reverse=True)
    assert (match.best is None) == (match.outcome in (Outcome.AMBIGUOUS, Outcome.UNKNOWN))


def test_a_small_catalogue_is_checked_by_hand() -> None:
    lime, birch = parse("Tilia cordata"), parse("Betula pendula")
    assert lime is not None
    assert birch is not None
    matcher = Matcher(
        [
            Entry(7, lime, (("Tilia parvifolia", Kind.SYNONYM),)),
            Entry(9, birch, (("bouleau", Kind.COMMON),)),
        ]
    )
    assert [c.id for c in matcher.match("Tilia parvifolia").candidates] == [7]
    assert matcher.match("Bouleaux").candidates[0].score == pytest.approx(100 * (1 - 1 / 8))
    assert [
        c.id for c in matcher.match("Tilia sp.").candidates
    ] == []  # no genus record: nothing to give
    assert matcher.match("tilia cordatta").candidates[0].score == pytest.approx(100 * (1 - 1 / 8))


def test_five_hundred_names_take_no_time_and_a_quarter_million_no_longer() -> None:
    matcher = Matcher(REFERENCE)
    texts = [
        f"{entry.name.genus} {entry.name.species}x {entry.name.cultivar}"
        for entry in REFERENCE[:500]
    ]
    assert len(set(texts)) > 450
    begun = time.perf_counter()
    for text in texts:
        matcher.match(text)
    once = time.perf_counter() - begun
    begun = time.perf_counter()
    for _ in range(500):
        for text in texts:
            matcher.match(text)
    assert once < 5  # 0.3 s when written
    assert time.perf_counter() - begun < 5  # 250,000 rows


@pytest.mark.realdata
def test_the_trees_of_paris_are_covered(shared_data: Path) -> None:
    with (shared_data / "trees" / "paris_les-arbres_merged.csv").open(encoding="utf-8") as file:
        rows = Counter(
            join(row["genre"], row["espece"], row["variete"]) for row in csv.DictReader(file)
        )
    assert rows.total() == 6438
    found: Counter[Outcome] = Counter()
    for text, count in rows.items():
        found[MATCHER.match(text).outcome] += count
    assert found[Outcome.EXACT] == 6417
    assert found[Outcome.FUZZY] == 1  # Eriobotrya "japonicum"
    assert found[Outcome.BROADER] == 4
    assert found[Outcome.UNKNOWN] == 16  # "Non spécifié"
