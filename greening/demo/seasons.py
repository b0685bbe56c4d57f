"""The demo's seasons: quarters, campaigns with their targets, nursery orders. Reference rows and orders only."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from datetime import date

import numpy as np
import shapely
from django.contrib.gis.geos import Point

from greening.demo.landing import land
from greening.demo.lives import CAMPAIGNS, TODAY
from greening.demo.load import as_multi, in_wgs84, source_of
from greening.demo.plans import Ground
from greening.demo.planting import season
from greening.events import Change
from greening.models import Campaign, CampaignTarget, PlantingSite, Quarter, Species, Tree
from greening.models.base import new_uuid

QUARTERS = ("Bords de Seine", "Gare", "Centre", "Coteaux", "Plateau", "Parc")
#: What the town aims at beyond what it planned: a campaign never quite reaches its target.
AMBITION = 1.06
REFUSED_SHARE = 0.015  # plants sent back on delivery; by eye
BATCH = 500


def add_quarters(ground: Ground) -> list[Quarter]:
    """The outline cut into six neighbourhoods around centres that lie apart (Voronoi cells)."""
    rng = np.random.default_rng([ground.seed, 7])
    west, south, east, north = ground.outline.bounds
    centres: list[shapely.Point] = []
    apart = math.sqrt(ground.outline.area / len(QUARTERS)) * 0.8
    while len(centres) < len(QUARTERS):
        place = shapely.Point(rng.uniform(west, east), rng.uniform(south, north))
        if ground.outline.contains(place) and all(place.distance(one) > apart for one in centres):
            centres.append(place)
        apart *= 0.999  # until six fit
    cells = shapely.voronoi_polygons(shapely.MultiPoint(centres), extend_to=ground.outline)
    cut = [
        shapely.intersection(ground.outline, next(c for c in cells.geoms if c.contains(centre)))
        for centre in sorted(centres, key=lambda centre: centre.x)
    ]
    whole = [max(shapely.get_parts(one), key=lambda part: part.area) for one in cut]
    shapes = in_wgs84(whole, ground.srid)
    return Quarter.objects.bulk_create(
        Quarter(name=name, geom=as_multi(shape), synthetic=True)
        for name, shape in zip(QUARTERS, shapes, strict=True)
    )


def add_campaigns(quarters: list[Quarter]) -> list[Campaign]:
    """A campaign a season with what it aimed at, by species, manager and quarter."""
    campaigns = [
        Campaign(season=season(year), synthetic=True) for year, _share in CAMPAIGNS if year
    ]
    for campaign in campaigns:
        campaign.save()
    species = {row.pk: row for row in Species.objects.all()}
    targets = []
    for campaign in campaigns:
        sites = PlantingSite.objects.filter(campaign=campaign.season)
        counted = Counter(
            (species_id, manager, _quarter_of(geom, quarters))
            for species_id, manager, geom in sites.values_list("target_species", "manager", "geom")
        )
        targets += [
            CampaignTarget(
                campaign=campaign,
                species=species[species_id],
                manager=manager,
                quarter=quarter,
                trees=math.ceil(count * AMBITION),
            )
            for (species_id, manager, quarter), count in sorted(
                counted.items(), key=lambda item: (item[0][0], item[0][1], str(item[0][2]))
            )
        ]
    CampaignTarget.objects.bulk_create(targets, batch_size=BATCH)
    return campaigns


def _quarter_of(place: Point, quarters: list[Quarter]) -> Quarter | None:
    return next((quarter for quarter in quarters if quarter.geom.contains(place)), None)


def add_orders(seed: int, campaigns: list[Campaign]) -> int:
    """An order for each lot that trees came with; this season's are still awaited or just delivered."""
    return land(_orders(seed, campaigns))


def _orders(seed: int, campaigns: list[Campaign]) -> Iterator[Change]:
    rng = np.random.default_rng([seed, 8])
    by_year = {campaign.starts_on.year: campaign for campaign in campaigns}
    lots = Tree.objects.exclude(lot="").values_list(
        "lot", "nursery", "species__uuid", "size_class", "state"
    )
    counted: dict[tuple[str, str, str], Counter[str]] = {}
    reserved: Counter[tuple[str, str, str]] = Counter()
    for lot, nursery, taxon, size_class, state in lots:
        key = (lot, nursery, str(taxon))
        counted.setdefault(key, Counter())[size_class] += 1
        reserved[key] += state == "reserved"
    for number, (key, sizes) in enumerate(sorted(counted.items()), start=1):
        lot, nursery, species = key
        year = int(lot[:4])
        campaign = by_year.get(year)
        count = sum(sizes.values())
        refused = int(rng.binomial(count, REFUSED_SHARE))
        order = new_uuid()
        yield Change(
            "nursery_order",
            order,
            {
                "state": "ordered",
                "campaign": str(campaign.uuid) if campaign else None,
                "number": f"BC-{year}-{number:03d}",
                "nursery": nursery,
                "species": species,
                "size_class": sizes.most_common(1)[0][0],
                "ordered_count": count + refused,
                "ordered_on": date(year, 5, 12).isoformat(),
                "expected_on": date(year, 11, 20).isoformat(),
                "source": source_of(seed),
                "synthetic": True,
            },
            create=True,
        )
        running = year == TODAY.year
        if running and reserved[key] == count and rng.random() < 0.5:
            continue  # not here yet
        received = min(date(year, 11, 8), TODAY)
        delivery = {
            "state": "received",
            "lot": lot,
            "received_on": received.isoformat(),
            "received_count": count + refused,
            "refused_count": refused,
            "refusal_reason": "Mottes sèches" if refused else "",
        }
        yield Change("nursery_order", order, delivery)
        if not running:
            planted = {"state": "planted_out", "planted_out_on": date(year + 1, 3, 15).isoformat()}
            yield Change("nursery_order", order, planted)
