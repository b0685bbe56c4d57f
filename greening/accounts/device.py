"""Which device a change came from, in words that people recognise and that follow nobody."""

from __future__ import annotations

from django.http import HttpRequest

#: Order matters: Edge says Chrome, Chrome says Safari, Android says Linux.
BROWSERS = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


def told_by(agent: str) -> str:
    """Browser and system, without versions: nothing that tells one person's device from another's.

    >>> told_by("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    'Firefox, Linux'
    >>> told_by("curl/8.5.0")
    ''
    """
    found = [
        next((name for mark, name in marks if mark in agent), "") for marks in (BROWSERS, SYSTEMS)
    ]
    return ", ".join(name for name in found if name)


def device_of(request: HttpRequest) -> str:
    return told_by(request.headers.get("User-Agent", ""))
