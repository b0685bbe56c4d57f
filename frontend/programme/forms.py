"""Small forms over the door: fields of a kind of life as a form, its answer as a change, the door's sentence back."""

from __future__ import annotations

import uuid as uuid_module
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from frontend.programme.names import species_named
from greening.accounts.device import device_of
from greening.events import Change, Verdict, apply
from greening.events.values import field_of, to_wire
from greening.lifecycle import Kind
from greening.models import Campaign, Crew, Species, Tree
from greening.models.base import Living, new_uuid

#: Dates that a form proposes as today: what is logged mostly happened today.
TODAY = frozenset(
    {
        "planted_on", "ended_on", "done_on", "received_on", "claimed_on", "noted_on", "checked_on", "inspected_on",
        "ordered_on", "planted_out_on", "networks_cleared_on", "seen_on",
    }
)  # fmt: skip


class SpeciesField(forms.CharField):
    """A species by its name; the list offers those of the catalogue."""

    widget = forms.TextInput(attrs={"type": "text", "list": "species-names", "autocomplete": "off"})

    def clean(self, value: Any) -> Any:
        name = super().clean(value)
        if not name:
            return None
        found = species_named(name)
        if len(found) == 1:
            return Species.objects.get(pk=found[0]).accepted
        if not found:
            raise ValidationError(_("The catalogue has no species of that name."))
        raise ValidationError(_("Several species bear that name: choose one of the list."))


class TreeField(forms.IntegerField):
    """A tree by its public number."""

    def clean(self, value: Any) -> Any:
        number = super().clean(value)
        if number is None:
            return None
        tree = Tree.objects.filter(pk=number).first() if number < 2**62 else None
        if tree is None:
            raise ValidationError(_("There is no tree of that number."))
        return tree


def form_field(field: models.Field[Any, Any]) -> forms.Field:
    """The form's field for a model's; nothing is required here, for the door says what it needs."""
    label = field.verbose_name
    if isinstance(field, models.ForeignKey):
        target = field.related_model
        if target is Species:
            return SpeciesField(label=label, required=False)
        if target is Tree:
            return TreeField(label=label, required=False, min_value=1)
        rows = Crew.objects.filter(active=True) if target is Crew else target._default_manager.all()
        if target is Campaign:
            rows = Campaign.objects.order_by("-season")
        return forms.ModelChoiceField(rows, label=label, required=False)
    if isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField):
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        return forms.DateField(label=label, required=False, widget=widget)
    if isinstance(field, models.TextField):
        widget_text = forms.Textarea(attrs={"rows": 2})
        return forms.CharField(label=label, required=False, widget=widget_text)
    made: Any = field.formfield(required=False)
    if type(made.widget) is forms.TextInput:
        made.widget.attrs["type"] = "text"
    if isinstance(made, forms.FloatField):
        made.widget.attrs["step"] = "any"
    found: forms.Field = made
    return found


def form_for(
    life: Kind,
    names: Iterable[str],
    obj: Any = None,
    data: Mapping[str, Any] | None = None,
    prefix: str = "",
    initial: Mapping[str, Any] | None = None,
) -> forms.Form:
    """A form of these fields of a kind, filled from an object (a new one: from `initial`)."""
    names = list(names)
    fields = {name: form_field(field_of(life.model_class, name)) for name in names}
    start: dict[str, Any] = {}
    for name in names:
        value = (
            getattr(obj, name)
            if obj is not None
            else field_of(life.model_class, name).get_default()
        )
        if name in TODAY and not value:
            value = timezone.localdate()
        start[name] = value
    start.update(initial or {})
    made = type("ChangeForm", (forms.Form,), fields)
    form: forms.Form = made(data, prefix=prefix or None, initial=start, label_suffix="")
    return form


def patch_of(life: Kind, form: forms.Form, obj: Any = None) -> dict[str, Any]:
    """Wire values of what the form changes; a field that was emptied travels as an explicit null."""
    patch: dict[str, Any] = {}
    for name, value in form.cleaned_data.items():
        field = field_of(life.model_class, name)
        empty = value is None or value == ""
        if empty:
            value = "" if isinstance(field, models.CharField | models.TextField) else None
        if value is None and not field.null:
            continue  # a count that stands: emptying it says nothing
        held = getattr(obj, name) if obj is not None else None
        if obj is None and empty:
            continue
        if obj is not None and (held == value or (empty and held in (None, ""))):
            continue
        patch[name] = to_wire(value)
    return patch


@dataclass(frozen=True)
class Answer:
    """What the door said, for a person: whether it landed, the sentence, and what to heed."""

    landed: bool
    sentence: str
    warnings: tuple[str, ...] = ()
    code: str = ""
    object_id: int | None = None


def said(verdict: Verdict) -> Answer:
    """A verdict as an answer; the receipt of a change refused earlier is a refusal still."""
    earlier_no = verdict.status == "duplicate" and verdict.code in (
        "rejected",
        "conflict",
        "waiting",
    )
    landed = verdict.landed and not earlier_no
    if verdict.status == "waiting":
        return Answer(False, verdict.message, code=verdict.code)
    sentence = verdict.message or (_("Done.") if landed else _("This change was refused."))
    return Answer(landed, sentence, verdict.warnings, verdict.code, verdict.object_id)


def send(
    life: Kind,
    patch: Mapping[str, Any],
    *,
    request: HttpRequest,
    obj: Living | None = None,
    change: str = "",
    base_rev: str = "",
    override: str = "",
) -> Answer:
    """Ask the door for one change on somebody's behalf, and say what it answered.

    `change` is the identifier that the form carried, so that sending it twice lands once.
    """
    person: Any = request.user
    answer = apply(
        Change(
            kind=life.name,
            object_uuid=obj.uuid if obj is not None else new_object(change),
            patch=patch,
            create=obj is None,
            base_rev=int(base_rev) if base_rev.isascii() and base_rev.isdigit() and obj else None,
            uuid=identifier(change),
            actor=person,
            source="web",
            device=device_of(request),
            override=override[:240],
        )
    )[0]
    return said(answer)


def identifier(text: str) -> uuid_module.UUID:
    """The identifier a form carried, or a fresh one where it carried none that can be read."""
    try:
        return uuid_module.UUID(text)
    except ValueError:
        return new_uuid()


def new_object(change: str) -> uuid_module.UUID:
    """The identity of what a form creates: made from the form's own, so that twice is once."""
    return uuid_module.uuid5(identifier(change), "object")
