"""Phones on a bad network against a real server that is killed meanwhile: the end is that of a quiet day.

Short here; `tests/benchmarks/bench_field.py` has 10,000 streams.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from greening.field.balance import balance_of
from tests.greening.field_phone import picture
from tests.greening.field_world import World, clear, server_environment
from tests.greening.phone_simulator import ROUGH, Server, drive, noisy_jpeg

SMALL = picture((320, 240))


@pytest.fixture
def server(transactional_db: None, data_dir: Path, tmp_path: Path) -> Iterator[Server]:
    made = Server(server_environment(data_dir), tmp_path / "granian.log")
    made.start()
    yield made
    made.stop()


@pytest.mark.xdist_group("simulator")
def test_drops_doubles_reorders_cuts_wrong_clocks_and_kills_lose_nothing(server: Server) -> None:
    def photo(rng: random.Random) -> bytes:
        return noisy_jpeg(SMALL, rng, rng.randrange(5_000, 60_000))

    world = World(10, seed=7, skewed=ROUGH.skewed, photo=photo)
    world.build()
    phones = world.phones()
    run = drive(server, phones, faults=ROUGH, kills=2, every_s=1.2, seed=7, chunk=16_384)
    server.stop()
    assert run.kills == 2, "the run was over before the server was killed twice"
    world.check(phones)
    for phone in phones:
        said: Any = balance_of(phone.uuid)  # type: ignore[arg-type]
        assert said["events"]["total"] == len(phone.captures) == said["sequences"]["highest"]
        assert said["sequences"]["missing"] == said["photos"]["missing"] == []
        assert said["photos"]["received"] == len(phone.photos)
    rough, verdicts = world.state(), world.statuses()
    clear()
    world.build()
    world.apply_in_order()
    assert world.statuses() == verdicts
    assert world.state() == rough
    assert {status for status, _code in verdicts.values()} == {"applied", "rejected"}
