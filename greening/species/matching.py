"""What people type, matched to the catalogue: ranked candidates with a score and a reason, never a silent guess.

Scores are honest in this sense: 100 is kept for a name the catalogue holds (but for case, accents, hybrid signs
and authors); a spelling scores its likeness in its *worst* part, so a right genus cannot carry a wrong epithet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rapidfuzz import fuzz, process

from greening.species.candidates import Candidate, Match, Outcome, Reason
from greening.species.likeness import CLEAR_WORD, LIKE_WORD, like, likeness_of, worst_word
from greening.species.name_index import Entry, Genus, Hit, Kind, NameIndex, latin_stem, vernacular
from greening.species.names import (
    ScientificName,
    fold,
    fold_epithet,
    looks_like_authors,
    parse,
    tidy,
)

#: Two candidates closer than this are a question for a person.
CLEAR_LEAD = 6.0

#: Latin cultivar names that many species bear: alone with a genus they point nowhere.
_SHARED_CULTIVARS = frozenset({
    "alba", "argentea", "atropurpurea", "aurea", "columnaris", "erecta", "fastigiata", "fastigiatum", "glauca",
    "globosa", "globosum", "laciniata", "nana", "nigra", "pendula", "plena", "purpurea", "pyramidalis", "rosea",
    "rubra", "stricta", "variegata",
})  # fmt: skip


_BY_KIND = {
    Kind.ACCEPTED: Reason.ACCEPTED_NAME,
    Kind.SYNONYM: Reason.SYNONYM,
    Kind.COMMON: Reason.COMMON_NAME,
    Kind.USUAL: Reason.USUAL_BEARER,
}
#: What a match to a wider taxon is worth, by how much of the name it loses.
_WIDER = {
    Reason.CULTIVAR_UNKNOWN: 90.0, Reason.RANK_UNKNOWN: 90.0, Reason.WORDS_LEFT_OVER: 85.0,
    Reason.SPECIES_UNKNOWN: 60.0, Reason.HYBRID_FORMULA: 60.0,
}  # fmt: skip


class Matcher:
    """Matches texts to a catalogue's entries; equal texts are worked out once."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.index = NameIndex(entries)
        self._genus_keys = list(self.index.genera)
        self._common_keys = list(self.index.common)
        self._seen: dict[str, Match] = {}

    def match(self, text: str) -> Match:
        """What `text` stands for; any text gives an answer, an empty one too."""
        if text not in self._seen:
            self._seen[text] = self._match(tidy(text), text)
        return self._seen[text]

    def _match(self, tidied: str, text: str) -> Match:
        whole = self._match_whole(tidied)
        if whole.outcome is not Outcome.EXACT and (parts := _parts(tidied)):
            exact = [m for m in map(self._match_whole, parts) if m.outcome is Outcome.EXACT]
            if exact:
                whole = self._agree(exact)
        return replace(whole, text=text)

    def _match_whole(self, text: str) -> Match:
        name = parse(text)
        for attempt in (
            self._known_name,
            self._common_name,
            self._doubtful,
            self._wider,
            self._common_and_latin,
            self._misspelt,
        ):
            if found := attempt(text, name):
                return replace(found, name=name)
        return Match(text, Outcome.UNKNOWN, self._hints(text), name)

    # — names the catalogue holds —

    def _known_name(self, text: str, name: ScientificName | None) -> Match | None:
        if name is None or name.doubtful or name.formula:
            return None
        for reading in self._all_readings(name):
            hits = self.index.scientific.get(reading.key)
            if hits and (looks_like_authors(reading.rest) or not reading.rest):
                found = tuple(
                    Candidate(hit.id, 100.0, _BY_KIND[hit.kind], hit.written) for hit in hits
                )
                accepted = [one for one in found if one.reason is Reason.ACCEPTED_NAME]
                if len(found) > 1 and len(accepted) != 1:
                    return Match(text, Outcome.AMBIGUOUS, found)
                return Match(text, Outcome.EXACT, tuple(accepted) or found)
        return None

    def _all_readings(self, name: ScientificName) -> Iterable[ScientificName]:
        """The readings of a name; where its species is a synonym, then those under the accepted species.

        Only the cultivar travels so: "Sophora japonica 'Regent'" is Styphnolobium japonicum 'Regent'.
        """
        yield from _readings(name)
        if name.species and (name.cultivar or name.rest or name.infraspecific):
            species = ScientificName(name.genus, name.species)
            for hit in self.index.scientific.get(species.key, ()):
                accepted = self.index.entries[hit.id].name
                if hit.kind is Kind.SYNONYM and not accepted.cultivar and accepted.species:
                    respelt = replace(name, genus=accepted.genus, species=accepted.species)
                    yield from (one for one in _readings(respelt) if one.cultivar)

    def _common_name(self, text: str, name: ScientificName | None) -> Match | None:
        """A generic name ("platane") is its genus; its usual bearer follows as a suggestion.

        Where the catalogue knows one species only in that genus, the name means that species.
        """
        bare = text
        if name and name.is_genus and not name.rest:  # "chêne sp."
            bare = name.genus
        hits = [hit for hit in self.index.common_hits(bare) if hit.kind is Kind.COMMON]
        usual = [hit for hit in self.index.common_hits(bare) if hit.kind is Kind.USUAL]
        if not hits and not usual:
            return None
        genera = [hit for hit in hits if self.index.is_genus(hit.id)]
        taxa = [hit for hit in hits if not self.index.is_genus(hit.id)]
        if genera:
            kin = [
                hit for hit in taxa + usual
                if self.index.genus_of(hit.id) == self.index.genus_of(genera[0].id)
            ]  # fmt: skip
            if len(genera) == 1 and len(kin) == len(taxa + usual):
                if len(kin) == 1 and self.index.only_species_of_its_genus(kin[0].id):
                    first, then = kin, genera
                else:
                    first, then = genera, kin
                return Match(text, Outcome.EXACT, (*_exact(first), *_usual(then)))
        if len(hits) == 1:
            return Match(text, Outcome.EXACT, (*_exact(hits), *_usual(usual)))
        return Match(text, Outcome.AMBIGUOUS, (*_exact(hits), *_usual(usual)))

    # — names known in part —

    def _doubtful(self, text: str, name: ScientificName | None) -> Match | None:
        """ "Quercus cf. robur" and "Tilia cordata × platyphyllos": the genus, and the species as suggestions."""
        if name is None or not (name.doubtful or name.formula):
            return None
        genus = self.index.of_genus(fold(name.genus))
        if genus is None or genus.own is None:
            return None
        reason = Reason.HYBRID_FORMULA if name.formula else Reason.DOUBTFUL
        plain = self._known_name(text, replace(name, doubtful=False, formula=False, rest=""))
        species = [replace(c, score=50.0, reason=reason) for c in plain.candidates] if plain else []
        own = Candidate(genus.own.id, 60.0, reason, genus.own.written, missing=name.species)
        return Match(text, Outcome.BROADER, (own, *(c for c in species if c.id != own.id)))

    def _wider(self, text: str, name: ScientificName | None) -> Match | None:
        """A known genus: its species without the cultivar, the cultivar without its species, a near epithet."""
        genus = self.index.of_genus(fold(name.genus)) if name else None
        if name is None or genus is None:
            return None
        candidates = list(self._within(genus, name)) or self._fuzzy_common(text)
        if not candidates and genus.own:
            left_over = f"{name.species} {name.cultivar} {name.rest}"
            candidates = [_wider_hit(genus.own, Reason.SPECIES_UNKNOWN, left_over)]
        elif candidates and genus.own and max(c.score for c in candidates) < CLEAR_WORD:
            candidates.append(_wider_hit(genus.own, Reason.SPECIES_UNKNOWN, name.species))
        return self._ranked(text, candidates)

    def _within(self, genus: Genus, name: ScientificName) -> Iterable[Candidate]:
        if name.cultivar and (found := _cultivar_of_genus(genus, name)):
            yield found
            return
        epithet = name.epithet or (fold_epithet(name.rest.split()[0]) if name.rest else "")
        if not epithet:
            return
        if epithet in genus.epithets:
            yield from self._of_species(genus, epithet, name, 100.0, Reason.ACCEPTED_NAME)
            return
        joined = epithet + fold_epithet(name.infraspecific)
        if name.infraspecific and joined in genus.epithets:  # "Robinia pseudo acacia"
            name = replace(name, species=joined, infraspecific="")
            yield from self._of_species(genus, joined, name, 99.0, Reason.SPELLING)
            return
        stem = latin_stem(epithet)
        for known in genus.epithets:
            if latin_stem(known) == stem:
                yield from self._of_species(genus, known, name, 98.0, Reason.LATIN_ENDING)
                return
        for known, likeness in like(epithet, genus.epithets):
            yield from self._of_species(genus, known, name, likeness, Reason.SPELLING)

    def _of_species(
        self, genus: Genus, epithet: str, name: ScientificName, score: float, reason: Reason
    ) -> Iterable[Candidate]:
        """The taxa of one species that the rest of the name leaves possible."""
        wanted = replace(name, species=epithet)
        for reading in _readings(wanted) if reason is not Reason.ACCEPTED_NAME else ():
            for hit in self.index.scientific.get(reading.key, ()):
                yield Candidate(hit.id, score, reason, hit.written)
                return
        infraspecific, cultivar = wanted.infraspecific, wanted.cultivar
        if cultivar or (infraspecific and " " not in infraspecific):
            near = {
                key: likeness_of(fold(cultivar or infraspecific), key.rpartition("|")[2])
                for key in genus.epithets[epithet] if not key.endswith("|")
            }  # fmt: skip
            if near and (likeness := max(near.values())) >= LIKE_WORD + 5:
                hit = self.index.scientific[max(near, key=lambda key: near[key])][0]
                yield Candidate(hit.id, min(score, likeness), Reason.SPELLING, hit.written)
                return
        bare = replace(wanted, infraspecific="", cultivar="", rest="")
        within_rank = replace(bare, infraspecific=infraspecific)
        for key in (within_rank.key, bare.key):
            for hit in self.index.scientific.get(key, ()):
                if cultivar:
                    why, missing = Reason.CULTIVAR_UNKNOWN, f"'{cultivar}'"
                elif " " in infraspecific:
                    why, missing = Reason.RANK_UNKNOWN, infraspecific
                else:
                    why = Reason.WORDS_LEFT_OVER
                    missing = f"{infraspecific} {name.rest}".strip()
                yield Candidate(hit.id, min(score, _WIDER[why]), why, hit.written, missing)
                return

    def _common_and_latin(self, text: str, name: ScientificName | None) -> Match | None:
        """ "Poirier Chanticleer", "tilleul cordata": a common name, then a Latin epithet or a cultivar."""
        words = fold(text).split()
        for length in range(len(words) - 1, 0, -1):
            latin = " ".join(words[length:])
            for hit in self.index.common_hits(" ".join(words[:length])):
                own = self.index.entries[hit.id].name
                wanted = replace(own, cultivar=own.cultivar or latin)
                respelt = parse(f"{own.genus} {latin}") if own.is_genus else wanted
                found = respelt and self._known_name(text, respelt)
                if found and found.best:
                    one = replace(found.best, score=97.0, reason=Reason.COMMON_AND_LATIN)
                    return Match(text, Outcome.FUZZY, (one,))
                genus = self.index.genera[self.index.genus_of(hit.id)]
                if own.is_genus and (only := _cultivar_of_genus(genus, wanted)):
                    return Match(text, Outcome.FUZZY, (only,))
        return None

    # — names misspelt —

    def _misspelt(self, text: str, name: ScientificName | None) -> Match | None:
        candidates = list(self._fuzzy_common(text))
        if name and not (name.doubtful or name.formula):
            candidates += self._fuzzy_genus(name)
        return self._ranked(text, candidates)

    def _fuzzy_genus(self, name: ScientificName) -> Iterable[Candidate]:
        for key, likeness in like(fold(name.genus), self._genus_keys):
            genus = self.index.genera[key]
            if name.is_genus and not name.rest:
                if genus.own and len(key) > 3:
                    yield Candidate(genus.own.id, likeness, Reason.SPELLING, genus.own.written)
                continue
            respelt = replace(name, genus=key)
            found = self._known_name("", respelt)
            exact = list(found.candidates) if found else list(self._within(genus, respelt))
            for one in exact:
                reason = one.reason if one.reason in _WIDER else Reason.SPELLING
                yield replace(one, score=min(one.score, likeness), reason=reason)

    def _fuzzy_common(self, text: str) -> list[Candidate]:
        """Common names whose every word has its like on the other side (so *frêne rouge* is no *chêne rouge*)."""
        wanted = vernacular(text)
        if not wanted:
            return []
        found: list[Candidate] = []
        for key, _, _ in process.extract(
            wanted,
            self._common_keys,
            scorer=fuzz.token_sort_ratio,
            score_cutoff=LIKE_WORD - 5,
            limit=8,
        ):
            likeness = worst_word(wanted.split(), key.split())
            if likeness < LIKE_WORD:
                continue
            reason = Reason.WORD_ORDER if likeness == 100 else Reason.SPELLING
            named = self._common_name(key, None)
            for one in named.candidates if named else ():
                if one.reason is not Reason.USUAL_BEARER:
                    found.append(replace(one, score=min(likeness, 97.0), reason=reason))
        return found

    def _hints(self, text: str) -> tuple[Candidate, ...]:
        """For an unknown common name, the genus its first words name: "tilleul de Mandchourie"."""
        words = vernacular(text).split()
        for length in range(len(words) - 1, 0, -1):
            hits = self.index.common.get(" ".join(words[:length]), ())
            if genera := [hit for hit in hits if self.index.is_genus(hit.id)]:
                missing = " ".join(words[length:])
                return tuple(
                    Candidate(hit.id, 50.0, Reason.SPECIES_UNKNOWN, hit.written, missing)
                    for hit in genera
                )
        return ()

    # — ranking —

    def _ranked(self, text: str, candidates: Iterable[Candidate]) -> Match | None:
        """The match these candidates make: each taxon once, best first; None where there is none."""
        best: dict[int, Candidate] = {}
        for one in sorted(candidates, key=lambda c: (-c.score, c.id)):
            best.setdefault(one.id, one)
        ranked = tuple(best.values())[:5]
        if not ranked:
            return None
        first = ranked[0]
        too_close = len(ranked) > 1 and first.score - ranked[1].score < CLEAR_LEAD
        spelt_well = first.score >= _WIDER.get(first.reason, CLEAR_WORD)
        if first.reason in _WIDER and spelt_well and not too_close:
            return Match(text, Outcome.BROADER, ranked)
        if too_close or first.score < CLEAR_WORD:
            return Match(text, Outcome.AMBIGUOUS, ranked)
        return Match(text, Outcome.FUZZY, ranked)

    def _agree(self, matches: list[Match]) -> Match:
        """ "Tilleul (Tilia cordata)": parts that name a genus and one of its species mean the species."""
        firsts = {match.candidates[0].id: match for match in matches}
        finer = {id: m for id, m in firsts.items() if not self.index.is_genus(id)}
        genera = {self.index.genus_of(id) for id in firsts}
        if len(genera) == 1 and len(finer or firsts) == 1:
            return next(iter((finer or firsts).values()))
        return Match("", Outcome.AMBIGUOUS, tuple(m.candidates[0] for m in firsts.values()))


