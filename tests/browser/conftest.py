"""A small town served by granian as `make run` serves it, and real headless Chromium to look at it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES = {"phone": (390, 844), "desktop": (1440, 900)}
#: A busy machine is slow, not broken.
PATIENCE_MS = 60_000
START_S = 180
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file in one worker: its town, its browser, and no event loop beside other tests' database."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group(f"browser {item.path.stem}"))


def environment(data: Path, **more: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"}
    }
    return {
        **kept,
        "DATA_DIR": str(data),
        "SECRET_KEY": "browser-tests",
        "BASE_MAP_URL": "",
        **more,
    }


def run(*command: str, data: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *command],
        cwd=ROOT,
        env=environment(data),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def serve(data: Path, log: Path, **more: str) -> tuple[subprocess.Popen[bytes], str]:
    """A granian process over `data`, and its address once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                str(Path(sys.executable).with_name("granian")), "--interface", "wsgi", "greening.wsgi:application",
                "--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--blocking-threads", "4",
                "--no-access-log", "--log-level", "warning",
            ],
            cwd=ROOT, env=environment(data, **more), stdout=out, stderr=out,
        )  # fmt: skip
    said: OSError | None = None
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=5):
                return process, address
        except OSError as error:  # refused while it starts; HTTP 503 where it is not well
            said = error
            time.sleep(0.2)
    process.kill()
    process.wait()
    raise AssertionError(f"granian did not answer well ({said}): {log.read_text()[-3000:]}")


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def empty_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory as a fresh installation has it: migrated, nothing in it."""
    data = tmp_path_factory.mktemp("empty")
    run("manage.py", "migrate", "--verbosity", "0", data=data)
    run(
        "manage.py",
        "compilemessages",
        "--locale",
        "fr",
        "--ignore",
        ".venv",
        "--verbosity",
        "0",
        data=data,
    )
    run("manage.py", "collectstatic", "--noinput", "--verbosity", "0", data=data)
    return data


@pytest.fixture(scope="session")
def town_data(empty_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("town")
    shutil.copytree(empty_data, data, dirs_exist_ok=True)
    run("-m", "tests.browser.small_town", data=data)
    return data


@pytest.fixture(scope="session")
def field_data(empty_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The field tests' town, as each of them finds it: they copy it, for they change it."""
    data = tmp_path_factory.mktemp("field")
    shutil.copytree(empty_data, data, dirs_exist_ok=True)
    run("-m", "tests.browser.field_town", data=data)
    return data


@pytest.fixture(scope="session")
def town(town_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the small town."""
    process, address = serve(town_data, tmp_path_factory.mktemp("log") / "town.log")
    yield address
    stop(process)


@pytest.fixture(scope="session")
def empty_town(empty_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    process, address = serve(empty_data, tmp_path_factory.mktemp("log") / "empty.log")
    yield address
    stop(process)


@pytest.fixture(scope="session")
def town_without_base_map(
    town_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The small town, told of a base map that does not answer (port 9, discard)."""
    process, address = serve(
        town_data,
        tmp_path_factory.mktemp("log") / "offline.log",
        BASE_MAP_URL="http://127.0.0.1:9/{z}/{x}/{y}.png",
    )
    yield address
    stop(process)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Closed with the module: Playwright's event loop must not outlive the browser's tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Watched:
    """What went wrong on a page: console errors, uncaught exceptions, requests that failed."""

    def __init__(self, page: Page) -> None:
        self.errors: list[str] = []
        page.on("console", lambda message: self._heard(message.type, message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _heard(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.errors.append(text)


OpenPage = Callable[..., Page]


@pytest.fixture
def visit(chromium: Browser) -> Iterator[OpenPage]:
    """Opens a page: `visit(address, size="phone", language="en", dark=True)`; see `errors_of`."""
    contexts: list[BrowserContext] = []

    def opened(
        address: str, size: str = "desktop", language: str = "fr-FR", **options: Any
    ) -> Page:
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            has_touch=size == "phone",
            locale=language,
            color_scheme="dark" if options.pop("dark", False) else "light",
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.watched = Watched(page)  # type: ignore[attr-defined]
        page.goto(address, wait_until="load")
        return page

    yield opened
    for context in contexts:
        context.close()


def errors_of(page: Page) -> list[str]:
    return list(page.watched.errors)  # type: ignore[attr-defined]


def map_is_ready(page: Page) -> None:
    """Waits until the scripts have started and every tile that was asked for has come."""
    page.wait_for_selector("#map[data-ready=true]")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(200)


#: Pixels drawn on the canvases of a pane, by our own code and nothing else.
PAINTED = """pane => [...document.querySelectorAll(`.leaflet-${pane}-pane canvas`)].reduce((sum, canvas) => {
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let drawn = 0;
  for (let at = 3; at < data.length; at += 4) if (data[at] > 0) drawn++;
  return sum + drawn;
}, 0)"""


def painted(page: Page, pane: str) -> int:
    return int(page.evaluate(PAINTED, pane))
