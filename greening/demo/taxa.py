"""The species reference, which the demo town starts from as every town does."""

from __future__ import annotations

from greening.demo.registry import DemoRun
from greening.models import Species


def is_done(run: DemoRun) -> bool:
    """Whether the reference was loaded: its rows carry what the load wrote."""
    return Species.objects.exclude(reference_values={}).exists()


def build(run: DemoRun) -> str:
    """The demo step: loads the reference table."""
    from greening.species.load import load_species

    return f"{load_species().created} taxa"
