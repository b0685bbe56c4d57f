"""A heat map and a ranking for pages to show; figures chosen so that a reader can check them by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.gis.geos import Polygon

from heat_islands.models import HeatMap, HeatMapScene, RankedCourtyard, RankingRun, Scene
from parcels.models import Courtyard
from tests.factories import CourtyardFactory

#: A name longer than a phone is wide, the widest table of a card, and what must not run.
CARD = """- `LC08_L2SP_199026_20230804_20230812_02_T1_and_more_to_be_sure`

| prédicteur | R², blocs | RMSE, K | R², hasard | RMSE, K |
|---|---:|---:|---:|---:|
| boosting d’arbres | −0,877 | 0,92 | −0,877 | 0,92 |

<script>alert(1)</script>"""
BOUNDS = (2.2456, 48.8130, 2.2890, 48.8345)


def heat_map(**changes: Any) -> HeatMap:
    """A heat map row with two used scenes and one refused; its files are another test's business."""
    row = HeatMap.objects.create(
        **{
            "slug": "summer",
            "version": "abc123",
            "title": "Summers 2022 to 2025",
            "date_from": dt.date(2022, 6, 20),
            "date_to": dt.date(2025, 9, 3),
            "scene_count": 2,
            "method": {},
            "grid": {},
            "bounds": Polygon.from_bbox(BOUNDS),
            "directory": "heat-maps/summer/abc123",
            **changes,
        }
    )
    for number, refused in enumerate(("", "", "only 31 % of the commune is clear")):
        scene = Scene.objects.create(
            product_id=f"LC09_{number}",
            acquisition_id=f"LC09_{number}",
            platform="LANDSAT_9",
            acquired_at=dt.datetime(2024, 7, 1 + number, 10, 40, tzinfo=dt.UTC),
            source_srid=32631,
            grid={},
            directory=f"scenes/{number}",
            sha256="0" * 64,
            has_qa=number != 1,
            has_st_qa=True,
            has_metadata=True,
            clear_share=0.93,
        )
        HeatMapScene.objects.create(
            heat_map=row, scene=scene, clear_share=0.31 if refused else 0.93, term_k=None if refused else 1.2,
            refused=refused,
        )  # fmt: skip
    return row


def ranking(*yards: Courtyard, **changes: Any) -> RankingRun:
    """A run over `yards` in their order: effects 2.4, 2.2, … K; reasons 30 + 12.5 − 2.5 = 40, less 5 a rank."""
    run = RankingRun.objects.create(
        **{
            "heat_map": changes.pop("heat_map", None) or heat_map(),
            "fingerprint": "f" * 64,
            "model_version": "1",
            "seed": 1,
            "bootstrap_rounds": 50,
            "weights": {"cooling": 1.0},
            "inputs": {"heat_map": "abc123"},
            "validation": {},
            "model_card": f"# Model card\n\n{CARD}",
            "model_card_translations": {"fr": f"# Fiche du modèle\n\n{CARD}"},
            **changes,
        }
    )
    for place, yard in enumerate(yards or (CourtyardFactory.create(), CourtyardFactory.create())):
        effect = 2.4 - 0.2 * place
        cooling = 30.0 - 5 * place
        RankedCourtyard.objects.create(
            run=run,
            courtyard=yard,
            rank=place + 1,
            rank_low=max(1, place),
            rank_high=place + 3,
            top_k_probability=0.9 - 0.1 * place,
            score=cooling + 12.5 - 2.5,
            effect_k=effect,
            effect_low_k=effect - 0.9,
            effect_high_k=effect + 0.8,
            footprint_effect_k=0.21,
            anomaly_k=1.7,
            sealed_share=0.82,
            reasons=[
                {"factor": "cooling", "points": cooling},
                {"factor": "pupils", "points": 12.5},
                {"factor": "cost", "points": -2.5},
            ],
            flags=["Half of the yard lies in a building's shade."],
        )
    return run
