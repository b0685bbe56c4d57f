"""The field app's shell: the same for everybody, in both languages, and complete without network."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.translation import override

from frontend.field.texts import field_texts
from tests.factories import CommuneFactory

FIELD = Path(__file__).resolve().parents[2] / "frontend" / "src" / "field"


def settings_of(html: str) -> dict[str, Any]:
    found = re.search(
        r'<script id="field-settings" type="application/json">(.*?)</script>', html, re.S
    )
    assert found
    return dict(json.loads(found[1]))


@pytest.mark.django_db
def test_the_page_is_the_same_for_all_and_runs_nothing_inline(client: Client) -> None:
    CommuneFactory.create(name="Issy")
    pages = [client.get("/field/", headers={"Accept-Language": "fr"}).content.decode()]
    client.force_login(User.objects.create_user("ana"))
    pages.append(client.get("/field/", headers={"Accept-Language": "en"}).content.decode())
    assert pages[0] == pages[1]
    scripts = re.findall(r"<script([^>]*)>", pages[0])
    assert all("src=" in script or "application/json" in script for script in scripts)
    assert "nonce" not in pages[0]
    assert "csrf" not in pages[0]
    assert settings_of(pages[0])["texts"].keys() == {"fr", "en"}


@pytest.mark.django_db
def test_the_duty_number_comes_from_the_settings(client: Client, settings: Any) -> None:
    settings.DUTY_NUMBER = "01 23 45 67 89"
    page = client.get("/field/").content.decode()
    assert settings_of(page)["dutyNumber"] == "01 23 45 67 89"


@pytest.mark.django_db
def test_the_worker_keeps_every_file_the_page_names_and_changes_with_the_page(
    client: Client,
) -> None:
    commune = CommuneFactory.create(name="Issy")
    page = client.get("/field/").content.decode()
    answer = client.get("/field/worker.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert "no-cache" in answer["Cache-Control"]
    worker = answer.content.decode()
    named = re.findall(r'(?:href|src)="(/[^"#]+)"', page)
    assert len(named) >= 6
    assert [address for address in named if f'"{address}"' not in worker] == []
    assert "__STATIC__" not in worker
    commune.name = "Vanves"
    commune.save()
    assert client.get("/field/worker.js").content.decode() != worker


@pytest.mark.django_db
def test_the_manifest_has_what_a_phone_asks_for(client: Client) -> None:
    CommuneFactory.create(name="Issy")
    answer = client.get("/field/app.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    said = answer.json()
    assert said["start_url"] == said["scope"] == "/field/"
    assert {icon["purpose"] for icon in said["icons"]} == {"any", "maskable"}
    assert {icon["sizes"] for icon in said["icons"]} == {"192x192", "512x512"}


def test_every_sentence_the_app_says_exists_and_is_translated() -> None:
    source = "\n".join(
        path.read_text() for path in FIELD.rglob("*.ts") if not path.name.endswith(".test.ts")
    )
    said = set(re.findall(r"say\(\s*\"([a-zA-Z.]+)\"", source))
    families = set(re.findall(r"say\(`([a-z]+)\.\$\{", source))
    with override("en"):
        english = field_texts()
    with override("fr"):
        french = field_texts()
    assert said <= english.keys()
    assert families == {"did", "outcome", "severity", "stake", "what"}
    for family in families:
        assert any(key.startswith(f"{family}.") for key in english)
    same = {key for key in english if english[key] == french[key]}
    assert same <= {"note", "photo", "litres", "metres", "position", "lot", "lotIs", "did.plant", "what.danger",
                    "stake.single", "stake.double", "room", "outbox"}, same  # fmt: skip
    for key, text in english.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", french[key])), key
