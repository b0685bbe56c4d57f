"""Runs a pure kernel over the blocks of a grid: here, or in a pool of processes; the same bytes either way.

A kernel is a picklable function of one block that reads what it needs itself. Results come back in the order of
the blocks, however the work was shared, so whatever is written from them does not depend on the engine.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import rasterio

from greening.errors import TownError

Task = TypeVar("Task")
Result = TypeVar("Result")

#: GDAL's block cache, MB a process: a kernel reads each file block about once, so a larger one only holds
#: memory.
GDAL_CACHE_MB = 16
#: Tasks under way per worker: one running, one waiting; more would only hold results in memory.
AHEAD = 2
#: A worker may be killed (out of memory, an impatient administrator); its blocks are computed again this
#: many times.
RESTARTS = 3


class EngineError(TownError):
    """The pool of workers died repeatedly: give it more memory or fewer workers (--workers 1)."""

    def __str__(self) -> str:
        return str(self.__doc__)


class Engine(Protocol):
    def map(self, kernel: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        """`kernel(task)` for each task, in the order of the tasks."""


class Serial:
    """Computes in this process."""

    def map(self, kernel: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        with rasterio.Env(GDAL_CACHEMAX=GDAL_CACHE_MB):
            yield from map(kernel, tasks)


class Pool:
    """Computes in `workers` other processes; killing one of them changes nothing but the time."""

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def map(self, kernel: Callable[[Task], Result], tasks: Iterable[Task]) -> Iterator[Result]:
        waiting = deque(tasks)
        restarts = 0
        while waiting:
            try:
                for result in self._run(kernel, tuple(waiting)):
                    waiting.popleft()  # before it is handed out: after a crash, nothing is handed out twice
                    yield result
            except BrokenProcessPool:
                restarts += 1
                if restarts > RESTARTS:
                    raise EngineError from None

    def _run(self, kernel: Callable[[Task], Result], tasks: tuple[Task, ...]) -> Iterator[Result]:
        # Started afresh, not forked: the parent's database connections and GDAL handles stay its own.
        context = multiprocessing.get_context("spawn")
        with (
            _one_thread_a_worker(),
            ProcessPoolExecutor(
                self.workers, mp_context=context, initializer=_prepare, initargs=(kernel,)
            ) as pool,
        ):
            try:
                under_way: deque[Future[Result]] = deque()
                for task in tasks:
                    under_way.append(pool.submit(_compute, task))
                    if len(under_way) >= self.workers * AHEAD:
                        yield under_way.popleft().result()
                while under_way:
                    yield under_way.popleft().result()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)


def engine(workers: int | None = None) -> Engine:
    """The engine for so many workers; without a number, one for each processor that this process may use."""
    count = len(os.sched_getaffinity(0)) if workers is None else workers
    return Pool(count) if count > 1 else Serial()


_kernel: Callable[[Any], Any] | None = None


def _prepare(kernel: Callable[[Any], Any]) -> None:
    """Once in each worker: the kernel travels once, not with every block; Ctrl-C is the parent's."""
    global _kernel
    _kernel = kernel
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    rasterio.Env(GDAL_CACHEMAX=GDAL_CACHE_MB).__enter__()


def _compute(task: Any) -> Any:
    assert _kernel is not None  # noqa: S101 — _prepare ran first
    return _kernel(task)


@contextmanager
def _one_thread_a_worker() -> Iterator[None]:
    """Workers started inside inherit one BLAS thread each: their number is the parallelism."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
