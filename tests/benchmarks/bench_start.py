"""How long a newcomer waits: `make run` in a fresh clone with empty caches, and the second start.

    python -m tests.benchmarks.bench_start

No peer exists, so the times are absolute. The clone is of HEAD: commit first.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIRST_S, SECOND_S = 360.0, 10.0


def seconds_until_served(clone: Path, environment: dict[str, str], limit_s: float) -> float:
    """Seconds from `make run` until /healthz answers 200; the server is then stopped."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    start = time.perf_counter()
    server = subprocess.Popen(
        ["make", "run", f"PORT={port}"],
        cwd=clone,
        env=environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
    )
    try:
        while time.perf_counter() - start < limit_s:
            if server.poll() is not None:
                raise SystemExit(f"make run ended with status {server.returncode}")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as page:
                    if page.status == 200:
                        return time.perf_counter() - start
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"nothing was served after {limit_s:.0f} s")
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="greening-start-") as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in {"DATA_DIR", "SECRET_KEY", "DATABASE_URL", "VIRTUAL_ENV", "MAKEFLAGS"}
        }
        environment |= {"PIP_NO_CACHE_DIR": "1", "npm_config_cache": f"{folder}/npm"}
        environment["PATH"] = os.pathsep.join(
            part for part in environment["PATH"].split(os.pathsep) if ".venv" not in part
        )
        well = True
        for name, bound in (("first start", FIRST_S), ("second start", SECOND_S)):
            taken = seconds_until_served(clone, environment, 4 * FIRST_S)
            well &= taken <= bound
            print(
                f"{name}: {taken:.1f} s (bound {bound:.0f} s) {'ok' if taken <= bound else 'SHORT'}"
            )
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
