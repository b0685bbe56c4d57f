"""The taxa the demo town plants, with their share and the size a young one has and gains."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Taxon:
    """One taxon as planted; the parts as `greening.models.Species` keeps them apart."""

    genus: str
    epithet: str
    cultivar: str
    name_fr: str
    name_en: str
    share: float  # of the programme's trees; chosen by eye after inner-suburb practice
    growth_m: float  # height gained a year once established; order of magnitude, by eye
    in_park: float = 1.0  # how much likelier in a park than in a street

    @property
    def scientific_name(self) -> str:
        """The name as `Species.scientific_name` writes it."""
        cultivar = f"'{self.cultivar}'" if self.cultivar else ""
        return " ".join(part for part in (self.genus, self.epithet, cultivar) if part)


TAXA = (
    Taxon("Tilia", "cordata", "", "Tilleul à petites feuilles", "Small-leaved lime", 0.13, 0.35),
    Taxon("Tilia", "tomentosa", "", "Tilleul argenté", "Silver lime", 0.08, 0.35),
    Taxon("Acer", "campestre", "", "Érable champêtre", "Field maple", 0.11, 0.35),
    Taxon("Acer", "platanoides", "", "Érable plane", "Norway maple", 0.08, 0.45),
    Taxon("Platanus", "× acerifolia", "", "Platane commun", "London plane", 0.05, 0.6),
    Taxon("Celtis", "australis", "", "Micocoulier de Provence", "Nettle tree", 0.09, 0.4),
    Taxon("Styphnolobium", "japonicum", "", "Sophora du Japon", "Japanese pagoda tree", 0.06, 0.45),
    Taxon("Quercus", "robur", "", "Chêne pédonculé", "English oak", 0.05, 0.3, 4.0),
    Taxon("Quercus", "cerris", "", "Chêne chevelu", "Turkey oak", 0.05, 0.35, 1.5),
    Taxon("Carpinus", "betulus", "Fastigiata", "Charme fastigié", "Upright hornbeam", 0.07, 0.3),
    Taxon(
        "Pyrus", "calleryana", "Chanticleer", "Poirier d'ornement", "Chanticleer pear", 0.06, 0.35
    ),
    Taxon("Prunus", "avium", "", "Merisier", "Wild cherry", 0.05, 0.5, 2.5),
    Taxon("Ginkgo", "biloba", "", "Arbre aux quarante écus", "Maidenhair tree", 0.03, 0.25),
    Taxon("Liquidambar", "styraciflua", "", "Copalme d'Amérique", "Sweet gum", 0.04, 0.45),
    Taxon("Aria", "edulis", "", "Alisier blanc", "Whitebeam", 0.03, 0.3, 1.5),
    Taxon("Pinus", "sylvestris", "", "Pin sylvestre", "Scots pine", 0.02, 0.4, 6.0),
)

#: What a street planted a lifetime ago; some of these are at their end and being replaced.
OLD_TAXA = ("Platanus × acerifolia", "Tilia tomentosa", "Acer platanoides")

BY_NAME = {taxon.scientific_name: taxon for taxon in TAXA}
