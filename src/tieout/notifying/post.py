"""By mail or by Slack: sends one message to one person, once.

Mail is handed over to the project's own server, that of its alerts. What is refused is told apart by what is done next: an address that is no good
ends the message, a server or a token that does not serve keeps all of them waiting.
"""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from tieout.connector_api import Network, SetupError, TransientError
from tieout.connector_api.mail import MailServer, close_line, message_of, open_line
from tieout.notifying.model import LaterError, NoticeWay, NotTakenError
from tieout.notifying.slack import post_message
from tieout.notifying.writing import Written
from tieout.settings import AlertSettings

_TIMEOUT_S = 10.0


class Post(Protocol):
    """One way to a person."""

    @property
    def way(self) -> NoticeWay: ...

    def send(self, address: str, written: Written, key: str, now: datetime) -> None:
        """Send a message, once; `key` is the same at each try. Raises NotTakenError and LaterError, which are of this message alone, and
        SetupError and TransientError, which are of all of them."""
        ...


@dataclass(frozen=True)
class Mail:
    """By the project's mail server."""

    settings: AlertSettings = field(repr=False)
    way: NoticeWay = NoticeWay.MAIL

    def send(self, address: str, written: Written, key: str, now: datetime) -> None:
        s = self.settings
        try:
            mail = message_of(s.mail_from, [address], written.subject, written.text, now=now, key=key)
        except ValueError as error:
            raise NotTakenError(str(error)) from None
        host, _, port = s.smtp.partition(":")
        line = open_line(
            MailServer(host, int(port or 25), s.smtp_user, s.smtp_password, s.smtp_tls), _TIMEOUT_S
        )
        try:
            line.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            raise _of_code(code, said) from None
        except smtplib.SMTPDataError as error:
            raise _of_code(error.smtp_code, error.smtp_error) from None
        except smtplib.SMTPSenderRefused as error:
            why = f"the mail server refuses the sender {s.mail_from} ({error.smtp_code})"
            raise (TransientError(why) if error.smtp_code < 500 else SetupError(why)) from None
        except smtplib.SMTPNotSupportedError as error:
            raise NotTakenError(f"the mail server does not take such an address: {error}") from None
        except (OSError, smtplib.SMTPException) as error:
            raise TransientError(f"the line to the mail server was lost: {type(error).__name__}") from None
        finally:
            close_line(line)


def _of_code(code: int, said: bytes | str) -> Exception:
    """4xx: later; 5xx: never (RFC 5321, 4.2.1)."""
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    clean = " ".join("".join(c if c.isprintable() else " " for c in words).split())[:200]
    why = f"the mail server answers {code} {clean}"
    return LaterError(why) if 400 <= code < 500 else NotTakenError(why)


@dataclass(frozen=True)
class Slack:
    """By the project's app in Slack."""

    settings: AlertSettings = field(repr=False)
    private: Sequence[Network] = ()
    way: NoticeWay = NoticeWay.SLACK

    def send(self, address: str, written: Written, key: str, now: datetime) -> None:
        text = f"{written.subject}\n\n{written.text}"
        post_message(self.settings.slack_url, self.settings.slack_token, address, text, key, self.private)


def posts_of(settings: AlertSettings, private: Sequence[Network] = ()) -> tuple[Post, ...]:
    """Every way to people that a project names."""
    found: list[Post] = []
    if settings.smtp:
        found.append(Mail(settings))
    if settings.slack_token:
        found.append(Slack(settings, private))
    return tuple(found)
