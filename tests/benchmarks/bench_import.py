"""Importing 250,000 trees through the door, against bare bulk inserts of the very same rows: `make bench`.

Bounds: 600 s on two cores, and the peak of memory no more than 60 MB above that of a tenth of the rows. The peer
writes rows that the import left behind (sites, trees and their events) once more into the same tables with Django's
`bulk_create`, a batch at a time, and does nothing else: no reading, no species, no rules, no verdicts.

    python -m tests.benchmarks.bench_import [--rows 250000] [--engine spatialite|postgis|both] [--profile]
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MOST_S, MOST_GROWTH_MB = 600.0, 60.0
BATCH = 1000
HEADERS = (
    "id", "longitude", "latitude", "genre", "espece", "cultivar", "circonference_cm", "hauteur_m",
    "date_plantation", "stade", "adresse", "remarquable",
)  # fmt: skip
NAMES = (
    ("Platanus", "x hispanica", ""),
    ("Tilia", "cordata", "Greenspire"),
    ("Acer", "campestre", ""),
    ("Aesculus", "hippocastanum", "Baumannii"),
    ("Pyrus", "calleryana", "Chanticleer"),
    ("Prunus", "avium", "Inconnue du catalogue"),
    ("Ginkgo", "biloba", ""),
    ("Arbre", "inconnu", ""),
)


def inventory(path: Path, rows: int) -> None:
    """A CSV as a town would send it, with one doubtful row in fifty and one bad row in five hundred."""
    rng = random.Random(7)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(HEADERS)
        for number in range(1, rows + 1):
            genus, epithet, cultivar = rng.choice(NAMES)
            bad, odd = number % 500 == 0, number % 50 == 0
            writer.writerow(
                [
                    number,
                    "" if bad else round(rng.uniform(2.2460, 2.2885), 7),
                    round(rng.uniform(48.8135, 48.8340), 7),
                    genus,
                    epithet,
                    cultivar,
                    "" if odd else rng.randint(20, 300),
                    f"{rng.uniform(2, 25):.1f}".replace(".", ","),
                    f"{rng.randint(1900, 2020)}-03-01" if not odd else "0019-03-01",
                    rng.choice(["Jeune (arbre)", "Adulte", "Mature", ""]),
                    f"{rng.randint(1, 200)} rue de Meudon",
                    rng.choice(["Oui", "Non"]),
                ]
            )


def peak_mb() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# --- in a process of its own --------------------------------------------------------------------------
def prepare() -> None:
    from django.contrib.gis.geos import MultiPolygon, Polygon
    from django.core.management import call_command

    from greening.models import Commune

    call_command("migrate", verbosity=0)
    call_command("load_species", verbosity=0, stdout=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    Commune.objects.create(
        name="Issy-les-Moulineaux",
        insee="92040",
        geom=MultiPolygon(Polygon.from_bbox((2.2456, 48.8130, 2.2890, 48.8345))),
    )


def run_import(path: str, *, profiled: bool) -> dict[str, Any]:
    import cProfile
    import pstats

    from django.core.management import call_command

    profile = cProfile.Profile() if profiled else None
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        start = time.perf_counter()
        if profile:
            profile.enable()
        call_command("import_trees", path, source="town", stdout=nowhere, stderr=nowhere)
        if profile:
            profile.disable()
        seconds = time.perf_counter() - start
    if profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)
    from greening.models import Event, PlantingSite, Tree

    counts = [model.objects.count() for model in (PlantingSite, Tree, Event)]
    return {"seconds": seconds, "peak_mb": peak_mb(), "counts": counts}


def run_bare(most: int = 25_000) -> dict[str, Any]:
    """Seconds for `bulk_create` of copies of the rows that the import made, batch by batch."""
    from django.db import transaction

    from greening.models import Event, PlantingSite, Tree
    from greening.models.base import new_uuid

    seconds, count = 0.0, 0
    numbers = list(Tree.objects.order_by("pk").values_list("pk", flat=True)[:most])
    for first in range(0, len(numbers), BATCH):
        trees = list(
            Tree.objects.filter(pk__in=numbers[first : first + BATCH]).select_related("site")
        )
        sites, events = [tree.site for tree in trees], []
        identifiers = {obj.uuid: new_uuid() for obj in (*sites, *trees)}
        for event in Event.objects.filter(object_uuid__in=identifiers):
            event.pk, event.uuid, event.object_uuid = (
                None,
                new_uuid(),
                identifiers[event.object_uuid],
            )
            events.append(event)
        for obj in (*sites, *trees):
            obj.pk, obj.uuid = None, identifiers[obj.uuid]
            obj._state.adding = True
        start = time.perf_counter()
        with transaction.atomic():
            PlantingSite.objects.bulk_create(sites, batch_size=BATCH)
            for tree in trees:
                tree.site_id = tree.site.pk
            Tree.objects.bulk_create(trees, batch_size=BATCH)
            Event.objects.bulk_create(events, batch_size=500)
        seconds += time.perf_counter() - start
        count += len(trees)
    return {"seconds": seconds, "rows": count}


def work(rows: int, *, profiled: bool, bare: bool) -> None:
    import django

    django.setup()
    prepare()
    path = Path(os.environ["DATA_DIR"]) / "arbres.csv"
    inventory(path, rows)
    facts = run_import(str(path), profiled=profiled)
    if bare:
        facts["bare"] = run_bare()
    print("FACTS " + json.dumps(facts))


# --- the bench ----------------------------------------------------------------------------------------
def run_on(engine: str, rows: int, *, profiled: bool = False, bare: bool = True) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="bench-import-") as folder:
        command = [
            sys.executable,
            "-m",
            "tests.benchmarks.bench_import",
            "--work",
            "--rows",
            str(rows),
        ]
        command += ["--profile"] * profiled + ["--bare"] * bare
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
        said = subprocess.run(
            command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
    if profiled:
        print(said.stdout)
    line = next(line for line in said.stdout.splitlines() if line.startswith("FACTS "))
    facts: dict[str, Any] = json.loads(line.removeprefix("FACTS "))
    return facts


def measure(engine: str, rows: int, *, profiled: bool) -> bool:
    small = run_on(engine, max(rows // 10, BATCH), bare=False)
    facts = run_on(engine, rows, profiled=profiled)
    seconds, bare = facts["seconds"], facts["bare"]
    ratio = (seconds / rows) / (bare["seconds"] / bare["rows"])
    growth = facts["peak_mb"] - small["peak_mb"]
    sites, trees, events = facts["counts"]
    well = seconds <= MOST_S * rows / 250_000 and growth <= MOST_GROWTH_MB
    print(
        f"{engine}: {rows:,} rows in {seconds:.0f} s ({rows / seconds:.0f} rows/s; {trees:,} trees, {sites:,} sites,"
        f" {events:,} events); peak {facts['peak_mb']:.0f} MB, {growth:+.0f} MB against a tenth of the rows;"
        f" {ratio:.2f} × bare bulk inserts of the same rows ({bare['rows']:,} of them){'' if well else '  ← MISSED'}"
    )
    return well


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=250_000)
    parser.add_argument("--engine", choices=("spatialite", "postgis", "both"), default="both")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.rows, profiled=options.profile, bare=options.bare)
        return 0
    engines = ("spatialite", "postgis") if options.engine == "both" else (options.engine,)
    met = [measure(engine, options.rows, profiled=options.profile) for engine in engines]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
