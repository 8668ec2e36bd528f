"""BAI2 to lines and heads.

Amounts are whole minor units of the account's currency (ISO 4217's count of decimals). A detail's way is its type code's;
a code that is neither a credit's nor a debit's is refused, for nobody could say whose money it is. Control totals and
record counts of account, group and file are part of the proof. A group's status says what its accounts are to those that
were reported before: an update, a deletion, a correction, or a test, of which nothing counts.
Source: BAI, Cash Management Balance Reporting Specifications, version 2 (10/2005; X9.121), in
https://github.com/moov-io/bai2 (docs/specifications).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tieout.formats.bai2.accounts import MESSAGE_NOTE, Account, GroupFacts, trailer
from tieout.formats.bai2.records import Fields, Record, day, records, whole
from tieout.formats.model import FormatError, Head, Line, Place
from tieout.formats.textlines import TextLines
from tieout.formats.unparsed import Remainder

# It may begin with the mark of UTF-8, of which the first bytes are looked at as Latin 1.
_HEADER = re.compile(r"(?:\xef\xbb\xbf)?\s*01,[^,]*,[^,]*,\d{6}(\d\d)?,")
# What a group is to those before it (printed pages 32 to 34); without a status it is what nearly all are.
_STATUS = {"1": "update", "2": "deletion", "3": "correction", "4": "test"}
# As-of-date modifiers: 1 is interim of the day before, 3 interim of this one; 2 and 4 are final.
_INTERIM, _FINAL = ("1", "3"), ("2", "4", "")
# Messages of banks are kept in words, as long as they are few.
_MOST_MESSAGES = 40


def sniff(head: str) -> str:
    """ "bai2" for the beginning of such a file; "" for any other."""
    return "bai2" if _HEADER.match(head) else ""


class Bai2Reader(Remainder):
    """One file. `events` gives lines and, after each account's lines, its head."""

    format = "bai2"

    def __init__(self, content: bytes, encoding: str = "") -> None:
        self._text = TextLines(content, encoding)
        self.encoding = self._text.decoded.encoding
        self._length = self._messages = 0
        super().__init__(self._text.decoded)

    def events(self) -> Iterator[Line | Head]:  # noqa: C901 - a grammar: a branch a record
        """Raises FormatError; what came before it stands."""
        group: _Group | None = None
        account: Account | None = None
        started = ended = False
        lines = groups = total = 0
        for record in records(self._text):
            lines += record.lines
            if ended:
                raise FormatError("a record behind the file's trailer (99)", record.place)
            if record.code == "01":
                if started:
                    raise FormatError("a second file header (01)", record.place)
                started = True
                self._header(record)
                continue
            if not started:
                raise FormatError("the file does not begin with its header (01)", record.place)
            expected = {"02": group is None, "03": group is not None and account is None,
                        "16": account is not None, "49": account is not None,
                        "98": group is not None and account is None, "99": group is None}  # fmt: skip
            if not expected[record.code]:
                raise FormatError(f"a record {record.code} out of place", record.place)
            if group is not None:
                group.records += record.lines
            if record.code == "02":
                group = _Group(self._group(record), record)
            elif record.code == "03":
                assert group is not None
                account = Account(group.facts, record, self._say)
            elif record.code == "16":
                assert account is not None
                if (line := account.detail(record)) is not None:
                    yield line
            elif record.code == "49":
                assert account is not None and group is not None
                yield self._closed(account.close(record))
                group.total, group.accounts = group.total + account.total, group.accounts + 1
                account = None
            elif record.code == "98":
                assert group is not None
                found = (
                    ("a control total", group.total),
                    ("accounts", group.accounts),
                    ("records", group.records),
                )
                trailer(record, *found)
                total, groups, group = total + group.total, groups + 1, None
            else:
                ended = True
                trailer(record, ("control total", total), ("groups", groups), ("records", lines))
        if not ended:
            raise FormatError("the file has no trailer (99): it was cut short")

    def _header(self, record: Record) -> None:
        fields = Fields(record)
        names = ("sender", "receiver", "day", "time", "number", "length", "block", "version")
        found = {name: fields.take() for name in names}
        if found["version"] not in ("", "2"):
            raise FormatError(
                f"version {found['version'][:10]!r} of balance reporting: version 2 is read (BAI2)",
                record.place,
            )
        self._length = whole(found["length"], record.place) or 0

    def _group(self, record: Record) -> GroupFacts:
        fields = Fields(record)
        names = ("receiver", "originator", "status", "day", "time", "currency", "modifier")
        found = {name: fields.take() for name in names}
        fields.end()
        if not found["day"]:
            raise FormatError("a group header (02) without its day", record.place)
        status = _STATUS.get(found["status"] or "1")
        if status is None:
            what = (
                f"group status {found['status'][:20]!r} is none: 1 update, 2 deletion, 3 correction, 4 test"
            )
            raise FormatError(what, record.place)
        if not found["status"]:
            self._note("a group header without its status, read as an update", record.place)
        if found["modifier"] not in (*_INTERIM, *_FINAL):
            self._note(f"as-of-date modifier {found['modifier'][:20]}", record.place)
        return GroupFacts(
            bank=found["originator"],
            status=status,
            on=day(found["day"], record.place),
            # The specification's default.
            currency=found["currency"] or "USD",
            interim=found["modifier"] in _INTERIM,
            record_length=self._length,
        )

    def _closed(self, head: Head) -> Head:
        """A head, once it is said what it is where it is no update."""
        day = f"account {head.account} of {head.to_on}"
        if head.status == "test":
            self._note(f"a test (group status 4), of which nothing is booked: {day}", head.place)
        elif head.status == "deletion":
            self._note(f"a deletion (group status 2) of all that was reported before of {day}", head.place)
        elif head.status == "correction":
            self._note(f"a correction (group status 3) of all that was reported before of {day}", head.place)
        return head

    def _say(self, what: str, place: Place) -> None:
        """Note what an account says; of many different messages the later ones are counted under one name."""
        if what.startswith(MESSAGE_NOTE) and what not in self._unread:
            self._messages += 1
            what = what if self._messages <= _MOST_MESSAGES else f"{MESSAGE_NOTE}: more of them"
        self._note(what, place)


class _Group:
    """A group that is being read: what its header says, and what its trailer must say."""

    def __init__(self, facts: GroupFacts, record: Record) -> None:
        self.facts, self.records, self.accounts, self.total = facts, record.lines, 0, 0
