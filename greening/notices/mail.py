"""A notice as a mail: plain text in its reader's language, the date attached, a way out of the topic in its headers."""

from __future__ import annotations

from email.encoders import encode_base64
from email.mime.base import MIMEBase
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from greening.models import Commune
from greening.models.notice import Notice
from greening.notices import ics, unsubscribing, words
from greening.notices.kinds import kind, topic
from greening.notices.people import language_of


def public_address(path: str) -> str:
    """A path of this site as an address that works from outside."""
    return str(settings.PUBLIC_URL).rstrip("/") + path


def compose(notice: Notice, address: str) -> EmailMessage:
    """The message; its Message-ID is the notice's own, so that a receiver can tell a twin."""
    found = kind(notice.what)
    with override(language_of(notice.person)):
        town = Commune.objects.order_by("id").values_list("name", flat=True).first() or ""
        way_out = public_address(unsubscribing.path(notice.person, found.topic))
        about = topic(found.topic)
        text = render_to_string(
            "greening/notices/mail.txt",
            {
                "body": words.body(notice),
                "action": found.leads_on,
                "link": public_address(notice.link) if notice.link else "",
                "town": town or _("Your town"),
                "topic": about.label if about else found.topic,
                "settings": public_address(reverse("notices")),
                "way_out": way_out,
            },
        )
        subject = words.subject(notice)
        message = EmailMessage(
            subject=words.one_line(f"[{town}] {subject}" if town else subject),
            body=text,
            to=[address],
            headers=_headers(notice, way_out),
        )
        if notice.appointment is not None:
            message.attach(
                _attachment(ics.single(notice.appointment), notice.appointment.cancelled)
            )
    return message


def _headers(notice: Notice, way_out: str) -> dict[str, str]:
    """RFC 8058 asks for https; without it there is the link only."""
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    headers = {
        "Message-ID": f"<notice-{notice.uuid}@{host}>",
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": f"<{way_out}>",
    }
    if way_out.startswith("https://"):
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _attachment(calendar: bytes, cancelled: bool) -> MIMEBase:
    """In base64: a calendar's lines end as they must, whatever happens to the mail's own."""
    part = MIMEBase(
        "text", "calendar", charset="utf-8", method="CANCEL" if cancelled else "PUBLISH"
    )
    part.set_payload(calendar)
    encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename="date.ics")
    return part
