"""Where alerts go: mail, and webhooks as Slack takes them. Events go the way of every other (`tieout.telling`)."""

from __future__ import annotations

import json
import smtplib
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol

import httpx2

from tieout.alerting.finding import Alert
from tieout.connect import AddressError, Network, reach
from tieout.settings import AlertSettings
from tieout.telling import post

_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Told:
    """What became of one channel: `error` is "" where it was taken."""

    channel: str
    error: str = ""


class Channel(Protocol):
    def __call__(self, alerts: Sequence[Alert], cleared: Sequence[str], escalated: bool) -> list[Told]: ...


@dataclass(frozen=True)
class Channels:
    """Every channel that a project names. `url` is where people open the console."""

    settings: AlertSettings
    project: str
    url: str
    private: Sequence[Network] = ()

    def __call__(self, alerts: Sequence[Alert], cleared: Sequence[str], escalated: bool) -> list[Told]:
        """Tell several alerts as one message a channel. Never raises for what the other side does."""
        told = []
        s = self.settings
        if s.smtp and (s.mail_to or (escalated and s.escalate_to)):
            to = [*s.mail_to, *(s.escalate_to if escalated else ())]
            told.append(self._mail(to, alerts, cleared))
        told += [self._hook(address, alerts, cleared) for address in s.webhooks]
        return told

    def text(self, alerts: Sequence[Alert], cleared: Sequence[str]) -> str:
        """Each alert: what and how much, what to do, where."""
        parts = [
            f"{a.title}\n  do: {a.action}\n  at: {self.url}{a.path}" for a in alerts
        ]  # fmt: skip
        if cleared:
            parts.append(f"settled: {', '.join(cleared)}")
        return "\n\n".join(parts)

    def _mail(self, to: Sequence[str], alerts: Sequence[Alert], cleared: Sequence[str]) -> Told:
        s = self.settings
        mail = EmailMessage()
        first = alerts[0].title if alerts else "settled"
        more = f" and {len(alerts) - 1} more" if len(alerts) > 1 else ""
        mail["Subject"] = f"[Tieout {self.project}] {first}{more}".replace("\n", " ")[:200]
        mail["From"], mail["To"] = s.mail_from, ", ".join(to)
        mail.set_content(self.text(alerts, cleared))
        host, _, port = s.smtp.partition(":")
        try:
            with smtplib.SMTP(host, int(port or 25), timeout=_TIMEOUT_S) as server:
                if s.smtp_user:
                    server.starttls()
                    server.login(s.smtp_user, s.smtp_password)
                server.send_message(mail)
        except (OSError, smtplib.SMTPException) as error:
            return Told("mail", f"{type(error).__name__}: {error}"[:200])
        return Told("mail")

    def _hook(self, address: str, alerts: Sequence[Alert], cleared: Sequence[str]) -> Told:
        body = json.dumps({"text": self.text(alerts, cleared)}).encode()
        name = f"webhook {address.partition('://')[2].partition('/')[0]}"
        try:
            sent = post(reach(address, self.private), {"content-type": "application/json"}, body)
        except (AddressError, httpx2.HTTPError, OSError, ValueError) as error:
            return Told(name, f"{type(error).__name__}: {error}"[:200])
        return Told(name) if sent.taken else Told(name, sent.status)
