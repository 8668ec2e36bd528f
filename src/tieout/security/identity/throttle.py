"""Tries that fail are slowed, then stopped: by whom they are about, and by where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from tieout.evidence import Entry, record
from tieout.security.identity.credentials import SQL
from tieout.security.identity.model import Origin, ThrottledError
from tieout.store import Connection

FREE = 3
STOPPED_AFTER = 10
STOP = timedelta(minutes=15)
# An address stands for many people behind it.
ADDRESS_FREE, ADDRESS_STOPPED_AFTER = 20, 100
_FORGET = timedelta(hours=1)
_SLOWEST_S = 60


def subjects(about: str, origin: Origin) -> list[str]:
    """What a try counts for: what it is about (a person's password, say), and where it comes from."""
    found = {"about": about[:120], "from": _network(origin.address)}
    return [f"{kind}:{what}" for kind, what in found.items() if what]


def count_try(connection: Connection, about: Sequence[str], now: datetime) -> None:
    """Count a try, in a transaction of its own that is committed before anything is checked.

    Raises ThrottledError where it comes too soon after those before it: it is not looked at then, and does
    not count.
    """
    row = connection.execute(SQL["throttled"], {"subjects": list(about), "now": now}).fetchone()
    if row is not None:
        raise ThrottledError(row["until"])
    # In one order for everybody.
    for subject in sorted(about):
        given = {"subject": subject, "now": now, "forget": now - _FORGET}
        held = connection.execute(SQL["tries"], given).fetchone()
        assert held is not None
        if held["until"] > now:
            # Somebody else's try, at the same time, was one too many.
            raise ThrottledError(held["until"])
        wait = _wait(subject, held["failures"])
        if wait:
            connection.execute(SQL["hold_back"], {"subject": subject, "until": now + wait})
        if wait == STOP:
            detail = {"tries": held["failures"], "until": (now + wait).isoformat()}
            record(connection, [Entry(now, "identity", "identity.stopped", subject, "", detail)])


def count_wrong_key(connection: Connection, address: str, now: datetime) -> None:
    """Count a key that is nobody's, in a transaction of its own: whoever tries many is slowed, then stopped. A right one
    is not counted, so nobody behind the same address is kept out. Raises ThrottledError."""
    with connection.transaction():
        count_try(connection, [f"from:{_network(address)} keys"], now)


def _network(address: str) -> str:
    """Where an address is: of IPv6 its /64, since whoever has one has every address of it (RFC 6177)."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:100]
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(ip_network((found.packed, 64), strict=False))
    return address


def let_go(connection: Connection, about: str, origin: Origin) -> None:
    """Whoever proved who they are begins anew; at their address one try was none."""
    for subject in subjects(about, origin):
        connection.execute(
            SQL["let_go" if subject.startswith("about:") else "take_back"], {"subject": subject}
        )


def _wait(subject: str, failures: int) -> timedelta:
    """1, 2, 4 … seconds after the first few, then a quarter of an hour."""
    free, stopped = (
        (ADDRESS_FREE, ADDRESS_STOPPED_AFTER) if subject.startswith("from:") else (FREE, STOPPED_AFTER)
    )
    if failures >= stopped:
        return STOP
    return timedelta(seconds=min(2 ** (failures - free), _SLOWEST_S)) if failures >= free else timedelta()
