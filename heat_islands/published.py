"""Which heat map an address means, remembered in the process: a warm tile asks the database nothing."""

from __future__ import annotations

import threading
import time

from django.conf import settings
from django.utils.translation import gettext as _

from greening.problem import Problem
from heat_islands import palettes
from heat_islands.models import HeatMap

#: How long an address without a version may still mean the version before the newest.
FRESH_S = 2.0
REMEMBERED = 256

_lock = threading.Lock()
_known: dict[tuple[str, str, str], tuple[float, HeatMap]] = {}


def address_version(heat_map: HeatMap) -> str:
    """What `v=` of a tile address holds: it changes with the map's content and with how it is drawn."""
    return f"{heat_map.version}.{palettes.key()}"


def find(slug: str, asked: str = "") -> HeatMap:
    """The version of series `slug` that `asked` (a `v=`) names, else its newest; without one, a 404 problem.

    Versions never change, so one that was named is remembered for good; the newest, for FRESH_S.
    """
    version = asked.partition(".")[0]
    place = str(settings.DATA_DIR)
    now = time.monotonic()
    named = _known.get((place, slug, version)) if version else None
    if named is not None:
        return named[1]
    newest = _known.get((place, slug, ""))
    if newest is not None and now - newest[0] < FRESH_S and version in ("", newest[1].version):
        return newest[1]
    return _look_up(place, slug, version, now)


def forget() -> None:
    """Ask the database again at the next address."""
    with _lock:
        _known.clear()


def _look_up(place: str, slug: str, version: str, now: float) -> HeatMap:
    rows = HeatMap.objects.filter(slug=slug)
    found = rows.filter(version=version).first() if version else None
    with _lock:
        if len(_known) >= REMEMBERED:
            _known.clear()
        if found is not None:
            _known[place, slug, version] = now, found
            return found
        found = rows.newest()
        if found is None:
            raise Problem(
                404,
                _("There is no heat map “%(slug)s”: build it with `manage.py build_heat_map`.")
                % {"slug": slug[:60]},
            )
        _known[place, slug, ""] = now, found
    return found
