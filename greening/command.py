"""What every long command of the product shares: one sentence on bad input, a bar on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from greening.errors import SPEAKING_ERRORS

Item = TypeVar("Item")


class TownCommand(BaseCommand):
    """A command whose named errors become exit code 1 and one sentence, and Ctrl-C exit code 130."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except KeyboardInterrupt:
            raise CommandError(
                "Interrupted: nothing half-written was kept; run the same command again to go on.",
                returncode=130,
            ) from None
        except tuple(SPEAKING_ERRORS) as error:
            raise CommandError(str(error)) from error

    def progress(
        self, items: Iterable[Item], *, total: int | None = None, label: str = "", unit: str = "it"
    ) -> Iterator[Item]:
        """`items` with a progress bar on standard error, which is silent when that is not a terminal."""
        yield from tqdm(items, total=total, desc=label, unit=unit, disable=not sys.stderr.isatty())
