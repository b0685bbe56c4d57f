"""Scientific names taken apart: genus, species, infraspecific rank and name, cultivar.

Follows the codes for wild (ICN) and cultivated plants (ICNCP) in what they let people write, and inventories in
what they write all the same: capitals, `x` for `×`, doubled quotation marks, authors, trade names, "n. sp.".
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

#: Longer texts are not names; the rest is not looked at.
MAX_LENGTH = 200

_QUOTES = str.maketrans(dict.fromkeys('‘’‚‛“”„‟`´′″"«»', "'"))
_MARKS = str.maketrans(dict.fromkeys("®™©", " "))
_HYBRID = {"x", "X", "×"}
_RANKS = {
    "subsp": "subsp.", "ssp": "subsp.", "subspecies": "subsp.",
    "var": "var.", "varietas": "var.", "subvar": "subvar.",
    "f": "f.", "fo": "f.", "forma": "f.",
}  # fmt: skip
_UNNAMED = {"sp", "spp", "indet", "species", "spec", "nsp"}
_DOUBT = {"cf", "aff", "?"}
_PARTICLES = {"ex", "et", "in", "de", "von", "van", "fil", "auct", "non", "hort", "nom", "sensu"}
_CULTIVAR = re.compile(r"(?:^|(?<=\s))'\s*(?P<name>.+?)\s*'(?=$|[\s,;)])")
_OPEN_CULTIVAR = re.compile(r"(?:^|(?<=\s))'\s*(?P<name>[^'].*)$")
_BARE_CULTIVAR = re.compile(r"\scv\.?\s+(?P<name>\S.*)$")
_NO_NAME = re.compile(r"\bn\.?\s*sp\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


@dataclass(frozen=True)
class ScientificName:
    """The parts of one name. `rest` is what stayed over: mostly authors, at times an unquoted cultivar."""

    genus: str
    species: str = ""
    infraspecific: str = ""
    cultivar: str = ""
    trade: str = ""
    rest: str = ""
    doubtful: bool = False
    formula: bool = False

    def __str__(self) -> str:
        if self.is_genus:
            return f"{self.genus} sp."
        cultivar = f"'{self.cultivar}'" if self.cultivar else ""
        return " ".join(
            part for part in (self.genus, self.species, self.infraspecific, cultivar) if part
        )

    @property
    def is_genus(self) -> bool:
        """A bare genus: the plant's species is not named."""
        return not (self.species or self.infraspecific or self.cultivar)

    @property
    def key(self) -> str:
        """The same for two spellings of one name: without case, accents, hybrid signs, ranks and authors.

        >>> parse("PLATANUS X ACERIFOLIA").key == parse("Platanus ×acerifolia (Aiton) Willd.").key
        True
        """
        return "|".join(
            (
                fold_epithet(self.genus),
                self.epithet,
                fold_epithet(self.infraspecific.rpartition(" ")[2]),
                fold(self.cultivar),
            )
        )

    @property
    def epithet(self) -> str:
        """The species epithet in one word: pseudo-acacia is pseudoacacia."""
        return fold_epithet(self.species)


def fold(text: str) -> str:
    """`text` without case, accents, hybrid signs and punctuation.

    >>> fold("× Chitalpa"), fold("Érable  champêtre"), fold("Paul's Scarlet")
    ('chitalpa', 'erable champetre', 'paul s scarlet')
    """
    text = text.replace("×", " ").casefold().replace("œ", "oe").replace("æ", "ae")
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(re.findall(r"[a-z0-9]+", bare))


def fold_epithet(text: str) -> str:
    """An epithet or genus in one word, without its hybrid sign.

    >>> fold_epithet("pseudo-acacia"), fold_epithet("x acerifolia"), fold_epithet("×acerifolia")
    ('pseudoacacia', 'acerifolia', 'acerifolia')
    """
    return re.sub(r"^x ", "", fold(text)).replace(" ", "")


def tidy(text: str) -> str:
    """One line of at most `MAX_LENGTH` characters, single spaces, straight quotation marks, no ® or ™."""
    text = unicodedata.normalize("NFC", text[: 4 * MAX_LENGTH]).translate(_QUOTES).translate(_MARKS)
    text = re.sub(r"'{2,}", "'", text)  # ''Greenspire'' and 'Eddie''s White Wonder'
    text = re.sub(r"×(?=\S)", "× ", text)
    return " ".join(text.split())[:MAX_LENGTH].strip(" ,;:")


def join(genus: str, species: str = "", cultivar: str = "", infraspecific: str = "") -> str:
    """One name from an inventory's columns, the cultivar put in quotation marks unless it bears them.

    >>> join("Acer", "campestre", "Elsrijk"), join("Prunus", "domestica", "n. sp.")
    ("Acer campestre 'Elsrijk'", 'Prunus domestica')
    """
    cultivar = tidy(cultivar)
    if _NO_NAME.search(cultivar):
        cultivar = ""
    elif cultivar and "'" not in (cultivar[0], cultivar[-1]):
        cultivar = f"'{cultivar}'"
    return tidy(" ".join((genus, species, infraspecific, cultivar)))


