"""The town's own species as something to match names against."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from greening.models import Species, Synonym
from greening.species.matching import Matcher
from greening.species.name_index import Entry, Kind
from greening.species.names import ScientificName


def name_of(species: Species) -> ScientificName:
    return ScientificName(species.genus, species.species, species.infraspecific, species.cultivar)


def entries() -> Iterator[Entry]:
    """Every accepted taxon with all it is called; a merged one's names lead to what it was merged into."""
    names: dict[int, list[tuple[str, Kind]]] = defaultdict(list)
    accepted: list[Species] = []
    for species in Species.objects.order_by("pk"):
        # merge() keeps redirects one step long
        id = species.merged_into_id or species.pk
        if species.merged_into_id:
            names[id].append((species.scientific_name, Kind.SYNONYM))
        else:
            accepted.append(species)
        names[id] += [(name, Kind.COMMON) for name in (species.name_fr, species.name_en) if name]
    for name, kind, id in Synonym.objects.order_by("pk").values_list("name", "kind", "species_id"):
        names[id].append((name, Kind(kind)))
    for species in accepted:
        yield Entry(species.pk, name_of(species), tuple(names[species.pk]))


def matcher() -> Matcher:
    """A matcher over the species as they are now; a candidate's `id` is the species' primary key.

    Building it reads the table once (about 0.2 s for 700 taxa), so a file's import makes one and keeps it.
    """
    return Matcher(entries())
