"""Builds the synthetic demo town, part by part; parts that stand already are left alone."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from typing import Any

from tqdm import tqdm

from greening.command import TownCommand
from greening.demo.registry import DEMO_SEED, DemoRun, steps


class Command(TownCommand):
    help = "Builds the synthetic demo town. It can be stopped and run again: what stands is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--seed", type=int, default=DEMO_SEED, help="which town (default: %(default)s)"
        )
        parser.add_argument(
            "--progress", action="store_true", help="show the bar even when it is not a terminal"
        )

    def handle(self, *args: Any, seed: int, progress: bool, verbosity: int, **options: Any) -> None:
        run = DemoRun(seed, progress=self.progress)
        waiting = steps()
        hidden = not (progress or sys.stderr.isatty())
        with tqdm(waiting, unit="step", disable=hidden, leave=False) as bar:
            for step in bar:
                bar.set_description(step.name)
                if step.is_done(run):
                    made = "already there"
                    seconds = 0.0
                else:
                    started = time.monotonic()
                    made = step.make(run)
                    seconds = time.monotonic() - started
                if verbosity:
                    bar.clear()
                    took = f" ({seconds:.1f} s)" if seconds else ""
                    self.stdout.write(f"{step.name}: {made}{took}")
