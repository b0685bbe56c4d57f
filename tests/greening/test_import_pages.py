"""The import in the browser: from upload to report and back, for planners and administrators only."""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from greening.exchange.trees import background
from greening.models import ImportRun, Species, Tree
from tests.greening.inventories import HERE, imported, table, the_tree, town, tree_row
from tests.greening.test_import_killed import address

CSV = "id,lon,lat,espece,tour\n" + "".join(
    f"{n},{HERE[0] + n * 1e-4},{HERE[1]},Tilia cordata,{80 + n}\n" for n in range(1, 6)
)


@pytest.fixture(autouse=True)
def english(settings: Any) -> None:
    settings.LANGUAGE_CODE = "en"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def signed_in(role: str) -> Client:
    user = User.objects.create_user(role, f"{role}@example.org", "secret")
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def planner(db: None) -> Client:
    town()
    return signed_in("planner")


def upload(client: Client, text: str = CSV, name: str = "arbres.csv") -> Any:
    return client.post(
        "/programme/import/", {"file": SimpleUploadedFile(name, text.encode()), "profile": ""}
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/programme/import/", "/programme/import/1/", "/programme/import/species/"]
)
def test_a_visitor_is_asked_to_sign_in(path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 302
    assert "next=/programme/import/" in answer["Location"]


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["resident", "crew", "crew_lead", "garden_manager"])
def test_other_roles_are_refused(role: str) -> None:
    town()
    client = signed_in(role)
    assert client.get("/programme/import/").status_code == 403
    assert upload(client).status_code == 403
    assert not ImportRun.objects.exists()


def test_a_file_is_shown_with_its_columns_and_what_would_happen_before_anything_is_written(
    planner: Client,
) -> None:
    run = ImportRun.objects.get(pk=upload(planner)["Location"].split("/")[-2])
    page = planner.get(f"/programme/import/{run.pk}/").content.decode()
    assert '<option value="girth_cm" selected>girth, cm</option>' in page
    assert "Import 5 rows" in page
    assert "<dt>new</dt><dd>5</dd>" in page
    assert (Tree.objects.count(), run.state) == (0, "uploaded")


def test_a_column_can_be_taken_for_something_else(planner: Client) -> None:
    number = upload(planner)["Location"].split("/")[-2]
    said = {"column-0": "id", "column-1": "lon", "column-2": "lat", "column-3": "species", "column-4": "diameter_cm",
            "source": "Issy", "do": "check"}  # fmt: skip
    page = planner.post(f"/programme/import/{number}/", said).content.decode()
    assert '<option value="diameter_cm" selected>' in page
    run = ImportRun.objects.get(pk=number)
    assert (run.mapping["tour"], run.source) == ("diameter_cm", "Issy")


def test_a_column_can_be_left_out(planner: Client) -> None:
    number = upload(planner)["Location"].split("/")[-2]
    said = {"column-0": "id", "column-1": "lon", "column-2": "lat", "do": "check"}
    planner.post(f"/programme/import/{number}/", said)
    assert set(ImportRun.objects.get(pk=number).mapping) == {"id", "lon", "lat"}


