"""What a writer does with an effect: once, and it can be asked what became of it."""

from __future__ import annotations

from tieout.connector_api.capabilities import BlindWriter, Outcome, Sending, Writer
from tieout.connector_api.conformance.subject import NotChecked, Subject


def one_effect(subject: Subject) -> None:
    """The same sending, sent three times, is one record; whoever looks it up first need not send it again."""
    session, sending = _given(subject)
    if not isinstance(session, BlindWriter):
        assert _looked_up(session, sending).status == "absent", "what was never sent is not absent"
    sent = [_only(session.send([sending]), sending) for _ in range(3)]
    assert [o.status for o in sent] == ["confirmed"] * 3, (
        f"sent three times it is {[(o.status, o.error) for o in sent]}"
    )
    targets = {(o.model, o.target_id) for o in sent}
    assert len(targets) == 1, f"sent three times it is more than one record: {sorted(map(str, targets))}"
    found = _looked_up(session, sending)
    assert found.status in ("confirmed", "undecided"), (
        f"what was sent is {found.status} where it is looked up"
    )
    if found.status == "confirmed":
        assert (found.model, found.target_id) in targets, f"looked up it is another record: {found}"


def every_outcome(subject: Subject) -> None:
    """Of a batch, each sending has one outcome, under its own external id."""
    session, first = _given(subject)
    assert subject.sending is not None
    batch = [first, subject.sending(), subject.sending()]
    ids = [s.external_id for s in batch]
    assert len(set(ids)) == 3, f"`sending` makes a new effect each time it is called: {ids}"
    outcomes = session.send(batch)
    assert sorted(o.external_id for o in outcomes) == sorted(ids), (
        f"three sendings have the outcomes {outcomes}"
    )


def _given(subject: Subject) -> tuple[Writer, Sending]:
    if "write" not in subject.connector.can:
        raise NotChecked("it writes nothing")
    if subject.sending is None:
        raise NotChecked("no `sending` is given: a function that makes a new Sending each time it is called")
    session: Writer = subject.open(**subject.settings)
    return session, subject.sending()


def _looked_up(session: Writer, sending: Sending) -> Outcome:
    return _only(session.look_up([sending]), sending)


def _only(outcomes: list[Outcome], sending: Sending) -> Outcome:
    assert [o.external_id for o in outcomes] == [sending.external_id], (
        f"{sending.external_id} has the outcomes {outcomes}"
    )
    return outcomes[0]
