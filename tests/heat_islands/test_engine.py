"""The same kernel gives the same results here and in a pool, even when a worker is killed."""

from __future__ import annotations

import os
import signal
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from heat_islands.engine import Pool, Serial, engine
from heat_islands.science.errors import ProductError


def square(number: int) -> np.ndarray:
    return np.full(3, number**2, dtype=np.float32)


def square_but_die_once(marker: Path, number: int) -> np.ndarray:
    """Kills its own worker at 5, the first time."""
    if number == 5 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return square(number)


def refuse(number: int) -> int:
    if number == 3:
        raise ProductError("the third is damaged")
    return number


def threads(_: int) -> str:
    return os.environ["OMP_NUM_THREADS"]


def test_a_pool_gives_the_same_in_the_same_order() -> None:
    here = list(Serial().map(square, range(9)))
    there = list(Pool(2).map(square, range(9)))
    assert [a.tobytes() for a in here] == [a.tobytes() for a in there]


def test_killing_a_worker_changes_nothing(tmp_path: Path) -> None:
    kernel = partial(square_but_die_once, tmp_path / "died")
    found = [int(a[0]) for a in Pool(2).map(kernel, range(12))]
    assert (tmp_path / "died").exists()
    assert found == [n**2 for n in range(12)]


def test_a_named_error_of_the_kernel_arrives_as_it_is() -> None:
    results = Pool(2).map(refuse, range(8))
    with pytest.raises(ProductError, match="the third is damaged"):
        list(results)


def test_each_worker_keeps_to_one_thread() -> None:
    assert set(Pool(2).map(threads, range(3))) == {"1"}


def test_one_worker_is_this_process() -> None:
    assert isinstance(engine(1), Serial)
    assert isinstance(engine(2), Pool)
