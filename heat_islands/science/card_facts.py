"""What a model card must be told of a run's inputs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class SceneFacts:
    """One scene as the card lists it."""

    name: str
    date: dt.date
    clear_share: float
    missing: Sequence[str] = ()


@dataclass(frozen=True)
class CardFacts:
    """What only the caller knows of a run's inputs. `left_out`: sentences in the card's language."""

    town: str
    heat_map: str
    scenes: Sequence[SceneFacts]
    date_from: dt.date
    date_to: dt.date
    off_season: bool
    cover: str | None
    cover_date: dt.date | None
    cover_resolution_m: float | None
    canopy_height: bool
    synthetic: bool
    seed: int
    rounds: int
    model_version: str
    fingerprint: str
    left_out: Sequence[str] = field(default_factory=list)
