"""Tiles through the running server against TiTiler on the same COG, rescale and number of workers: `make bench`.

Bounds: cold tiles at least 5 times TiTiler's, cached ones and 304s at least 20 times its cold ones. Cold means
that a server was never asked for the tile before. Both servers answer the same client, in a process of its own,
over kept-alive connections; both are warmed with tiles that are not counted.

    python -m tests.benchmarks.bench_tiles [--workers 2] [--tiles 400]
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import math
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COLD, CACHED = 5.0, 20.0
CONNECTIONS = 8
CHUNK = 50
Place = tuple[int, int, int]
BOX = (2.15, 48.74, 2.39, 48.90)  # within the 20 × 20 km around Issy
#: What TiTiler's own documentation advises for GDAL (Performance tuning), where it applies to a local file.
TITILER_ENV = {
    "GDAL_CACHEMAX": "200",
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_BAND_BLOCK_CACHE": "HASHSET",
}

# --- The same raster for both --------------------------------------------------------------------


def prepare() -> None:
    """In a process of its own, with DATA_DIR set: a town with one full-size heat map. Prints what was made."""
    import django

    django.setup()
    import numpy as np
    from django.core.management import call_command
    from scipy.ndimage import gaussian_filter

    from heat_islands.published import address_version
    from heat_islands.science.grid import Grid
    from tests.heat_islands.rasters import heat_map

    call_command("migrate", verbosity=0)
    grid = Grid(
        srid=2154, left=636_200.0, top=6_868_800.0, width=2000, height=2000, resolution=10.0
    )
    rng = np.random.default_rng(7)

    def field(cells: float) -> np.ndarray:
        smooth = gaussian_filter(rng.standard_normal(grid.shape).astype(np.float32), cells)
        return smooth / smooth.std()

    anomaly = 1.2 * field(3) + 1.8 * field(15)
    hidden = field(40) < -2
    fields = {
        "temperature": 305 + anomaly,
        "anomaly": anomaly,
        "suhi": anomaly + 2,
        "se": 0.5 + 0.1 * np.abs(field(20)),
        "sigma": 1.9 + 0.4 * field(30),
        "n": np.clip(np.round(8 + 2 * field(30)), 3, 12),
        "ndvi": np.clip(0.4 + 0.2 * field(2), -1, 1),
        "albedo": 0.18 + 0.03 * field(2),
    }
    for values in fields.values():
        values[hidden] = np.nan
    row = heat_map(fields, grid=grid)
    print(json.dumps({"display": str(row.display_path), "v": address_version(row)}))


def tiles(count: int, seed: int = 3) -> list[Place]:
    """Different tiles of zooms 11 to 17 within the raster, half of them at the zooms that a town is looked at."""
    rng = random.Random(seed)
    wanted = {11: 0.02, 12: 0.06, 13: 0.12, 14: 0.25, 15: 0.25, 16: 0.2, 17: 0.1}
    found: list[Place] = []
    for zoom, share in wanted.items():
        side = 2**zoom
        left, right = (int((lon + 180) / 360 * side) for lon in (BOX[0], BOX[2]))
        top, bottom = (
            int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side)
            for lat in (BOX[3], BOX[1])
        )
        every = [(zoom, x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]
        found += rng.sample(every, min(len(every), round(count * share)))
    rng.shuffle(found)
    return found


# --- The client, in a process of its own ----------------------------------------------------------


async def fetch_all(port: int, paths: list[str], headers: dict[str, str]) -> dict[str, object]:
    """Every path once, over CONNECTIONS kept-alive connections; seconds, statuses and ETags."""
    queue = iter(enumerate(paths))
    statuses: dict[int, int] = {}
    tags: dict[str, str] = {}
    received = 0

    async def work() -> None:
        nonlocal received
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _, path in queue:
            extra = f"If-None-Match: {headers[path]}\r\n" if path in headers else ""
            writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{extra}\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            status = int(head[9:12])
            statuses[status] = statuses.get(status, 0) + 1
            length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
            if status != 304 and length:
                received += len(await reader.readexactly(int(length[1])))
            tag = re.search(r"etag: (\S+)", head, re.IGNORECASE)
            if tag:
                tags[path] = tag[1]
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
    return {
        "s": time.perf_counter() - started,
        "statuses": statuses,
        "bytes": received,
        "tags": tags,
    }


def client() -> None:
    """Reads a job from standard input as JSON, prints the result."""
    job = json.load(sys.stdin)
    print(json.dumps(asyncio.run(fetch_all(job["port"], job["paths"], job["tags"]))))


def ask(port: int, paths: list[str], tags: dict[str, str] | None = None) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.bench_tiles", "--client"],
        input=json.dumps({"port": port, "paths": paths, "tags": tags or {}}),
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    return json.loads(done.stdout)


# --- The servers ----------------------------------------------------------------------------------


@contextmanager
def serving(
    command: list[str], ready: str, environment: dict[str, str], port: int
) -> Iterator[int]:
    """A server until the block ends; yields its process id."""
    server = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until = time.monotonic() + 180
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{ready}", timeout=5):
                    break
            except OSError:
                if time.monotonic() > until or server.poll() is not None:
                    raise SystemExit(f"{command[0]} did not start") from None
                time.sleep(0.2)
        yield server.pid
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def family(parent: int) -> list[Path]:
    """The /proc folders of a server and its workers."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue
        if int(status.parent.name) == parent or re.search(
            rf"^PPid:\s+{parent}$", text, re.MULTILINE
        ):
            found.append(status.parent)
    return found


