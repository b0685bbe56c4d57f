"""One GDAL for Django and rasterio."""

from __future__ import annotations

from pathlib import Path

import pytest
import rasterio
from django.contrib.gis import gdal, geos

from greening.errors import MissingTool
from greening.gdal import wheel_libraries


def test_django_runs_on_the_gdal_of_the_rasterio_wheel() -> None:
    assert gdal.gdal_version().decode() == rasterio.__gdal_version__
    library, geos_library = wheel_libraries()
    assert Path(library).parent.name == "rasterio.libs"
    assert Path(geos_library).parent.name == "rasterio.libs"


def test_both_project_a_place_alike() -> None:
    # Issy's town hall in Lambert 93, metres.
    from rasterio.warp import transform

    (x,), (y,) = transform("EPSG:4326", "EPSG:2154", [2.2737], [48.8238])
    place = geos.Point(2.2737, 48.8238, srid=4326).transform(2154, clone=True)
    assert (place.x, place.y) == pytest.approx((x, y), abs=1e-6)
    # pyproj, which brings a PROJ of its own, says 646,675.856 and 6,858,438.386.
    assert (x, y) == pytest.approx((646_675.856, 6_858_438.386), abs=1e-3)


def test_a_rasterio_without_its_libraries_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(rasterio, "__file__", str(tmp_path / "rasterio" / "__init__.py"))
    with pytest.raises(MissingTool, match="install rasterio from PyPI as a binary wheel"):
        wheel_libraries()
