"""A phone for tests: signed in, registered, with captures that are valid by default."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
import uuid
from typing import Any

from django.test import Client
from django.utils import timezone
from PIL import Image
from uuid6 import uuid7

from greening.roles import Role
from tests.factories import TOWN_HALL
from tests.greening.people import signed_in

POINT = {"type": "Point", "coordinates": list(TOWN_HALL)}
API = "/api/field"


def v7() -> uuid.UUID:
    return uuid.UUID(bytes=uuid7().bytes)


class Phone:
    """What a crew's phone asks of the server, over Django's test client."""

    def __init__(self, *roles: Role, client: Client | None = None, register: bool = True) -> None:
        self.client = client or signed_in(*(roles or (Role.CREW,)), email=f"{v7().hex}@example.fr")
        self.uuid = v7()
        self.sequence = 0
        if register:
            assert (
                self.post("devices", {"uuid": str(self.uuid), "name": "Phone 7"}).status_code == 201
            )

    @property
    def user(self) -> Any:
        return self.client.user  # type: ignore[attr-defined]

    @property
    def headers(self) -> dict[str, str]:
        return {"x-device": str(self.uuid), "accept-language": "en"}

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"{API}/{path}", query, headers=self.headers)

    def post(self, path: str, body: Any) -> Any:
        return self.client.post(
            f"{API}/{path}", body, content_type="application/json", headers=self.headers
        )

    def event(self, kind: str, patch: dict[str, Any], **more: Any) -> dict[str, Any]:
        self.sequence += 1
        return {
            "uuid": str(v7()),
            "kind": kind,
            "object_uuid": str(v7()),
            "create": True,
            "base_rev": None,
            "patch": patch,
            "device_time": timezone.now().isoformat(),
            "sequence": self.sequence,
            "photos": [],
        } | more

    def planting(self, site: Any, day: dt.date | None = None, **more: Any) -> dict[str, Any]:
        planted = (day or timezone.localdate()).isoformat()
        patch = {"site": str(site.uuid), "geom": POINT, "state": "planted", "planted_on": planted}
        return self.event("tree", patch, **more)

    def change(self, obj: Any, kind: str, patch: dict[str, Any], **more: Any) -> dict[str, Any]:
        facts = {"object_uuid": str(obj.uuid), "create": False, "base_rev": obj.rev}
        return self.event(kind, patch, **facts | more)

    def send(self, *events: Any, **more: Any) -> list[dict[str, Any]]:
        answer = self.post("events", {"events": list(events), **more})
        assert answer.status_code == 200, answer.content
        verdicts: list[dict[str, Any]] = answer.json()["verdicts"]
        return verdicts

    # --- tus --------------------------------------------------------------------------------------

    def tus(self, method: str, path: str, body: bytes = b"", **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(
            method,
            f"{API}/{path}",
            body,
            content_type=named.pop("content-type", "application/offset+octet-stream"),
            headers={**self.headers, "tus-resumable": "1.0.0", **named},
        )

    def begin(
        self, content: bytes, mime: str = "image/jpeg", sha256: str = "", length: Any = None
    ) -> Any:
        sha256 = sha256 or digest(content)
        event = str(v7())
        pairs = {"sha256": sha256, "event": event, "type": mime}
        return self.tus(
            "POST",
            "photos/",
            upload_length=str(len(content) if length is None else length),
            upload_metadata=",".join(
                f"{name} {base64.b64encode(value.encode()).decode()}"
                for name, value in pairs.items()
            ),
        )

    def append(self, content: bytes, offset: int, sha256: str) -> Any:
        return self.tus("PATCH", f"photos/{sha256}", content, upload_offset=str(offset))

    def offset(self, sha256: str) -> Any:
        return self.tus("HEAD", f"photos/{sha256}")

    def upload(self, content: bytes, mime: str = "image/jpeg") -> Any:
        """The whole photo in one chunk; answers the PATCH's response, or the POST's where that was refused."""
        begun = self.begin(content, mime)
        return self.append(content, 0, digest(content)) if begun.status_code == 201 else begun


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def picture(
    size: tuple[int, int] = (64, 48),
    form: str = "JPEG",
    colour: Any = (40, 120, 60),
    **options: Any,
) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, form, **options)
    return out.getvalue()
