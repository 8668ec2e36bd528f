"""What polls of a live system give: every item, once, from wherever one goes on."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tieout.connector_api.capabilities import Item
from tieout.connector_api.conformance.subject import AT_FIRST, NotChecked, Subject
from tieout.connector_api.declaration import Stream
from tieout.connector_api.errors import SetupError

# Longer ago than any sample of a test: a poll that overlaps by this begins before what it had last.
_OVERLAP_MIN = 5 * 366 * 24 * 60


def _pulled(subject: Subject, stream: Stream) -> list[Item]:
    items = subject.pull(subject.open(**subject.settings), stream.name)
    if not items:
        raise NotChecked(f"the live system has nothing in {stream.name}: let something happen there first")
    return items


def once(subject: Subject, stream: Stream) -> None:
    """A poll from the beginning gives every item once, and the same ones whenever it is asked: an item that did not
    change has the same dedupe_key and the same bytes. Each can be read."""
    items = _pulled(subject, stream)
    twice = [key for key, count in Counter(i.dedupe_key for i in items).items() if count > 1]
    assert not twice, f"{stream.name}: {len(twice)} items come twice, {twice[0]!r} among them"
    for item in items:
        assert item.stream == stream.name, f"an item of {stream.name} says that it is of {item.stream!r}"
        assert item.source_key and "\x00" not in item.source_key + item.dedupe_key, (
            f"{stream.name}: {item!r} has no name"
        )
        stream.documents(item.body, {})
    again = subject.pull(subject.open(**subject.settings), stream.name)
    first, second = ({i.dedupe_key: i.body for i in x} for x in (items, again))
    assert first.keys() == second.keys(), (
        f"{stream.name}: another pull gives other keys: {sorted(first ^ second.keys())[:3]}"
    )
    changed = [key for key in first if first[key] != second[key]]
    assert not changed, (
        f"{stream.name}: {changed[0]!r} has the same key and other bytes: {second[changed[0]][:300]!r}"
    )


def all_there_is(subject: Subject, stream: Stream) -> None:
    """A poll from the beginning gives as many items as the system has: none falls between two pages."""
    count = len({i.source_key for i in _pulled(subject, stream)})
    if subject.live is None or subject.live.holds is None:
        raise NotChecked(
            "nothing says how many items there are (Live(holds=…)): one that no page shows is not missed"
        )
    held = subject.live.holds(stream.name)
    assert count == held, f"{stream.name}: {count} items came, and the system has {held}"


def from_every_page(subject: Subject, stream: Stream) -> None:
    """A worker that stops after any page goes on from the cursor of that page, in another process, and nothing between
    two pages is lost."""
    whole = {i.dedupe_key for i in _pulled(subject, stream)}
    pages = list(subject.pages(subject.open(**subject.settings), stream.name, {}))
    if len(pages) < 2:
        raise NotChecked(f"{stream.name} came in one page: put more into the live system than one page holds")
    seen: set[str] = set()
    for page, cursor in pages[:-1]:
        seen |= {i.dedupe_key for i in page.items}
        rest = {i.dedupe_key for i in subject.pull(subject.open(**subject.settings), stream.name, cursor)}
        lost = whole - seen - rest
        assert not lost, (
            f"{stream.name}: going on from {cursor} loses {len(lost)} items, {min(lost)!r} among them"
        )


def overlaps(subject: Subject, stream: Stream) -> None:
    """The next poll begins `overlap_minutes` before what the last one had, so that what was late is found: it gives
    items again, and none of them under another key."""
    known = {i.dedupe_key for i in _pulled(subject, stream)}
    session = subject.open(**subject.settings)
    *_, (_, cursor) = subject.pages(session, stream.name, {})
    again = {i.dedupe_key for i in subject.pull(session, stream.name, cursor, _OVERLAP_MIN)}
    assert again, (
        f"{stream.name}: the next poll, with overlap_minutes {_OVERLAP_MIN}, gives nothing of what was there"
    )
    assert again <= known, (
        f"{stream.name}: what did not change comes under another key: {sorted(again - known)[:3]}"
    )


def while_it_happens(subject: Subject, stream: Stream) -> None:
    """What happens while pages are turned is found, then or by the next poll, and moves nothing out of sight."""
    if subject.live is None or subject.live.happens is None:
        raise NotChecked("nothing makes one more item while pages are turned (Live(happens=…))")
    before = {i.dedupe_key for i in _pulled(subject, stream)}
    session, seen = subject.open(**subject.settings), set[str]()
    cursor: dict[str, Any] = {}
    for number, (page, following) in enumerate(subject.pages(session, stream.name, {})):
        seen |= {i.dedupe_key for i in page.items}
        cursor = following
        if number == 0:
            subject.live.happens()
    seen |= {i.dedupe_key for i in subject.pull(session, stream.name, cursor, _OVERLAP_MIN)}
    lost = before - seen
    assert not lost, (
        f"{stream.name}: {len(lost)} items were never seen, since something happened between two pages: {min(lost)!r}"
    )
    assert seen - before, (
        f"{stream.name}: what happened while pages were turned is not found by the next poll either"
    )


def wrong_secret(subject: Subject) -> None:
    """A wrong key is a SetupError that says so, whatever else is right."""
    given = subject.settings
    secret = {f.name: "wrong" for f in subject.connector.config if f.secret and f.name in given}
    if not secret:
        raise NotChecked("the live system is given no setting that is marked secret")
    for stream in subject.polled:
        try:
            subject.open(**{**given, **secret}).poll(stream, dict(AT_FIRST), subject.now)
        except SetupError as error:
            assert str(error).strip(), f"{stream}: the SetupError does not say what to do"
        else:
            raise AssertionError(f"{stream}: a wrong key is answered as the right one is")
