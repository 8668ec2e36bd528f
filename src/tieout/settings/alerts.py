"""Reads [alerts] of tieout.toml: who is told that something is wrong, and when nobody is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from tieout.settings.tomlfile import TomlFile

_KEYS = {
    "smtp",
    "smtp_user",
    "smtp_password",
    "smtp_tls",
    "from",
    "to",
    "escalate_to",
    "webhooks",
    "slack_token",
    "slack_url",
    "silent",
}
_SECTION = "alerts"
SLACK_URL = "https://slack.com/api"


@dataclass(frozen=True)
class Silence:
    """A maintenance window: nobody is told from `since` on until `until`."""

    since: datetime
    until: datetime
    why: str


@dataclass(frozen=True)
class AlertSettings:
    """`smtp` is host:port of a mail server, "" for none; `escalate_to` are told as well of what is past its service
    level; `smtp_tls` is starttls, tls, none, or "" for what the port asks; `webhooks` take a text as Slack does.
    People who choose so are sent what they are told by `smtp`, or by a bot of Slack with `slack_token` at `slack_url`, its Web API's address."""

    smtp: str = ""
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_tls: str = ""
    mail_from: str = "tieout@localhost"
    mail_to: tuple[str, ...] = ()
    escalate_to: tuple[str, ...] = ()
    webhooks: tuple[str, ...] = ()
    slack_token: str = ""
    slack_url: str = SLACK_URL
    silent: tuple[Silence, ...] = ()

    def silent_at(self, now: datetime) -> bool:
        """Whether `now` lies in a maintenance window: its beginning is in it, its end is not."""
        return any(s.since <= now < s.until for s in self.silent)


def read_alerts(file: TomlFile, secret: Callable[..., Any]) -> AlertSettings:
    """`secret` resolves env:NAME and file:PATH. Raises ProjectError."""
    table = file.data.get(_SECTION, {})
    file.check_keys(table, _KEYS, _SECTION)

    def texts(key: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(x, str) and x for x in value):
            raise file.fail(key, _SECTION, 'a list of texts was expected, such as ["finance@example.com"]')
        return tuple(value)

    for key in ("to", "escalate_to"):
        for address in texts(key):
            if address.count("@") != 1 or any(c.isspace() for c in address):
                raise file.fail(key, _SECTION, f"{address!r} is no address of mail")
    if (texts("to") or texts("escalate_to")) and not table.get("smtp"):
        raise file.fail("to", _SECTION, 'mail needs a server: smtp = "mail.example.com:587"')
    tls = str(table.get("smtp_tls", ""))
    if tls not in ("", "starttls", "tls", "none"):
        raise file.fail("smtp_tls", _SECTION, f"{tls!r} is none of starttls, tls, none")
    # A webhook's address is its key: whoever has it can write there.
    hooks = tuple(str(secret(_SECTION, "webhooks", x)) for x in texts("webhooks"))
    return AlertSettings(
        smtp=str(table.get("smtp", "")), smtp_user=str(table.get("smtp_user", "")),
        smtp_password=str(secret(_SECTION, "smtp_password", table.get("smtp_password", ""))),
        smtp_tls=tls, mail_from=str(table.get("from", "tieout@localhost")), mail_to=texts("to"), escalate_to=texts("escalate_to"),
        webhooks=hooks, slack_token=str(secret(_SECTION, "slack_token", table.get("slack_token", ""))), slack_url=_slack_url(file, table),
        silent=tuple(_silence(file, x) for x in table.get("silent", [])),
    )  # fmt: skip


def _slack_url(file: TomlFile, table: dict[str, Any]) -> str:
    url = str(table.get("slack_url", SLACK_URL)).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment:
        raise file.fail("slack_url", _SECTION, f"{url!r} is no address, such as {SLACK_URL}")
    return url


def _silence(file: TomlFile, table: Any) -> Silence:
    section = "alerts.silent"
    if not isinstance(table, dict):
        raise file.fail("silent", _SECTION, "[[alerts.silent]] with since, until and why was expected")
    file.check_keys(table, {"since", "until", "why"}, section)
    found = {}
    for key in ("since", "until"):
        value = file.need(table, key, datetime, section)
        if value.tzinfo is None:
            raise file.fail(
                key, section, "a time with its zone was expected, such as 2026-11-01T20:00:00+01:00"
            )
        found[key] = value
    if found["until"] <= found["since"]:
        raise file.fail("until", section, "it ends before it begins")
    return Silence(found["since"], found["until"], str(table.get("why", "")))
