"""Any other file: columns guessed by their names and values, confirmed by a person."""

from django.utils.translation import gettext_lazy as _

from greening.exchange.trees.profile import Profile
from greening.exchange.trees.targets import TARGETS

PROFILE = Profile(
    name="generic",
    title=_("another file: columns are guessed, then confirmed"),
    columns={
        guess: target.name for target in reversed(TARGETS.values()) for guess in target.guesses
    },
)
