"""Ranks the town's courtyards by what their conversion would bring."""

from __future__ import annotations

import csv
import io
import json
import sys
from argparse import ArgumentParser
from typing import Any

from tqdm import tqdm

from greening.command import TownCommand
from heat_islands.models import RankedCourtyard, RankingRun
from heat_islands.ranking import ROUNDS, rank_courtyards
from heat_islands.science.score import FACTORS, Weights

COLUMNS = (
    "rank",
    "rank_low",
    "rank_high",
    "top_5_probability",
    "id",
    "name",
    "score",
    "effect_k",
    "effect_low_k",
    "effect_high_k",
    "footprint_effect_k",
    "anomaly_k",
    "sealed_share",
    "pupils",
    "inside_applicability",
)
NAME_WIDTH = 34


class Command(TownCommand):
    help = (
        "Learns what makes the town's surface hot, validates it on ground it has not seen, and ranks the "
        "courtyards by cooling × who benefits ÷ cost. Writes an immutable run with its model card; the same "
        "inputs, weights and seed find the run that stands already."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--format", choices=("table", "json", "csv"), default="table", help="default: table"
        )
        parser.add_argument(
            "--heat-map", metavar="SLUG", help="which heat map (default: the newest)"
        )
        parser.add_argument(
            "--seed", type=int, default=0, help="of all random numbers (default: 0)"
        )
        parser.add_argument(
            "--bootstrap",
            type=int,
            default=ROUNDS,
            metavar="N",
            help="rounds of blocks drawn again (default: %(default)s)",
        )
        parser.add_argument(
            "--weights",
            default="",
            metavar="W",
            help=f"exponents like cooling=1,pupils=0.5; of {', '.join(FACTORS)}; 0 leaves one out",
        )
        parser.add_argument("--card", action="store_true", help="also print the run's model card")

    def handle(
        self,
        *args: Any,
        format: str,
        heat_map: str | None,
        seed: int,
        bootstrap: int,
        weights: str,
        card: bool,
        **options: Any,
    ) -> None:
        chosen = Weights.parse(weights)
        with tqdm(
            bar_format="ranking: {desc}", disable=not sys.stderr.isatty(), leave=False
        ) as bar:
            run, is_new = rank_courtyards(
                slug=heat_map,
                seed=seed,
                rounds=bootstrap,
                weights=chosen,
                stage=bar.set_description_str,
            )
        yards = list(run.yards.select_related("courtyard__school").order_by("rank"))
        self.stdout.write(_WRITERS[format](run, yards, is_new), ending="")
        if card:
            self.stdout.write(run.model_card)


def as_table(run: RankingRun, yards: list[RankedCourtyard], is_new: bool) -> str:
    """For reading on a terminal; every figure with what it leaves open."""
    lines = []
    if not is_new:
        lines.append("Nothing changed since this run was computed; it stands as it was.")
    if run.synthetic:
        lines.append("DEMONSTRATION DATA: the scenes are simulated.")
    lines.append(
        f"{'rank':>4}  {'plausible':>9}  {'top 5':>5}  {'courtyard':{NAME_WIDTH}}  {'score':>5}  "
        f"{'cooling °C (90 %)':>18}  {'seen':>5}  {'today':>6}  {'sealed':>6}  {'pupils':>6}"
    )
    for yard in yards:
        effect = f"{yard.effect_k:.1f} ({yard.effect_low_k:.1f} – {yard.effect_high_k:.1f})"
        name = yard.courtyard.name
        name = name if len(name) <= NAME_WIDTH else name[: NAME_WIDTH - 1] + "…"
        lines.append(
            f"{yard.rank:4d}  {f'{yard.rank_low}–{yard.rank_high}':>9}  {yard.top_k_probability:5.0%}  "
            f"{name:{NAME_WIDTH}}  {yard.score:5.1f}  {effect:>18}  {yard.footprint_effect_k:5.2f}  "
            f"{_or_dash(yard.anomaly_k, '+z.1f'):>6}  {_or_dash(yard.sealed_share, '.0%'):>6}  "
            f"{_or_dash(yard.courtyard.children, 'd'):>6}"
        )
    lines.append(
        "cooling: of the yard's surface, late on a summer morning, with a 90 % interval conditional "
        "on simulation; seen: what the satellite would show of it over 100 m; today: heat against the "
        "town's mean, °C."
    )
    if run.cover_estimated:
        lines.append(
            "No land cover was given: what lies in each yard is estimated from 30 m bands, which cannot "
            "describe a yard. Run add_cover."
        )
    lines += [f"Left out: {left['text']}" for left in run.left_out]
    lines.append(
        f"Run {run.uuid}, heat map {run.heat_map.slug}/{run.heat_map.version}, seed {run.seed}."
    )
    return "\n".join(lines) + "\n"


def as_json(run: RankingRun, yards: list[RankedCourtyard], is_new: bool) -> str:
    """Everything the run knows but its model card."""
    content = {
        "run": str(run.uuid),
        "new": is_new,
        "computed": run.created_at.isoformat().replace("+00:00", "Z"),
        "heat_map": f"{run.heat_map.slug}/{run.heat_map.version}",
        "model_version": run.model_version,
        "seed": run.seed,
        "bootstrap_rounds": run.bootstrap_rounds,
        "weights": run.weights,
        "inputs": run.inputs,
        "validation": run.validation,
        "cover_estimated": run.cover_estimated,
        "synthetic": run.synthetic,
        "intervals": "90 %, conditional on simulation",
        "left_out": run.left_out,
        "yards": [{**_facts(y), "reasons": y.reasons, "flags": y.flags} for y in yards],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def as_csv(run: RankingRun, yards: list[RankedCourtyard], is_new: bool) -> str:
    """One line a yard; units are in the columns' names."""
    out = io.StringIO()
    writer = csv.DictWriter(out, [*COLUMNS, "flags"], lineterminator="\n")
    writer.writeheader()
    for yard in yards:
        writer.writerow({**_facts(yard), "flags": " | ".join(yard.flags)})
    return out.getvalue()


_WRITERS = {"table": as_table, "json": as_json, "csv": as_csv}


def _facts(yard: RankedCourtyard) -> dict[str, Any]:
    values = {
        "top_5_probability": yard.top_k_probability,
        "id": yard.courtyard_id,
        "name": yard.courtyard.name,
        "pupils": yard.courtyard.children,
    }
    return {name: values[name] if name in values else getattr(yard, name) for name in COLUMNS}


def _or_dash(value: float | None, spec: str) -> str:
    return "–" if value is None else format(value, spec)
