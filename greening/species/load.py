"""The reference table into the town's species, as often as one likes, leaving alone what the town changed.

Beside each row stands what the last load wrote (`Species.reference_values`). A field that still holds it follows
the reference; one that holds anything else was changed by a person, in whatever way, and stays, empty or not.
A name a person took away is not given back; a row merged by a person stays a redirect.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from greening.models import Species, Synonym
from greening.species.catalogue import name_of
from greening.species.merge import merge
from greening.species.name_index import Kind
from greening.species.names import parse
from greening.species.reference import ReferenceTaxon, read_reference

#: Where `reference_values` keeps the names last loaded, beside the fields.
_NAMES = "names"


@dataclass
class Loaded:
    """What a load did, and what it leaves to a person."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    kept: list[tuple[Species, str]] = field(default_factory=list)
    merged: list[tuple[Species, Species]] = field(default_factory=list)
    to_merge: list[tuple[Species, Species]] = field(default_factory=list)


@transaction.atomic
def load_species(
    taxa: Iterable[ReferenceTaxon] | None = None, *, merge_synonyms: bool = False
) -> Loaded:
    """Creates and updates the reference's taxa (`taxa`, or the file's), matched by name whatever its spelling.

    The town's own records of a reference taxon under a synonym ("Platanus × hispanica") are reported in
    `to_merge`; with `merge_synonyms` they become redirects.
    """
    reference = list(read_reference() if taxa is None else taxa)
    done = Loaded()
    known = _by_key()
    missing = [taxon for taxon in reference if taxon.name.key not in known]
    # Another load at the same moment may have won; the unique name decides, and the row is read back.
    Species.objects.bulk_create((_new(taxon) for taxon in missing), ignore_conflicts=True)
    done.created = len(missing)
    created = {taxon.name.key for taxon in missing}
    known = _by_key()
    names = _names_by_species()
    new_names: list[Synonym] = []
    for taxon in reference:
        row = known[taxon.name.key][0]
        before = dict(row.reference_values) if taxon.name.key not in created else {}
        changed = _bring_up_to_date(row, taxon, done) if row.merged_into_id is None else []
        new_names += _missing_names(row, taxon, before, names)
        if taxon.name.key not in created and (changed or row.reference_values != before):
            row.save(update_fields=[*changed, "reference_values"])
        if changed:
            done.updated += 1
    done.unchanged = len(reference) - done.created - done.updated
    Synonym.objects.bulk_create(new_names, ignore_conflicts=True)
    done.to_merge = _twins(reference, known)
    if merge_synonyms:
        for species, into in done.to_merge:
            merge(species, into)
        done.merged, done.to_merge = done.to_merge, []
    return done


def _by_key() -> dict[str, list[Species]]:
    """The town's species by spelling-proof name, those written as the reference writes hybrids (×) first."""
    found: dict[str, list[Species]] = defaultdict(list)
    for row in Species.objects.order_by("pk"):
        found[name_of(row).key].append(row)
    for rows in found.values():
        rows.sort(
            key=lambda row: (row.merged_into_id is not None, "×" not in row.scientific_name, row.pk)
        )
    return dict(found)


def _names_by_species() -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for id, name in Synonym.objects.values_list("species_id", "name"):
        found[id].add(name)
    return found


def _new(taxon: ReferenceTaxon) -> Species:
    name = taxon.name
    return Species(
        genus=name.genus,
        species=name.species,
        infraspecific=name.infraspecific,
        cultivar=name.cultivar,
        reference_values={**taxon.values, _NAMES: [name for name, _ in taxon.names]},
        **taxon.values,
    )


def _bring_up_to_date(row: Species, taxon: ReferenceTaxon, done: Loaded) -> list[str]:
    """Sets the fields that follow the reference; returns the names of those whose value moved."""
    changed = []
    written: dict[str, Any] = dict(row.reference_values)
    for column, value in taxon.values.items():
        now = getattr(row, column)
        ours = now == written[column] if column in written else now in ("", None)
        if now == value:
            written.setdefault(column, value)  # agreeing with an edit does not take the field back
        elif ours:
            setattr(row, column, value)
            written[column] = value
            changed.append(column)
        else:
            # What was last written stays on record, so the field stays the town's.
            written.setdefault(column, value)
            done.kept.append((row, column))
    row.reference_values = written
    return changed


def _missing_names(
    row: Species, taxon: ReferenceTaxon, before: dict[str, Any], names: dict[int, set[str]]
) -> list[Synonym]:
    """The reference's names this taxon lacks, but those a person took away since they were loaded."""
    owner = row.merged_into_id or row.pk
    wanted = [
        (name, kind)
        for name, kind in taxon.names
        if name not in names[owner] and name not in before.get(_NAMES, ())
    ]
    names[owner].update(name for name, _ in wanted)
    row.reference_values = {**row.reference_values, _NAMES: [name for name, _ in taxon.names]}
    return [Synonym(name=name, kind=kind.value, species_id=owner) for name, kind in wanted]


def _twins(
    reference: list[ReferenceTaxon], known: dict[str, list[Species]]
) -> list[tuple[Species, Species]]:
    """The town's records that name a reference taxon otherwise: another spelling of it, or one of its synonyms."""
    accepted = {taxon.name.key for taxon in reference}
    owners: dict[str, set[str]] = defaultdict(set)
    for taxon in reference:
        owners[taxon.name.key].add(taxon.name.key)
        for written, kind in taxon.names:
            name = parse(written) if kind is Kind.SYNONYM else None
            if name and name.key not in accepted:
                owners[name.key].add(taxon.name.key)
    found = []
    for key, keys in owners.items():
        if len(keys) != 1:  # Betula alba, of two birches: no machine can say
            continue
        into = known[next(iter(keys))][0]
        into = into.accepted
        found += [
            (row, into)
            for row in known.get(key, ())
            if row.pk != into.pk and row.merged_into_id is None
        ]
    return found
