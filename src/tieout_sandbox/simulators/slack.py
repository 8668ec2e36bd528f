"""A workspace of Slack as an app with a bot's token sees it: `chat.postMessage`, and no more.

Published: https://docs.slack.dev/reference/methods/chat.postMessage, https://docs.slack.dev/apis/web-api/rate-limits.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tieout_sandbox.simkit import NONE, Answer, Faults

_TRUNCATED = 40_000


@dataclass(frozen=True)
class Posted:
    """A message as a member has it: `key` is what the app gave along, "" for nothing."""

    member: str
    text: str
    key: str


class SlackWorkspace:
    """`members` may be written to; `posted` is what they got. `pace_s` is for how long a member's conversation is left alone after a message; short
    bursts are let through, as there: here `burst` of them. `clock` gives seconds."""

    name = "slack"

    def __init__(
        self,
        token: str,
        members: tuple[str, ...],
        clock: Callable[[], float],
        faults: Faults | None = None,
        *,
        burst: int = 3,
        pace_s: float = 1.0,
    ) -> None:
        self.token, self.members = token, set(members)
        self.faults = faults or Faults(NONE, 0)
        self.posted: list[Posted] = []
        # Given as the next answers, whatever is asked.
        self.first: list[Answer] = []
        self._clock, self._burst, self._pace_s = clock, burst, pace_s
        self._lately: dict[str, list[float]] = {}

    def refuse(self, fault: str) -> Answer:
        """429 with the seconds to wait, else what a failing server says."""
        if fault == "too_many":
            return Answer(429, b'{"ok":false,"error":"ratelimited"}', headers={"retry-after": "30"})
        return Answer(503, b"<html>no server is available</html>", "text/html")

    def writes(self, method: str, path: str) -> bool:
        """A post: what is cut off was posted all the same."""
        return method == "POST"

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        """HTTP 200 with `ok` for everything but a pace that is too quick."""
        if self.first:
            return self.first.pop(0)
        if method != "POST" or path != "/api/chat.postMessage":
            return _said(error="unknown_method")
        if not headers.get("authorization"):
            return _said(error="not_authed")
        if headers["authorization"] != f"Bearer {self.token}":
            return _said(error="invalid_auth")
        if not headers.get("content-type", "").startswith("application/json"):
            return _said(error="invalid_post_type")
        given = json.loads(body)
        member, text = str(given.get("channel", "")), str(given.get("text", ""))
        if member not in self.members:
            return _said(error="channel_not_found")
        if not text:
            return _said(error="no_text")
        now = self._clock()
        lately = [at for at in self._lately.get(member, []) if now - at < self._pace_s]
        if len(lately) >= self._burst:
            return Answer(429, b'{"ok":false,"error":"ratelimited"}', headers={"retry-after": "1"})
        self._lately[member] = [*lately, now]
        payload = (given.get("metadata") or {}).get("event_payload") or {}
        self.posted.append(Posted(member, _shown(text[:_TRUNCATED]), str(payload.get("key", ""))))
        return _said(channel=f"D{member[1:]}", ts=f"{now:.6f}", message={"text": text})


def _shown(text: str) -> str:
    """As a member reads it: the three entities are letters again, and what stands in angle brackets is no text but a command."""
    if "<" in text or ">" in text:
        text = f"[markup] {text}"
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _said(error: str = "", **more: Any) -> Answer:
    answer = {"ok": False, "error": error} if error else {"ok": True, **more}
    return Answer(200, json.dumps(answer).encode())
