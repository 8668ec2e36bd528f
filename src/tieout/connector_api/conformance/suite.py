"""The checks as one class of tests, each with a name that says what holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from unittest import TestCase

from tieout.connector_api.conformance import declared, failing, polling, pushing, reading, writing
from tieout.connector_api.conformance.subject import Live, NotChecked, Push, Subject, Writes
from tieout.connector_api.declaration import Connector, Stream

_Check = Callable[[], None]
_OF_A_CONNECTOR: dict[str, Callable[[Subject], None]] = {
    "declares_what_it_can": declared.capabilities,
    "explains_its_settings": declared.settings,
    "has_names_of_its_own": declared.names,
}
_OF_POLLS: dict[str, Callable[[Subject], None]] = {
    "fails_by_a_refused_key": failing.refused_key,
    "fails_by_a_wrong_key": polling.wrong_secret,
    "fails_by_a_busy_system": failing.busy,
    "fails_by_a_broken_system": failing.broken,
    "fails_by_a_cut_line": failing.cut_line,
    "fails_by_nobody_there": failing.unreachable,
    "fails_by_silence": failing.silent,
    "fails_by_another_page": failing.no_page,
    "stays_outside_this_network": failing.stays_outside,
}
_OF_PUSHES: dict[str, Callable[[Subject], None]] = {
    "takes_a_signed_push": pushing.signed,
    "refuses_an_unsigned_push": pushing.unsigned,
    "survives_a_replayed_push": pushing.replayed,
}
_OF_WRITES: dict[str, Callable[[Subject], None]] = {
    "writes_an_effect_once": writing.one_effect,
    "answers_for_every_sending": writing.every_outcome,
}
_OF_A_STREAM: dict[str, Callable[[Subject, Stream], None]] = {
    "is_read_the_same_every_time": reading.same_every_time,
    "makes_whole_documents": reading.whole_documents,
    "becomes_the_documents_beside_it": reading.as_beside,
    "refuses_what_it_cannot_read": reading.refuses,
}
_OF_A_POLL: dict[str, Callable[[Subject, Stream], None]] = {
    "gives_every_item_once": polling.once,
    "gives_all_there_is": polling.all_there_is,
    "goes_on_from_every_page": polling.from_every_page,
    "overlaps": polling.overlaps,
    "loses_nothing_while_it_happens": polling.while_it_happens,
}


def conformance(
    connector: Connector,
    *,
    fixtures: Path | None = None,
    live: Live | None = None,
    push: Push | None = None,
    writes: Writes | None = None,
    polls: Sequence[str] | None = None,
) -> type[TestCase]:
    """The tests of a connector, to be bound to a name in a module of tests.

    `fixtures` is a folder of samples: `<stream>.<what it shows>.<ending>`, one item's body each. `live` is a system
    that is polled and written to, `push` a webhook as it would send it, `writes` what its writer is tried with.
    `polls` names the streams that are polled, where that is not all of them. What needs something that is not given is
    skipped, with what to give.
    """
    subject = Subject(connector, fixtures, live, push, writes, polls)
    members = {f"test_{name}": _test(subject, check) for name, check in _checks(subject)}
    return type(f"conformance of {connector.name}", (TestCase,), members)


def _checks(subject: Subject) -> Iterator[tuple[str, _Check]]:
    can = {"poll": _OF_POLLS, "webhook": _OF_PUSHES, "write": _OF_WRITES}
    groups = [_OF_A_CONNECTOR, *(can[name] for name in subject.connector.can if name in can)]
    for group in groups:
        for name, check in group.items():
            yield name, partial(check, subject)
    for stream in subject.connector.streams:
        polled = _OF_A_POLL if stream.name in subject.polled else {}
        for name, of_stream in {**_OF_A_STREAM, **polled}.items():
            yield f"{stream.name}_{name}", partial(of_stream, subject, stream)


def _test(subject: Subject, check: _Check) -> Callable[[TestCase], None]:
    def test(self: TestCase) -> None:
        try:
            check()
        except NotChecked as reason:
            self.skipTest(f"not checked: {reason}")
        finally:
            subject.close()

    return test