def test_without_a_place_the_page_says_so_and_lets_a_person_choose(planner: Client) -> None:
    number = upload(planner, "numero,ici,la\n1,a,b\n")["Location"].split("/")[-2]
    answer = planner.get(f"/programme/import/{number}/")
    assert answer.status_code == 422
    assert "has no columns that give a place" in answer.content.decode()
    assert "column-1" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "sentence"), [("arbres.exe", "is no file of trees"), ("arbres.xlsx", "save it as CSV")]
)
def test_a_file_of_another_kind(planner: Client, name: str, sentence: str) -> None:
    answer = upload(planner, "PK", name)
    if answer.status_code == 302:
        answer = planner.get(answer["Location"])
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_import_runs_in_a_process_of_its_own_and_is_taken_back_on_the_page(
    monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    town()
    planner = signed_in("planner")
    monkeypatch.setenv("DATABASE_URL", address())
    monkeypatch.setenv("DATA_DIR", str(data_dir))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.settings")
    rows = CSV + "6,,,Tilia cordata,1\n"
    where = upload(planner, rows)["Location"]
    said = {"column-0": "id", "column-1": "lon", "column-2": "lat", "column-3": "species", "column-4": "girth_cm",
            "source": "Issy", "do": "import"}  # fmt: skip
    assert planner.post(where, said)["Location"] == where
    run = ImportRun.objects.get()
    deadline = time.monotonic() + 60
    while run.state in ("uploaded", "running") and time.monotonic() < deadline:
        time.sleep(0.1)
        run.refresh_from_db()
    assert run.state == "done", (run.folder / "log.txt").read_text()
    assert run.actor is not None
    assert (Tree.objects.count(), the_tree(1).girth_m) == (5, 0.81)
    page = planner.get(where).content.decode()
    assert "<dt>refused</dt><dd>1</dd>" in page
    assert "line 7" in page
    errors = planner.get(f"{where}rows.csv")
    assert b"".join(errors.streaming_content).decode("utf-8-sig").count("\n") == 2  # type: ignore[attr-defined]
    planner.post(f"{where}undo/")
    run.refresh_from_db()
    assert (run.state, Tree.objects.filter(archived_at=None).count()) == ("undone", 0)
    assert "The import was taken back." in planner.get(where).content.decode()
    connection.close()


def test_a_run_without_a_sign_of_life_offers_to_go_on(planner: Client) -> None:
    where = upload(planner)["Location"]
    ImportRun.objects.update(state="running", total=5, counts={"read": 2})
    page = planner.get(where).content.decode()
    assert "no sign of life" in page
    assert 'value="go-on"' in page


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The processes an import was started in: here they only say their command, and end."""
    commands: list[list[str]] = []
    real = subprocess.Popen

    def start(command: list[str], **facts: Any) -> Any:
        commands.append(command)
        return real([sys.executable, "-c", ""], **facts)

    monkeypatch.setattr(subprocess, "Popen", start)
    return commands


def test_two_clicks_start_one_import(planner: Client, started: list[list[str]]) -> None:
    where = upload(planner)["Location"]
    said = {"column-0": "id", "column-1": "lon", "column-2": "lat", "source": "Issy", "do": "import"}  # fmt: skip
    run = ImportRun.objects.get()
    assert planner.post(where, said)["Location"] == where
    # The other click's request had read the run before the first one started it.
    assert not background.start(run)
    assert planner.post(where, {"do": "go-on"}).status_code == 302
    assert len(started) == 1
    assert ImportRun.objects.get().state == "running"


@pytest.mark.parametrize(
    ("facts", "goes_on"),
    [
        ({"state": "failed"}, True),
        ({"state": "running"}, True),  # silent: nobody has told of it
        ({"state": "failed", "undo_batch": uuid.uuid4()}, False),
        ({"state": "done"}, False),
        ({"state": "undone"}, False),
    ],
)
def test_an_old_page_goes_on_with_nothing_that_is_over(
    planner: Client, started: list[list[str]], facts: dict[str, Any], goes_on: bool
) -> None:
    where = upload(planner)["Location"]
    ImportRun.objects.update(**facts)
    answer = planner.post(where, {"do": "go-on"}, follow=True)
    assert len(started) == goes_on
    assert ImportRun.objects.get().state == ("running" if goes_on else facts["state"])
    assert ("cannot be gone on with" in answer.content.decode()) is not goes_on


def test_names_that_nobody_knows_wait_for_a_person_who_settles_them(
    planner: Client, tmp_path: Path
) -> None:
    imported(table(tmp_path / "t.csv", *[tree_row(n, espece="Tileul des boix") for n in (1, 2)]))
    assert the_tree(1).species is None
    page = planner.get("/programme/import/species/").content.decode()
    assert "Tileul des boix" in page
    lime = Species.objects.get(genus="Tilia", species="cordata")
    answer = planner.post(
        "/programme/import/species/", {"text": "Tileul des boix", "species": lime.pk}, follow=True
    )
    assert "2 trees have their species." in answer.content.decode()
    assert the_tree(2).species == lime
    assert the_tree(2).species_as_written == "Tileul des boix"
    assert "No name is waiting." in answer.content.decode()
