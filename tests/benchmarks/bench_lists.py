"""Lists over 250,000 trees, on both engines: first page with its count, a page in the middle, a boundary: `make bench`.

Bounds: a filtered list's first page with its count ≤ 300 ms (p95) as a whole answer of the server, a boundary of
10,000 corners ≤ 500 ms. Peers, in the same run on the same tables: Django's own Paginator (OFFSET) for a page in the
middle, GeoDjango's bare `geom__intersects` for the boundary.

    python -m tests.benchmarks.bench_lists [--trees 250000] [--rounds 20] [--engine spatialite|postgis|both]
"""

from __future__ import annotations

import argparse
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAGE_MS, BOUNDARY_MS = 300.0, 500.0
CORNERS = 10_000
BOX = (2.20, 48.78, 2.36, 48.88)
STATES = (
    ("establishing", 30), ("established", 40), ("mature", 15), ("planted", 3), ("senescent", 2), ("reserved", 4),
    ("dead", 3), ("felled", 2), ("missing", 1),
)  # fmt: skip
QUERIES = (
    ("all trees", "layer=trees"),
    ("one rare state", "layer=trees&state=dead"),
    ("a frequent state", "layer=trees&state=established"),
    ("a species", "layer=trees&species=Tilia 7"),
    ("a manager", "layer=trees&manager=gpso"),
    ("manager and state", "layer=trees&manager=gpso&state=mature"),
    ("a campaign", "layer=trees&campaign=2024-2025"),
    ("planted dates", "layer=trees&planted_after=2025-01-01&planted_before=2025-02-28"),
    ("a quarter", "layer=trees&quarter=Quartier 3"),
    ("a box", "layer=trees&box=2.25,48.81,2.28,48.83"),
    ("around a place", "layer=trees&near=2.27,48.82,400"),
    ("a word", "layer=trees&q=rue 17"),
    ("a counter", "layer=trees&counter=trees_alive"),
    ("by planting date", "layer=trees&sort=-planted_on"),
    ("all sites", "layer=sites"),
    ("sites by matricule", "layer=sites&sort=matricule"),
)


def boundary(corners: int = CORNERS) -> list[tuple[float, float]]:
    """A closed ring like a coast: a circle with small and large bays."""
    lon, lat = (BOX[0] + BOX[2]) / 2, (BOX[1] + BOX[3]) / 2
    ring = []
    for number in range(corners):
        angle = 2 * math.pi * number / corners
        reach = (
            1
            + 0.12 * math.sin(9 * angle)
            + 0.03 * math.sin(311 * angle)
            + 0.008 * math.sin(2203 * angle)
        )
        ring.append((lon + 0.035 * reach * math.cos(angle), lat + 0.023 * reach * math.sin(angle)))
    return [*ring, ring[0]]


# --- The database -----------------------------------------------------------------------------------


