"""A newcomer follows the README: an empty town, its outline, schools, yards, parcels, and trees from a table of
their own. Every command in a process of its own, on a database that only they made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.realdata, pytest.mark.town]

#: As a town's spreadsheet writes it: Windows' encoding, semicolons, decimal commas, centimetres, a slip in row 4.
TREES = """N°;Essence;Circonférence (cm);Hauteur (m);Date plantation;Longitude;Latitude;Remarques
1;Tilia cordata 'Greenspire';62;8,5;12/11/2019;2,2737;48,8238;
2;platane;145;14;;2,2700;48,8240;à surveiller
3;Érable champêtre;;3,2;03/12/2025;2,2601;48,8215;
4;Ginkgo biloba;38;5;31/02/2024;2,2655;48,8222;
"""
LOOK = """
import json
from django.test import Client
from greening.models import Event, Species, Tree
pages = ("/", "/list/", "/list/?layer=trees", "/programme/", "/heat/", "/healthz", "/tiles/trees.json")
client = Client(SERVER_NAME="127.0.0.1")
print(json.dumps({
    "pages": {page: client.get(page, follow=True).status_code for page in pages},
    "trees": list(Tree.objects.order_by("source_id").values_list(
        "source_id", "species__genus", "girth_m", "height_m", "planted_on", "state")),
    "events": Event.objects.filter(source="import", status="applied").count(),
    "species": Species.objects.count(),
}, default=str))
"""


def manage(data: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"}
    }
    return subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", *map(str, arguments)],
        cwd=ROOT,
        env={**environment, "DATA_DIR": str(data), "SECRET_KEY": "own-town", "BASE_MAP_URL": ""},
        capture_output=True,
        text=True,
    )


def squares(path: Path, *places: tuple[float, float], **properties: str) -> Path:
    """A GeoJSON file of small squares."""
    half = 0.0003
    features = [
        {
            "type": "Feature",
            "properties": {"id": f"{path.stem}-{number}", **properties},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [
                        (lon - half, lat - half),
                        (lon + half, lat - half),
                        (lon + half, lat + half),
                        (lon - half, lat + half),
                        (lon - half, lat - half),
                    ]
                ],
            },
        }
        for number, (lon, lat) in enumerate(places)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_an_empty_town_becomes_a_real_one(shared_data: Path, tmp_path: Path) -> None:
    data, issy = tmp_path / "data", shared_data / "issy"
    data.mkdir()
    table = tmp_path / "arbres.csv"
    table.write_bytes(TREES.encode("cp1252"))
    places = ((2.2737, 48.8238), (2.2700, 48.8240))
    errors = tmp_path / "erreurs.csv"
    steps: list[tuple[str | Path, ...]] = [
        ("migrate", "--verbosity", "0"),
        ("collectstatic", "--noinput", "--verbosity", "0"),
        ("load_species",),
        ("import_commune", issy / "issy_commune_92040_MTA_apur.geojson"),
        ("import_schools", issy / "issy_ecoles_2014.geojson"),
        ("import_courtyards", squares(tmp_path / "cours.geojson", *places, nom="Cour")),
        ("import_parcels", squares(tmp_path / "parcelles.geojson", *places)),
        ("import_trees", table, "--dry-run", "--errors", errors),
        ("import_trees", table, "--errors", errors),
    ]
    for step in steps:
        done = manage(data, *step)
        assert done.returncode == 0, f"{step}: {done.stderr[-2000:]}{done.stdout[-2000:]}"
    assert "31/02/2024" in errors.read_text("utf-8-sig")

    seen = json.loads(manage(data, "shell", "-v", "0", "-c", LOOK).stdout)
    assert set(seen["pages"].values()) == {200}, seen["pages"]
    assert seen["species"] >= 600
    assert [tree[:4] for tree in seen["trees"]] == [
        ["1", "Tilia", 0.62, 8.5],
        ["2", "Platanus", 1.45, 14.0],
        ["3", "Acer", None, 3.2],
        ["4", "Ginkgo", 0.38, 5.0],
    ]
    assert [tree[4] for tree in seen["trees"]] == ["2019-11-12", None, "2025-12-03", None]
    assert seen["events"] >= 8  # each tree and each site came through the door

    again = manage(data, "import_trees", table)
    assert again.returncode == 0, again.stderr
    same = json.loads(manage(data, "shell", "-v", "0", "-c", LOOK).stdout)
    assert same == seen

    exported = tmp_path / "arbres-export.csv"
    assert manage(data, "export_trees", exported).returncode == 0
    assert len(exported.read_text("utf-8-sig").splitlines()) == 5
