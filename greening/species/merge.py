"""Two records of one taxon made one."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ManyToOneRel, Model
from django.utils.translation import gettext as _

from greening.errors import BadInput
from greening.events import Change, apply
from greening.lifecycle import Kind, kind_for
from greening.models import Species, Synonym

BATCH = 1_000


@dataclass
class Merged:
    """What a merge moved: rows by model (`greening.Tree`: 12) and synonyms."""

    rows: dict[str, int] = field(default_factory=dict)
    synonyms: int = 0


def merge(species: Species, into: Species) -> Merged:
    """Makes `species` a redirect to `into`, which takes over its trees, its sites, its synonyms and all else that
    points at it, upper floors' tables too; in one transaction, so all of it or nothing.

    `into` may itself be a redirect: what it stands for is meant. Merging again what is merged changes nothing.
    Raises BadInput where the two are one, where `species` already redirects elsewhere, or where both hold
    something that only one may.
    """
    try:
        with transaction.atomic():
            return _merge(species, into)
    except IntegrityError as error:
        raise BadInput(
            _("“%(one)s” and “%(other)s” each hold something only one may hold: mend that first.")
            % {"one": species, "other": into}
        ) from error


def _merge(species: Species, into: Species) -> Merged:
    # Both rows locked, always in the same order: two opposite merges at once cannot make a ring.
    wanted = {species.pk, into.pk, into.accepted.pk}
    rows = {
        row.pk: row
        for row in Species.objects.select_for_update().filter(pk__in=wanted).order_by("pk")
    }
    source, target = rows[species.pk], rows[into.pk].accepted
    if source.pk == target.pk:
        raise BadInput(_("“%(name)s” cannot be merged into itself.") % {"name": source})
    if source.merged_into_id == target.pk:
        return Merged()
    if source.merged_into_id:
        raise BadInput(
            _("“%(name)s” is already merged into “%(other)s”.")
            % {"name": source, "other": source.merged_into}
        )
    merged = Merged()
    for model, name in _references():
        rows_of = model._base_manager.filter(**{name: source})
        kind = kind_for(model)
        moved = (
            rows_of.update(**{name: target})
            if kind is None
            else _through_the_door(kind, rows_of, name, target)
        )
        if moved:
            merged.rows[model._meta.label] = merged.rows.get(model._meta.label, 0) + moved
    already = Synonym.objects.filter(species=target).values("name")
    Synonym.objects.filter(
        species=source, name__in=list(already.values_list("name", flat=True))
    ).delete()
    merged.synonyms = Synonym.objects.filter(species=source).update(species=target)
    Species.objects.filter(merged_into=source).update(merged_into=target)
    Species.objects.filter(pk=source.pk).update(merged_into=target)
    species.merged_into = target
    return merged


def _through_the_door(kind: Kind, rows: Any, name: str, target: Species) -> int:
    """Objects with a life change by events, so that each one's history says when its species was renamed."""
    moved = 0
    waiting = iter(list(rows.order_by("pk").values_list("uuid", flat=True)))
    while batch := list(islice(waiting, BATCH)):
        verdicts = apply(Change(kind.name, uuid, {name: str(target.uuid)}) for uuid in batch)
        refused = next((verdict.message for verdict in verdicts if not verdict.landed), None)
        if refused is not None:
            raise BadInput(refused)
        moved += len(batch)
    return moved


def _references() -> list[tuple[type[Model], str]]:
    """Every foreign key to a species, whatever floor declares it; merge() moves redirects and synonyms itself."""
    return [
        (relation.field.model, relation.field.name)
        for relation in Species._meta.get_fields(include_hidden=True)
        if isinstance(relation, ManyToOneRel) and relation.field.model not in (Species, Synonym)
    ]
