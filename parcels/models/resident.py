"""Who gardens: the personal data an application needs, in rows that can be emptied; history holds their UUIDs only."""

from __future__ import annotations

import unicodedata
import uuid as uuid_module

from django.conf import settings
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from greening.models.base import Identified

#: Fields that say who somebody is, with what is left of them after erasure.
PERSONAL = {
    "name": "",
    "address": "",
    "door": "",
    "postcode": "",
    "phone": "",
    "declares_adult": False,
    "declares_resident": False,
    "declares_no_own_garden": False,
    "needs_accessible": False,
    "consent_version": "",
    "consent_at": None,
    "household": None,
    "user": None,
}


def household_key(address: str, door: str, postcode: str) -> str:
    """A keyed hash of an address and door, however they are spelt: the same home, the same key.

    Without the town's secret key nobody can try addresses against it.
    """
    parts = []
    for text in (address, door, postcode):
        letters = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
        plain = "".join(c if c.isalnum() else " " for c in letters).casefold()
        parts.append(" ".join(plain.split()))
    return salted_hmac("parcels.household", "\n".join(parts), algorithm="sha256").hexdigest()


class Household(Identified):
    """People who live behind one door; a manager may join two that are one, or split one that is two."""

    key = models.CharField(max_length=64, unique=True, editable=False)
    joined_to = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("part of")
    )

    class Meta:
        verbose_name = _("household")
        verbose_name_plural = _("households")

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def whole(self) -> Household:
        """The household that this one was joined to, or itself."""
        return self.joined_to or self


class Resident(Identified):
    """A person as the gardens know them. Erased, the row stays as an empty shell that history can point to."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="resident",
        verbose_name=_("account"),
    )
    name = models.CharField(_("name"), max_length=120, blank=True)
    address = models.CharField(_("number and street"), max_length=200, blank=True)
    door = models.CharField(_("building, floor, door"), max_length=80, blank=True)
    postcode = models.CharField(_("postcode"), max_length=10, blank=True)
    phone = models.CharField(_("telephone"), max_length=30, blank=True)
    declares_adult = models.BooleanField(_("is of age"), default=False)
    declares_resident = models.BooleanField(_("lives in the town"), default=False)
    declares_no_own_garden = models.BooleanField(_("has no garden at home"), default=False)
    needs_accessible = models.BooleanField(_("needs an accessible plot"), default=False)
    household = models.ForeignKey(
        Household,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="residents",
        verbose_name=_("household"),
    )
    consent_version = models.CharField(_("consent: version of the text"), max_length=40, blank=True)
    consent_at = models.DateTimeField(_("consent given"), null=True, blank=True)
    synthetic = models.BooleanField(_("demonstration data"), default=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)

    class Meta:
        verbose_name = _("resident")
        verbose_name_plural = _("residents")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(erased_at=None)
                | models.Q(
                    name="", address="", door="", postcode="", phone="", household=None, user=None
                ),
                name="resident_erased_is_empty",
                violation_error_message=_("An erased person's row holds no personal data."),
            )
        ]

    def __str__(self) -> str:
        # Histories and logs print this: never a name.
        return f"{self._meta.verbose_name} {str(self.uuid)[-8:]}"

    @property
    def home(self) -> uuid_module.UUID:
        """What "one per household" counts by: the household, or the person where no address is known."""
        return self.household.uuid if self.household is not None else self.uuid

    def hold_home(self) -> None:
        """Take the household, or who is one alone, until the transaction ends: its plots are counted one by one."""
        rows: models.QuerySet[Household] | models.QuerySet[Resident] = (
            Household.objects.filter(pk=self.household_id)
            if self.household_id is not None
            else Resident.objects.filter(pk=self.pk)
        )
        # Not against those who only point to the row: their own writes do not change who has a plot.
        list(rows.select_for_update(no_key=True))
