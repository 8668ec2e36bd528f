"""Access, and what is about oneself."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from starlette.responses import Response

from tieout.console.language import _, marked, speaking, speech_of
from tieout.console.rendering import Page, Renderer
from tieout.console.words import plain


def said(change: dict[str, Any]) -> str:
    """A change of rights in words."""
    kind = change.get("type") or change.get("kind") or ""
    rest = ", ".join(
        f"{k.replace('_', ' ')} {v}"
        for k, v in change.items()
        if k not in ("type", "kind", "key_sha256") and v not in (None, "", [], ())
    )
    return f"{kind}: {rest}" if kind else rest


def _listed(text: str) -> list[str]:
    return [x.strip() for x in text.split(",") if x.strip()]


class Access:
    """Who may do what, and what waits for a second administrator."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """People, roles, service keys, and the changes that wait for a second administrator."""
        roles = await page.api.get("/access/roles")
        people = await page.api.get("/access/people")
        operations = sorted({o for r in roles for o in r["operations"]})
        return self._r.render(
            page, "access.html", people=people, roles=roles, operations=operations, change_words=said,
            changes=await page.api.get("/access/changes"), keys=await page.api.get("/access/service-keys"),
            services=[p for p in people if not p["human"] and p["active"]],
        )  # fmt: skip

    async def act(self, page: Page) -> str | None:
        """One change of who may do what; what became of it, as a sentence, or None where a secret is shown on
        the page (a link, a key): once, and never again."""
        name = page.typed.get("name", "")
        given: dict[str, Any]
        path, api = f"/access/people/{quote(name, safe='')}", page.api
        match page.typed.get("act"):
            case "invite":
                made = await api.post(f"{path}/invitation")
                page.shown |= {"link": made["link"], "who": name}
                page.typed = {}
                return None
            case "sign-out":
                await api.post(f"{path}/sessions", method="DELETE")
                return _("%(name)s is signed out everywhere", name=name)
            case "reset":
                return _waits(await api.post(f"{path}/reset"), _("%(name)s signs in anew", name=name))
            case "leave":
                return _waits(
                    await api.post(path, method="DELETE"), _("%(name)s is let in no more", name=name)
                )
            case "confirm":
                await api.post(f"/access/changes/{quote(page.typed.get('no', ''), safe='')}/confirm")
                return _("confirmed")
            case "revoke":
                given = {k: page.typed.get(k, "") for k in ("name", "role", "entity")}
                return _waits(await api.post("/access/grants/revoke", given), _("the role is taken"))
            case "add":
                given = {
                    "name": name,
                    "human": not page.typed.get("service"),
                    "names": _listed(page.typed.get("names", "")),
                }
                return _waits(await api.post("/access/people", given), _("%(name)s is added", name=name))
            case "grant":
                given = {k: page.typed.get(k, "") for k in ("name", "role", "entity")}
                given["limit"] = page.amount("limit") or None
                return _waits(
                    await api.post("/access/grants", given),
                    _("%(name)s is %(role)s now", name=name, role=plain(given["role"])),
                )
            case "end-key":
                await api.post(
                    f"/access/service-keys/{quote(page.typed.get('key_id', ''), safe='')}", method="DELETE"
                )
                return _("the key ended")
            case _:
                given = {
                    "account": page.typed.get("account", ""), "label": page.typed.get("label", ""),
                    "scopes": page.values("scope"), "entities": _listed(page.typed.get("entities", "")),
                    "days": page.typed.get("days", ""),
                }  # fmt: skip
                made = await api.post("/access/service-keys", given)
                page.shown["key"] = made["key"]
                page.typed, page.many = {}, []
                return None


def _waits(made: dict[str, Any] | None, done: str) -> str:
    return _("asked: another administrator confirms it") if made and made.get("waits") else done


# What happened to a case of which somebody is told, by whose doing.
HAPPENED = {
    "assigned": marked("%(by)s gave it to you"),
    "given": marked("%(by)s gave it to somebody else"),
    "mentioned": marked("%(by)s named you in a comment"),
    "noted": marked("%(by)s commented"),
    "solved": marked("it was solved by %(by)s"),
    "overdue": marked("it is past its time"),
    "escalated": marked("it is past its time, and its owner did nothing"),
}


def _there(at: str | None, zone: str) -> datetime | None:
    """An instant by the clock of a time zone."""
    return None if at is None else datetime.fromisoformat(at).astimezone(ZoneInfo(zone))


# When what somebody is told is sent to them, by what, on which day; and what a message is.
PACES = {
    "none": marked("not at all"),
    "at_once": marked("at once"),
    "daily": marked("as a digest each day"),
    "weekly": marked("as a digest each week"),
}
CHANNELS = {"mail": marked("mail"), "slack": marked("Slack")}
WEEKDAYS = (
    marked("Monday"), marked("Tuesday"), marked("Wednesday"), marked("Thursday"), marked("Friday"), marked("Saturday"),
    marked("Sunday"),
)  # fmt: skip
KINDS = {
    "notices": marked("what you were told"),
    "digest": marked("a digest"),
    "address": marked("a link that confirms an address"),
}


def _own_path(back: str) -> str:
    """Where somebody came from, if that is a page of ours, else Today."""
    return back if re.fullmatch(r"/(?:[A-Za-z0-9][^\s\\]*|\?[^\s\\]*)?", back) else "/"


class Me:
    """What somebody signs in with, where they are signed in, and how pages speak to them."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """One's own sessions and ways to sign in."""
        sent = await page.api.get("/me/notices")
        return self._r.render(
            page,
            "me.html",
            sessions=await page.api.get("/me/sessions"),
            ways=await page.api.get("/me/ways"),
            notices=await page.api.get("/me/told"),
            happened=HAPPENED,
            sent=sent,
            due=_there(sent["next_at"], sent["time_zone"]),
            paces=PACES, channels=CHANNELS, weekdays=WEEKDAYS, kinds=KINDS,
            now=page.now,
        )  # fmt: skip

    async def act(self, page: Page) -> str | None:
        """Choose a language, end one's other sessions, remove a way to sign in, change the password; or make recovery codes,
        which are shown once (None)."""
        match page.typed.get("act"):
            case "seen":
                upto = page.typed.get("upto", "")
                await page.api.post(
                    "/me/told", {"upto": int(upto) if upto.isascii() and upto.isdigit() else 0}, "PUT"
                )
                return _("nothing is new any more")
            case "notices" | "address" | "confirm" | "forget" as act:
                return await _told_elsewhere(page, act)
            case "end-others":
                await page.api.post("/me/sessions", method="DELETE")
                return _("all other sessions ended")
            case "speak":
                given = {k: page.typed.get(k, "") for k in ("language", "forms")}
                await page.api.post("/me/preferences", given, "PUT")
                # What is said of it is in the language that was chosen.
                with speaking(speech_of(given, page.request.headers.get("accept-language", ""))):
                    return _("pages are in this language and form from now on")
            case "entity":
                chosen = page.typed.get("entity", "")
                await page.api.post("/me/preferences", {"entity": chosen}, "PUT")
                said = (
                    _("lists open with %(entity)s from now on", entity=chosen)
                    if chosen
                    else _("lists open with all entities")
                )
                return f"{_own_path(page.typed.get('back', ''))} {said}"
            case "remove":
                await page.api.post(
                    f"/me/ways/{quote(page.typed.get('number', ''), safe='')}", method="DELETE"
                )
                return _("removed")
            case "renew":
                made = await page.api.post("/me/recovery")
                page.shown["codes"] = made["recovery_codes"]
                return None
            case _:
                given = {k: page.typed.get(k, "") for k in ("old", "new")}
                page.typed = {}
                await page.api.post("/me/password", given, "PUT")
                return _("the password is another one; all other sessions ended")


async def _told_elsewhere(page: Page, act: str) -> str:
    """One change of how somebody is sent what they are told."""
    typed, path = page.typed, "/me/notices"
    match act:
        case "notices":
            given = {k: typed.get(k, "") for k in ("pace", "channel", "hour", "weekday", "time_zone")}
            await page.api.post(path, {**given, "channel": given["channel"] or "mail"}, "PUT")
            return _("you are told like this from now on")
        case "confirm":
            await page.api.post(f"{path}/address/confirm", {"token": typed.get("token", "")})
            return _("the address is confirmed: choose when it is written to")
        case "forget":
            await page.api.post(f"{path}/address/{quote(typed.get('channel', ''), safe='')}", method="DELETE")
            return _("nothing is sent to this address any more")
        case _:
            address = {k: typed.get(k, "") for k in ("channel", "address")}
            await page.api.post(f"{path}/address", address, "PUT")
            return _("unless it was known as yours, a link was sent there: open it to confirm the address")
