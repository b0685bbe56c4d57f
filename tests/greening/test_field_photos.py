"""Photos of a phone: in chunks, after any cut, checked by hash; hostile files refused with a reason."""

from __future__ import annotations

import errno
import io
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image

from greening.field import pictures, uploads
from greening.field.uploads import original_of, part_of
from greening.models import Photo, Upload
from tests.greening.field_phone import Phone, digest, picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def phone() -> Phone:
    return Phone()


def held(data_dir: Path) -> list[Path]:
    return [path for path in (data_dir / "field").rglob("*") if path.is_file()]


def test_a_photo_in_three_chunks_is_kept_byte_for_byte_and_has_its_receipt(
    phone: Phone, data_dir: Path
) -> None:
    content = picture((400, 300))
    sha256 = digest(content)
    assert phone.get(f"photos/{sha256}/receipt").status_code == 404
    begun = phone.begin(content)
    assert (begun.status_code, begun["Location"]) == (201, f"/api/field/photos/{sha256}")
    assert begun["Tus-Resumable"] == "1.0.0"
    for start in range(0, len(content), len(content) // 3 + 1):
        chunk = content[start : start + len(content) // 3 + 1]
        answer = phone.append(chunk, start, sha256)
        assert (answer.status_code, answer["Upload-Offset"]) == (204, str(start + len(chunk)))
    receipt = phone.get(f"photos/{sha256}/receipt").json()
    assert (receipt["sha256"], receipt["bytes"], receipt["stored"]) == (sha256, len(content), True)
    photo = Photo.objects.get()
    assert (photo.width, photo.height, photo.mime, photo.device.uuid) == (
        400,
        300,
        "image/jpeg",
        phone.uuid,
    )
    assert original_of(photo) == data_dir / "field" / "photos" / sha256[:2] / f"{sha256}.jpg"
    assert original_of(photo).read_bytes() == content
    assert not Upload.objects.exists()
    assert held(data_dir) == [original_of(photo)]


def test_the_offset_is_the_file_s_length_whatever_happened(phone: Phone) -> None:
    content = picture()
    sha256 = digest(content)
    phone.begin(content)
    assert phone.offset(sha256)["Upload-Offset"] == "0"
    phone.append(content[:100], 0, sha256)
    # The process died after more had reached the disk than it could answer for.
    with part_of(Upload.objects.get()).open("ab") as file:
        file.write(content[100:150])
    there = phone.offset(sha256)
    assert (there["Upload-Offset"], there["Upload-Length"]) == ("150", str(len(content)))
    assert there["Cache-Control"] == "no-store"
    stale = phone.append(content[100:], 100, sha256)
    assert (stale.status_code, stale.json()["code"]) == (409, "offset")
    assert phone.append(content[150:], 150, sha256).status_code == 204
    assert phone.get(f"photos/{sha256}/receipt").status_code == 200


@pytest.mark.parametrize("asks", ["offset", "receipt"])
def test_a_server_that_died_after_the_last_byte_finishes_when_asked(
    phone: Phone, asks: str
) -> None:
    content = picture()
    sha256 = digest(content)
    phone.begin(content)
    phone.append(content[:10], 0, sha256)
    with part_of(Upload.objects.get()).open("ab") as file:
        file.write(content[10:])
    if asks == "offset":
        assert phone.offset(sha256)["Upload-Offset"] == str(len(content))
    assert phone.get(f"photos/{sha256}/receipt").json()["stored"]


@pytest.mark.parametrize("number", [errno.EIO, errno.EMFILE])
def test_a_fault_of_the_server_s_refuses_no_photo_and_costs_no_byte(
    phone: Phone, data_dir: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    content = picture()
    sha256 = digest(content)

    def broken(*_args: Any, **_options: Any) -> Any:
        raise OSError(number, os.strerror(number))

    phone.client.raise_request_exception = False
    with monkeypatch.context() as patched:
        patched.setattr(Image, "open", broken)
        assert phone.upload(content).status_code == 500
        assert phone.get(f"photos/{sha256}/receipt").status_code == 500
    assert not Photo.objects.exists()
    assert part_of(Upload.objects.get()).read_bytes() == content
    assert phone.get(f"photos/{sha256}/receipt").json()["stored"]
    assert held(data_dir) == [original_of(Photo.objects.get())]


def test_damaged_bytes_are_sent_anew_from_the_start(phone: Phone) -> None:
    content = picture()
    sha256 = digest(content)
    phone.begin(content)
    wrong = phone.append(b"x" * len(content), 0, sha256)
    assert (wrong.status_code, wrong.json()["code"]) == (460, "hash_mismatch")
    assert wrong["Tus-Resumable"] == "1.0.0"
    assert phone.get(f"photos/{sha256}/receipt").status_code == 404
    assert phone.upload(content).status_code == 204
    assert phone.get(f"photos/{sha256}/receipt").status_code == 200


def test_a_photo_that_is_here_is_not_sent_twice_whoever_has_it(phone: Phone) -> None:
    content = picture()
    sha256 = digest(content)
    phone.upload(content)
    other = Phone()
    assert other.begin(content).status_code == 201
    assert other.offset(sha256)["Upload-Offset"] == str(len(content))
    assert other.append(content, 0, sha256)["Upload-Offset"] == str(len(content))
    assert (Photo.objects.count(), Upload.objects.count()) == (1, 0)


def test_two_phones_with_one_photo_do_not_stand_in_each_other_s_way(phone: Phone) -> None:
    content, other = picture(), Phone()
    sha256 = digest(content)
    phone.begin(content)
    other.begin(content, length=999_999)  # a wrong length is this phone's own trouble
    phone.append(content[:20], 0, sha256)
    assert other.offset(sha256)["Upload-Offset"] == "0"
    phone.append(content[20:], 20, sha256)
    assert other.offset(sha256)["Upload-Offset"] == str(len(content))


def test_one_of_two_tabs_writes_and_the_other_is_told_to_wait(phone: Phone) -> None:
    content = picture()
    sha256 = digest(content)
    phone.begin(content)
    upload = Upload.objects.get()
    with uploads._alone_with(part_of(upload)):
        answer = phone.append(content, 0, sha256)
    assert (answer.status_code, answer.json()["code"]) == (423, "locked")
    assert phone.append(content, 0, sha256).status_code == 204


def test_more_bytes_than_announced_are_not_taken(phone: Phone, data_dir: Path) -> None:
    content = picture()
    sha256 = digest(content)
    phone.begin(content)
    assert phone.append(content + b"more", 0, sha256)["Upload-Offset"] == str(len(content))
    assert held(data_dir)[0].read_bytes() == content


def test_an_upload_that_broke_off_goes_on_where_it_stands(phone: Phone) -> None:
    content = picture()
    sha256 = digest(content)
    phone.begin(content)

    class Cut(io.BytesIO):
        """A connection that dies after its bytes."""

        def read(self, size: int | None = -1, /) -> bytes:
            chunk = super().read(size)
            if not chunk:
                raise ConnectionResetError
            return chunk

    done = uploads.append(Upload.objects.get(), 0, Cut(content[:50]), phone.user)
    assert done.offset == 50
    assert phone.offset(sha256)["Upload-Offset"] == "50"


# --- what is refused at once ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "status", "code"),
    [
        (0, 400, "photo_empty"),
        (1_000_000_000, 413, "too_large"),
        (25_000_001, 413, "too_large"),
        ("-1", 400, "malformed"),
        ("1e3", 400, "malformed"),
        ("9" * 40, 400, "malformed"),
    ],
)
def test_sizes_that_are_not_taken_are_refused_before_a_byte_is_sent(
    phone: Phone, data_dir: Path, length: Any, status: int, code: str
) -> None:
    answer = phone.begin(picture(), length=length)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert held(data_dir) == []


@pytest.mark.parametrize(
    "metadata", ["", "sha256", "sha256 !!!", "sha256 Li4vLi4vZXRj", "type aW1hZ2U="]
)
def test_an_upload_without_a_readable_hash_is_malformed(phone: Phone, metadata: str) -> None:
    answer = phone.tus("POST", "photos/", upload_length="5", upload_metadata=metadata)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_the_protocol_is_kept_to(phone: Phone) -> None:
    content = picture()
    sha256 = digest(content)
    options = phone.client.options("/api/field/photos/", headers=phone.headers)
    assert (options["Tus-Version"], options["Tus-Extension"]) == ("1.0.0", "creation")
    old = phone.tus("POST", "photos/", tus_resumable="0.2.2")
    assert (old.status_code, old["Tus-Version"]) == (412, "1.0.0")
    assert phone.offset(sha256).status_code == 404
    assert phone.append(content, 0, sha256).json()["code"] == "not_begun"
    phone.begin(content)
    wrong = phone.tus(
        "PATCH", f"photos/{sha256}", content, upload_offset="0", content_type="text/plain"
    )
    assert (wrong.status_code, wrong.json()["code"]) == (415, "media_type")
    assert phone.tus("PATCH", f"photos/{sha256}", content).json()["code"] == "malformed"
    assert phone.get(f"photos/{sha256}").status_code == 405


# --- hostile files ----------------------------------------------------------------------------------


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("evil.txt", "x")
    return out.getvalue()


def bomb() -> bytes:
    """A PNG of a few hundred kB that would be 12 GB of pixels: its header says so, its data need not follow."""
    import struct
    import zlib

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 50_000_000, 9))
        + chunk(b"IEND", b"")
    )


