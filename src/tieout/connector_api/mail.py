"""A line to a mail server, and what is written over it.

SMTP is RFC 5321, messages RFC 5322, STARTTLS RFC 3207, implicit TLS on port 465 RFC 8314. Python's own STARTTLS believes any
certificate unless it is given a context; here the server's is verified against those that this machine trusts.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, cast

from tieout.connector_api.errors import ConnectorError, SetupError, TransientError

TLS = ("starttls", "tls", "none")
_IMPLICIT, _SUBMISSION = 465, 587
_TIMEOUT_S = 20.0


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over. `tls` is one of TLS; "" is `tls` on port 465, `starttls` on 587 or with a user, else none.
    With `token` the user signs in by XOAUTH2 instead of the password: it gives an access token, and another than the one that
    was refused."""

    host: str
    port: int = 25
    user: str = ""
    password: str = ""
    tls: str = ""
    token: Callable[[str], str] | None = None

    @property
    def secured(self) -> str:
        """How the line is encrypted: one of TLS."""
        if self.tls:
            return self.tls
        if self.port == _IMPLICIT:
            return "tls"
        return "starttls" if self.user or self.port == _SUBMISSION else "none"


class _Handing:
    """Knows whether a message's text was on its way: before that a line that is cut took nothing along."""

    handed = False

    def data(self, msg: Any) -> Any:
        self.handed = True
        return super().data(msg)  # type: ignore[misc]


class _Line(_Handing, smtplib.SMTP):
    pass


class _TlsLine(_Handing, smtplib.SMTP_SSL):
    pass


Line = _Line | _TlsLine


def open_line(server: MailServer, timeout_s: float = _TIMEOUT_S) -> Line:
    """A line, encrypted and signed in as the server is declared. Raises SetupError (a certificate that is not believed, no
    encryption offered, a refused user) and TransientError."""
    where = f"the mail server {server.host}:{server.port}"
    if server.user and server.secured == "none":
        raise SetupError(f"{where}: a user signs in over an encrypted line alone: set tls to starttls or tls")
    line: Line | None = None
    try:
        if server.secured == "tls":
            line = _TlsLine(server.host, server.port, timeout=timeout_s, context=ssl.create_default_context())
        else:
            line = _Line(server.host, server.port, timeout=timeout_s)
        if server.secured == "starttls":
            line.starttls(context=ssl.create_default_context())
        if server.user:
            _sign_in(line, server)
        return line
    except ssl.SSLCertVerificationError as error:
        close_line(line)
        said = f"{where} shows a certificate that is not believed: {error.verify_message}. "
        raise SetupError(
            said + "Name the server as its certificate does, or let this machine trust who signed it"
        ) from None
    except smtplib.SMTPNotSupportedError as error:
        close_line(line)
        raise SetupError(f"{where} does not offer what is asked for: {error}") from None
    except smtplib.SMTPAuthenticationError as error:
        close_line(line)
        if 400 <= error.smtp_code < 500:
            raise TransientError(f"{where} puts signing in off ({error.smtp_code})") from None
        raise SetupError(
            f"{where} refuses user {server.user} ({error.smtp_code}): check how it signs in"
        ) from None
    except (OSError, smtplib.SMTPException) as error:
        close_line(line)
        raise TransientError(f"{where}: {error!r}") from None
    except ConnectorError:
        # No token could be got.
        close_line(line)
        raise


def _sign_in(line: Line, server: MailServer) -> None:
    if server.token is None:
        line.login(server.user, server.password)
        return
    line.ehlo_or_helo_if_needed()
    if "XOAUTH2" not in line.esmtp_features.get("auth", "").upper().split():
        raise smtplib.SMTPNotSupportedError("AUTH XOAUTH2 is not among what it offers")
    token = server.token("")
    try:
        _sign_in_by(line, server.user, token)
    except smtplib.SMTPAuthenticationError:
        # A token may be revoked before its end: once more with a new one.
        _sign_in_by(line, server.user, server.token(token))


def _sign_in_by(line: Line, user: str, token: str) -> None:
    said = f"user={user}\1auth=Bearer {token}\1\1"

    def answer(challenge: bytes | None = None) -> str:
        # A challenge after the first word is the refusal's reason, which is to be answered with nothing (Google and
        # Microsoft: SASL XOAUTH2).
        return said if challenge is None else ""

    line.auth("XOAUTH2", answer)


def close_line(line: Line | None) -> None:
    """Part from a server, whatever it says."""
    if line is None:
        return
    try:
        line.quit()
    except (OSError, smtplib.SMTPException):
        line.close()


def one_address(text: str) -> Address:
    """The one address that a text names, with a name or without. Raises ValueError where it names none or several, or holds
    what no address does: a message that must reach one person reaches one."""
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise ValueError(f"{text[:80]!r} holds a control character: an address is one line")
    try:
        header = cast(Any, HeaderRegistry()("To", text))
    except (MessageError, ValueError, LookupError) as error:
        raise ValueError(f"{text[:80]!r} is no address of mail: {error}") from None
    found = header.addresses
    if len(found) != 1 or header.defects or not found[0].username or not found[0].domain:
        raise ValueError(
            f"{text[:80]!r} is no single address of mail: name@domain, or Name <name@domain>, is expected"
        )
    address: Address = found[0]
    if address.domain.isascii():
        return address
    # A domain in letters of its own goes by its other name, which every server takes (RFC 5891).
    return Address(address.display_name, address.username, address.domain.encode("idna").decode())


def message_of(
    sender: str, to: Sequence[str], subject: str, text: str, *, now: datetime, key: str = ""
) -> EmailMessage:
    """A message from one address to others. `key` makes its Message-ID, the same each time; `now`, with a zone, is its date.
    Raises ValueError for an address or a subject that is none."""
    message = EmailMessage()
    origin = one_address(sender)
    message["From"], message["To"] = origin, tuple(one_address(each) for each in to)
    message["Subject"], message["Date"] = subject, format_datetime(now)
    if key:
        message["Message-ID"] = f"<{key}@{origin.domain}>"
    # What machines wrote is answered by none (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message
