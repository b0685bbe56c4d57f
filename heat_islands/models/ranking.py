"""Ranking runs: immutable, with everything needed to compute them again."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _

from greening.models.base import Identified
from heat_islands.models.heat_map import HeatMap
from heat_islands.models.scene import Cover


class RankingRun(Identified):
    """One run of the ranking. A rerun on the same inputs finds this row by `fingerprint`."""

    heat_map = models.ForeignKey(
        HeatMap, models.PROTECT, related_name="ranking_runs", verbose_name=_("heat map")
    )
    cover = models.ForeignKey(
        Cover,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="ranking_runs",
        verbose_name=_("land cover"),
    )
    fingerprint = models.CharField(
        _("hash of inputs, method, weights and seed"), max_length=64, unique=True
    )
    model_version = models.CharField(_("model version"), max_length=40)
    seed = models.PositiveIntegerField(_("seed"))
    bootstrap_rounds = models.PositiveIntegerField(_("bootstrap rounds"))
    weights = models.JSONField(_("weights of the score"))
    inputs = models.JSONField(_("input hashes"))
    validation = models.JSONField(_("validation"))
    model_card = models.TextField(_("model card (Markdown)"))
    model_card_translations = models.JSONField(
        _("model card in other languages"),
        default=dict,
        blank=True,
        help_text=_("By language code; written with the run, like the English one."),
    )
    left_out = models.JSONField(_("yards left out, with the reason"), default=list)
    cover_estimated = models.BooleanField(_("fractions estimated from indices"), default=False)
    synthetic = models.BooleanField(_("demonstration data"), default=False)
    created_at = models.DateTimeField(_("computed"), auto_now_add=True)

    class Meta:
        verbose_name = _("ranking run")
        verbose_name_plural = _("ranking runs")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.heat_map} · {self.created_at:%Y-%m-%d %H:%M}"

    def card_in(self, code: str) -> tuple[str, str]:
        """The model card in the language `code`, or in English where the run has none; and its language.

        Runs older than the translations have the English card alone.
        """
        for candidate in (code, code.split("-")[0]):
            if candidate in self.model_card_translations:
                return self.model_card_translations[candidate], candidate
        return self.model_card, "en"


class RankedCourtyard(Identified):
    """A yard's line in a run. Effects are kelvins of surface cooling, positive = cooler after conversion."""

    run = models.ForeignKey(RankingRun, models.CASCADE, related_name="yards")
    courtyard = models.ForeignKey("parcels.Courtyard", models.CASCADE, related_name="rankings")
    rank = models.PositiveIntegerField(_("rank"))
    rank_low = models.PositiveIntegerField(_("best plausible rank"))
    rank_high = models.PositiveIntegerField(_("worst plausible rank"))
    top_k_probability = models.FloatField(_("probability of being in the first five"))
    score = models.FloatField(_("score, 0–100"))
    effect_k = models.FloatField(_("cooling of the yard, K"))
    effect_low_k = models.FloatField(_("5 % bound, K"))
    effect_high_k = models.FloatField(_("95 % bound, K"))
    footprint_effect_k = models.FloatField(_("cooling at the satellite's footprint, K"))
    anomaly_k = models.FloatField(_("heat anomaly, K"), null=True)
    sealed_share = models.FloatField(_("sealed share"), null=True)
    inside_applicability = models.BooleanField(_("inside the area of applicability"), default=True)
    reasons = models.JSONField(
        _("reasons"), help_text=_("Contributions per factor; they sum to the score.")
    )
    flags = models.JSONField(_("remarks"), default=list)

    class Meta:
        verbose_name = _("ranked courtyard")
        verbose_name_plural = _("ranked courtyards")
        ordering = ["run", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["run", "courtyard"], name="rankedcourtyard_unique")
        ]

    def __str__(self) -> str:
        return f"{self.rank}. {self.courtyard}"
