"""Who builds which part of the demo town: each floor registers its own in `apps.py`, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from greening.demo.plans import Ground


#: INSEE code of Issy-les-Moulineaux.
DEMO_SEED = 92040


class Progress(Protocol):
    """A progress bar around an iterable: `TownCommand.progress`."""

    def __call__(
        self, items: Iterable[Any], *, total: int | None = None, label: str = "", unit: str = "it"
    ) -> Iterator[Any]: ...


def no_progress(
    items: Iterable[Any], *, total: int | None = None, label: str = "", unit: str = "it"
) -> Iterator[Any]:
    """The items, without a bar."""
    yield from items


@dataclass
class DemoRun:
    """What every step is given: the seed, a progress bar, and the ground built once."""

    seed: int
    progress: Progress = field(default=no_progress)

    @cached_property
    def ground(self) -> Ground:
        """The town's ground, built on first use."""
        from greening.demo.ground import build_ground

        return build_ground(self.seed)


Build = Callable[[DemoRun], str]
Done = Callable[[DemoRun], bool]


@dataclass(frozen=True)
class Step:
    """One part of the demo town.

    `build` says in a few words what it made; `done` says whether it need not run any more. A step
    leaves either everything or nothing, so that a run can be stopped and started again.
    """

    order: int
    name: str
    build: Build | str
    done: Done | str

    def is_done(self, run: DemoRun) -> bool:
        """Whether this part stands already."""
        return bool(self._callable(self.done)(run))

    def make(self, run: DemoRun) -> str:
        """Builds this part; what it made, in a few words."""
        return str(self._callable(self.build)(run))

    @staticmethod
    def _callable(named: Callable[[DemoRun], Any] | str) -> Callable[[DemoRun], Any]:
        found: Callable[[DemoRun], Any] = import_string(named) if isinstance(named, str) else named
        return found


_steps: dict[str, Step] = {}


def register(order: int, name: str, build: Build | str, done: Done | str) -> None:
    """Adds a step; called from an app's `ready()`. A name registered again replaces its step.

    `build` and `done` may be dotted paths within the caller's own app: they are then imported when
    the demo is built, not when the server starts.
    """
    _steps[name] = Step(order, name, build, done)


def steps() -> list[Step]:
    """Every registered step, lowest order first."""
    return sorted(_steps.values(), key=lambda step: (step.order, step.name))
