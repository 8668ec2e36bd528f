"""Sends what waits, each message by itself, until it was taken or has been tried often enough.

**At least once**: a mail server or Slack may have taken a message whose answer never came, and neither can be asked. So it is sent again, with the same
Message-ID (the same `key` in Slack's metadata), by which a double is known for one. A try is written down before it is made: whatever happens in it,
`MOST_TRIES` are the most. What a message says is written then, by the roles of that moment.
"""

from __future__ import annotations

from collections.abc import Sequence

from tieout.cases import Told
from tieout.connector_api import SetupError, TransientError
from tieout.engine import Clock, Due, LaneKey, Pace, Turn
from tieout.notifying.gathering import times_of
from tieout.notifying.model import (
    LINK_SERVES,
    MOST_LISTED,
    MOST_TRIES,
    PURPOSE,
    Choice,
    LaterError,
    NoticePace,
    NoticeWay,
    NotTakenError,
    Sends,
    wait_after,
)
from tieout.notifying.post import Post
from tieout.notifying.reading import (
    SQL,
    Row,
    address_of,
    choice_of,
    language_of,
    reader_of,
)
from tieout.notifying.writing import Digest, News, Written, write_news, write_question
from tieout.security import Authority, load_authority
from tieout.security.identity.one_time_tokens import make_once
from tieout.store import Connection

_BATCH = 50
_FIRST_S, _LONGEST_S = 5.0, 3600.0


class DroppedError(Exception):
    """A message that is not sent: why."""


class SendingStage:
    """A way is a lane, a message an item. `project` and `url` are what people know it by; `clock` is the project's, `wall` the machine's: a mail server does not live
    in a virtual month."""

    name = "dispatches"

    def __init__(
        self,
        posts: Sequence[Post],
        project: str,
        url: str,
        clock: Clock,
        wall: Clock,
        pause_s: float = 1.0,
    ) -> None:
        self._posts = {post.way: post for post in posts}
        self._project, self._url = project, url
        self._clock, self._wall = clock, wall
        self.pace = Pace(every_s=pause_s, first_s=_FIRST_S, longest_s=_LONGEST_S)

    def lanes(self, connection: Connection) -> Sequence[Due]:
        """A lane for each way by which something waits that is due. What waits for one that the project has no more is given up: it would keep back
        whatever comes after it for ever."""
        ways = [r["channel"] for r in connection.execute(SQL["waiting_ways"], {"now": self._wall.now()})]
        if gone := [way for way in ways if way not in self._posts]:
            said = "the project sends nothing this way any more: choose another one"
            connection.execute(SQL["way_gone"], {"ways": gone, "said": said, "now": self._wall.now()})
        return [Due((way,)) for way in ways if way in self._posts]

    def round(self, connection: Connection, lane: LaneKey, turn: Turn) -> bool:
        """Raises SetupError and TransientError where the way itself does not serve."""
        post = self._posts[NoticeWay(lane[0])]
        given = {"channel": lane[0], "now": self._wall.now(), "limit": turn.most(_BATCH)}
        rows = connection.execute(SQL["to_send"], given).fetchall()
        authority = load_authority(connection) if rows else Authority()
        turn.each(
            rows,
            lambda r: f"message {r['dispatch_id']}",
            lambda r: self._send(connection, authority, post, r),
        )
        return len(rows) == _BATCH

    def _send(self, connection: Connection, authority: Authority, post: Post, row: Row) -> bool:
        tries, number, now = row["tries"] + 1, row["dispatch_id"], self._wall.now()
        if tries > MOST_TRIES:
            # Each of them ended with its process.
            self._not_now(connection, number, MOST_TRIES, "what became of them is not known")
            return True
        try:
            with connection.transaction():
                given = {"id": number, "tries": row["tries"], "next_at": now + wait_after(tries)}
                if connection.execute(SQL["begun"], given).fetchone() is None:
                    return False
                address, written = self._written(connection, authority, row)
        except DroppedError as error:
            self._end(connection, number, "dropped", str(error))
            return True
        try:
            post.send(address, written, f"notice-{row['key']}", now)
        except NotTakenError as error:
            self._end(connection, number, "failed", str(error))
        except (LaterError, SetupError, TransientError) as error:
            self._not_now(connection, number, tries, str(error))
            if not isinstance(error, LaterError):
                raise
        else:
            self._end(connection, number, "sent", "")
        return True

    def _not_now(self, connection: Connection, number: int, tries: int, why: str) -> None:
        if tries >= MOST_TRIES:
            self._end(connection, number, "failed", f"given up after {tries} tries: {why}")
        else:
            connection.execute(SQL["said"], {"id": number, "said": why[:300]})

    def _end(self, connection: Connection, number: int, state: str, said: str) -> None:
        given = {"id": number, "state": state, "said": said[:300], "now": self._wall.now()}
        connection.execute(SQL["ended"], given)

    def _written(self, connection: Connection, authority: Authority, row: Row) -> tuple[str, Written]:
        """To which address, and what it says now. Raises DroppedError."""
        name, way = row["person"], NoticeWay(row["channel"])
        kept = address_of(connection, name, way)
        if kept is None:
            raise DroppedError("its address was removed")
        language = language_of(connection, name)
        if row["kind"] == Sends.ADDRESS:
            person = authority.people.get(name)
            if person is None or not person.active:
                raise DroppedError("this person is let in no more")
            link = self._link(connection, name, way, kept["address"])
            return kept["address"], write_question(name, link, language, self._project)
        choice = choice_of(connection, name)
        if choice is None or choice.pace is NoticePace.NONE:
            raise DroppedError("nothing is to be sent any more")
        if not kept["confirmed"]:
            raise DroppedError("its address is not confirmed")
        written = write_news(
            self._told(connection, authority, row, choice), language, self._project, self._url
        )
        if written is None:
            raise DroppedError("nothing of it may be seen any more")
        return kept["address"], written

    def _link(self, connection: Connection, name: str, way: NoticeWay, address: str) -> str:
        """Another one at each try: the last one that was sent is the one that serves."""
        content = f"{way}\n{address}".encode()
        token = make_once(connection, PURPOSE, name, content, name, self._wall.now(), LINK_SERVES, alone=True)
        return f"{self._url}/me?confirm={token}"

    def _told(self, connection: Connection, authority: Authority, row: Row, choice: Choice) -> Digest:
        reader = reader_of(authority, row["person"])
        if reader is None:
            raise DroppedError("their roles show no case any more")
        given = {"id": row["dispatch_id"], "entities": reader.asked(), "limit": MOST_LISTED}
        rows = connection.execute(SQL["news"], given).fetchall()
        news = [News(r["case_id"], Told(r["kind"]), r["by"], r["count"]) for r in rows]
        cases = rows[0]["cases"] if rows else 0
        if row["kind"] != Sends.DIGEST:
            return Digest(news, cases)
        overdue, due_today = times_of(connection, reader, choice.time_zone, self._clock)
        return Digest(news, cases, due_today, overdue, digest=True)
