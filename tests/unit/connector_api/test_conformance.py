"""The conformance suite finds what is wrong with a connector, and names it."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import random
import unittest
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tieout.connector_api import (
    ConfigField,
    Connector,
    Item,
    Outcome,
    Page,
    Sending,
    SetupError,
    SignatureError,
    Stream,
    SystemConfig,
    TransientError,
    http_client,
    read_json,
)
from tieout.connector_api.conformance import Live, Push, Writes, conformance
from tieout.documents import Document, EventOut, ProviderMovement
from tieout.money import Amount

NOW = datetime(2026, 10, 5, 14, tzinfo=UTC)
SAMPLE = b'{"id": "m1", "amount": "12.50"}'
_draw = itertools.count()


def read(raw: bytes, options: Mapping[str, Any]) -> list[Document]:
    """A movement, as it should be read."""
    row = json.loads(raw)
    amount = Amount.parse(row["amount"], "EUR")
    return [
        ProviderMovement(
            key=str(row["id"]), occurred_at=NOW, currency="EUR", provider="p", category="charge", gross=amount,
            fee=Amount.zero("EUR"), net=amount,
        )
    ]  # fmt: skip


class Books:
    """What a system holds: rows that are listed in pages of two, effects by id."""

    def __init__(self) -> None:
        self.rows = [{"id": f"m{n}", "amount": "1.00"} for n in range(5)]
        self.effects: list[str] = []


class Good:
    """Poller, WebhookReceiver and Writer, as they should be."""

    def __init__(self, books: Books, key: str = "right") -> None:
        self.books, self.key = books, key

    def item(self, row: dict[str, Any]) -> Item:
        return Item("movements", row["id"], f"movements:{row['id']}", json.dumps(row).encode())

    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        if self.key != "right":
            raise SetupError("the key is refused: make another")
        start = cursor.get("at", 0) if cursor.get("more") else max(0, cursor.get("at", 0) - 2)
        rows = self.books.rows[start : start + 2]
        at = start + len(rows)
        more = at < len(self.books.rows)
        return Page([self.item(r) for r in rows], {"at": at, "more": more}, more)

    def receive(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[Item]:
        sent = headers.get("signature", "").encode()
        if not hmac.compare_digest(sent, sign(body, now)["signature"].encode()):
            raise SignatureError("the signature is not ours")
        return [Item("event", "e", f"event:{hashlib.sha256(body).hexdigest()}", body)]

    def send(self, batch: Sequence[Sending]) -> list[Outcome]:
        for sending in batch:
            if sending.external_id not in self.books.effects:
                self.books.effects.append(sending.external_id)
        return self.look_up(batch)

    def look_up(self, batch: Sequence[Sending]) -> list[Outcome]:
        held = self.books.effects
        return [
            Outcome(s.external_id, "confirmed", held.index(s.external_id) + 1, "m")
            if s.external_id in held
            else Outcome(s.external_id, "absent")
            for s in batch
        ]


def sign(body: bytes, at: datetime) -> dict[str, str]:
    return {"signature": hmac.new(b"s", body, hashlib.sha256).hexdigest()}


GOOD = Connector(
    name="made_up",
    title="A made-up system",
    version="1",
    config=(ConfigField("key", "its key", secret=True),),
    open=lambda _: None,
    can=("poll", "webhook", "write", "look_up"),
    streams=(Stream("movements", "movements", read),),
)


def run(
    folder: Path, session: type[Good] = Good, normalise: Any = read, connector: Connector = GOOD, **given: Any
) -> unittest.TestResult:
    """The suite over a connector with everything given, but for `given`."""
    (folder / "movements.one.json").write_bytes(SAMPLE)
    books = Books()

    def opened(config: SystemConfig) -> Good:
        return session(books, config.text("key"))

    def happens() -> None:
        books.rows.append({"id": f"m{len(books.rows)}", "amount": "1.00"})

    def made() -> Sending:
        return Sending(f"tieout.{next(_draw)}", EventOut(type="t", subject="s", time="t", data={}))

    if connector.streams:
        connector = replace(connector, streams=(replace(connector.streams[0], normalise=normalise),))
    connector = replace(connector, open=opened)
    suite = conformance(
        connector,
        **{
            "fixtures": folder, "live": Live({"key": "right"}, NOW, happens, lambda _: len(books.rows)), "push": Push(b'{"id": 1}', sign),
            "writes": Writes(made), **given,
        },
    )  # fmt: skip
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(suite).run(result)
    return result


def failed(result: unittest.TestResult) -> dict[str, str]:
    """What failed: its name to what was said."""
    found = [*result.failures, *result.errors]
    return {test.id().rpartition(".")[2].removeprefix("test_"): said for test, said in found}


def test_a_good_connector_passes_and_the_report_names_what_was_not_checked(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert failed(result) == {} and result.testsRun == 26
    left = {test.id().rpartition(".")[2]: why for test, why in result.skipped}
    assert "no setting `url`" in left.pop("test_fails_by_silence")
    assert "<name>.documents.json" in left.pop("test_movements_becomes_the_documents_beside_it")
    assert all(name.startswith(("test_fails_by", "test_stays_outside")) for name in left)
    bare = run(tmp_path, fixtures=None, live=None, push=None, writes=None)
    reasons = " ".join(why for _, why in bare.skipped)
    assert failed(bare) == {} and len(bare.skipped) == 23
    assert all(word in reasons for word in ("`fixtures`", "`live`", "`push`", "`writes`"))


def _changed(change: Callable[[ProviderMovement], Any]) -> Callable[[bytes, Mapping[str, Any]], list[Any]]:
    def normalise(raw: bytes, options: Mapping[str, Any]) -> list[Any]:
        (document,) = read(raw, options)
        assert isinstance(document, ProviderMovement)
        made = change(document)
        return made if isinstance(made, list) else [made]

    return normalise


def _with(**values: Any) -> Callable[[bytes, Mapping[str, Any]], list[Any]]:
    import msgspec

    return _changed(lambda d: msgspec.structs.replace(d, **values))


def _of(value: Any) -> Callable[[bytes, Mapping[str, Any]], list[Any]]:
    return lambda raw, options: _with(gross=Amount(value, "EUR"))(raw, options)


def _options_changed(raw: bytes, options: Any) -> list[Document]:
    options["seen"] = "yes"
    return read(raw, options)


def _asks(raw: bytes, options: Any) -> list[Document]:
    import socket

    socket.create_connection(("localhost", 9))
    return read(raw, options)


def _raises_another(raw: bytes, options: Any) -> list[Document]:
    if b"m1" not in raw:
        raise OSError("the disk")
    return read(raw, options)


def _takes_anything(raw: bytes, options: Any) -> list[Document]:
    try:
        return read(raw, options)
    except Exception:  # noqa: BLE001 - the fault that is looked for
        return read(SAMPLE, options)


@pytest.mark.parametrize(
    ("normalise", "name", "says"),
    [
        (_changed(lambda d: _with(description=str(random.random()))(SAMPLE, {})), "is_read_the_same_every_time", "not the same"),
        (_options_changed, "is_read_the_same_every_time", "changes the interface's options"),
        (_asks, "is_read_the_same_every_time", "asks nobody"),
        (_changed(lambda d: [d, d]), "makes_whole_documents", "two documents of one item"),
        (_with(key=""), "makes_whole_documents", "a key has 1 to"),
        (_with(occurred_at=datetime(2026, 10, 5)), "makes_whole_documents", "has no zone"),
        (_with(currency="EURO"), "makes_whole_documents", "ISO 4217"),
        (_of(Decimal("12.505")), "makes_whole_documents", "finer than"),
        (_of(12.5), "makes_whole_documents", "12.5 is no Decimal"),
        (_of(Decimal("NaN")), "makes_whole_documents", "NaN is no number"),
        (_with(description=1.5), "makes_whole_documents", "Expected `str`"),
        (_raises_another, "refuses_what_it_cannot_read", "ValueError was expected"),
        (_takes_anything, "refuses_what_it_cannot_read", "holds nothing, and becomes"),
    ],
)  # fmt: skip
def test_what_is_read_wrongly_is_found(normalise: Any, name: str, says: str, tmp_path: Path) -> None:
    found = failed(run(tmp_path, normalise=normalise))
    assert says in found[f"movements_{name}"]


class LosesAtBorders(Good):
    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        page = super().poll(stream, cursor, now)
        return replace(page, cursor={**page.cursor, "at": page.cursor["at"] + 1}) if page.more else page


class GoesRound(Good):
    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        return replace(super().poll(stream, {}, now), cursor={}, more=True)


class GoesOnFromMemory(Good):
    """What is left of a list stands in the session that began it."""

    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        if cursor.get("more") and not hasattr(self, "begun"):
            return Page([], {"at": 5})
        self.begun = True
        return super().poll(stream, cursor, now)


class NamesAnew(Good):
    def item(self, row: dict[str, Any]) -> Item:
        return replace(super().item(row), dedupe_key=f"{row['id']}:{next(_draw)}")


class NoOverlap(Good):
    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        return super().poll(stream, {**cursor, "more": True}, now)


class NoJson(Good):
    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        page = super().poll(stream, cursor, now)
        return replace(page, cursor={**page.cursor, "on": now})


class NewestFirstByNumber(Good):
    """A list that is turned by offsets, newest first: one more row moves everything by one."""

    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        start = cursor.get("at", 0)
        rows = self.books.rows[::-1][start : start + 2]
        more = start + 2 < len(self.books.rows)
        return Page([self.item(r) for r in rows], {"at": start + 2} if more else {"at": start}, more)


class BelievesEverybody(Good):
    def receive(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[Item]:
        return super().receive(sign(body, now), body, now)


class BreaksOnItsSignature(Good):
    def receive(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[Item]:
        bytes.fromhex(headers["signature"])
        return super().receive(headers, body, now)


class NamesPushesAnew(Good):
    def receive(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[Item]:
        return [replace(i, dedupe_key=str(now)) for i in super().receive(headers, body, now)]


class WritesTwice(Good):
    def send(self, batch: Sequence[Sending]) -> list[Outcome]:
        for sending in batch:
            self.books.effects.append(sending.external_id)
        return [Outcome(s.external_id, "confirmed", len(self.books.effects), "m") for s in batch]


class CannotBeAsked(Good):
    def look_up(self, batch: Sequence[Sending]) -> list[Outcome]:
        return [Outcome(s.external_id, "absent") for s in batch]

    def send(self, batch: Sequence[Sending]) -> list[Outcome]:
        super().send(batch)
        return [Outcome(s.external_id, "confirmed", 1, "m") for s in batch]


class ForgetsOne(Good):
    def send(self, batch: Sequence[Sending]) -> list[Outcome]:
        return super().send(batch[:1])


@pytest.mark.parametrize(
    ("session", "name", "says"),
    [
        (LosesAtBorders, "movements_gives_all_there_is", "the system has 5"),
        (GoesRound, "movements_gives_every_item_once", "its paging goes round"),
        (GoesOnFromMemory, "movements_goes_on_from_every_page", "loses 3 items"),
        (NamesAnew, "movements_gives_every_item_once", "gives other keys"),
        (NoOverlap, "movements_overlaps", "gives nothing of what was there"),
        (NoJson, "movements_gives_every_item_once", "is no JSON"),
        (NewestFirstByNumber, "movements_loses_nothing_while_it_happens", "is not found by the next poll"),
        (BelievesEverybody, "refuses_an_unsigned_push", "is taken"),
        (BreaksOnItsSignature, "refuses_an_unsigned_push", "SignatureError was expected"),
        (NamesPushesAnew, "takes_a_signed_push", "other keys"),
        (NamesPushesAnew, "survives_a_replayed_push", "kept twice"),
        (WritesTwice, "writes_an_effect_once", "more than one record"),
        (CannotBeAsked, "writes_an_effect_once", "is absent where it is looked up"),
        (ForgetsOne, "answers_for_every_sending", "three sendings"),
    ],
)
def test_what_a_session_does_wrong_is_found(
    session: type[Good], name: str, says: str, tmp_path: Path
) -> None:
    found = failed(run(tmp_path, session))
    assert says in found[name], found


@pytest.mark.parametrize(
    ("connector", "name", "says"),
    [
        (replace(GOOD, can=("poll", "webhook", "look_up")), "declares_what_it_can", "does not name 'write'"),
        (replace(GOOD, can=(*GOOD.can, "file")), "declares_what_it_can", "is no FileReader"),
        (replace(GOOD, can=(*GOOD.can, "fly")), "declares_what_it_can", "there are balances"),
        (replace(GOOD, streams=()), "declares_what_it_can", "has streams"),
        (replace(GOOD, config=(ConfigField("key", ""),)), "explains_its_settings", "does not say what it is"),
        (replace(GOOD, config=(ConfigField("key", "k"),)), "explains_its_settings", "secret=True"),
        (replace(GOOD, config=GOOD.config * 2), "has_names_of_its_own", "two are called 'key'"),
        (replace(GOOD, name="Made Up"), "has_names_of_its_own", "a name is a small letter"),
    ],
)
def test_what_is_declared_wrongly_is_found(
    connector: Connector, name: str, says: str, tmp_path: Path
) -> None:
    assert says in failed(run(tmp_path, connector=connector))[name]


class OverHttp(Good):
    """A poller over HTTP, which reads as `read_json` does."""

    url = ""

    def client(self) -> Any:
        return http_client(base_url=self.url, timeout=5)

    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        rows, _ = read_json(self.client(), "made up", "/rows", {}, "make another key")
        return Page([self.item(r) for r in rows], {})


class TellsNothingApart(OverHttp):
    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        try:
            self.client().get("/rows").raise_for_status().json()
        except Exception as error:  # noqa: BLE001 - the fault that is looked for
            raise SetupError(f"it does not work: {error}") from None
        return Page([], {})


class WaitsAsItLikes(OverHttp):
    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        try:
            return super().poll(stream, cursor, now)
        except TransientError as error:
            raise TransientError(str(error), 1.0) from None


class Guesses(OverHttp):
    def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
        try:
            return super().poll(stream, cursor, now)
        except TransientError as error:
            raise TransientError(
                str(error), 1.0 if error.retry_after is None else error.retry_after
            ) from None


class WaitsForEver(OverHttp):
    def client(self) -> Any:
        return http_client(base_url=self.url, timeout=None)


class GoesAnywhere(OverHttp):
    def client(self) -> Any:
        import httpx2

        return httpx2.Client(base_url=self.url, timeout=5)


@pytest.mark.parametrize(
    ("session", "names"),
    [
        (OverHttp, set()),
        (
            TellsNothingApart,
            {"busy_system", "broken_system", "cut_line", "nobody_there", "silence"},
        ),
        (WaitsAsItLikes, {"busy_system", "broken_system", "cut_line", "nobody_there"}),
        (Guesses, {"broken_system", "cut_line", "nobody_there"}),
        (WaitsForEver, {"silence"}),
        (GoesAnywhere, {"this_network"}),
    ],
)
def test_how_a_session_fails_over_http_is_held(
    session: type[OverHttp], names: set[str], tmp_path: Path
) -> None:
    class Opened(session):  # type: ignore[misc, valid-type]
        """With the address that it is opened with."""

    def opened(config: SystemConfig) -> Good:
        made = Opened(Books())
        made.url = config.text("url")
        # The guard of addresses holds for clients that are made while it is opened.
        client = made.client()
        made.client = lambda: client
        return made

    connector = replace(
        GOOD, open=opened, can=("poll", "webhook", "write", "look_up"), config=(ConfigField("url", "its address"),)
    )  # fmt: skip
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(conformance(connector)).run(result)
    found = {n for n in failed(result) if n.startswith(("fails_by", "stays"))}
    assert {
        n.replace("fails_by_a_", "").replace("fails_by_", "").replace("stays_outside_", "") for n in found
    } == names
