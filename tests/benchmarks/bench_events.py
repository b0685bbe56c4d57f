"""The door: an event applied against the bare inserts it makes, and 10,000 badly delivered streams: `make bench`.

Bound: at most 3 times `bulk_create` of the same objects and their history rows, in batches of a thousand and one at
a time. The peer writes the very rows that the door wrote, in one transaction a batch, and decides nothing.

    python -m tests.benchmarks.bench_events [--streams 10000] [--engine spatialite|postgis|both]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MOST = 3.0
OBJECTS, ALONE, ROUNDS = 4_000, 300, 3


def measure() -> bool:
    """Prints a line a way of coming to the door; whether both keep within the bound."""
    from django.db import transaction

    from greening.events import Change, apply
    from greening.models import Event, PlantingSite, Tree
    from greening.models.base import new_uuid

    def clear() -> None:
        for model in (Event, Tree, PlantingSite):
            model.objects.all().delete()

    def changes(count: int) -> list[Change]:
        made: list[Change] = []
        for number in range(count):
            site, tree = new_uuid(), new_uuid()
            point = {"type": "Point", "coordinates": [2.2456 + number * 1e-6, 48.82]}
            made.append(
                Change(
                    "planting_site",
                    site,
                    {"geom": point, "state": "occupied", "address": "rue A"},
                    create=True,
                )
            )
            patch = {"site": str(site), "geom": point, "state": "mature", "girth_m": 0.94, "height_m": 8.0,
                     "species_as_written": "Tilia cordata", "source": "bench", "source_id": str(number)}  # fmt: skip
            made.append(Change("tree", tree, patch, create=True))
        return made

    def through_the_door(count: int, size: int) -> float:
        asked = changes(count)
        start = time.perf_counter()
        for first in range(0, len(asked), size):
            verdicts = apply(asked[first : first + size])
            assert all(verdict.status == "applied" for verdict in verdicts)
        return time.perf_counter() - start

    def bare(size: int) -> float:
        """The same rows once more, as the door left them, into the emptied tables."""
        sites = list(PlantingSite.objects.order_by("pk"))
        trees = {tree.site_id: tree for tree in Tree.objects.order_by("pk")}
        events = {event.object_uuid: event for event in Event.objects.order_by("pk")}
        rows: list[tuple[type[Any], Any]] = []
        for site in sites:
            for obj in (site, trees[site.pk]):
                rows.append((type(obj), obj))
        clear()
        for _model, obj in rows:
            obj._state.adding = True
        start = time.perf_counter()
        for first in range(0, len(rows), size):
            lot = rows[first : first + size]
            with transaction.atomic():
                for model in (PlantingSite, Tree):
                    same = [obj for kind, obj in lot if kind is model]
                    if same:
                        model._default_manager.bulk_create(same, batch_size=1000)
                Event.objects.bulk_create([events[obj.uuid] for _kind, obj in lot], batch_size=500)
        return time.perf_counter() - start

    def best(work: Callable[[], tuple[float, float]]) -> tuple[float, float]:
        """Of some rounds, the one with the median ratio."""
        found = sorted((work() for _ in range(ROUNDS)), key=lambda pair: pair[0] / pair[1])
        return found[len(found) // 2]

    well = True
    for name, count, size in (("in batches of 1,000", OBJECTS, 1000), ("one at a time", ALONE, 1)):

        def once(count: int = count, size: int = size) -> tuple[float, float]:
            clear()
            return through_the_door(count, size), bare(size)

        door_s, bare_s = best(once)
        ratio = door_s / bare_s
        well &= ratio <= MOST
        print(
            f"  {name}: {1e6 * door_s / count / 2:.0f} µs an event, {ratio:.2f} × the bare inserts"
            f"{'' if ratio <= MOST else '  ← MISSED'}"
        )
    clear()
    return well


def streams(count: int) -> None:
    """Every stream ends legally, or the assertion of `event_streams.check` ends the bench."""
    from tests.greening.event_streams import check, clear, deliver_badly, stream

    start = time.perf_counter()
    for seed in range(count):
        clear()
        made = stream(seed, devices=1 + seed % 4, length=1 + seed % 10)
        check(made, deliver_badly(made, seed))
    print(
        f"  {count:,} badly delivered streams ended legally in {time.perf_counter() - start:.0f} s"
    )


def work(count: int) -> int:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    well = measure()
    if count:
        streams(count)
    return 0 if well else 1


def run_on(engine: str, count: int) -> int:
    print(f"{engine}:", flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-events-") as folder:
        command = [
            sys.executable,
            "-m",
            "tests.benchmarks.bench_events",
            "--work",
            "--streams",
            str(count),
        ]
        if engine == "postgis":
            command = [str(ROOT / ".ci" / "postgis"), *command]
        kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment = kept | {
            "DATA_DIR": folder,
            "SECRET_KEY": "only-for-this-benchmark",
            "BASE_MAP_URL": "",
            "LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "greening.settings",
        }
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--streams", type=int, default=10_000, help="delivered on SpatiaLite; a tenth on PostGIS"
    )
    parser.add_argument("--engine", choices=("spatialite", "postgis", "both"), default="both")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        return work(options.streams)
    ended = []
    if options.engine != "postgis":
        ended.append(run_on("spatialite", options.streams))
    if options.engine != "spatialite":
        ended.append(run_on("postgis", options.streams // 10))
    return max(ended)


if __name__ == "__main__":
    sys.exit(main())
