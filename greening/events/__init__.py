"""The only door: `apply` takes a change or a batch and answers each with a verdict."""

from greening.events.door import apply
from greening.events.envelope import Change, Verdict

__all__ = ["Change", "Verdict", "apply"]
