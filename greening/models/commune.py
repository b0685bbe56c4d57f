"""The territory that this installation serves."""

from __future__ import annotations

from django.contrib.gis.db import models
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from pyproj.exceptions import CRSError

from greening.crs import LAMBERT_93, WGS84, is_metric
from greening.errors import BadInput
from greening.models.base import Identified, valid_geometry


class CommuneQuerySet(models.QuerySet["Commune"]):
    def the(self) -> Commune:
        """The one commune that this installation serves."""
        commune = self.order_by("id").first()
        if commune is None:
            raise BadInput(
                "There is no commune yet: load its outline with `manage.py import_commune FILE`."
            )
        return commune


def metric(srid: int) -> None:
    try:
        good = is_metric(srid)
    except CRSError as error:
        raise ValidationError(_("EPSG:%(srid)s is not known.") % {"srid": srid}) from error
    if not good:
        raise ValidationError(_("EPSG:%(srid)s is not a projected CRS in metres.") % {"srid": srid})


class Commune(Identified):
    name = models.CharField(_("name"), max_length=100)
    insee = models.CharField(
        _("INSEE code"),
        max_length=5,
        unique=True,
        validators=[RegexValidator(r"^[0-9][0-9AB][0-9]{3}$")],
    )
    geom = models.MultiPolygonField(_("outline"), srid=WGS84)
    metric_srid = models.PositiveIntegerField(
        _("metric CRS (EPSG)"),
        default=LAMBERT_93,
        validators=[metric],
        help_text=_("Metres are measured in it."),
    )
    population = models.PositiveIntegerField(_("inhabitants"), null=True, blank=True)
    tree_target = models.PositiveIntegerField(_("trees promised"), default=6000)
    contact = models.EmailField(_("contact"), blank=True)
    synthetic = models.BooleanField(_("demonstration data"), default=False)

    objects = CommuneQuerySet.as_manager()

    class Meta:
        verbose_name = _("commune")
        verbose_name_plural = _("communes")
        constraints = [valid_geometry("commune")]

    def __str__(self) -> str:
        return self.name