def fill(count: int) -> None:
    """`count` sites with a tree each, written in bulk: it is the lists that are measured, not the door."""
    import datetime as dt

    from django.contrib.gis.geos import LineString, MultiPolygon, Point, Polygon
    from django.db import connection, transaction

    from greening.models import Campaign, Commune, PlantingSite, Quarter, Species, Street, Tree

    rng = random.Random(11)
    west, south, east, north = BOX
    with transaction.atomic():
        Commune.objects.create(
            name="Bench", insee="92040", geom=MultiPolygon(Polygon.from_bbox(BOX))
        )
        for year in range(2021, 2027):
            Campaign.objects.create(season=f"{year}-{year + 1}")
        for number in range(9):
            x, y = (
                west + (number % 3) * (east - west) / 3,
                south + (number // 3) * (north - south) / 3,
            )
            box = (x, y, x + (east - west) / 3, y + (north - south) / 3)
            Quarter.objects.create(
                name=f"Quartier {number}", geom=MultiPolygon(Polygon.from_bbox(box))
            )
        species = Species.objects.bulk_create(
            Species(genus=("Tilia", "Acer", "Quercus", "Prunus")[n % 4], species=str(n))
            for n in range(600)
        )
        tilia = Species.objects.create(genus="Tilia", species="7")
        line = LineString((west, south), (east, north))
        streets = Street.objects.bulk_create(Street(name=f"rue {n}", geom=line) for n in range(400))
        states = rng.choices([s for s, _w in STATES], [w for _s, w in STATES], k=count)
        for start in range(0, count, 5000):
            sites, trees = [], []
            for number in range(start, min(start + 5000, count)):
                place = Point(rng.uniform(west, east), rng.uniform(south, north), srid=4326)
                day = dt.date(1990, 1, 1) + dt.timedelta(days=rng.randrange(13_400))
                season = f"{day.year}-{day.year + 1}" if day.year >= 2021 else ""
                sites.append(
                    PlantingSite(
                        id=number + 1, matricule=f"B-{number:06d}", geom=place, street=rng.choice(streets),
                        manager=rng.choice(("town", "gpso", "gpso", "department")), state="occupied", campaign=season,
                    )
                )  # fmt: skip
                taxon = tilia if rng.random() < 0.02 else rng.choice(species)
                trees.append(
                    Tree(
                        site_id=number + 1, geom=place, species=taxon, state=states[number],
                        planted_on=None if states[number] == "reserved" else day, contractor="Vert",
                    )
                )  # fmt: skip
            PlantingSite.objects.bulk_create(sites)
            Tree.objects.bulk_create(trees)
    with connection.cursor() as cursor:  # what autovacuum does by itself a minute later
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")


# --- Measuring --------------------------------------------------------------------------------------


def timed(work: Callable[[], Any], rounds: int) -> list[float]:
    work()  # connections, plans and caches of the first time are not what a reader waits for
    found = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        found.append(1000 * (time.perf_counter() - started))
    return sorted(found)


def p95(times: list[float]) -> float:
    return times[min(len(times) - 1, math.ceil(0.95 * len(times)) - 1)]


def told(name: str, times: list[float], bound: float | None, note: str = "") -> bool:
    well = bound is None or p95(times) <= bound
    verdict = "" if bound is None else f" (bound {bound:.0f}) {'ok' if well else 'SHORT'}"
    print(
        f"  {name:<22} p50 {statistics.median(times):6.0f} ms  p95 {p95(times):6.0f} ms{verdict}{note}"
    )
    return well


def measure(rounds: int) -> bool:
    from django.contrib.gis.geos import MultiPolygon, Polygon
    from django.core.paginator import Paginator
    from django.db import connection
    from django.http import QueryDict
    from django.test import Client

    from frontend.programme.listing import Listing
    from frontend.programme.quarters import forget_quarters
    from greening.area_cells import cells_of
    from greening.models import Quarter, Tree

    client = Client()
    well = True
    print(
        f"{connection.vendor}: {Tree.objects.count():,} trees; whole answers of the list page, count included"
    )

    def ask(query: str) -> None:
        answer = client.get(f"/list/?{query}", headers={"Accept-Language": "en"})
        if answer.status_code != 200:
            raise SystemExit(f"{query}: {answer.status_code}")

    for name, query in QUERIES:
        total = Listing.of(QueryDict(query)).total
        well &= told(
            name, timed(lambda query=query: ask(query), rounds), PAGE_MS, f"  {total:,} rows"
        )

    middle = Listing.of(QueryDict("layer=trees&sort=planted_on"))
    pages, token = [None], None
    for token in walk(middle, 40):
        pages.append(token)
    keyset = timed(
        lambda: Listing(middle.kind, {"sort": "planted_on", "page": pages[-1] or ""}).page(), rounds
    )
    rows = Tree.objects.filter(archived_at=None).select_related("species", "site__street")
    offset = Paginator(rows.order_by("planted_on", "id"), 50)
    theirs = timed(lambda: list(offset.page(2500).object_list), max(3, rounds // 4))
    told("page 41 by keyset", keyset, None)
    told(
        "page 2,500 by OFFSET",
        theirs,
        None,
        f"  Django's Paginator = {p95(theirs) / p95(keyset):.1f} × ours",
    )

    ring = Polygon(boundary(), srid=4326)
    forget_area: Any = cells_of.cache_clear  # each round is a boundary never asked before
    area = timed(lambda: (forget_area(), Tree.objects.intersecting(ring).count()), rounds)
    again = timed(lambda: list(Tree.objects.intersecting(ring)[:50]), rounds)
    bare = timed(lambda: Tree.objects.filter(geom__intersects=ring).count(), 1)
    well &= told(f"boundary, {CORNERS:,} corners", area, BOUNDARY_MS, "  the count")
    well &= told("its first page", again, BOUNDARY_MS)
    told(
        "the same, bare",
        bare,
        None,
        f"  GeoDjango's geom__intersects = {p95(bare) / p95(area):.1f} × ours",
    )
    Quarter.objects.all().delete()
    Quarter.objects.create(name="Rivage", geom=MultiPolygon(ring))
    query = "layer=trees&quarter=Rivage"
    first = timed(lambda: (forget_quarters(), ask(query)), rounds)
    well &= told("that boundary as a list", first, BOUNDARY_MS, "  asked for the first time")
    well &= told("the same again", timed(lambda: ask(query), rounds), BOUNDARY_MS)
    return well


def walk(listing: Any, pages: int) -> Iterator[str]:
    """Tokens of the pages that follow one another."""
    from frontend.programme.listing import Listing

    token: str | None = ""
    for _ in range(pages):
        token = (
            Listing(
                listing.kind,
                {"sort": "planted_on", "page": token or ""} if token else {"sort": "planted_on"},
            )
            .page()
            .next
        )
        if token is None:
            return
        yield token


# --- Running ----------------------------------------------------------------------------------------


def work(count: int, rounds: int) -> int:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.STORAGES["staticfiles"] = {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
    }
    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("migrate", verbosity=0)
    started = time.perf_counter()
    fill(count)
    print(f"filled in {time.perf_counter() - started:.0f} s")
    return 0 if measure(rounds) else 1


def run_on(engine: str, options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="bench-lists-") as folder:
        command = [
            sys.executable, "-W", "ignore", "-m", "tests.benchmarks.bench_lists", "--work",
            "--trees", str(options.trees), "--rounds", str(options.rounds),
        ]  # fmt: skip
        if engine == "postgis":
            command = [str(ROOT / ".ci" / "postgis"), *command]
        kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment = kept | {
            "DATA_DIR": folder, "SECRET_KEY": "only-for-this-benchmark", "BASE_MAP_URL": "", "LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "greening.settings",
        }  # fmt: skip
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trees", type=int, default=250_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--engine", choices=("spatialite", "postgis", "both"), default="both")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        return work(options.trees, options.rounds)
    engines = ("spatialite", "postgis") if options.engine == "both" else (options.engine,)
    return max(run_on(engine, options) for engine in engines)


if __name__ == "__main__":
    sys.exit(main())
