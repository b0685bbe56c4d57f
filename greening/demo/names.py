"""Street names of the demo town: trees, flowers, trades and landscape; never a person's name."""

from __future__ import annotations

import numpy as np

# fmt: off
OF_TOPICS = (
    "des Tilleuls", "des Érables", "des Platanes", "des Acacias", "des Marronniers",
    "des Peupliers", "des Saules", "des Noyers", "des Cerisiers", "des Pommiers", "des Poiriers",
    "des Amandiers", "des Charmes", "des Hêtres", "des Chênes", "des Bouleaux", "des Frênes",
    "des Ormes", "des Sorbiers", "des Cèdres", "des Pins", "des Sureaux", "des Lilas",
    "des Glycines", "des Roses", "des Iris", "des Pivoines", "des Jasmins", "des Violettes",
    "des Bleuets", "des Coquelicots", "des Genêts", "des Bruyères", "des Fougères", "des Lavandes",
    "des Camélias", "des Dahlias", "des Vignes", "des Vergers", "des Jardins", "des Potagers",
    "des Prés", "des Champs", "des Moissons", "des Meules", "des Moulins", "des Fours",
    "des Carrières", "des Sablons", "des Grès", "des Craies", "des Argiles", "des Tuileries",
    "des Blanchisseries", "des Lavoirs", "des Tanneries", "des Forges", "des Ateliers",
    "des Charpentiers", "des Menuisiers", "des Maraîchers", "des Vignerons", "des Bateliers",
    "des Pêcheurs", "des Passeurs", "des Mariniers", "des Meuniers", "des Potiers", "des Verriers",
    "des Imprimeurs", "des Relieurs", "des Tisserands", "de la Gare", "de la Fontaine",
    "de la Source", "de la Rive", "de la Berge", "de la Colline", "de la Butte", "de la Prairie",
    "de la Garenne", "de la Ferme", "de la Grange", "de la Halle", "de la Poste", "de la Mairie",
    "de la Paix", "de la Liberté", "de la Fraternité", "de la Concorde", "de la République",
    "de la Plaine", "de la Montée", "de la Terrasse", "de la Clairière", "de la Passerelle",
    "de la Citerne", "de la Cerisaie", "de la Roseraie", "de la Pépinière", "de la Treille",
    "de la Mare", "de l'Écluse", "de l'Étang", "de l'Île", "de l'Orme", "de l'Orangerie",
    "de l'Observatoire", "de l'Avenir", "de l'Aube", "de l'Horizon", "de l'École", "du Moulin",
    "du Port", "du Pont", "du Gué", "du Ruisseau", "du Bac", "du Coteau", "du Belvédère",
    "du Plateau", "du Val", "du Bois", "du Parc", "du Marché", "du Puits", "du Lavoir",
    "du Pressoir", "du Chemin Vert", "du Clos", "du Verger", "du Château d'Eau", "du Stade",
    "du Théâtre", "du Midi", "du Nord", "du Levant", "du Couchant", "du Soleil", "du Matin",
)
# fmt: on

FIRST_WORDS = {
    "avenue": ("avenue", "boulevard", "cours"),
    "rue": ("rue",),
    "allée": ("allée", "passage", "villa", "sente", "chemin", "impasse"),
    "quai": ("quai",),
}


class StreetNames:
    """Hands out names, each once; a second round adds "Haute", "Basse" and so on to stay unique."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._given: set[str] = set()

    def draw(self, kind: str) -> str:
        """A name not given before for a street of this kind (a key of FIRST_WORDS)."""
        for suffix in ("", " prolongée", " d'en Haut", " d'en Bas", " neuve", " vieille"):
            for _ in range(60):
                first = FIRST_WORDS[kind][self._rng.integers(len(FIRST_WORDS[kind]))]
                name = f"{first} {OF_TOPICS[self._rng.integers(len(OF_TOPICS))]}{suffix}"
                if name not in self._given:
                    self._given.add(name)
                    return name
        number = len(self._given) + 1
        self._given.add(f"{kind} n° {number}")
        return f"{kind} n° {number}"
