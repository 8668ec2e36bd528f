"""Where alerts go: mail, and webhooks as Slack takes them. Events go the way of every other (`tieout.webhooks_out`)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import httpx2

from tieout.alerting.finding import Alert
from tieout.connector_api import AddressError, ConnectorError, Network, TransientError, reach
from tieout.connector_api.mail import MailServer, close_line, message_of, open_line
from tieout.settings import AlertSettings
from tieout.webhooks_out import post

_TIMEOUT_S = 10.0


class ChannelError(TransientError):
    """A channel did not take what it was told: it is told again later."""


class Channel(Protocol):
    """One way to people."""

    @property
    def name(self) -> str: ...

    def tell(self, alerts: Sequence[Alert], cleared: Sequence[str], escalated: bool) -> None:
        """Tell several alerts as one message, and which are settled. Raises ChannelError."""
        ...


def channels_of(
    settings: AlertSettings, project: str, url: str, private: Sequence[Network] = ()
) -> list[Channel]:
    """Every channel that a project names. `url` is where people open the console."""
    found: list[Channel] = []
    if settings.smtp and (settings.mail_to or settings.escalate_to):
        found.append(Mail(settings, project, url))
    return [*found, *(Hook(address, url, private) for address in settings.webhooks)]


def text_of(alerts: Sequence[Alert], cleared: Sequence[str], url: str) -> str:
    """Each alert: what and how much, what to do, where."""
    parts = [f"{a.title}\n  do: {a.action}\n  at: {url}{a.path}" for a in alerts]
    if cleared:
        parts.append(f"settled: {', '.join(cleared)}")
    return "\n\n".join(parts)


@dataclass(frozen=True)
class Mail:
    """One mail to all who are named; to those who are escalated to only where something is late."""

    settings: AlertSettings
    project: str
    url: str
    name: str = "mail"

    def tell(self, alerts: Sequence[Alert], cleared: Sequence[str], escalated: bool) -> None:
        s = self.settings
        to = [*s.mail_to, *(s.escalate_to if escalated else ())]
        if not to:
            return
        first = alerts[0].title if alerts else "settled"
        more = f" and {len(alerts) - 1} more" if len(alerts) > 1 else ""
        subject = f"[Tieout {self.project}] {first}{more}".replace("\n", " ")[:200]
        host, _, port = s.smtp.partition(":")
        server = MailServer(host, int(port or 25), s.smtp_user, s.smtp_password, s.smtp_tls)
        line = None
        try:
            text = text_of(alerts, cleared, self.url)
            mail = message_of(s.mail_from, to, subject, text, now=datetime.now(UTC))
            line = open_line(server, _TIMEOUT_S)
            line.send_message(mail)
        except (ConnectorError, OSError, ValueError) as error:
            raise ChannelError(f"mail: {type(error).__name__}: {error}"[:200], 0) from None
        finally:
            close_line(line)


@dataclass(frozen=True)
class Hook:
    """A webhook as Slack takes them: JSON with a text."""

    address: str
    url: str
    private: Sequence[Network] = ()

    @property
    def name(self) -> str:
        """Its host; and of the rest of its address, which may be a secret, enough to tell two of them apart."""
        host, digest = (
            self.address.partition("://")[2].partition("/")[0],
            hashlib.sha256(self.address.encode()),
        )
        return f"webhook {host} {digest.hexdigest()[:6]}"

    def tell(self, alerts: Sequence[Alert], cleared: Sequence[str], escalated: bool) -> None:
        body = json.dumps({"text": text_of(alerts, cleared, self.url)}).encode()
        try:
            sent = post(reach(self.address, self.private), {"content-type": "application/json"}, body)
        except (AddressError, httpx2.HTTPError, OSError, ValueError) as error:
            raise ChannelError(f"{self.name}: {type(error).__name__}: {error}"[:200], 0) from None
        if not sent.taken:
            raise ChannelError(f"{self.name}: {sent.status}", sent.after_s)
