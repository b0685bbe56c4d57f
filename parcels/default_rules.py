"""The rules a town starts with until it publishes its own: the product's, with a text for residents."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from greening.models import Commune
from parcels.allocation_rules import DEFAULT
from parcels.models import AllocationRules

#: A paragraph each; they say what DEFAULT says, and a test holds them together.
TEXT_FR = (
    "Qui peut demander une parcelle : toute personne majeure, qui habite la commune et n’a pas de jardin"
    " chez elle. Une demande par foyer.",
    "Dans quel ordre : celui du jour de la demande. Les demandes d’un même jour sont départagées par un tirage"
    " au sort que chacun peut refaire. Les parcelles accessibles vont d’abord à qui en a besoin.",
    "Répondre : vous avez 7 jours pour accepter une parcelle. Sans réponse, c’est un refus.",
    "Refuser : le premier refus ne coûte rien, le deuxième vous fait reculer de 6 mois, le troisième vous place"
    " en fin de liste, le quatrième met fin à la demande.",
    "Chaque année : confirmez votre demande ; sans confirmation sous 30 jours, elle prend fin.",
    "Jardiner : l’adoption dure un an et se renouvelle ; pour partir, prévenez 30 jours avant.",
)
TEXT_EN = (
    "Who may apply: adults who live in the town and have no garden at home. One application per household.",
    "In which order: that of the day of application. Applications of one day are drawn by lot, in a draw that"
    " anybody can repeat. Accessible plots go first to those who need one.",
    "Answering: you have 7 days to accept a plot. No answer is a refusal.",
    "Refusing: the first refusal costs nothing, the second puts you back by 6 months, the third to the end of"
    " the list, the fourth ends the application.",
    "Every year: confirm your application; without it, it ends after 30 days.",
    "Gardening: an adoption runs for a year and is renewed; to leave, say so 30 days before.",
)


def default_rules(valid_from: dt.date | None = None) -> AllocationRules:
    """The town's newest rules, or the product's own as its first version where it has none."""
    found = AllocationRules.objects.order_by("-version").first()
    if found is not None:
        return found
    commune = Commune.objects.the()
    made, _new = AllocationRules.objects.get_or_create(
        commune=commune,
        version=1,
        defaults={
            "valid_from": valid_from or timezone.localdate(),
            "rules": DEFAULT,
            "text_fr": "\n\n".join(TEXT_FR),
            "text_en": "\n\n".join(TEXT_EN),
            "synthetic": commune.synthetic,
        },
    )
    return made