def parse(text: str) -> ScientificName | None:
    """The parts of a name as written, or None where no word stands first.

    >>> parse("Tilia cordata Mill. 'Greenspire'")
    ScientificName(genus='Tilia', species='cordata', infraspecific='', cultivar='Greenspire',
                   trade='', rest='Mill.', doubtful=False, formula=False)
    >>> str(parse("gleditsia triacanthos f. Inermis ''Skyline''"))
    "Gleditsia triacanthos f. inermis 'Skyline'"
    >>> str(parse("x cupressocyparis leylandii")), str(parse("Prunus sp."))
    ('× Cupressocyparis leylandii', 'Prunus sp.')
    >>> parse("Acer × freemanii 'Jeffersred' AUTUMN BLAZE").trade
    'AUTUMN BLAZE'

    Not decided here, for it takes a list of known names: whether "Platane" is a genus, and whether the last word
    of "Tilia cordata Greenspire" is a cultivar or an author. The first is taken for a genus, the second is `rest`.
    """
    head, cultivar, after = _cut_cultivar(tidy(text))
    shouted = head.isupper() and len(head) > 3
    tokens = (head.lower() if shouted else head).split()
    hybrid_genus = bool(tokens) and tokens[0] in _HYBRID
    if hybrid_genus:
        tokens = tokens[1:]
    if not tokens or not _WORD.fullmatch(tokens[0]):
        return None
    genus = tokens[0][0].upper() + tokens[0][1:].lower()
    name = _read_epithets(tokens[1:], ScientificName(genus=genus))
    trade = after if after.isupper() else ""
    rest = name.rest if trade else f"{name.rest} {after}".strip()
    genus = f"× {genus}" if hybrid_genus else genus
    return replace(name, genus=genus, cultivar=cultivar, trade=trade, rest=rest)


def _cut_cultivar(text: str) -> tuple[str, str, str]:
    """What stands before the cultivar, the cultivar, what stands after it."""
    for pattern in (_CULTIVAR, _OPEN_CULTIVAR, _BARE_CULTIVAR):
        if found := pattern.search(text):
            cultivar = found["name"].strip(" '")
            if _NO_NAME.search(cultivar):
                cultivar = ""
            return text[: found.start()].strip(), cultivar, text[found.end() :].strip()
    return text, "", ""


def _read_epithets(tokens: list[str], name: ScientificName) -> ScientificName:
    """Reads what follows the genus, one token at a time."""
    rest: list[str] = []
    last_was_epithet = False
    place = 0
    while place < len(tokens):
        token = tokens[place]
        after = tokens[place + 1] if place + 1 < len(tokens) else ""
        bare = token.rstrip(".").lower()
        was_epithet, last_was_epithet = last_was_epithet, False
        place += 1
        if bare.replace(".", "") in _UNNAMED or (bare == "n" and after.lower().startswith("sp")):
            if bare == "n":
                place += 1
        elif bare in _DOUBT:
            name = replace(name, doubtful=True)
        elif token in _HYBRID and after:
            if name.species:
                return replace(name, formula=True, rest=" ".join([*rest, *tokens[place - 1 :]]))
            name = replace(name, species=f"× {after.lower()}")
            place += 1
            last_was_epithet = True
        elif bare in _RANKS and _names_a_rank(bare, after, follows_epithet=was_epithet):
            name = replace(name, infraspecific=f"{_RANKS[bare]} {after.lower()}")
            place += 1
        elif _WORD.fullmatch(token) and token.islower() and not name.species and not rest:
            name = replace(name, species=token)
            last_was_epithet = True
        elif (
            was_epithet and _WORD.fullmatch(token) and token.islower()
            and bare not in _PARTICLES and not name.infraspecific
        ):  # fmt: skip
            name = replace(name, infraspecific=token)
        else:
            rest.append(token)
    return replace(name, rest=" ".join(rest))


def _names_a_rank(bare: str, after: str, *, follows_epithet: bool) -> bool:
    """Whether a rank's abbreviation names one: the `f.` of "L. f." is a son, that of "f. inermis" a form."""
    if not _WORD.fullmatch(after):
        return False
    return bare != "f" or after.islower() or follows_epithet


_WHOLE_AUTHORS = {
    "linnaeus", "roth", "pax", "koch", "ledeb", "maxim", "bunge", "hemsl", "borkh", "thunb", "lindl", "rehder",
    "willd", "siebold", "zucc", "turra", "tausch", "spach", "dode", "kurz", "hance", "hook", "ten", "sarg", "huds",
    "scop", "moench", "gaertn", "carr", "carriere", "rupr", "decne", "poir", "vent", "ehrh", "boiss", "duby",
    "salisb", "link", "raf", "makino", "rosc", "roxb", "scheele", "sudw", "webb", "zabel", "mill", "mattuschka",
    "liebl", "munchh", "wendl", "britton", "wilson", "schneid", "dippel", "franch",
}  # fmt: skip


def looks_like_authors(rest: str) -> bool:
    """Whether words left over are the authors of a name, which may go without loss.

    >>> looks_like_authors("(L.) Mill., 1768"), looks_like_authors("Wintergreen")
    (True, False)
    """
    rest = re.sub(
        r"\([^)]*\)(?=\s*\S)", " ", rest
    )  # (Aiton) Willd.: the bracket names who named it first
    for token in re.sub(r"[(),&]", " ", rest).split():
        bare = token.rstrip(".")
        if not (token.endswith(".") or bare.isdigit() or bare.lower() in _PARTICLES | _WHOLE_AUTHORS
                or fold(bare) in _WHOLE_AUTHORS):  # fmt: skip
            return False
    return True
