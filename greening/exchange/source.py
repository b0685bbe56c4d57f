"""Where an import comes from: a file, a folder or an address, unpacked, and never larger than agreed."""

from __future__ import annotations

import gzip
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from greening.errors import BadInput

#: BD TOPO's buildings of one département are about 200 MB; what is larger is rather a mistake or an attack.
MAX_BYTES = 1_000_000_000
MAX_MEMBERS = 5_000
TIMEOUT_S = 60
CHUNK = 1 << 20

VECTOR_SUFFIXES = (
    ".geojson",
    ".json",
    ".gpkg",
    ".shp",
    ".csv",
    ".tsv",
    ".fgb",
    ".gml",
    ".kml",
    ".gdb",
)
SUFFIX_OF_TYPE = {
    "application/geo+json": ".geojson",
    "application/vnd.geo+json": ".geojson",
    "application/json": ".geojson",
    "application/geopackage+sqlite3": ".gpkg",
    "application/zip": ".zip",
    "application/gzip": ".gz",
    "text/csv": ".csv",
}


class TooLarge(BadInput):
    """More than was agreed; whoever can raise the limit says how."""


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def is_address(source: str) -> bool:
    return source.split("://", 1)[0].lower() in ("http", "https") and "://" in source


def label(source: str) -> str:
    """What a source is called when nobody names it: the file's name without its endings.

    >>> label("https://example.org/lyon/cadastre-92040-batiments.json.gz?raw=1"), label("in/cours.shp")
    ('cadastre-92040-batiments', 'cours')
    """
    path = urllib.parse.urlsplit(source).path if is_address(source) else source
    return (Path(path).name or urllib.parse.urlsplit(source).netloc).split(".")[0]


@contextmanager
def opened(source: str, *, max_bytes: int = MAX_BYTES) -> Iterator[list[Path]]:
    """The vector files of a source, ready to read: fetched if it is an address, unpacked if it is packed.

    Whatever had to be copied is gone on leaving. Raises BadInput for what is missing, too large or unreadable.
    """
    with tempfile.TemporaryDirectory(prefix="town-import-") as folder:
        room = Path(folder)
        path = _fetched(source, room, max_bytes) if is_address(source) else Path(source)
        if not path.exists():
            raise BadInput(f"{source} does not exist: check the path.")
        size = (
            sum(part.stat().st_size for part in path.rglob("*"))
            if path.is_dir()
            else path.stat().st_size
        )
        if size == 0:
            raise BadInput(f"{path.name} is empty.")
        if size > max_bytes:
            raise _too_large(path.name, max_bytes)
        if path.suffix.lower() == ".gz":
            path = _ungzipped(path, room, max_bytes)
        if path.is_file() and zipfile.is_zipfile(path):
            yield _unzipped(path, room / "unpacked", max_bytes)
        elif path.is_dir() and path.suffix.lower() != ".gdb":
            yield _vector_files(path, path.name)
        else:
            yield [path]


def _too_large(name: str, max_bytes: int) -> TooLarge:
    return TooLarge(
        f"{name} holds more than {max_bytes // 1_000_000:,} MB: cut it to the commune first."
    )


def _copied(reader: Readable, target: Path, max_bytes: int, name: str) -> int:
    """Bytes copied; stops with a sentence as soon as there are too many, whatever was announced."""
    target.parent.mkdir(parents=True, exist_ok=True)
    done = 0
    with target.open("wb") as writer:
        while chunk := reader.read(CHUNK):
            done += len(chunk)
            if done > max_bytes:
                raise _too_large(name, max_bytes)
            writer.write(chunk)
    return done


def _fetched(address: str, room: Path, max_bytes: int) -> Path:
    # Only the two web handlers: an address may redirect, but not to a file or an FTP server.
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.HTTPDefaultErrorHandler,
    ):
        opener.add_handler(handler())
    request = urllib.request.Request(  # noqa: S310 — http and https only, see is_address
        address, headers={"User-Agent": "urban-greening-tracker", "Accept-Encoding": "identity"}
    )
    try:
        with opener.open(request, timeout=TIMEOUT_S) as answer:
            if answer is None:
                raise BadInput(f"{address} could not be opened: only http and https addresses can.")
            announced = answer.headers.get("Content-Length", "0")
            if announced.isdigit() and int(announced) > max_bytes:
                raise _too_large(address, max_bytes)
            target = room / "fetched" / _file_name(address, answer.headers.get_content_type())
            _copied(answer, target, max_bytes, address)
            return target
    except urllib.error.HTTPError as error:
        with error:
            raise BadInput(
                f"{address} answered {error.code} {error.reason}: check the address."
            ) from error
    except (OSError, ValueError) as error:  # URLError, timeouts, broken connections, odd addresses
        reason = getattr(error, "reason", None) or error
        raise BadInput(f"{address} could not be fetched: {reason}.") from error


def _file_name(address: str, content_type: str) -> str:
    """A name whose ending tells the format: from the path, from its last word, or from the answer's type."""
    name = Path(urllib.parse.unquote(urllib.parse.urlsplit(address).path)).name or "download"
    if Path(name).suffix.lower() in (*VECTOR_SUFFIXES, ".zip", ".gz"):
        return name
    if f".{name.lower()}" in VECTOR_SUFFIXES:  # …/exports/geojson
        return f"download.{name.lower()}"
    return name + SUFFIX_OF_TYPE.get(content_type, "")


def _ungzipped(path: Path, room: Path, max_bytes: int) -> Path:
    target = room / "ungzipped" / path.stem
    try:
        with gzip.open(path, "rb") as reader:
            _copied(reader, target, max_bytes, path.name)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BadInput(f"{path.name} is a damaged .gz file: fetch it again.") from error
    return target


def _unzipped(path: Path, room: Path, max_bytes: int) -> list[Path]:
    left = max_bytes
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > MAX_MEMBERS:
                raise BadInput(f"{path.name} holds {len(members):,} files: give the one to import.")
            if sum(member.file_size for member in members) > max_bytes:
                raise _too_large(path.name, max_bytes)
            for member in members:
                target = (room / member.filename).resolve()
                if not target.is_relative_to(room.resolve()):
                    raise BadInput(f"{path.name} holds a file that points outside it: refused.")
                with archive.open(member) as reader:
                    left -= _copied(reader, target, left, path.name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise BadInput(f"{path.name} is a zip file that cannot be unpacked: {error}.") from error
    return _vector_files(room, path.name)


def _vector_files(folder: Path, name: str) -> list[Path]:
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in VECTOR_SUFFIXES)
    if not found:
        raise BadInput(f"{name} holds no vector file (GeoJSON, GeoPackage, Shapefile or CSV).")
    return found
