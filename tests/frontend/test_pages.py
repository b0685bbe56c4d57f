"""The pages answer in both languages, with flat query counts, and say what to do where there is nothing yet."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
from django.test import Client

from greening.models import Commune, Tree
from heat_islands import ranking_notes
from tests.factories import (
    CommuneFactory,
    CourtyardFactory,
    GreenRoofFactory,
    PlotFactory,
    TreeFactory,
)
from tests.frontend.rankings import heat_map, ranking

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}
FRENCH = {"Accept-Language": "fr"}


@pytest.fixture
def commune() -> Commune:
    return CommuneFactory.create()


def text_of(client: Client, address: str, language: str = "en") -> str:
    answer = client.get(address, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.content[:500]
    html = answer.content.decode()
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", html[html.index("<body") :], flags=re.S)
    return re.sub(
        r"\s+", " ", re.sub(r"<[^>]+>", " ", body).replace("\xa0", " ").replace("&nbsp;", " ")
    )


def settings_of(client: Client, address: str) -> dict[str, Any]:
    html = client.get(address, headers=ENGLISH).content.decode()
    found = re.search(
        r'<script id="map-settings" type="application/json">(.*?)</script>', html, re.S
    )
    assert found
    return dict(json.loads(found[1]))


# --- / --------------------------------------------------------------------------------------------


def test_the_figure_is_written_as_its_reader_writes_numbers(
    client: Client, commune: Commune
) -> None:
    page = text_of(client, "/", "fr")
    assert re.search(r"arbres vivants sur les 6[ \u202f]000 promis", page)


def test_the_map_page_asks_the_same_number_of_queries_however_much_there_is(
    client: Client, commune: Commune, django_assert_max_num_queries: Any
) -> None:
    TreeFactory.create_batch(30)
    PlotFactory.create_batch(5)
    heat_map()
    with django_assert_max_num_queries(11):
        client.get("/")


def test_the_scripts_are_told_of_town_layers_and_legend(client: Client, commune: Commune) -> None:
    heat_map()
    told = settings_of(client, "/")
    assert told["town"]["bounds"] == pytest.approx(commune.geom.extent, abs=1e-6)
    assert [layer["name"] for layer in told["layers"]][-2:] == ["trees", "reports"]
    assert [layer["name"] for layer in told["layers"] if not layer["shown"]] == ["reports"]
    assert told["heat"]["tileJson"] == "/heat-maps/summer/tilejson.json"
    anomaly = told["heat"]["legends"]["anomaly"]
    assert (anomaly["min"], anomaly["max"], anomaly["unit"]) == (-6.0, 6.0, "°C")
    assert "suhi" not in told["heat"]["legends"]


def test_the_heat_says_what_it_is_not(client: Client, commune: Commune) -> None:
    heat_map()
    page = text_of(client, "/")
    for words in (
        "late morning",
        "not the night",
        "not of the air",
        "100 m",
        "on the ground in this town",
    ):
        assert words in page
    assert "2 satellite scenes" in page


def test_synthetic_data_are_labelled_on_every_page(client: Client) -> None:
    CommuneFactory.create(synthetic=True)
    yard = CourtyardFactory.create()
    ranking(yard)
    for address in ("/", "/heat/", "/list/", f"/list/courtyards/{yard.pk}/", "/heat/model-card/"):
        assert "Demonstration data" in text_of(client, address)
        assert "Données de démonstration" in text_of(client, address, "fr")


def test_a_real_town_is_not_labelled_synthetic(client: Client, commune: Commune) -> None:
    assert "Demonstration data" not in text_of(client, "/")


def test_an_empty_installation_says_which_command_to_run(client: Client) -> None:
    assert "manage.py import_commune FILE" in text_of(client, "/")
    assert "manage.py import_commune FILE" in text_of(client, "/heat/")


def test_pages_allow_no_script_but_their_own(client: Client, commune: Commune) -> None:
    answer = client.get("/")
    policy = answer.headers["Content-Security-Policy"]
    nonce = re.search(r"'nonce-([^']+)'", policy)
    assert nonce
    html = answer.content.decode()
    inline = re.findall(r"<script(?![^>]*\b(?:src|application/json))[^>]*>", html)
    assert inline == [f'<script nonce="{nonce[1]}">']


# --- /list/ ---------------------------------------------------------------------------------------


def test_the_list_shows_the_layer_and_leads_to_the_map(client: Client, commune: Commune) -> None:
    roof = GreenRoofFactory.create(name="Médiathèque")
    html = client.get("/list/?layer=roofs", headers=ENGLISH).content.decode()
    assert "Médiathèque" in html
    assert re.search(rf'href="/#17/48\.8\d+/2\.2\d+&amp;on=roofs/{roof.pk}"', html)


def test_the_list_filters_by_state_and_by_group(client: Client, commune: Commune) -> None:
    young, dead, felled = (
        TreeFactory.create(state=state)
        for state in (Tree.State.PLANTED, Tree.State.DEAD, Tree.State.FELLED)
    )

    def rows(query: str) -> list[int]:
        html = client.get(f"/list/?layer=trees&{query}").content.decode()
        return [int(number) for number in re.findall(r'data-row="trees/(\d+)"', html)]

    assert rows("") == [young.pk, dead.pk, felled.pk]
    assert rows("state=dead") == [dead.pk]
    assert rows("state=lost") == [dead.pk, felled.pk]
    assert rows("state=dead&state=planted") == [young.pk, dead.pk]


@pytest.mark.parametrize("query", ["layer=dragons", "layer=streets"])
def test_there_is_no_list_of_what_has_none(client: Client, commune: Commune, query: str) -> None:
    assert client.get(f"/list/?{query}").status_code == 404


@pytest.mark.parametrize("query", ["after=x", "after=-3", f"after={'9' * 60}", "state=nonsense"])
def test_a_strange_query_is_borne(client: Client, commune: Commune, query: str) -> None:
    assert client.get(f"/list/?layer=trees&{query}").status_code == 200


def test_a_fragment_is_the_list_alone(client: Client, commune: Commune) -> None:
    html = client.get("/list/?layer=trees&fragment=1").content.decode()
    assert "<html" not in html
    assert "Rien ici avec ce filtre" in html


def test_a_tree_has_a_page_with_its_facts(client: Client, commune: Commune) -> None:
    tree = TreeFactory.create(girth_m=0.18)
    page = text_of(client, f"/list/trees/{tree.pk}/")
    assert "Tilia cordata" in page
    assert "Nov. 20, 2025" in page
    assert "18 cm" in page
    assert "height not known" in page


def test_a_courtyards_page_tells_its_rank(client: Client, commune: Commune) -> None:
    yard = CourtyardFactory.create()
    ranking(yard)
    page = text_of(client, f"/list/courtyards/{yard.pk}/")
    assert "Rank 1 (between 1 and 3)" in page
    assert "by 2.4 °C (90 % interval 1.5 to 3.2)" in page


def test_a_card_carries_its_shape_for_the_map(client: Client, commune: Commune) -> None:
    yard = CourtyardFactory.create()
    html = client.get(f"/list/courtyards/{yard.pk}/?fragment=1").content.decode()
    assert "MultiPolygon" in html
    assert "<html" not in html


# --- /heat/ ---------------------------------------------------------------------------------------


def test_the_ranking_shows_effects_intervals_and_reasons(client: Client, commune: Commune) -> None:
    ranking(CourtyardFactory.create(name="Cour des Tilleuls"), CourtyardFactory.create())
    page = text_of(client, "/heat/")
    assert "Cour des Tilleuls 2.4 °C 1.5 – 3.2" in page
    assert "among the first five 90 %" in page
    assert "0.21 °C over the 100 m" in page
    assert "Why: a score of 40.0" in page
    assert "cooling expected +30.0" in page
    assert "cost class −2.5" in page
    assert "Half of the yard lies in a building's shade." in page.replace("&#x27;", "'")


def test_whiskers_reach_from_the_best_to_the_worst_rank(client: Client, commune: Commune) -> None:
    ranking(*CourtyardFactory.create_batch(5))
    html = client.get("/heat/", headers=ENGLISH).content.decode()
    # Ranks 1 to 5 on an axis from 6 to 194: the first yard's interval is 1 to 3, the middle of the axis.
    assert '<line class="whisker" x1="6.0" x2="100.0" y1="8" y2="8" />' in html
    assert 'aria-label="Rank 1, plausibly 1 to 3"' in html


def test_reasons_of_every_yard_sum_to_its_score(client: Client, commune: Commune) -> None:
    ranking(*CourtyardFactory.create_batch(3))
    for yard in client.get("/heat/courtyards.json").json()["yards"]:
        assert sum(reason["points"] for reason in yard["reasons"]) == pytest.approx(yard["score"])


def test_the_scenes_behind_the_map_are_told(client: Client, commune: Commune) -> None:
    ranking()
    page = text_of(client, "/heat/")
    assert "refused only 31 % of the commune is clear" in page
    assert "no quality band" in page
    assert "93 %" in page


def test_the_heat_page_asks_the_same_number_of_queries_however_many_yards(
    client: Client, commune: Commune, django_assert_max_num_queries: Any
) -> None:
    ranking(*CourtyardFactory.create_batch(12))
    with django_assert_max_num_queries(6):
        client.get("/heat/")


def test_without_a_ranking_the_page_says_how_to_get_one(client: Client, commune: Commune) -> None:
    assert "manage.py build_heat_map" in text_of(client, "/heat/")
    heat_map()
    assert "manage.py rank_courtyards" in text_of(client, "/heat/")
    for address in ("/heat/courtyards.csv", "/heat/courtyards.json", "/heat/model-card/"):
        assert client.get(address).status_code == 404


def test_fractions_estimated_from_indices_are_said_to_be(client: Client, commune: Commune) -> None:
    ranking(cover_estimated=True)
    assert "manage.py add_cover" in text_of(client, "/heat/")


def test_the_ranking_leaves_as_csv_with_units_in_its_names(
    client: Client, commune: Commune
) -> None:
    ranking(CourtyardFactory.create(name="Cour A"), CourtyardFactory.create(name="Cour B"))
    rows = list(csv.DictReader(io.StringIO(client.get("/heat/courtyards.csv").content.decode())))
    assert [row["name"] for row in rows] == ["Cour A", "Cour B"]
    assert float(rows[0]["effect_low_k"]) == pytest.approx(1.5)
    assert float(rows[0]["points_cooling"]) == 30.0


def test_the_model_card_is_shown_and_runs_nothing(client: Client, commune: Commune) -> None:
    ranking()
    html = client.get("/heat/model-card/").content.decode()
    assert "<table>" in html
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_the_model_card_is_in_the_reader_s_language(client: Client, commune: Commune) -> None:
    ranking(model_card="# Model card", model_card_translations={"fr": "# Fiche du modèle"})
    french = client.get("/heat/model-card/", headers=FRENCH).content.decode()
    assert "<h1>Fiche du modèle</h1>" in french
    assert re.search(r'<article[^>]* lang="fr"', french)
    english = client.get("/heat/model-card/", headers=ENGLISH).content.decode()
    assert "<h1>Model card</h1>" in english
    assert re.search(r'<article[^>]* lang="en"', english)


def test_a_card_that_has_no_french_is_shown_in_english_and_marked_so(
    client: Client, commune: Commune
) -> None:
    ranking(model_card_translations={})
    html = client.get("/heat/model-card/", headers=FRENCH).content.decode()
    assert re.search(r'<article[^>]* lang="en"', html)


def test_remarks_and_reasons_are_in_the_reader_s_language(client: Client, commune: Commune) -> None:
    run = ranking(
        left_out=[{"id": 9, "name": "Cour Z", "text": "Cour Z: It has no outline: draw one."}]
    )
    run.yards.update(flags=[ranking_notes.NO_PUPILS, ranking_notes.OUTSIDE])
    french = text_of(client, "/heat/", "fr")
    assert "Son nombre d’élèves est inconnu : elle compte comme une école moyenne." in french
    assert "Cour Z : elle n’a pas de contour : dessinez-le." in french
    assert "fraîcheur attendue" in french
    english = text_of(client, "/heat/")
    assert "Its number of pupils is not known: it counts as a middling school." in english
    assert "Cour Z: It has no outline: draw one." in english
    assert "cooling expected" in english


# --- Errors and language ---------------------------------------------------------------------------


def test_a_missing_page_is_designed_and_asks_the_database_nothing(
    client: Client, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/nothing-here/", headers=ENGLISH)
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.content.decode()


def test_a_broken_page_says_so_without_template_or_database(
    client: Client, commune: Commune, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.raise_request_exception = False
    monkeypatch.setattr(Commune.objects.__class__, "order_by", _broken, raising=False)
    answer = client.get("/", headers=ENGLISH)
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.content.decode()


def _broken(*args: Any, **kwargs: Any) -> None:
    raise RuntimeError("as a test asked")


def test_a_refused_form_says_that_nothing_was_sent() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/i18n/setlang/", {"language": "fr"}, headers=ENGLISH)
    assert answer.status_code == 403
    assert "Nothing was sent" in answer.content.decode()


def test_the_language_switch_stays_on_the_page(client: Client, commune: Commune) -> None:
    answer = client.post("/i18n/setlang/", {"language": "en", "next": "/list/?layer=roofs"})
    assert (answer.status_code, answer["Location"]) == (302, "/list/?layer=roofs")
    assert "Green roofs" in client.get("/list/?layer=roofs").content.decode()
