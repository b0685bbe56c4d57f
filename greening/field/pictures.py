"""What is a picture and what only looks like one; and the copies that people see, which carry nothing but the picture.

The original is kept as it came and never served: whatever is shown was decoded and encoded anew.
"""

from __future__ import annotations

import mmap
import os
import re
import struct
import threading
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

#: Formats taken, by what a phone calls them. HEIC is not decoded here; the app sends JPEG.
FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
#: 50 megapixels is what phones take at most; JPEG is decoded at an eighth of its size, the others whole.
MOST_PIXELS = {"JPEG": 50_000_000, "PNG": 20_000_000, "WEBP": 20_000_000}
MOST_SIDE = 30_000
#: Starts of documents and programs that a browser or an interpreter may find inside a picture. Compressed pixels are
#: as good as random, so a mark needs six bytes: four of them came up in one photo of 1 MB in five hundred.
ANYWHERE = re.compile(rb"(?i)<script|<\?php\s|<html[\s>]|<!doctype html")
AT_THE_START = re.compile(rb"(?i)%PDF-|<svg\s")
SHOWN_PX = 1600
#: One picture at a time is decoded in a process, so that memory does not grow with the number of phones.
_decoding = threading.Lock()


class NoPicture(Exception):
    """Why a file is not kept: a code of the contract, and a sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Picture:
    mime: str
    width: int
    height: int


def inspect(path: Path, announced: str = "") -> Picture:
    """What picture the file is. Raises NoPicture where it is none that is taken, or not what was `announced`.

    The whole file is decoded: a truncated one does not pass. An OSError of the machine's own says nothing about the
    picture and is raised as it is.
    """
    _no_other_format(path)
    with _decoding, warnings.catch_warnings():
        warnings.simplefilter("error")  # Pillow warns of what may be a bomb, and of broken metadata
        try:
            with Image.open(path, formats=list(FORMATS)) as image:
                found = _bounded(image)
                if announced and announced.lower() != found.mime:
                    raise NoPicture(
                        "photo_type",
                        _("This is %(found)s, not %(said)s as it says.")
                        % {"found": found.mime, "said": announced[:40]},
                    )
                if image.format == "JPEG":
                    image.draft("RGB", (image.width // 8, image.height // 8))
                image.load()
        except UnidentifiedImageError:
            raise NoPicture("photo_format", _("This is no JPEG, PNG or WebP picture.")) from None
        except Image.DecompressionBombError:
            raise _too_large() from None
        except Image.DecompressionBombWarning:
            raise _too_large() from None
        except (OSError, SyntaxError, ValueError, struct.error, EOFError, Warning) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the disk or the table of open files, not the picture: Pillow's own have no number
            raise NoPicture("photo_truncated", _("This picture is cut off or damaged.")) from error
        except MemoryError:
            raise _too_large() from None
    return found


def _bounded(image: Image.Image) -> Picture:
    """Size and type from the header alone, before a single pixel is decoded."""
    name = str(image.format)
    width, height = image.size
    if width * height > MOST_PIXELS[name] or max(width, height) > MOST_SIDE:
        raise _too_large()
    return Picture(FORMATS[name], width, height)


def _too_large() -> NoPicture:
    return NoPicture("photo_pixels", _("This picture has more pixels than are taken here."))


def _no_other_format(path: Path) -> None:
    """Refuse a file that is an archive, a document or a script as well as a picture."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        hostile = (
            AT_THE_START.search(data, 0, 1024)
            or ANYWHERE.search(data)
            or _ends_as_zip(data, len(data))
        )
    if hostile:
        raise NoPicture(
            "photo_hostile", _("This file is something else besides a picture; it is not kept.")
        )


def _ends_as_zip(data: mmap.mmap, size: int) -> bool:
    """Whether the last record is that of a zip archive whose comment reaches to the very end."""
    at = data.rfind(b"PK\x05\x06", max(0, size - 65_557))
    if at < 0 or at + 22 > size:
        return False
    (comment,) = struct.unpack_from("<H", data, at + 20)
    return bool(at + 22 + comment == size)


def bare_copy(original: Path, target: Path, most_px: int = SHOWN_PX) -> None:
    """Write the picture anew as JPEG, upright, without a byte of metadata; the target appears whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        with _decoding, Image.open(original, formats=list(FORMATS)) as image:
            _bounded(image)
            if image.format == "JPEG":
                image.draft("RGB", (most_px, most_px))
            image.seek(0)
            image.thumbnail((most_px, most_px))
            upright = ImageOps.exif_transpose(image)
            plain = _on_white(upright)
            # A fresh picture knows nothing of where its pixels come from: no EXIF, no thumbnail, no profile.
            fresh = Image.new("RGB", plain.size)
            fresh.paste(plain)
            fresh.save(part, "JPEG", quality=85)
        part.replace(target)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")
