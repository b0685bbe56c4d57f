"""What grows: taxa with their parts kept apart, the other names they go by, and what replaced them."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from greening.models.base import Identified


class SpeciesQuerySet(models.QuerySet["Species"]):
    def accepted(self) -> SpeciesQuerySet:
        """Taxa to choose from: those merged into another stay as redirects only."""
        return self.filter(merged_into=None)

    def for_courtyards(self) -> SpeciesQuerySet:
        """Accepted taxa known to be neither toxic nor thorny; what is not known is left out."""
        return self.accepted().filter(courtyard_safe=True)


def full_name(genus: str, species: str, infraspecific: str, cultivar: str) -> str:
    """The scientific name, the cultivar in single quotes as the ICNCP asks; "Prunus sp." for a bare genus."""
    parts = [genus, species, infraspecific, f"'{cultivar}'" if cultivar else ""]
    return " ".join(part for part in parts if part) if any(parts[1:]) else f"{genus} sp."


class Species(Identified):
    """A taxon as planted. TAXREF lacks horticultural taxa, so both outside identifiers are optional.

    A trait left empty is not known, never "no".
    """

    class HeightClass(models.TextChoices):
        SMALL = "small", _("small, under 8 m")
        MEDIUM = "medium", _("medium, 8 to 15 m")
        LARGE = "large", _("large, over 15 m")

    class Level(models.TextChoices):
        LOW = "low", _("low")
        MEDIUM = "medium", _("medium")
        HIGH = "high", _("high")

    class Allergen(models.TextChoices):
        LOW = "low", _("low or negligible")
        MODERATE = "moderate", _("moderate")
        HIGH = "high", _("high")

    class Leaf(models.TextChoices):
        DECIDUOUS = "deciduous", _("deciduous")
        SEMI_EVERGREEN = "semi-evergreen", _("semi-evergreen")
        EVERGREEN = "evergreen", _("evergreen")

    class ToxicPart(models.TextChoices):
        ALL = "all", _("all parts")
        ALL_BUT_ARIL = "all_but_aril", _("all parts but the red flesh around the seed")
        LEAVES = "leaves", _("leaves")
        LEAVES_SEEDS = "leaves_seeds", _("leaves and seeds")
        BARK_LEAVES = "bark_leaves", _("bark and leaves")
        BARK_LEAVES_SEEDS = "bark_leaves_seeds", _("bark, leaves and seeds")
        SEEDS = "seeds", _("seeds")
        FRUIT = "fruit", _("fruit")
        UNRIPE = "unripe", _("leaves, bark and unripe fruit")
        SAP = "sap", _("sap")

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
    height_class = models.CharField(
        _("height class"), max_length=6, choices=HeightClass.choices, blank=True,
        help_text=_("Height of a grown tree in town."),
    )  # fmt: skip
    leaf = models.CharField(_("leaf"), max_length=14, choices=Leaf.choices, blank=True)
    drought = models.CharField(
        _("drought tolerance"), max_length=6, choices=Level.choices, blank=True
    )
    allergen = models.CharField(
        _("allergenic potential"), max_length=8, choices=Allergen.choices, blank=True,
        help_text=_("Of its pollen, as RNSA's guide “Végétation en ville” ranks it."),
    )  # fmt: skip
    toxic_part = models.CharField(
        _("toxic part"), max_length=17, choices=ToxicPart.choices, blank=True
    )
    thorny = models.BooleanField(_("thorny"), null=True, blank=True)
    courtyard_safe = models.BooleanField(
        _("fit for a school yard"), null=True, blank=True,
        help_text=_("Neither toxic nor thorny; empty where not known."),
    )  # fmt: skip
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="merged",
        verbose_name=_("merged into"),
        help_text=_("This record stays as a redirect to the one it was merged into."),
    )
    reference_values = models.JSONField(
        default=dict,
        editable=False,
        help_text="What load_species last wrote, so that it knows what a person changed since.",
    )

    objects = SpeciesQuerySet.as_manager()

    class Meta:
        verbose_name = _("species")
        verbose_name_plural = _("species")
        ordering = ["genus", "species", "infraspecific", "cultivar"]
        constraints = [
            models.UniqueConstraint(
                fields=["genus", "species", "infraspecific", "cultivar"], name="species_name_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(merged_into=None) | ~models.Q(merged_into=models.F("id")),
                name="species_not_merged_into_itself",
            ),
        ]

    def __str__(self) -> str:
        return self.scientific_name

    @property
    def scientific_name(self) -> str:
        return full_name(self.genus, self.species, self.infraspecific, self.cultivar)

    @property
    def accepted(self) -> Species:
        """The taxon this one stands for: itself, or what it was merged into."""
        return self.merged_into.accepted if self.merged_into else self

    @property
    def courtyard_caution(self) -> str:
        """Why it does not belong in a school yard, in words; empty where nothing is known against it."""
        cautions: list[str] = []
        if self.toxic_part:
            cautions.append(_("toxic: %(part)s") % {"part": self.get_toxic_part_display()})
        if self.thorny:
            cautions.append(str(_("thorny")))
        return ", ".join(cautions)


class Synonym(Identified):
    """Another name a taxon goes by, as written: `Platanus × hispanica`, `micocoulier`.

    One name may belong to several taxa ("saule pleureur"); matching then asks.
    """

    class Kind(models.TextChoices):
        SYNONYM = "synonym", _("scientific synonym")
        COMMON = "common", _("common name")
        USUAL = "usual", _("generic name whose usual bearer this is")

    name = models.CharField(_("name as written"), max_length=200)
    kind = models.CharField(_("kind"), max_length=7, choices=Kind.choices, default=Kind.SYNONYM)
    species = models.ForeignKey(
        Species, models.CASCADE, related_name="synonyms", verbose_name=_("species")
    )

    class Meta:
        verbose_name = _("synonym")
        verbose_name_plural = _("synonyms")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["name", "species"], name="synonym_name_species_unique")
        ]

    def __str__(self) -> str:
        return self.name