def peak_mb(parent: int) -> float:
    """Peak resident memory of a server and its workers, MB."""
    peaks = [re.search(r"VmHWM:\s+(\d+) kB", (p / "status").read_text()) for p in family(parent)]
    return sum(int(peak[1]) for peak in peaks if peak) / 1024


def cpu_s(parent: int) -> float:
    """Processor seconds that a server and its workers have used so far."""
    ticks = [(p / "stat").read_text().rpartition(")")[2].split()[11:13] for p in family(parent)]
    return sum(int(user) + int(system) for user, system in ticks) / os.sysconf("SC_CLK_TCK")


class Tally:
    """Answers and seconds over several askings."""

    def __init__(self) -> None:
        self.answers, self.seconds, self.bytes = 0, 0.0, 0

    def add(self, result: dict, expected: int) -> None:
        if set(result["statuses"]) != {str(expected)}:
            raise SystemExit(f"statuses {result['statuses']}, not all {expected}")
        self.answers += sum(result["statuses"].values())
        self.seconds += result["s"]
        self.bytes += result["bytes"]

    @property
    def rate(self) -> float:
        return self.answers / self.seconds


def measure(workers: int, count: int) -> bool:
    with tempfile.TemporaryDirectory(prefix="bench-tiles-") as folder:
        town = {
            "DATA_DIR": folder,
            "SECRET_KEY": "only-for-this-benchmark",
            "DJANGO_SETTINGS_MODULE": "greening.settings",
            "DATABASE_URL": f"spatialite:///{folder}/town.sqlite3",
        }
        made = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.bench_tiles", "--prepare"],
            env=os.environ | town, capture_output=True, text=True, cwd=ROOT, check=False,
        )  # fmt: skip
        if made.returncode:
            raise SystemExit(made.stderr)
        facts = json.loads(made.stdout.splitlines()[-1])
        chosen = tiles(count)

        def ours(places: list[Place]) -> list[str]:
            query = f"layer=anomaly&v={facts['v']}"
            return [f"/heat-maps/summer/tiles/{z}/{x}/{y}.png?{query}" for z, x, y in places]

        def theirs(places: list[Place]) -> list[str]:
            query = f"url={facts['display']}&bidx=2&rescale=-600,600&colormap_name=balance"
            return [f"/tiles/WebMercatorQuad/{z}/{x}/{y}.png?{query}" for z, x, y in places]

        # Other tiles of the same layer: imports, first openings and connections are over before the count.
        counted = set(chosen)
        warm = [tile for tile in tiles(80, seed=4) if tile not in counted][:32]
        their_port, our_port = free_port(), free_port()
        uvicorn = [
            sys.executable, "-m", "uvicorn", "tests.benchmarks.titiler_app:app", "--port",
            str(their_port), "--workers", str(workers), "--log-level", "error",
        ]  # fmt: skip
        granian = [
            str(Path(sys.executable).parent / "granian"), "--interface", "wsgi",
            "greening.wsgi:application", "--host", "127.0.0.1", "--port", str(our_port), "--workers",
            str(workers), "--no-access-log", "--log-level", "error",
        ]  # fmt: skip
        with (
            serving(uvicorn, "/openapi.json", TITILER_ENV, their_port) as their_pid,
            serving(granian, "/healthz", town, our_port) as our_pid,
        ):
            ask(their_port, theirs(warm))
            ask(our_port, ours(warm))
            cold = {"theirs": Tally(), "ours": Tally()}
            before = cpu_s(their_pid), cpu_s(our_pid)
            for start in range(
                0, len(chosen), CHUNK
            ):  # by turns, so that a busy machine slows both
                chunk = chosen[start : start + CHUNK]
                cold["theirs"].add(ask(their_port, theirs(chunk)), 200)
                cold["ours"].add(ask(our_port, ours(chunk)), 200)
            used = cpu_s(their_pid) - before[0], cpu_s(our_pid) - before[1]
            for _ in range(3 * workers):  # so that every worker has drawn every tile
                held = ask(our_port, ours(chosen))["tags"]
            cached, unchanged = Tally(), Tally()
            for _ in range(4):
                cached.add(ask(our_port, ours(chosen) * 2), 200)
                unchanged.add(ask(our_port, ours(chosen) * 2, held), 304)
            their_mb, our_mb = peak_mb(their_pid), peak_mb(our_pid)
    their_cold, our_cold = cold["theirs"].rate, cold["ours"].rate
    mean_kb = cold["ours"].bytes / len(chosen) / 1024
    print(f"tiles: {len(chosen)} different 256 px tiles, zooms 11–17, {workers} workers each")
    well = True
    print(f"TiTiler cold: {their_cold:.0f} tiles/s; peak memory {their_mb:.0f} MB")
    for name, figure, bound in (
        ("cold", our_cold, COLD),
        ("cached", cached.rate, CACHED),
        ("304", unchanged.rate, CACHED),
    ):
        ratio = figure / their_cold
        well = well and ratio >= bound
        verdict = "ok" if ratio >= bound else "SHORT"
        print(
            f"ours {name}: {figure:.0f} tiles/s = {ratio:.1f} × TiTiler cold (bound {bound:.0f}) {verdict}"
        )
    their_ms, our_ms = (1000 * seconds / len(chosen) for seconds in used)
    print(
        f"processor time of a cold tile: TiTiler {their_ms:.1f} ms, ours {our_ms:.1f} ms "
        f"(1 : {their_ms / our_ms:.1f}; what a busy machine does not distort)"
    )
    print(f"ours, peak memory: {our_mb:.0f} MB; mean tile {mean_kb:.1f} kB")
    return well


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--tiles", type=int, default=400)
    parser.add_argument("--prepare", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--client", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.prepare:
        prepare()
        return 0
    if options.client:
        client()
        return 0
    if importlib.util.find_spec("titiler") is None:
        raise SystemExit("titiler.core is not installed: make sure `.ci/setup test` ran")
    return 0 if measure(options.workers, options.tiles) else 1


if __name__ == "__main__":
    sys.exit(main())
