"""What comes of an item's bytes."""

from __future__ import annotations

import copy
import json
import socket
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from unittest import mock

import msgspec

from tieout.connector_api.conformance.mutations import NOTHING, mutations
from tieout.connector_api.conformance.subject import NotChecked, Sample, Subject
from tieout.connector_api.declaration import Stream
from tieout.documents import Document, canonical_bytes, decode_document
from tieout.money import minor_digits

# All mutations of a sample are read within a second or two; a reader that hangs is not waited for longer than this.
_LONGEST_S = 120.0
_LONGEST_KEY = 500


def same_every_time(subject: Subject, stream: Stream) -> None:
    """An item is the same documents whenever it is read: nothing is asked, changed or remembered."""
    for sample in subject.samples(stream):
        raw, options = sample.raw, sample.options
        given = copy.deepcopy(options)
        with (
            mock.patch.object(socket.socket, "connect", _asks),
            mock.patch.object(socket, "getaddrinfo", _asks),
        ):
            first, second = (_bytes(stream.documents(raw, options)) for _ in range(2))
        assert first == second, f"{sample.path.name} is read twice and is not the same documents"
        assert options == given, f"{sample.path.name}: reading it changes the interface's options"


def whole_documents(subject: Subject, stream: Stream) -> None:
    """Documents have a key of their own, an instant with a zone, a known currency, and exact amounts; what is kept of
    one is read back as it was."""
    for sample in subject.samples(stream):
        documents = stream.documents(sample.raw, sample.options)
        seen: set[str] = set()
        for document in documents:
            where = f"{sample.path.name}: {type(document).__name__} {getattr(document, 'key', '')!r}"
            assert isinstance(document, Document), f"{where} is no tieout.documents.Document"
            assert document.key not in seen, f"{where}: two documents of one item have this key"
            seen.add(document.key)
            _hold(document, where)


def as_beside(subject: Subject, stream: Stream) -> None:
    """A sample becomes the documents that stand beside it."""
    checked = 0
    for sample in subject.samples(stream):
        if sample.expected is None:
            continue
        checked += 1
        found = [json.loads(x) for x in _bytes(stream.documents(sample.raw, sample.options))]
        assert found == sample.expected, (
            f"{sample.path.name} is not what {sample.path.stem}.documents.json says: {found}"
        )
    if not checked:
        raise NotChecked(f"no sample of {stream.name} has its documents beside it (<name>.documents.json)")


def refuses(subject: Subject, stream: Stream) -> None:
    """What cannot be read is a ValueError and never a document, another exception, or a number that is none."""
    for raw in NOTHING:
        made = _read(stream, raw, {}, f"{raw[:20]!r}")
        assert not made, f"{raw[:20]!r} holds nothing, and becomes {made}"
    for sample in subject.samples(stream):
        _in_time(lambda at, s=sample: _mutated(s, at), sample.path.name)  # type: ignore[misc]


def _mutated(sample: Sample, at: Callable[[bytes], None]) -> None:
    for raw in mutations(sample.path.name, sample.raw):
        at(raw)
        where = f"{sample.path.name}, changed to {raw[:2000]!r}"
        for document in _read(sample.stream, raw, sample.options, where):
            _hold_numbers(document, where)


def _read(stream: Stream, raw: bytes, options: dict[str, Any], where: str) -> list[Document]:
    """What is made of bytes, [] where they are refused. Raises AssertionError for any other exception."""
    try:
        return stream.documents(raw, options)
    except ValueError:
        return []
    except Exception as error:
        raise AssertionError(f"{where}: ValueError was expected, and {error!r} came") from error


def _in_time(check: Callable[[Callable[[bytes], None]], None], name: str) -> None:
    """A check in a thread of its own, so that a reader that hangs is an error that shows what it hangs on."""
    failed: list[BaseException] = []
    latest = [b""]

    def run() -> None:
        try:
            check(lambda raw: latest.__setitem__(0, raw))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised again in the thread that waits
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(_LONGEST_S)
    assert not thread.is_alive(), f"{name}: it does not come back from reading {latest[0][:2000]!r}"
    if failed:
        raise failed[0]


def _asks(*_: Any) -> Any:
    raise AssertionError("normalise is pure: it asks nobody")


def _bytes(documents: list[Document]) -> list[bytes]:
    return [canonical_bytes(document) for document in documents]


def _hold(document: Document, where: str) -> None:
    assert 0 < len(document.key) <= _LONGEST_KEY, f"{where}: a key has 1 to {_LONGEST_KEY} characters"
    assert document.occurred_at.utcoffset() is not None, (
        f"{where}: occurred_at {document.occurred_at} has no zone"
    )
    minor_digits(document.currency)
    _hold_numbers(document, where)
    kept = canonical_bytes(document)
    again = decode_document(kept)
    assert again == document and canonical_bytes(again) == kept, (
        f"{where}: read back it is {again}, and was {document}"
    )
    measure = document.measure()
    assert measure.count >= 0 and measure.debit >= 0 <= measure.credit, (
        f"{where}: {measure}; counts and sums are positive"
    )


def _hold_numbers(document: Document, where: str) -> None:
    for value in _values(document):
        assert not isinstance(value, float), (
            f"{where}: the float {value!r}; money is a Decimal with its currency"
        )
        assert not isinstance(value, Decimal) or value.is_finite(), f"{where}: {value} is no number"


def _values(value: Any) -> Iterator[Any]:
    """Every value inside a document."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        yield found
        if isinstance(found, msgspec.Struct):
            waiting += [getattr(found, name) for name in found.__struct_fields__]
        elif isinstance(found, tuple | list):
            waiting += found
        elif isinstance(found, dict):
            waiting += found.values()
