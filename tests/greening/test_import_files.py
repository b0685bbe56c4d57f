"""Files that are not what they say, too large, packed or damaged: one clear sentence each, and memory stays flat."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from greening.exchange.trees import read
from greening.models import Tree
from tests.greening.inventories import imported, table, town, tree_row

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def issy() -> None:
    town()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("trees.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "its name says CSV, its content does not"),
        ("trees.csv", b"", "is empty"),
        ("trees.csv", b"id;lon;lat\n", "holds no rows"),
        ("trees.csv", b"hello\nworld\n", "its first line must name several columns"),
        ("trees.csv", b"a" * 1_100_000, "never ends"),
        (
            "trees.geojson",
            b"<!doctype html><title>404</title>",
            "is not a vector file that can be read",
        ),
        ("trees.gpkg", b"id,lon,lat\n1,2,3\n", "is not a vector file that can be read"),
        ("trees.xlsx", b"PK\x03\x04", "is a spreadsheet: save it as CSV"),
        ("trees.zip", b"PK\x03\x04 and nothing more", "trees.zip"),
        ("trees.csv.gz", b"\x1f\x8b damaged", "damaged"),
    ],
)
def test_a_file_that_is_not_what_it_says(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CommandError, match=sentence) as raised:
        imported(tmp_path / name)
    assert "\n" not in str(raised.value)
    assert not Tree.objects.exists()


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="does not exist"):
        imported(tmp_path / "nowhere.csv")


def test_a_zip_bomb_is_stopped_by_what_it_unpacks_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "MAX_UNPACKED", 1_000_000)
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("trees.csv", b"0" * 30_000_000)
    assert bomb.stat().st_size < 100_000
    with pytest.raises(CommandError, match="holds more than 1 MB"):
        imported(bomb)
    with gzip.open(tmp_path / "bomb.csv.gz", "wb") as packed:
        packed.write(b"0" * 30_000_000)
    with pytest.raises(CommandError, match="holds more than 1 MB"):
        imported(tmp_path / "bomb.csv.gz")


def test_too_large_advises_no_option_that_the_command_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "MAX_UNPACKED", 1_000_000)
    file = tmp_path / "large.geojson"
    file.write_bytes(b" " * 1_100_000)
    with pytest.raises(CommandError, match=r"cut it to the commune first\.$"):
        imported(file)


def test_a_packed_csv(tmp_path: Path) -> None:
    file = table(tmp_path / "trees.csv", tree_row(1))
    with zipfile.ZipFile(tmp_path / "trees.zip", "w") as archive:
        archive.write(file, "trees.csv")
    imported(tmp_path / "trees.zip")
    assert Tree.objects.count() == 1


def test_lines_are_those_of_the_file_also_after_a_cell_of_several_lines(tmp_path: Path) -> None:
    file = table(
        tmp_path / "t.csv",
        tree_row(1, remarque="une\r\ndeux\r\ntrois"),
        {"id": 2, "lon": "", "lat": "", "remarque": ""},
    )
    assert "line 5: the row has no position [refused]" in imported(file)


def test_rows_with_too_few_or_too_many_cells(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "id,lon,lat,hauteur\n1,2.2737,48.8238\n2,2.2738,48.8238,7,8,9\n\n,,,\n"
    )
    imported(tmp_path / "t.csv")
    assert sorted(Tree.objects.values_list("source_id", "height_m")) == [("1", None), ("2", 7.0)]


def test_a_file_of_any_length_is_read_in_flat_memory(tmp_path: Path) -> None:
    """Reading 40 MB must not take 40 MB more than reading 400 kB: a process of its own tells its peak."""
    program = (
        "import sys, resource, itertools\n"
        "from greening.exchange.trees import read\n"
        "with read.opened(sys.argv[1]) as table:\n"
        "    rows = sum(1 for _ in table.rows())\n"
        "print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    peaks = []
    for name, rows in (("small.csv", 4_000), ("large.csv", 400_000)):
        path = tmp_path / name
        with path.open("w") as file:
            file.write("id,lon,lat,adresse\n")
            file.writelines(f"{n},2.2737,48.8238,{'rue de Meudon ' * 5}\n" for n in range(rows))
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        start = "import django; django.setup()\n"
        said = subprocess.run(
            [sys.executable, "-c", start + program, str(path)],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        found, peak_kb = map(int, said.stdout.split())
        assert found == rows
        peaks.append(peak_kb)
    assert peaks[1] - peaks[0] < 8_000
