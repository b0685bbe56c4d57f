"""What grows: taxa with their parts kept apart."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from greening.models.base import Identified


class Species(Identified):
    """A taxon as planted. TAXREF lacks horticultural taxa, so both outside identifiers are optional."""

    genus = models.CharField(_("genus"), max_length=60)
    species = models.CharField(
        _("species"), max_length=80, blank=True, help_text=_("Epithet, with × for a hybrid.")
    )
    infraspecific = models.CharField(_("infraspecific rank and name"), max_length=80, blank=True)
    cultivar = models.CharField(
        _("cultivar"), max_length=80, blank=True, help_text=_("Without quotation marks.")
    )
    name_fr = models.CharField(_("French name"), max_length=120, blank=True)
    name_en = models.CharField(_("English name"), max_length=120, blank=True)
    taxref_cd_nom = models.PositiveIntegerField(_("TAXREF cd_nom"), null=True, blank=True)
    wikidata = models.CharField(_("Wikidata id"), max_length=12, blank=True)

    class Meta:
        verbose_name = _("species")
        verbose_name_plural = _("species")
        ordering = ["genus", "species", "infraspecific", "cultivar"]
        constraints = [
            models.UniqueConstraint(
                fields=["genus", "species", "infraspecific", "cultivar"], name="species_name_unique"
            )
        ]

    def __str__(self) -> str:
        return self.scientific_name

    @property
    def scientific_name(self) -> str:
        """The full name, the cultivar in single quotes as the ICNCP asks."""
        parts = [
            self.genus,
            self.species,
            self.infraspecific,
            f"'{self.cultivar}'" if self.cultivar else "",
        ]
        return " ".join(part for part in parts if part)
