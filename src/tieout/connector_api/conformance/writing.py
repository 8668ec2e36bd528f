"""What a writer does with an effect: once, and it can be asked what became of it."""

from __future__ import annotations

from tieout.connector_api.capabilities import BlindWriter, Outcome, Sending, Writer
from tieout.connector_api.conformance.subject import NotChecked, Subject, Writes


def one_effect(subject: Subject) -> None:
    """The same sending, sent three times, is one record; what became of it can be asked before it is sent again."""
    session, writes = _given(subject)
    sending = writes.make()
    if not isinstance(session, BlindWriter):
        assert _looked_up(session, sending).status == "absent", "what was never sent is not absent"
    sent = [_only(session.send([sending]), sending) for _ in range(3)]
    assert [o.status for o in sent] == ["confirmed"] * 3, (
        f"sent three times it is {[(o.status, o.error) for o in sent]}"
    )
    targets = {(o.model, o.target_id) for o in sent}
    assert len(targets) == 1, f"sent three times it is more than one record: {sorted(map(str, targets))}"
    if writes.held is not None:
        assert writes.held(sending) == 1, f"sent three times, it is held {writes.held(sending)} times"
    found = _looked_up(session, sending)
    if found.status == "confirmed":
        assert (found.model, found.target_id) in targets, f"looked up it is another record: {found}"
    # Who knows a repeated effect by its id may answer that it is to be sent again: then it is held once.
    assert found.status != "absent" or writes.held is not None, (
        "what was sent is absent where it is looked up"
    )


def every_outcome(subject: Subject) -> None:
    """Of a batch, each sending has one outcome, under its own external id."""
    session, writes = _given(subject)
    batch = [writes.make() for _ in range(3)]
    ids = [s.external_id for s in batch]
    assert len(set(ids)) == 3, f"Writes.make makes a new effect each time it is called: {ids}"
    outcomes = session.send(batch)
    assert sorted(o.external_id for o in outcomes) == sorted(ids), (
        f"three sendings have the outcomes {outcomes}"
    )


def _given(subject: Subject) -> tuple[Writer, Writes]:
    if subject.writes is None:
        raise NotChecked("no `writes` are given: Writes(make), a function that makes a new Sending each time")
    session: Writer = subject.open(**subject.settings)
    return session, subject.writes


def _looked_up(session: Writer, sending: Sending) -> Outcome:
    return _only(session.look_up([sending]), sending)


def _only(outcomes: list[Outcome], sending: Sending) -> Outcome:
    assert [o.external_id for o in outcomes] == [sending.external_id], (
        f"{sending.external_id} has the outcomes {outcomes}"
    )
    return outcomes[0]