def animation() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), (shade, 0, 0)) for shade in (0, 99, 200)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


HOSTILE: dict[str, tuple[Any, str, str]] = {
    "a zip behind a JPEG": (lambda: picture() + zipped(), "image/jpeg", "photo_hostile"),
    "a script in a JPEG's comment": (
        lambda: picture(comment=b"<ScRiPt>alert(1)</script>"),
        "image/jpeg",
        "photo_hostile",
    ),
    "PHP behind a PNG": (
        lambda: picture(form="PNG") + b"<?php system($_GET[0]);",
        "image/png",
        "photo_hostile",
    ),
    "a PDF whose stream is a JPEG": (
        lambda: b"%PDF-1.7\n" + picture(),
        "image/jpeg",
        "photo_hostile",
    ),
    "SVG": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/jpeg", "photo_hostile"),
    "HTML": (lambda: b"<html><body>photo</body></html>", "image/jpeg", "photo_hostile"),
    "a program": (lambda: b"\x7fELF" + bytes(500), "image/jpeg", "photo_format"),
    "noise": (lambda: bytes(range(256)) * 20, "image/jpeg", "photo_format"),
    "an animation": (animation, "image/gif", "photo_format"),
    "TIFF": (lambda: picture(form="TIFF"), "image/jpeg", "photo_format"),
    "a PNG called JPEG": (lambda: picture(form="PNG"), "image/jpeg", "photo_type"),
    "a bomb": (bomb, "image/png", "photo_pixels"),
    "100 megapixels": (lambda: picture((10_000, 10_000)), "image/jpeg", "photo_pixels"),
    "a ribbon": (lambda: picture((40_000, 10)), "image/jpeg", "photo_pixels"),
    "half a JPEG": (lambda: picture((300, 300))[:-200], "image/jpeg", "photo_truncated"),
    "half a PNG": (lambda: picture((300, 300), "PNG")[:-40], "image/png", "photo_truncated"),
    "only a header": (lambda: picture((300, 300))[:180], "image/jpeg", "photo_truncated"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_a_reason_and_leaves_nothing(
    phone: Phone, data_dir: Path, name: str
) -> None:
    make, mime, code = HOSTILE[name]
    content = make()
    answer = phone.upload(content, mime)
    said = answer.json()
    allowed = {code, "photo_format"} if name == "only a header" else {code}
    assert answer.status_code == 422
    assert said["code"] in allowed
    assert len(said["detail"]) > 20
    assert held(data_dir) == []
    again = phone.get(f"photos/{digest(content)}/receipt")
    assert (again.status_code, again.json()["code"]) == (422, said["code"])
    good = picture(colour=(1, 2, 3))
    assert phone.upload(good).status_code == 204  # the next one is not held up


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_ordinary_pictures_are_taken(phone: Phone, form: str) -> None:
    assert phone.upload(picture((640, 480), form), f"image/{form.lower()}").status_code == 204


def test_bytes_that_come_up_by_chance_make_no_photo_hostile(phone: Phone) -> None:
    """Compressed pixels are as good as random: `<svg` comes up in one photo of 1 MB in five hundred."""
    by_chance = b"<sVg\x81 <SVG <?php\x99 <HTML\x00 PK\x05\x06 %PDF <scrip"
    assert phone.upload(picture(comment=bytes(2000) + by_chance)).status_code == 204


def test_a_photo_refused_for_its_type_is_taken_under_its_true_one(phone: Phone) -> None:
    content = picture(form="PNG")
    assert phone.upload(content, "image/jpeg").status_code == 422
    assert phone.upload(content, "image/png").status_code == 204
    assert phone.get(f"photos/{digest(content)}/receipt").status_code == 200


def test_a_public_copy_carries_the_picture_and_nothing_else(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "Phone of Ana"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (48.0, 49.0, 26.0)
    original, public = tmp_path / "a.jpg", tmp_path / "public" / "a.jpg"
    out = io.BytesIO()
    image = Image.new("RGB", (400, 200), (200, 30, 30))
    image.save(out, "JPEG", exif=exif, comment=b"taken at home", icc_profile=b"profile")
    original.write_bytes(out.getvalue())
    assert b"Ana" in original.read_bytes()
    pictures.bare_copy(original, public)
    with Image.open(public) as shown:
        assert shown.size == (200, 400)  # upright without the tag that said so
        assert not shown.getexif()
        assert not {"comment", "icc_profile", "exif", "xmp"} & set(shown.info)
    content = public.read_bytes()
    assert not any(word in content for word in (b"Exif", b"Ana", b"home", b"GPS", b"ICC_PROFILE"))
    assert [path.name for path in public.parent.iterdir()] == ["a.jpg"]


def test_stale_uploads_are_forgotten_and_may_begin_again(phone: Phone, data_dir: Path) -> None:
    content = picture()
    phone.begin(content)
    phone.append(content[:50], 0, digest(content))
    assert uploads.clear_stale(days=1) == 0
    assert uploads.clear_stale(days=-1) == 1
    assert held(data_dir) == []
    assert phone.upload(content).status_code == 204
