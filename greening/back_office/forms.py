"""The form of an object with a life: what it says passes the only door, and the door's refusal is the form's error."""

from __future__ import annotations

import uuid as uuid_module
from typing import Any

from django import forms
from django.contrib.gis.forms import GeometryField
from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from greening.accounts.device import device_of
from greening.errors import BadInput
from greening.events import Change, Verdict, apply
from greening.events.values import same, to_wire
from greening.history import entries, seen_at
from greening.lifecycle import Kind, kind_of
from greening.models.base import new_uuid
from greening.models.event import Event
from greening.roles import may, rights
from greening.settling import mark
from greening.spatial import area_m2

#: Beside which field the sentence of a rule stands; others stand above the form.
BESIDE = {
    "illegal_move": "state",
    "illegal_start": "state",
    "forbidden": "state",
    "networks_not_cleared": "networks_cleared_on",
    "alignment_protected": "felling_basis",
    "no_planting_date": "planted_on",
    "site_taken": "site",
    "site_not_ready": "state",
    "felling_not_decided": "state",
    "tree_still_there": "state",
    "no_tree": "state",
    "no_crew": "crew",
    "no_lot": "lot",
    "no_refusal_reason": "refusal_reason",
    "no_litres": "litres_given",
    "no_rain_value": "rain_mm",
    "no_order": "order_reference",
    "season": "season",
    "wrong_autumn": "checked_on",
    "already_checked": "autumn",
    "gone_alive": "gone",
}


class PlaceForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """The form of anything with a place: a shape without any point is none, though every engine stores it."""

    def clean_geom(self) -> GEOSGeometry:
        geom: GEOSGeometry = self.cleaned_data["geom"]
        if geom.empty:
            raise ValidationError(_("Nothing is drawn yet."), code="required")
        return geom


