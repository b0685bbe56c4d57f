"""One GDAL for Django and rasterio: GeoDjango is pointed at the libraries inside rasterio's wheel."""

from __future__ import annotations

from pathlib import Path

from greening.errors import MissingTool


def wheel_libraries() -> tuple[str, str]:
    """Paths of the GDAL and GEOS libraries shipped in the rasterio wheel.

    rasterio is imported first: its extension modules load the wheel's private dependencies (libcurl and
    others), without which GDAL's library cannot be opened on its own.

    The other wheels that carry a GEOS of their own are imported here too, because settings are read before
    the first database connection: SQLite opens SpatiaLite with its symbols visible to all (RTLD_GLOBAL), and
    a library loaded after that would be bound to the system's older GEOS, and crash.
    """
    import exactextract  # noqa: F401
    import pyogrio  # noqa: F401
    import rasterio
    import shapely  # noqa: F401

    folder = Path(rasterio.__file__).parent.parent / "rasterio.libs"
    found = [sorted(folder.glob(pattern)) for pattern in ("libgdal-*", "libgeos_c-*")]
    if not all(found):
        raise MissingTool(
            "rasterio's wheel does not carry GDAL and GEOS here: install rasterio from PyPI as a binary wheel."
        )
    gdal, geos = (str(paths[0]) for paths in found)
    return gdal, geos
