"""The conventions known from the start, in the order in which a file is held against them."""

from greening.exchange.trees.profiles import generic, hauts_de_seine, osm, own, paris, schema_arbre

ALL = (
    own.GEOPACKAGE,
    schema_arbre.V0_2,
    schema_arbre.V0_3,
    paris.PROFILE,
    hauts_de_seine.PROFILE,
    osm.PROFILE,
    generic.PROFILE,
)