class Carried(forms.UUIDField):
    """An identifier that the form carries along; a person never changes it."""

    widget = forms.HiddenInput

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class LivingForm(forms.ModelForm):  # type: ignore[type-arg]
    """Asks the door for what a person changed, against the revision that they saw.

    `ModelAdmin.get_form` sets `request`. After a valid form, `verdict` is the door's answer, or None where nothing
    was changed; nothing else is to be saved.
    """

    override = forms.CharField(
        label=gettext_lazy("Reason for passing a rule"),
        max_length=240,
        required=False,
        help_text=gettext_lazy(
            "Where a rule lets a lead decide otherwise; it is kept with the change."
        ),
    )
    #: The revision that the person saw, the identifier of their change (sent twice, it is applied once), that of a
    #: new object, and the kept change that saving again settles.
    base_rev = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    change = Carried(required=False)
    object_uuid = Carried(required=False)
    settles = Carried(required=False)

    OWN = ("override", "base_rev", "change", "object_uuid", "settles")
    request: HttpRequest
    instance: Any
    remarks: list[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.remarks = []  # said to the person when it is saved
        super().__init__(*args, **kwargs)
        self.kind: Kind = kind_of(self.instance)
        self.verdict: Verdict | None = None
        self.is_new = self.instance.pk is None
        self.seen: dict[str, Any] = {}
        if not self.is_new:
            self.seen = {name: getattr(self.instance, name) for name in self._asked_fields()}
            self.seen |= self._as_they_saw_it()
        self.initial = {
            **self.initial,
            "base_rev": self.instance.rev,
            "change": new_uuid(),
            "object_uuid": self.instance.uuid,
        }
        self._offer_states()

    def _asked_fields(self) -> list[str]:
        writable = {"state", *self.kind.fields}
        return [name for name in self.fields if name in writable]

    def _as_they_saw_it(self) -> dict[str, Any]:
        """What changed since the revision on this form, as it was then: an old value sent back is no change."""
        told = self.data.get("base_rev", "") if self.is_bound else ""
        if not str(told).isdigit() or int(told) >= self.instance.rev:
            return {}
        return seen_at(self.instance, self.kind, int(told))

    def _offer_states(self) -> None:
        """Only states that the life's table and the person's roles allow, and the one that stands."""
        field: Any = self.fields.get("state")
        if field is None:
            return
        if self.is_new:
            offered = [*self.kind.starts]
            field.initial = self.initial["state"] = self.kind.starts[0]
        else:
            held = rights(self.request.user, self.kind.name, self.instance)
            current = self.seen["state"]
            ways = self.kind.next_states(current)
            offered = [current, *(state for state in ways if may(held, "move", state))]
        field.choices = [(state, self.kind.label(state)) for state in offered]

    # --- through the door -------------------------------------------------------------------------

    def _post_clean(self) -> None:
        if self.is_new and self.cleaned_data.get("object_uuid"):
            self.instance.uuid = self.cleaned_data["object_uuid"]
        super()._post_clean()  # type: ignore[misc]  # Django's own hook
        if not self.errors:
            self._ask_the_door()

    def _patch(self) -> dict[str, Any]:
        """What the person changed: every given value of a new object, else what differs from what they saw."""
        patch: dict[str, Any] = {}
        for name in self._asked_fields():
            value = self.cleaned_data.get(name)
            if self.is_new:
                if value is not None and value != "":
                    patch[name] = value
                continue
            field, seen = self.fields[name], self.seen[name]
            if isinstance(field, GeometryField):
                # Text of a shape rounds: what was not redrawn has not changed.
                if not field.has_changed(seen, self.data.get(self.add_prefix(name))):
                    continue
            elif same(seen, value):
                continue
            patch[name] = value
        return patch

    def _ask_the_door(self) -> None:
        patch = self._patch()
        if not patch and not self.is_new:
            return
        asked = self.cleaned_data
        change = Change(
            kind=self.kind.name,
            object_uuid=self.instance.uuid,
            patch={name: to_wire(value) for name, value in patch.items()},
            create=self.is_new,
            base_rev=None if self.is_new else asked.get("base_rev"),
            uuid=asked.get("change") or new_uuid(),
            actor=self.request.user,  # type: ignore[arg-type]  # the back office is entered signed in
            source=Event.Source.ADMIN,
            device=device_of(self.request),
            override=asked.get("override", ""),
        )
        verdict = apply(change)[0]
        if verdict.landed:
            self.verdict = verdict
            self._settle(asked.get("settles"))
            return
        if verdict.status == "conflict":
            self._show_conflict(change, verdict)
        else:
            beside = BESIDE.get(verdict.code)
            self.add_error(beside if beside in self.fields else None, verdict.message)
        self._offer_again(change, verdict)

    def _show_conflict(self, change: Change, verdict: Verdict) -> None:
        """Both values side by side; the change is kept by the door until somebody settles it."""
        later = Event.objects.filter(
            object_uuid=self.instance.uuid, rev__gt=change.base_rev or 0
        ).select_related("actor")
        for entry in entries(later.order_by("rev")):
            for line in entry.lines:
                if line.name in change.patch and line.name in self.fields:
                    self.add_error(
                        line.name,
                        _("%(who)s wrote “%(value)s” in the meantime.")
                        % {"who": entry.who or "–", "value": line.after},
                    )
        self.add_error(None, verdict.message)
        self.add_error(
            None,
            _(
                "Your change is kept. Save again to put your values over theirs, or leave this page."
            ),
        )

    def _offer_again(self, change: Change, verdict: Verdict) -> None:
        """The same form once more is another change, made by somebody who has now seen the newest state."""
        given: Any = self.data
        data = given.copy()
        data[self.add_prefix("change")] = str(new_uuid())
        if verdict.status == "conflict":
            data[self.add_prefix("base_rev")] = str(verdict.rev)
            data[self.add_prefix("settles")] = str(change.uuid)
        self.data = data

    def _settle(self, identifier: uuid_module.UUID | None) -> None:
        """The kept change that this one repeats is settled by it: one's own, on this very object."""
        if identifier is None:
            return
        user: Any = self.request.user
        kept = Event.objects.to_settle().filter(
            uuid=identifier, object_uuid=self.instance.uuid, actor=user
        )
        for event in kept:
            mark(event, user)


class LivingPlaceForm(PlaceForm, LivingForm):
    """An object with a life and a place."""


class Measured:
    """An outline: its area is measured in the metric CRS unless a person gives another one."""

    fields: dict[str, forms.Field]
    changed_data: list[str]
    cleaned_data: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.remarks: list[str] = []
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        super().clean()  # type: ignore[misc]  # a form's
        data = self.cleaned_data
        geom = data.get("geom")
        if geom is None or geom.empty or "area_m2" not in self.fields:
            return data
        redrawn = "geom" in self.changed_data and "area_m2" not in self.changed_data
        if data.get("area_m2") is None or redrawn:
            try:
                data["area_m2"] = round(area_m2(geom), 1)
            except BadInput as error:
                self.remarks.append(_("The area was not measured: %(reason)s") % {"reason": error})
        return data


class MeasuredForm(Measured, LivingPlaceForm):
    """An outline with a life."""


class MeasuredPlaceForm(Measured, PlaceForm):
    """An outline without one."""
