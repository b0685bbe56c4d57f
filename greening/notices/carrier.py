"""The way to the mail server in two steps, so that the moment of doubt is as short as it can be.

With SMTP, `offer` says from whom and to whom: a server that is down, slow or unwilling says so there, and nothing
was sent. Only `hand_over` gives it the text; if the line breaks between the text and the answer, nobody can know.
"""

from __future__ import annotations

from contextlib import suppress
from smtplib import SMTPDataError, SMTPException, SMTPServerDisconnected
from types import TracebackType
from typing import Any

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import sanitize_address


class Refused(Exception):
    """The mail server will never take this message."""


class NotTaken(Exception):
    """The mail server did not take the message this time: try again later."""


class Unsure(Exception):
    """The line broke while the message was handed over: it may have been taken."""


class Carrier:
    """One message's way: `with Carrier(message) as carrier: carrier.offer(); …; carrier.hand_over()`.

    Backends without a dialogue (files, memory) take the message whole at `hand_over`.
    """

    def __init__(self, message: EmailMessage) -> None:
        self.message = message
        self.connection = get_connection()
        self.smtp: Any = None

    def __enter__(self) -> Carrier:
        try:
            self.connection.open()
        except (SMTPException, OSError) as error:
            # Bad credentials among them: the town's mistake, which does not make a resident's mail hopeless.
            self._close()
            raise NotTaken(_told(error)) from error
        if isinstance(self.connection, EmailBackend):
            self.smtp = self.connection.connection
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def offer(self) -> None:
        """Agree on sender and recipient. Raises Refused or NotTaken; nothing was sent then."""
        if self.smtp is None:
            return
        encoding = self.message.encoding or "utf-8"
        try:
            self.smtp.ehlo_or_helo_if_needed()
            _expect(*self.smtp.mail(sanitize_address(self.message.from_email, encoding)))
            for recipient in self.message.recipients():
                _expect(*self.smtp.rcpt(sanitize_address(recipient, encoding)))
        except (SMTPException, OSError) as error:
            raise NotTaken(_told(error)) from error

    def hand_over(self) -> None:
        """Give the text. Raises Refused or NotTaken where the server said so, Unsure where it said nothing."""
        if self.smtp is None:
            try:
                self.connection.send_messages([self.message])
            except (SMTPException, OSError) as error:
                raise Unsure(_told(error)) from error
            return
        text = self.message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]  # Django's own
        try:
            answer = self.smtp.data(text)
        except SMTPDataError as error:  # it did not even want to hear the text
            _expect(error.smtp_code, error.smtp_error)
        except (SMTPServerDisconnected, SMTPException, OSError) as error:
            raise Unsure(_told(error)) from error
        else:
            _expect(*answer)

    def _close(self) -> None:
        with suppress(SMTPException, OSError):
            self.connection.close()


def _expect(code: int, answer: Any) -> None:
    """250 or 251; 5xx is for ever, 4xx (and what is no answer at all) for now."""
    if code in (250, 251):
        return
    said = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    sentence = f"{code} {said}"
    if 500 <= code < 600:
        raise Refused(sentence)
    raise NotTaken(sentence)


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
