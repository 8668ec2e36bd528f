"""Slack's Web API, as far as one message to one member needs it: `chat.postMessage` with a bot's token.

Published: https://docs.slack.dev/reference/methods/chat.postMessage (a member's id as `channel` writes into the app's own conversation with
them; scope `chat:write`; 40,000 characters, 4,000 recommended; `metadata`), https://docs.slack.dev/apis/web-api/rate-limits (a message a second and channel;
HTTP 429 with Retry-After in seconds), https://docs.slack.dev/messaging/formatting-message-text (&, < and > are written as entities).
An answer is HTTP 200 with `ok` false and an `error` where it was not done.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import httpx2

from tieout.connector_api import AddressError, Network, SetupError, TransientError, named, reach, wait_asked
from tieout.notifying.model import NotTakenError

_TIMEOUT_S = 10.0
_LONGEST = 3_900
_MOST_ANSWERED = 256 * 1024
# Of the one who is written to: no later try helps.
_OF_THE_MEMBER = frozenset(
    {"channel_not_found", "user_not_found", "user_disabled", "is_archived", "not_in_channel", "messages_tab_disabled", "cannot_dm_bot",
     "restricted_action", "msg_too_long", "no_text", "invalid_arguments", "msg_blocked_by_restrict", "team_not_found"}
)  # fmt: skip
# Of the token: nobody is written to until it is mended.
_OF_THE_TOKEN = frozenset(
    {"not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired", "no_permission", "missing_scope",
     "not_allowed_token_type", "ekm_access_denied", "access_denied", "two_factor_setup_required"}
)  # fmt: skip


def as_plain(text: str) -> str:
    """A text as Slack shows it letter by letter, cut where it would be longer than it takes."""
    kept = text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()} …"
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def post_message(
    api: str, token: str, member: str, text: str, key: str, private: Sequence[Network] = ()
) -> None:
    """Write to a member, once. `key` goes along as metadata, the same at each try, so that a double can be told.

    Raises NotTakenError where the member cannot be written to, SetupError where the token or the address does not serve, and TransientError,
    with the wait that was asked for, where a later try may go."""
    body = {
        "channel": member, "text": as_plain(text), "unfurl_links": False, "unfurl_media": False,
        "metadata": {"event_type": "tieout_notice", "event_payload": {"key": key}},
    }  # fmt: skip
    try:
        there = reach(f"{api}/chat.postMessage", private)
        headers = {
            "host": named(there), "authorization": f"Bearer {token}", "content-type": "application/json; charset=utf-8",
            "user-agent": "Tieout",
        }  # fmt: skip
        with (
            httpx2.Client(timeout=_TIMEOUT_S, follow_redirects=False, trust_env=False) as http,
            http.stream(
                "POST", there.direct, content=json.dumps(body).encode(), headers=headers,
                extensions={"sni_hostname": there.host},
            ) as reply,
        ):  # fmt: skip
            if reply.status_code == 429:
                raise TransientError("Slack asks to be left alone (429)", wait_asked(reply.headers))
            if reply.status_code != 200:
                raise TransientError(f"Slack answers HTTP {reply.status_code}", wait_asked(reply.headers))
            _judge(_read(reply))
    except AddressError as error:
        raise SetupError(f"slack_url of [alerts]: {error}") from None
    except (httpx2.HTTPError, OSError) as error:
        raise TransientError(f"Slack does not answer: {type(error).__name__}") from None


def _read(reply: httpx2.Response) -> bytes:
    kept = bytearray()
    for part in reply.iter_bytes():
        kept += part
        if len(kept) > _MOST_ANSWERED:
            raise TransientError("Slack's answer has no end")
    return bytes(kept)


def _judge(answer: bytes) -> None:
    try:
        said = json.loads(answer)
        done, why = said["ok"], str(said.get("error", ""))[:80]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise TransientError("what answers for Slack answers no JSON of Slack's") from None
    if done is True:
        return
    if why in _OF_THE_MEMBER:
        raise NotTakenError(f"Slack does not write to this member: {why}")
    if why in _OF_THE_TOKEN:
        raise SetupError(f"Slack refuses the token of this project: {why} (slack_token of [alerts])")
    raise TransientError(f"Slack does not take it now: {why}")
