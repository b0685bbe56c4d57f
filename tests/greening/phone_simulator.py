"""Phones on a bad network against a real server in another process, which is killed at random; and what must hold.

The captures of each phone are the same in every run of a seed; only what happens to them on the way differs. So the
state at the end must be that of applying them one after the other, in order, on a quiet machine: `serial`.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import hashlib
import http.client
import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
START_S = 120
#: A phone that is not done by then has lost something.
PATIENCE_S = 600
FINAL = ("applied", "merged", "conflict", "rejected")


@dataclass(frozen=True)
class Faults:
    """How often each thing goes wrong, per request."""

    drop: float = 0.0  # the request never leaves
    lose_answer: float = 0.0  # it arrives, and its answer does not
    double: float = 0.0  # it is sent twice at once
    truncate: float = 0.0  # a photo's chunk breaks off
    corrupt: float = 0.0  # a photo's byte turns over on the way
    reorder: bool = False
    skewed: float = 0.0  # phones whose clock is a year off


NONE = Faults()
ROUGH = Faults(0.08, 0.08, 0.08, 0.15, 0.05, True, 0.2)


@dataclass
class Capture:
    event: dict[str, Any]
    verdict: dict[str, Any] | None = None

    @property
    def settled(self) -> str:
        """What became of it in the end, or nothing while the phone must keep it."""
        said = self.verdict or {}
        status = str(said.get("first") or said.get("status") or "")
        return status if status in FINAL else ""


@dataclass
class SimulatedPhone:
    """What one phone holds: captures in order, photos by hash, a clock, a sign-in."""

    uuid: str
    cookie: str
    captures: list[Capture] = field(default_factory=list)
    photos: dict[str, bytes] = field(default_factory=dict)
    receipts: set[str] = field(default_factory=set)
    clock_off: dt.timedelta = dt.timedelta(0)
    csrf: str = ""

    def now(self) -> str:
        return (dt.datetime.now(dt.UTC) + self.clock_off).isoformat()

    @property
    def done(self) -> bool:
        return all(one.settled for one in self.captures) and self.photos.keys() <= self.receipts


# --- the server ---------------------------------------------------------------------------------------


class Server:
    """Granian over the database of this test, as `make run` starts it; it can be killed and started again."""

    def __init__(self, environment: dict[str, str], log: Path, workers: int = 2) -> None:
        self.environment, self.log, self.workers = environment, log, workers
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port: int = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None
        self.kills = 0

    def start(self) -> None:
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [
                    str(Path(sys.executable).with_name("granian")), "--interface", "wsgi",
                    "greening.wsgi:application", "--host", HOST, "--port", str(self.port),
                    "--workers", str(self.workers), "--blocking-threads", "16",
                    "--no-access-log", "--log-level", "warning",
                ],
                cwd=ROOT, env=self.environment, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, http.client.HTTPException):
                wire = http.client.HTTPConnection(HOST, self.port, timeout=5)
                try:
                    wire.request("GET", "/healthz")
                    if wire.getresponse().status == 200:
                        return
                finally:
                    wire.close()
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError(f"granian did not start: {self.log.read_text()[-2000:]}")

    def kill_9(self) -> None:
        """The machine's plug: supervisor and workers gone in the middle of whatever they do."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.kills += 1

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def memory_mb(self) -> float:
        """Resident memory of all its processes."""
        assert self.process is not None
        listed = subprocess.run(
            ["ps", "-o", "rss=", "-g", str(self.process.pid)], capture_output=True, text=True
        )
        return sum(int(line) for line in listed.stdout.split()) / 1024


# --- the wire -----------------------------------------------------------------------------------------


class Lost(Exception):
    """The network ate it: the phone does not know what arrived."""