def _exact(hits: Iterable[Hit]) -> tuple[Candidate, ...]:
    return tuple(Candidate(hit.id, 100.0, Reason.COMMON_NAME, hit.written) for hit in hits)


def _usual(hits: Iterable[Hit]) -> tuple[Candidate, ...]:
    """Suggestions after a generic name: 70, for they are likely and still not what was written."""
    return tuple(Candidate(hit.id, 70.0, Reason.USUAL_BEARER, hit.written) for hit in hits)


def _wider_hit(hit: Hit, reason: Reason, missing: str) -> Candidate:
    return Candidate(hit.id, _WIDER[reason], reason, hit.written, missing.strip())


def _readings(name: ScientificName) -> Iterable[ScientificName]:
    """The ways one name may be read: as it stands, then with its loose words as a cultivar or an epithet."""
    yield name
    if name.trade:
        yield replace(name, cultivar=name.trade)
        if name.cultivar:
            yield replace(name, cultivar=f"{name.cultivar} {name.trade}")
    loose = name.infraspecific if " " not in name.infraspecific else ""
    if not name.cultivar and (loose or name.rest):
        words = f"{loose} {name.rest}".strip()
        yield replace(
            name, infraspecific="" if loose else name.infraspecific, cultivar=words, rest=""
        )
        if not name.species and not looks_like_authors(name.rest):
            first, _, others = name.rest.partition(" ")
            yield replace(name, species=first.lower(), rest=others)
            if others:
                yield replace(name, species=first.lower(), cultivar=others, rest="")
    elif name.cultivar and name.rest and not name.species and not looks_like_authors(name.rest):
        yield replace(name, species=name.rest.lower(), rest="")


def _cultivar_of_genus(genus: Genus, name: ScientificName) -> Candidate | None:
    """The one taxon of the genus with that cultivar, where the text or the catalogue leaves the species out."""
    cultivar, epithet = fold(name.cultivar), name.epithet
    if cultivar in _SHARED_CULTIVARS:
        return None
    for known, likeness in like(cultivar, genus.cultivars):
        hits = {hit.id: hit for owner, hit in genus.cultivars[known] if not (owner and epithet)}
        if len(hits) == 1 and likeness >= CLEAR_WORD:
            hit = next(iter(hits.values()))
            return Candidate(hit.id, min(92.0, likeness), Reason.CULTIVAR_OF_GENUS, hit.written)
    return None


def _parts(text: str) -> list[str]:
    """What stands outside and inside brackets, and on either side of a dash or a slash."""
    pieces: list[str] = []
    if "(" in text:
        before, _, rest = text.partition("(")
        inside, _, after = rest.partition(")")
        pieces += [f"{before} {after}".strip(), inside.strip()]
    for separator in (" - ", " – ", " / ", ", ", ";"):
        if separator in text:
            pieces += [piece.strip() for piece in text.split(separator)]
    return [piece for piece in pieces if len(piece) > 2]
