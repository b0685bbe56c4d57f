"""The next legal moves of an object as small forms: what each asks for, and who is offered it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from frontend.programme.forms import Answer, form_for, patch_of, send
from greening.lifecycle import Kind, kind_of
from greening.models.base import Living, new_uuid
from greening.roles import may, rights

_END = dict.fromkeys(("dead", "missing", "felled", "transplanted"), ("ended_on", "note"))
#: What a move asks for beside the state itself, by kind and target.
MOVE_FIELDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "planting_site": {
        "scheduled": ("campaign", "target_species"),
        "ready": ("networks_cleared_on",),
        "to_fell": ("felling_basis",),
    },
    "tree": {"planted": ("planted_on", "contractor", "nursery", "lot"), **_END},
    "care_task": {
        "assigned": ("crew",),
        "done": ("done_on", "litres_given", "note"),
        "not_done": ("reason", "rain_mm", "order_reference", "note"),
        "cancelled": ("note",),
    },
    "watering_round": {
        "assigned": ("crew",),
        "skipped": ("skip_reason", "rain_mm", "order_reference", "note"),
    },
    "survival_check": {"withdrawn": ("note",)},
    "observation": {
        "validated": ("severity", "answer"),
        "needs_info": ("answer",),
        "refused": ("answer",),
        "acted_on": ("done_on", "answer"),
    },
    "nursery_order": {
        "received": ("received_on", "lot", "received_count", "refused_count", "refusal_reason"),
        "planted_out": ("planted_out_on",),
    },
    "reception": {
        "pronounced": ("received_on", "guarantee_months", "reservations"),
        "refused": ("received_on", "reservations"),
    },
    "guarantee_claim": {
        "claimed": ("claimed_on", "answer_due"),
        "contested": ("reason",),
        "dropped": ("reason",),
        "replaced": ("replacement",),
    },
}
#: What may be corrected without a move.
EDIT_FIELDS: Mapping[str, tuple[str, ...]] = {
    "planting_site": (
        "matricule", "kind", "manager", "campaign", "target_species", "pit_volume_m3", "soil", "constraints",
        "in_alignment", "networks_cleared_on", "address",
    ),
    "tree": (
        "species", "planted_on", "girth_m", "height_m", "measured_on", "under_watch", "nursery", "lot", "contractor",
        "size_class", "note",
    ),
    "green_roof": ("name", "kind", "area_m2", "substrate_cm"),
    "care_task": ("due_from", "due_until", "litres", "note"),
    "watering_round": ("name", "day", "tank_litres", "litres_per_tree", "note"),
    "survival_check": ("note",),
    "inspection": ("next_due", "defects", "advice"),
    "observation": ("what", "severity", "note", "answer"),
    "nursery_order": (
        "campaign", "number", "nursery", "species", "size_class", "ordered_count", "ordered_on", "expected_on", "note",
    ),
    "reception": ("contractor", "season", "guarantee_months", "reservations"),
    "guarantee_claim": ("defect", "answer_due", "note"),
}  # fmt: skip
#: Correcting proposes what is known, never today.
VERBS: Mapping[tuple[str, str], str | Promise] = {
    ("tree", "establishing"): _("It has taken: establishing"),
    ("planting_site", "occupied"): _("Keep the tree: no felling"),
}


@dataclass(frozen=True)
class MoveForm:
    """One move offered: where to, its form, and what the door said of it if it was just tried."""

    target: str
    label: str | Promise
    form: forms.Form
    change: str
    override: bool
    refused: Answer | None = None

    @property
    def opened(self) -> bool:
        return self.refused is not None

    @property
    def bare(self) -> bool:
        """Nothing to fill in: a button alone."""
        return not self.form.fields


def moves_for(obj: Living, user: Any, tried: MoveForm | None = None) -> list[MoveForm]:
    """The moves that the life's table has from here and this person's role allows, in the table's order."""
    life = kind_of(obj)
    if not user.is_authenticated:
        return []
    held = rights(user, life.name, obj)
    offered: list[MoveForm] = []
    for target in life.next_states(str(obj.state)):
        if not may(held, "move", target) or _follows_by_itself(life, obj, target):
            continue
        if tried is not None and tried.target == target:
            offered.append(tried)
            continue
        offered.append(move_form(life, obj, target, held))
    return offered


def _follows_by_itself(life: Kind, obj: Living, target: str) -> bool:
    """A site becomes occupied by its tree's planting: no button says so, but the felling taken back."""
    return life.name == "planting_site" and target == "occupied" and obj.state != "to_fell"


def move_form(
    life: Kind,
    obj: Living,
    target: str,
    held: frozenset[str],
    data: Mapping[str, Any] | None = None,
    refused: Answer | None = None,
) -> MoveForm:
    names = MOVE_FIELDS.get(life.name, {}).get(target, ())
    form = form_for(life, names, obj, data, prefix=f"to-{target}")
    if getattr(obj, "action", "water") != "water":
        form.fields.pop("litres_given", None)
    label = VERBS.get((life.name, target), life.label(target))
    return MoveForm(target, label, form, str(new_uuid()), "override" in held, refused)


def make_move(request: HttpRequest, obj: Living, target: str) -> MoveForm | Answer:
    """Try a move; the answer where it landed, the form again with the door's sentence where it did not."""
    life = kind_of(obj)
    data, held = request.POST, rights(request.user, life.name, obj)
    tried = move_form(life, obj, target, held, data)
    if not tried.form.is_valid():
        return move_form(life, obj, target, held, data, Answer(False, ""))
    patch = patch_of(life, tried.form, obj) | {"state": target}
    answer = send(
        life,
        patch,
        request=request,
        obj=obj,
        change=str(data.get("change", "")),
        base_rev=str(data.get("rev", "")),
        override=str(data.get("override", "")).strip(),
    )
    return answer if answer.landed else move_form(life, obj, target, held, data, answer)
