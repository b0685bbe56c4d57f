"""A real mail server in the test's own process, that counts what it takes and can be told to be difficult."""

from __future__ import annotations

import asyncio
import email
import random
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.controller import Controller


class Postmaster:
    """What the server does with each message; `taken` is what arrived whole, whatever the sender heard of it."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.to_recipient = "250 OK"
        self.to_message = "250 OK"
        self.hangs_up = False  # after the text, without a word
        self.slow_s = 0.0  # at each step, at most
        self.welcomes_after_s = 0.0  # a recipient
        self.answers_after_s = 0.0  # the text
        self.asked = 0  # for how many recipients
        self.dice = random.Random(7)

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        self.asked += 1
        await self._wait(self.welcomes_after_s)
        if self.to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        await self._wait()
        if self.to_message.startswith("250"):
            message = email.message_from_bytes(envelope.content, policy=default)
            self.taken.append(cast(EmailMessage, message))
        await self._wait(self.answers_after_s)
        if self.hangs_up:
            server.transport.abort()
        return self.to_message

    async def _wait(self, at_least_s: float = 0.0) -> None:
        if self.slow_s or at_least_s:
            await asyncio.sleep(at_least_s + self.dice.uniform(0, self.slow_s))

    @property
    def by_id(self) -> Counter[str]:
        return Counter(str(message["Message-ID"]) for message in self.taken)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def mail_server(port: int = 0) -> Iterator[tuple[Postmaster, int]]:
    """The server and its port."""
    postmaster = Postmaster()
    port = port or free_port()
    controller = Controller(postmaster, hostname="127.0.0.1", port=port, ready_timeout=30)
    controller.start()
    try:
        yield postmaster, port
    finally:
        controller.stop()


def send_through(settings: Any, port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_TIMEOUT = 5
