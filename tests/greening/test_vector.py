"""Vector files in: every format to the same rows, and a sentence for what cannot be read."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely

from greening.errors import BadInput
from greening.exchange import source, vector
from greening.exchange.fields import (
    Field,
    RowProblem,
    count,
    matched,
    number,
    text,
    told_by,
    values,
)
from greening.exchange.shapes import as_multipolygon, as_point, shape_key
from tests.factories import TOWN_HALL
from tests.greening.imports import geojson, in_lambert, write

YARD = shapely.box(2.2700, 48.8200, 2.2706, 48.8206)


def read(path: Path | str, **options: Any) -> vector.VectorFile:
    with source.opened(str(path)) as paths:
        return vector.read(paths, **options)


@pytest.mark.parametrize("name", ["yards.geojson", "yards.gpkg", "yards.shp", "yards.fgb"])
def test_every_format_gives_the_same_rows(name: str, tmp_path: Path) -> None:
    file = read(write(tmp_path / name, [YARD], "EPSG:4326", nom=["Cour à l'été"], eleves=["12"]))
    assert file.attributes == ["nom", "eleves"]
    (row,) = file.rows
    assert row.number == 1
    assert row.attributes == {"nom": "Cour à l'été", "eleves": "12"}
    assert row.geometry is not None
    assert row.geometry.normalize().equals_exact(YARD.normalize(), 1e-9)


@pytest.mark.parametrize("name", ["yards.gpkg", "yards.shp"])
def test_metres_become_degrees(name: str, tmp_path: Path) -> None:
    (row,) = read(write(tmp_path / name, [in_lambert(YARD)], "EPSG:2154", nom=["a"])).rows
    assert row.geometry is not None
    assert row.geometry.normalize().equals_exact(YARD.normalize(), 1e-8)  # 1 mm


def test_a_file_without_a_crs_asks_for_one(tmp_path: Path) -> None:
    path = write(tmp_path / "yards.shp", [in_lambert(YARD)], "EPSG:2154", nom=["a"])
    (tmp_path / "yards.prj").unlink()
    with pytest.raises(BadInput, match=r"yards.shp names no coordinate reference system.*--srid"):
        read(path)
    (row,) = read(path, srid=2154).rows
    assert row.geometry is not None
    assert row.geometry.centroid.distance(YARD.centroid) < 1e-8


def test_metres_that_call_themselves_degrees_are_noticed(tmp_path: Path) -> None:
    path = geojson(tmp_path / "yards.geojson", (in_lambert(YARD), {"nom": "a"}))
    with pytest.raises(BadInput, match=r"not degrees .*--srid 2154"):
        read(path)
    assert read(path, srid=2154).rows[0].geometry is not None


@pytest.mark.parametrize(
    "lines",
    [
        "nom;lon;lat\nMairie;2.2737;48.8238\n",
        "nom,longitude,latitude\nMairie,2.2737,48.8238\n",
        "nom;lon;lat\nMairie;2,2737;48,8238\n",
        "nom\tLongitude\tLatitude\nMairie\t2.2737\t48.8238\n",
        'nom,geo_point_2d\nMairie,"48.8238, 2.2737"\n',
        'nom;geo_shape\nMairie;"{""type"": ""Point"", ""coordinates"": [2.2737, 48.8238]}"\n',
    ],
    ids=["semicolons", "commas", "decimal commas", "tabs", "lat, lon in one", "GeoJSON in a cell"],
)
def test_a_csv_line_has_its_place(lines: str, tmp_path: Path) -> None:
    path = tmp_path / "schools.csv"
    path.write_bytes(b"\xef\xbb\xbf" + lines.encode())
    (row,) = read(path).rows
    assert row.attributes["nom"] == "Mairie"
    assert isinstance(row.geometry, shapely.Point)
    assert (row.geometry.x, row.geometry.y) == pytest.approx(TOWN_HALL)


def test_wkt_in_a_csv_needs_its_crs(tmp_path: Path) -> None:
    path = tmp_path / "yards.csv"
    path.write_text(f"nom;wkt\na;{in_lambert(YARD).wkt}\n")
    with pytest.raises(BadInput, match="names no coordinate reference system"):
        read(path)
    assert read(path, srid=2154).rows[0].geometry.centroid.distance(YARD.centroid) < 1e-8  # type: ignore[union-attr]


def test_windows_text_and_leading_zeros_survive(tmp_path: Path) -> None:
    path = tmp_path / "schools.csv"
    path.write_bytes("nom;code;lon;lat\nÉcole;01001;2.27;48.82\n".encode("cp1252"))
    assert read(path).rows[0].attributes == {
        "nom": "École",
        "code": "01001",
        "lon": "2.27",
        "lat": "48.82",
    }


def test_a_csv_line_without_a_place_keeps_its_number(tmp_path: Path) -> None:
    path = tmp_path / "schools.csv"
    path.write_text("nom;lon;lat\na;2.27;48.82\nb;;\nc;near;the park\n")
    assert [row.geometry is None for row in read(path).rows] == [False, True, True]


def test_swapped_coordinates_can_be_turned(tmp_path: Path) -> None:
    path = geojson(tmp_path / "a.geojson", (shapely.Point(48.8238, 2.2737), {}))
    assert read(path, swap=True).rows[0].geometry == shapely.Point(TOWN_HALL)


def test_packed_files_are_unpacked(tmp_path: Path) -> None:
    write(tmp_path / "yards.shp", [YARD], "EPSG:4326", nom=["a"])
    with zipfile.ZipFile(tmp_path / "yards.zip", "w") as archive:
        for part in tmp_path.glob("yards.*"):
            if part.suffix != ".zip":
                archive.write(part, f"deep/inside/{part.name}")
    assert len(read(tmp_path / "yards.zip").rows) == 1

    plain = geojson(tmp_path / "cadastre.json", (YARD, {"nom": "a"}))
    (tmp_path / "cadastre.json.gz").write_bytes(gzip.compress(plain.read_bytes()))
    assert len(read(tmp_path / "cadastre.json.gz").rows) == 1


def test_several_layers_ask_for_a_choice(tmp_path: Path) -> None:
    path = tmp_path / "town.gpkg"
    for layer in ("cours", "jardins"):
        pyogrio.raw.write(
            path,
            geometry=np.array([shapely.to_wkb(YARD)], dtype=object),
            field_data=[np.array([layer], dtype=object)],
            fields=["nom"],
            geometry_type="Polygon",
            crs="EPSG:4326",
            layer=layer,
            append=path.exists(),
        )
    with pytest.raises(
        BadInput, match=r"several layers: say which with --layer \(cours, jardins\)"
    ):
        read(path)
    assert read(path, layer="jardins").rows[0].attributes == {"nom": "jardins"}
    with pytest.raises(BadInput, match="no layer «parcs»"):
        read(path, layer="parcs")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.geojson", b"", "a.geojson is empty"),
        ("a.geojson", b"no JSON at all", "not a vector file"),
        ("a.geojson", b'{"type": "FeatureCollection", "features": [{"type"', "not a vector file|damaged"),
        ("a.geojson", b'{"type": "FeatureCollection", "features": []}', "no rows|no geometry"),
        ("a.gpkg", b"\x00\x01\x02 not a database", "not a vector file"),
        ("a.shp", b"\x00" * 200, "not a vector file"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 64, "not a vector file"),
        ("a.csv", b"only one column\n1\n", "not a CSV file"),
        ("a.csv", b"nom;ville\nEcole;Issy\n", "no column that gives a place"),
        ("a.csv", b"nom;lon;lat\n", "no rows"),
        ("a.csv", b"nom;\x00\x00", "not a text file"),
        ("a.json.gz", b"\x1f\x8b damaged", "damaged"),
        ("a.zip", b"PK\x03\x04 damaged", "not a vector file|cannot be unpacked"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_in_one_sentence(
    name: str, content: bytes, sentence: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=sentence) as told:
        read(tmp_path / name)
    assert "\n" not in str(told.value)


def test_a_missing_file_is_told() -> None:
    with pytest.raises(BadInput, match="does not exist"):
        read("nowhere/at/all.geojson")


def test_a_zip_without_a_vector_file_is_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("readme.md", "hello")
    with pytest.raises(BadInput, match="holds no vector file"):
        read(tmp_path / "a.zip")


@pytest.mark.parametrize("kind", ["plain", "zip", "gz"])
def test_a_file_larger_than_agreed_is_refused_also_when_packed(kind: str, tmp_path: Path) -> None:
    content = b"nom;lon;lat\n" + b"a" * 2_000_000
    path = tmp_path / {"plain": "a.csv", "zip": "a.zip", "gz": "a.csv.gz"}[kind]
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.csv", content)
        assert path.stat().st_size < 10_000  # a bomb: small outside
    else:
        path.write_bytes(gzip.compress(content) if kind == "gz" else content)
    with (
        pytest.raises(BadInput, match="more than 1 MB"),
        source.opened(str(path), max_bytes=1_000_000),
    ):
        pass


def test_a_zip_that_lies_about_its_size_is_stopped_while_unpacking(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"a" * 2_000_000)
    raw = path.read_bytes()
    small = (1_000).to_bytes(4, "little")
    path.write_bytes(raw.replace((2_000_000).to_bytes(4, "little"), small))
    with (
        pytest.raises(BadInput, match=r"more than|cannot be unpacked"),
        source.opened(str(path), max_bytes=1_000_000),
    ):
        pass


def test_a_zip_cannot_write_outside_its_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("../../escaped.csv", "nom;lon;lat\n")
    with pytest.raises(BadInput, match="points outside"):
        read(tmp_path / "a.zip")


# --- Addresses --------------------------------------------------------------------------------------


class Handler(BaseHTTPRequestHandler):
    """A tiny open-data portal."""

    body = b""

    def do_GET(self) -> None:
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", "/exports/geojson?lang=fr")
        elif self.path.startswith("/to-a-file"):
            self.send_response(302)
            self.send_header("Location", "file:///etc/passwd")
        elif self.path.startswith("/missing"):
            self.send_response(404)
        elif self.path.startswith("/endless"):
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(10_000):
                    self.wfile.write(b"x" * 65_536)
            except (BrokenPipeError, ConnectionResetError):
                return
            return
        else:
            self.send_response(200)
            self.send_header("Content-Type", "application/geo+json; charset=utf-8")
            self.send_header("Content-Length", str(len(self.body)))
            self.end_headers()
            self.wfile.write(self.body)
            return
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def portal() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("path", ["/exports/geojson?lang=fr", "/yards.geojson", "/yards", "/moved"])
def test_a_file_comes_from_an_address(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = geojson(tmp_path / "yards.geojson", (YARD, {"nom": "a"})).read_bytes()
    monkeypatch.setattr(Handler, "body", content)
    with portal() as address:
        assert [row.attributes for row in read(address + path).rows] == [{"nom": "a"}]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/missing", "answered 404"),
        ("/to-a-file", "could not be|only http|answered 302"),
        ("/endless", "more than 1 MB"),
    ],
)
def test_an_address_that_fails_is_told(path: str, sentence: str) -> None:
    with (
        portal() as address,
        pytest.raises(BadInput, match=sentence),
        source.opened(address + path, max_bytes=1_000_000),
    ):
        pass


def test_a_server_that_is_not_there_is_told() -> None:
    with portal() as address:
        pass
    with pytest.raises(BadInput, match="could not be fetched"):
        read(f"{address}/yards.geojson")


# --- Fields -----------------------------------------------------------------------------------------

FIELDS = (
    Field("name", ("nom", "titre"), text(10), required=True),
    Field("pupils", ("effectif",), count),
    Field("height_m", ("hauteur",), number),
)


def test_official_names_are_guessed_and_told_names_win() -> None:
    assert matched(FIELDS, ["TITRE", "Nom ", "Effectif"]) == {"name": "Nom ", "pupils": "Effectif"}
    assert matched(FIELDS, ["TITRE", "NOM"], told={"name": "titre"}) == {"name": "TITRE"}


@pytest.mark.parametrize(
    ("attributes", "told", "sentence"),
    [
        (["a", "b"], {}, "no column for «name».*--field name=COLUMN.*it has a, b"),
        (["nom"], {"nane": "nom"}, "no field «nane» to fill: there are height_m, name, pupils"),
        (["nom"], {"name": "titre"}, "no column «titre»: it has nom"),
    ],
)
def test_a_mapping_that_cannot_be_is_told(
    attributes: list[str], told: dict[str, str], sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence):
        matched(FIELDS, attributes, told=told)


def test_a_mapping_comes_from_a_file_and_from_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "mapping.json"
    path.write_text('{"name": "A", "pupils": "B"}')
    assert told_by(str(path), ["pupils=C"]) == {"name": "A", "pupils": "C"}
    for bad, sentence in (
        ("[1]", "must look like"),
        ("{", "not a JSON file"),
        ('{"a": 1}', "must look like"),
    ):
        path.write_text(bad)
        with pytest.raises(BadInput, match=sentence):
            told_by(str(path), [])
    with pytest.raises(BadInput, match="field=COLUMN"):
        told_by(None, ["pupils"])


def test_empty_cells_are_missing_not_zero() -> None:
    mapping = {"name": "n", "pupils": "p", "height_m": "h"}
    found = values(FIELDS, mapping, {"n": "a", "p": float("nan"), "h": " "})
    assert found == {"name": "a", "pupils": None, "height_m": None}


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"n": ""}, "nothing in «n»"),
        ({"n": "much longer than ten"}, "20 characters where 10 fit"),
        ({"n": "a", "p": "many"}, "«many» where a number belongs"),
        ({"n": "a", "p": "-1"}, "where a whole number belongs"),
        ({"n": "a", "p": "1.5"}, "where a whole number belongs"),
        ({"n": "a", "h": "inf"}, "where a number belongs"),
    ],
)
def test_a_cell_that_does_not_fit_is_told(cells: dict[str, Any], sentence: str) -> None:
    mapping = {"name": "n", "pupils": "p", "height_m": "h"}
    with pytest.raises(RowProblem, match=sentence):
        values(FIELDS, mapping, {"n": None, "p": None, "h": None} | cells)


# --- Shapes -----------------------------------------------------------------------------------------


def test_a_polygon_becomes_a_multipolygon() -> None:
    shape, mended = as_multipolygon(YARD)
    assert shape == shapely.MultiPolygon([YARD])
    assert mended == ""


def test_a_bow_tie_is_mended_into_its_two_wings() -> None:
    # Two triangles of 1/4 each: (0,0)-(1,1)-(1,0)-(0,1) crosses at (½, ½).
    shape, mended = as_multipolygon(shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]))
    assert shape.area == pytest.approx(0.5)
    assert len(shape.geoms) == 2
    assert "crossed itself" in mended


def test_parts_that_touch_are_joined() -> None:
    collection = shapely.GeometryCollection([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    shape, _ = as_multipolygon(collection)
    assert (len(shape.geoms), shape.area) == (1, 2)


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        (None, "no geometry"),
        (shapely.Polygon(), "empty"),
        (shapely.Point(0, 0), "is a Point, not an area"),
        (shapely.LineString([(0, 0), (1, 1)]), "is a LineString, not an area"),
        (shapely.Polygon([(0, 0), (1, 1), (0, 0)]), "not an area once its crossings are mended"),
        (shapely.box(700_000, 6_800_000, 700_001, 6_800_001), "off the globe"),
        (shapely.Polygon([(0, 0), (float("inf"), 1), (1, 1)]), "off the globe"),
    ],
)
def test_what_is_no_area_is_told(shape: Any, sentence: str) -> None:
    with pytest.raises(RowProblem, match=sentence):
        as_multipolygon(shape)


def test_a_single_multipoint_is_a_point_and_two_are_not() -> None:
    assert as_point(shapely.MultiPoint([(1, 2)])) == shapely.Point(1, 2)
    with pytest.raises(RowProblem, match="is a MultiPoint, not a point"):
        as_point(shapely.MultiPoint([(1, 2), (3, 4)]))


def test_a_shape_without_identifier_is_known_by_its_corners() -> None:
    turned = shapely.Polygon([*YARD.exterior.coords[2:], *YARD.exterior.coords[1:3]])
    assert shape_key(YARD) == shape_key(turned)  # another first corner
    assert shape_key(YARD) != shape_key(shapely.box(2.2700, 48.8200, 2.2706, 48.8207))
