"""`import_commune`: the outline of the town that this installation serves."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

import shapely
from django.core.exceptions import ValidationError
from django.db import transaction
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from greening.command import TownCommand
from greening.crs import LAMBERT_93, is_metric
from greening.errors import BadInput
from greening.exchange import source
from greening.exchange.fields import Field, RowProblem, matched, text, told_by, values
from greening.exchange.shapes import Territory, as_multipolygon, to_geos
from greening.exchange.vector import Row, VectorFile, read
from greening.models import Commune

#: ADMIN EXPRESS, Etalab's contours, Insee, Apur.
FIELDS = (
    Field(
        "insee",
        (
            "insee",
            "insee_com",
            "code_insee",
            "depcom",
            "codgeo",
            "com_insee",
            "insee_commune",
            "code",
        ),
        text(5),
    ),
    Field(
        "name",
        ("nom", "nom_com", "nom_officiel", "libcom", "libgeo", "nom_commune", "name", "commune"),
        text(100),
    ),
)


class Command(TownCommand):
    help = "Load the outline of the commune (GeoJSON, GeoPackage, Shapefile…) and make it the town served here."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="file with the outline: a path or an http(s) address")
        parser.add_argument("--name", help="name of the commune, over the one in the file")
        parser.add_argument(
            "--insee", help="INSEE code; picks the row where the file holds several communes"
        )
        parser.add_argument(
            "--metric-srid",
            type=int,
            help=f"EPSG code in which metres are measured (default: {LAMBERT_93})",
        )
        parser.add_argument(
            "--srid", type=int, help="EPSG code of the coordinates, where the file names none"
        )
        parser.add_argument("--layer", help="layer to read, where there are several")
        parser.add_argument(
            "--mapping", metavar="FILE", help='JSON file such as {"insee": "CODE", "name": "NOM"}'
        )
        parser.add_argument("--field", action="append", default=[], metavar="FIELD=COLUMN")
        parser.add_argument(
            "--replace", action="store_true", help="put this town in the place of another one"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="report everything, write nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with source.opened(options["file"]) as paths:
            file = read(paths, layer=options["layer"], srid=options["srid"])
        rows, found = chosen(file, told_by(options["mapping"], options["field"]), options["insee"])
        insee = options["insee"] or found.get("insee")
        name = options["name"] or found.get("name")
        if not insee or not name:
            missing = (
                "--insee and --name"
                if not insee and not name
                else "--insee"
                if not insee
                else "--name"
            )
            raise BadInput(f"{file.name} does not say which commune this is: add {missing}.")
        outline = united(file, rows)
        with transaction.atomic():
            commune, verb = self.town(insee, options["replace"])
            commune.insee, commune.name = insee, name
            if verb != "updated" or options["metric_srid"]:
                commune.metric_srid = options["metric_srid"] or LAMBERT_93
            check_metric(commune.metric_srid, outline)
            geom: Any = to_geos(outline)
            commune.geom = geom
            try:
                commune.clean_fields(exclude=["geom"])
            except ValidationError as error:
                raise BadInput(
                    f"This commune cannot be saved: {' '.join(error.messages)}"
                ) from error
            if options["dry_run"]:
                transaction.set_rollback(True)
            else:
                commune.save()
        area = Territory.of(commune).area_m2(outline) / 1e6
        corners = shapely.get_num_coordinates(outline)
        ending = " (dry run: nothing was written)" if options["dry_run"] else ""
        self.stdout.write(
            f"{name} ({insee}) {verb}: {area:.4f} km², {corners} vertices, metres in"
            f" EPSG:{commune.metric_srid}{ending}."
        )

    def town(self, insee: str, replace: bool) -> tuple[Commune, str]:
        """The row to write: a new one, the same town's, or another town's where that was asked for."""
        present = Commune.objects.order_by("id").first()
        if present is None:
            return Commune(), "loaded"
        if present.synthetic:
            raise BadInput(
                "The demonstration town is in this database, and its trees and yards are made up: start an empty"
                " town with `DEMO=0 make run` and DATA_DIR naming a new folder, then load the outline there."
            )
        if present.insee == insee:
            return present, "updated"
        if not replace:
            raise BadInput(
                f"This installation serves {present.name} ({present.insee}), not {insee}: use --replace to put the"
                " new town in its place, or DATA_DIR to start another one."
            )
        return present, f"put in the place of {present.name}"


def chosen(
    file: VectorFile, told: dict[str, str], insee: str | None
) -> tuple[list[Row], dict[str, Any]]:
    """The rows of the one commune, and what they say of it."""
    mapping = matched(FIELDS, file.attributes, told=told, file=file.name)
    said = []
    for row in file.rows:
        try:
            said.append((row, values(FIELDS, mapping, row.attributes)))
        except RowProblem as problem:
            raise BadInput(f"Row {row.number} of {file.name} {problem}.") from problem
    if insee is not None and "insee" in mapping:
        said = [(row, found) for row, found in said if found["insee"] == insee]
        if not said:
            raise BadInput(f"{file.name} holds no commune with the INSEE code {insee}.")
    communes = {(found.get("insee"), found.get("name")) for _, found in said}
    if len(communes) > 1:
        raise BadInput(f"{file.name} holds {len(communes)} communes: say which with --insee.")
    return [row for row, _ in said], said[0][1]


def united(file: VectorFile, rows: list[Row]) -> shapely.MultiPolygon:
    try:
        parts = [as_multipolygon(row.geometry)[0] for row in rows]
        return parts[0] if len(parts) == 1 else as_multipolygon(shapely.union_all(parts))[0]
    except RowProblem as problem:
        raise BadInput(f"The outline in {file.name} {problem}.") from problem


def check_metric(srid: int, outline: BaseGeometry) -> None:
    """Refuse a CRS that has no metres, or is not made for where the outline lies."""
    try:
        good = is_metric(srid)
    except CRSError as error:
        raise BadInput(f"EPSG:{srid} is not known.") from error
    if not good:
        raise BadInput(f"EPSG:{srid} is not a projected CRS in metres.")
    use = CRS.from_epsg(srid).area_of_use
    if use is not None and not shapely.box(use.west, use.south, use.east, use.north).intersects(
        outline
    ):
        west, south, *_ = outline.bounds
        raise BadInput(
            f"EPSG:{srid} is made for {use.name}, and this outline lies at {west:.3f}, {south:.3f}: name the"
            " metric CRS of the place with --metric-srid (or its coordinates are swapped)."
        )