class Wire:
    """A phone's requests on a network with faults; remembers how long the answered ones took."""

    def __init__(self, port: int, faults: Faults, rng: random.Random) -> None:
        self.port, self.faults, self.rng = port, faults, rng
        self.seconds: list[tuple[str, float]] = []
        self.rough = True
        self.kept: http.client.HTTPConnection | None = None

    def close(self) -> None:
        if self.kept is not None:
            self.kept.close()
            self.kept = None

    def ask(
        self, phone: SimulatedPhone, method: str, path: str, body: bytes = b"", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """One request with what happens to it. Raises Lost."""
        faults, rng = (self.faults if self.rough else NONE), self.rng
        if rng.random() < faults.drop:
            raise Lost
        if rng.random() < faults.double:
            with contextlib.suppress(Lost):
                self._send(phone, method, path, body, headers, answer=False)
        return self._send(
            phone, method, path, body, headers, answer=rng.random() >= faults.lose_answer
        )

    def _send(
        self,
        phone: SimulatedPhone,
        method: str,
        path: str,
        body: bytes,
        headers: dict[str, str],
        *,
        answer: bool,
    ) -> tuple[int, dict[str, str], bytes]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        cut = int(named.pop("x-cut", "0"))
        wire = self.kept or http.client.HTTPConnection(HOST, self.port, timeout=60)
        self.kept = None
        begun = time.perf_counter()
        good = False
        try:
            wire.putrequest(method, f"/api/field/{path}")
            wire.putheader("Cookie", phone.cookie)
            wire.putheader("X-Device", phone.uuid)
            if phone.csrf:
                wire.putheader("X-CSRFToken", phone.csrf)
            for name, value in named.items():
                wire.putheader(name, value)
            if method in ("POST", "PATCH"):
                wire.putheader("Content-Length", str(len(body)))
            wire.endheaders(body[: len(body) - cut] if method in ("POST", "PATCH") else None)
            if cut or not answer:
                raise Lost
            got = wire.getresponse()
            content = got.read()
            good = not got.will_close
            self.seconds.append((path.split("/")[0], time.perf_counter() - begun))
            return got.status, {key.lower(): value for key, value in got.getheaders()}, content
        except (OSError, http.client.HTTPException) as error:
            raise Lost from error
        finally:
            if good:
                self.kept = wire
            else:
                wire.close()


# --- what a phone does --------------------------------------------------------------------------------


def sync(phone: SimulatedPhone, wire: Wire, batch: int = 20, chunk: int = 1 << 18) -> None:
    """Send everything until every capture has its verdict and every photo its receipt."""
    deadline = time.monotonic() + PATIENCE_S
    try:
        while not phone.done:
            if time.monotonic() > deadline:
                raise AssertionError(f"phone {phone.uuid} is not done: {held(phone)}")
            try:
                _one_round(phone, wire, batch, chunk)
            except Lost:
                time.sleep(wire.rng.uniform(0.01, 0.15))
    finally:
        wire.close()


def held(phone: SimulatedPhone) -> list[Any]:
    return [one.verdict for one in phone.captures if not one.settled][:3]


def _one_round(phone: SimulatedPhone, wire: Wire, batch: int, chunk: int) -> None:
    if not phone.csrf:
        status, headers, content = wire.ask(phone, "GET", "session")
        if status != 200:
            raise Lost
        phone.csrf = json.loads(content)["csrf"]
        cookie = headers.get("set-cookie", "").split(";")[0]
        if cookie.startswith("csrftoken="):
            phone.cookie = f"{phone.cookie}; {cookie}"
        body = json.dumps({"uuid": phone.uuid, "name": "simulated"}).encode()
        status, _headers, content = wire.ask(
            phone, "POST", "devices", body, content_type="application/json"
        )
        if status not in (200, 201):
            phone.csrf = ""
            raise Lost
    pending = [one for one in phone.captures if not one.settled]
    if wire.faults.reorder:
        wire.rng.shuffle(pending)
    for start in range(0, len(pending), batch):
        _send_events(phone, wire, pending[start : start + batch])
    for sha256, content in phone.photos.items():
        if sha256 not in phone.receipts:
            _send_photo(phone, wire, sha256, content, chunk)


def _send_events(phone: SimulatedPhone, wire: Wire, captures: Sequence[Capture]) -> None:
    said = {"events": [one.event for one in captures], "sent_at": phone.now()}
    status, _headers, content = wire.ask(
        phone, "POST", "events", json.dumps(said).encode(), content_type="application/json"
    )
    if status in (503, 500, 403, 502):
        if status == 403:
            phone.csrf = ""
        raise Lost
    assert status == 200, (status, content[:500])
    verdicts = json.loads(content)["verdicts"]
    assert [one["uuid"] for one in verdicts] == [one.event["uuid"] for one in captures]
    for capture, verdict in zip(captures, verdicts, strict=True):
        capture.verdict = verdict


def _send_photo(phone: SimulatedPhone, wire: Wire, sha256: str, content: bytes, chunk: int) -> None:
    tus = {"tus_resumable": "1.0.0"}
    if _has_receipt(phone, wire, sha256):
        return
    status, headers, _content = wire.ask(phone, "HEAD", f"photos/{sha256}", **tus)
    if status == 404:
        pairs = {"sha256": sha256, "type": "image/jpeg"}
        metadata = ",".join(
            f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in pairs.items()
        )
        status, headers, said = wire.ask(
            phone,
            "POST",
            "photos/",
            upload_length=str(len(content)),
            upload_metadata=metadata,
            **tus,
        )
        if status in (503, 500):
            raise Lost
        assert status == 201, (status, said)
        offset = 0
    elif status != 200:
        raise Lost
    else:
        offset = int(headers["upload-offset"])
    while offset < len(content):
        piece = content[offset : offset + chunk]
        options: dict[str, str] = {}
        if wire.rng.random() < wire.faults.truncate:
            options["x_cut"] = str(wire.rng.randrange(1, len(piece) + 1))
        if wire.rng.random() < wire.faults.corrupt:
            at = wire.rng.randrange(len(piece))
            piece = piece[:at] + bytes([piece[at] ^ 0xFF]) + piece[at + 1 :]
        status, headers, said = wire.ask(
            phone, "PATCH", f"photos/{sha256}", piece, upload_offset=str(offset),
            content_type="application/offset+octet-stream", **options, **tus,
        )  # fmt: skip
        if status != 204:
            assert status in (404, 409, 423, 460, 500, 503), (status, said)
            raise Lost
        offset = int(headers["upload-offset"])
    _has_receipt(phone, wire, sha256)


def _has_receipt(phone: SimulatedPhone, wire: Wire, sha256: str) -> bool:
    status, _headers, content = wire.ask(phone, "GET", f"photos/{sha256}/receipt")
    if status != 200:
        assert status in (404, 500, 503), (status, content)
        return False
    said = json.loads(content)
    assert (said["sha256"], said["bytes"]) == (sha256, len(phone.photos[sha256]))
    phone.receipts.add(sha256)
    return True


# --- captures -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ground:
    """What a phone works on: its own sites, its own standing trees, and sites that another phone has too."""

    sites: Sequence[str]
    trees: Sequence[str]
    shared: Sequence[str] = ()


def captures(
    rng: random.Random,
    ground: Ground,
    *,
    today: dt.date,
    clock_off: dt.timedelta = dt.timedelta(0),
    photo: Callable[[random.Random], bytes] | None = None,
) -> tuple[list[Capture], dict[str, bytes]]:
    """Plantings and what follows them, checks and notes; each builds on the phone's own last word of its object."""
    made: list[Capture] = []
    photos: dict[str, bytes] = {}
    moment = dt.datetime.combine(today, dt.time(10), dt.UTC) + clock_off
    day = moment.date().isoformat()

    def identifier() -> str:
        return str(uuid.UUID(int=rng.getrandbits(128), version=4))

    def note(kind: str, obj: str, patch: dict[str, Any], **more: Any) -> str:
        event = {
            "uuid": identifier(), "kind": kind, "object_uuid": obj, "create": False, "base_rev": None,
            "patch": patch, "device_time": moment.isoformat(), "sequence": len(made) + 1, "photos": [],
        } | more  # fmt: skip
        if photo is not None and rng.random() < 0.5:
            content = photo(rng)
            sha256 = hashlib.sha256(content).hexdigest()
            photos[sha256] = content
            event["photos"] = [sha256]
        made.append(Capture(event))
        return str(event["uuid"])

    def plant(site: str, *, alone: bool = True) -> None:
        tree = identifier()
        place = [2.27 + rng.random() / 1000, 48.82 + rng.random() / 1000]
        patch = {
            "site": site, "geom": {"type": "Point", "coordinates": place}, "state": "planted",
            "planted_on": day, "lot": f"lot {rng.randrange(9)}",
        }  # fmt: skip
        last = note("tree", tree, patch, create=True)
        # Nothing builds on a planting that another phone's may have forestalled.
        for rev in range(1, 1 + rng.randrange(3) * alone):
            height = {"height_m": rng.choice([None, 2.0, 2.5, 3.0]), "note": f"note {rev}"}
            last = note("tree", tree, height, base_rev=rev, after=last)

    for site in ground.sites:
        plant(site)
    for tree in ground.trees:
        check = {
            "tree": tree, "autumn": 0, "checked_on": day, "found": rng.choice(["alive", "dead"]),
            "state": "recorded",
        }  # fmt: skip
        check["autumn"] = moment.year if moment.month >= 8 else moment.year - 1
        note("survival_check", identifier(), check, create=True)
        note("tree", tree, {"no such field": 1})  # refused, and told so
    for site in ground.shared:
        plant(site, alone=False)
    return made, photos


def noisy_jpeg(base: bytes, rng: random.Random, length: int) -> bytes:
    """A picture like `base` that nobody else has, filled up to about `length` bytes with comments."""
    out = [base[:2]]
    left = max(40, length - len(base))
    while left > 0:
        size = min(left, 60_000)
        out.append(b"\xff\xfe" + struct.pack(">H", size + 2) + rng.randbytes(size))
        left -= size + 4
    return b"".join([*out, base[2:]])


# --- a run --------------------------------------------------------------------------------------------


@dataclass
class Run:
    """What a run took."""

    seconds: float
    latencies: list[tuple[str, float]]
    kills: int
    memory_mb: list[float]

    def percentile(self, path: str, share: float) -> float:
        found = sorted(seconds for name, seconds in self.latencies if name == path)
        return found[min(len(found) - 1, int(share * len(found)))] if found else 0.0


def drive(
    server: Server,
    phones: Iterable[SimulatedPhone],
    *,
    faults: Faults = NONE,
    threads: int = 12,
    kills: int = 0,
    every_s: float = 2.0,
    seed: int = 1,
    chunk: int = 1 << 18,
    progress: Callable[[int], None] = lambda _done: None,
) -> Run:
    """Let all phones send until they are done, while the server is killed `kills` times; then nothing is pending."""
    finished = threading.Event()
    memory: list[float] = []
    broken: list[Exception] = []
    done = 0

    def trouble() -> None:
        rng = random.Random(seed)
        try:
            for _ in range(kills):
                if finished.wait(rng.uniform(0.5, 1.5) * every_s):
                    return
                server.kill_9()
                server.start()
            while not finished.wait(1.0):
                memory.append(server.memory_mb())
        except (OSError, AssertionError, ValueError) as error:
            broken.append(error)

    def one(number: int, phone: SimulatedPhone) -> Wire:
        nonlocal done
        wire = Wire(server.port, faults, random.Random(seed * 1_000_003 + number))
        sync(phone, wire, chunk=chunk)
        done += 1
        progress(done)
        return wire

    before = server.kills
    begun = time.perf_counter()
    saboteur = threading.Thread(target=trouble)
    saboteur.start()
    try:
        with ThreadPoolExecutor(threads) as pool:
            wires = list(pool.map(one, *zip(*enumerate(phones), strict=True)))
    finally:
        finished.set()
        saboteur.join()
    assert not broken, broken
    latencies = [each for wire in wires for each in wire.seconds]
    return Run(time.perf_counter() - begun, latencies, server.kills - before, memory)
