"""A person's data as one file to keep: JSON that a machine reads, the files that belong to it, a word on what it is."""

from __future__ import annotations

import json
import zipfile
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING

from django.core.serializers.json import DjangoJSONEncoder
from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from greening.accounts.own_data import export, files

if TYPE_CHECKING:
    from django.contrib.auth.models import User

#: Up to here an archive is made in memory; photos make it larger.
IN_MEMORY = 4_000_000


def archive(user: User) -> IO[bytes]:
    """A zip with all that the town holds of `user`, open at its start. Files that are missing are left out."""
    out: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 — the response closes it
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        said = _("All that the town holds of you, as of %(when)s. data.json is plain text.") % {
            "when": timezone.localtime().isoformat(timespec="minutes")
        }
        zipped.writestr("README.txt", said + "\n")
        told = json.dumps(export(user), cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
        zipped.writestr("data.json", told + "\n")
        for name, path in files(user):
            if path.is_file():
                zipped.write(path, f"files/{name}")
    out.seek(0)
    return out


def as_download(user: User) -> FileResponse:
    """The archive as an answer that no cache keeps."""
    day = timezone.localdate().isoformat()
    answer = FileResponse(archive(user), as_attachment=True, filename=f"greening-{day}.zip")
    answer["Content-Type"] = "application/zip"
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
