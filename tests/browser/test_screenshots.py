"""The README's pictures: of the small town into a temporary folder, or of the demo town into `frontend/screenshots`.

    make demo && SCREENSHOTS=1 pytest tests/browser/test_screenshots.py

takes them from DATA_DIR (`var` unless named), where `make demo` left the demo town.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
from playwright.sync_api import Page
from rasterio.io import MemoryFile
from sklearn.cluster import KMeans

from tests.browser.conftest import ROOT, OpenPage, map_is_ready, serve, stop

# A screenshot lies nowhere on Earth, and rasterio says so.
pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
LIMIT_BYTES = 400_000
COLOURS = 256


@pytest.fixture(scope="module")
def pictured(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path]]:
    """The address to take pictures of, and where to keep them."""
    if os.environ.get("SCREENSHOTS") != "1":
        yield str(request.getfixturevalue("town")), tmp_path_factory.mktemp("pictures")
        return
    data = Path(os.environ.get("DATA_DIR", ROOT / "var")).resolve()
    assert (data / "greening.sqlite3").exists(), "build the demo town first: make demo"
    process, address = serve(data, tmp_path_factory.mktemp("log") / "demo.log")
    yield address, ROOT / "frontend" / "screenshots"
    stop(process)


@pytest.mark.parametrize(
    ("name", "path", "size"),
    [
        ("map", "/", "desktop"),
        ("courtyards", "/heat/", "desktop"),
        ("gardens", "/gardens/", "desktop"),
        ("phone", "/", "phone"),
    ],
)
def test_a_picture_for_the_readme(
    visit: OpenPage, pictured: tuple[str, Path], name: str, path: str, size: str
) -> None:
    address, folder = pictured
    page = visit(address + path, size)
    map_is_ready(page)
    if path == "/heat/":
        # By its mark, which opens the line and leaves the whole town in view.
        page.get_by_role("button", name=re.compile("^Rang 1 ·")).click()
    page.wait_for_timeout(1_000)
    map_is_ready(page)
    take(page, folder / f"{name}.png")
    with rasterio.open(folder / f"{name}.png") as picture:
        assert picture.width >= 390
        assert len(np.unique(picture.read(1))) > 50, "the picture shows next to nothing"
    assert (folder / f"{name}.png").stat().st_size < LIMIT_BYTES


def take(page: Page, path: Path) -> None:
    """The page as a palette PNG: a third of the bytes of a screenshot, and no eye sees the difference."""
    with MemoryFile(page.screenshot()) as memory, memory.open() as picture:
        bands = picture.read([1, 2, 3])
    pixels = bands.reshape(3, -1).T
    # Each colour counts by the root of its pixels: a legend's few must not drown in a map's many.
    coarse, counts = np.unique(pixels >> 2, axis=0, return_counts=True)
    palette = KMeans(COLOURS, random_state=0, n_init=1, max_iter=30)
    palette.fit(coarse * 4.0 + 1.5, sample_weight=np.sqrt(counts))
    colours = np.clip(np.rint(palette.cluster_centers_), 0, 255).astype(int)
    index = palette.predict(pixels.astype(np.float64)).astype(np.uint8).reshape(bands.shape[1:])
    profile = {
        "driver": "PNG", "width": index.shape[1], "height": index.shape[0], "count": 1, "dtype": "uint8",
        "zlevel": 9,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as out:
        out.write(index, 1)
        out.write_colormap(
            1, {slot: (*map(int, colour), 255) for slot, colour in enumerate(colours)}
        )
    path.with_name(path.name + ".aux.xml").unlink(missing_ok=True)
