"""What people are told, sent to them by mail and by Slack: on a real PostgreSQL, to simulators of a mail server and of Slack over the wire."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from ipaddress import ip_network
from typing import Any

import pytest

from tests.integration.office import Office
from tests.integration.test_process import Clock
from tests.stages import step
from tieout.alerting import find_alerts
from tieout.cases import NewCase, Told, look, open_cases, tell
from tieout.notifying import (
    Choice,
    ChoiceError,
    GatheringStage,
    NoticePace,
    NoticeWay,
    SendingStage,
    addresses_of,
    choose,
    confirm_address,
    dispatches_to,
    give_address,
    posts_of,
    remove_address,
    ways_offered,
)
from tieout.notifying.model import MOST_ADDRESSES, MOST_LISTED, MOST_TRIES
from tieout.notifying.post import Post
from tieout.notifying.writing import Written
from tieout.rules import Release
from tieout.security import Confirm, EndPerson, GrantRole, RevokeRole, load_authority
from tieout.settings import AlertSettings
from tieout.store import Connection, Database
from tieout_sandbox.ports import free_port
from tieout_sandbox.simkit import Answer
from tieout_sandbox.simkit.http import serve
from tieout_sandbox.simulators.slack import SlackWorkspace
from tieout_sandbox.simulators.smtp import MailServer

NOW = datetime.fromisoformat("2026-10-20T14:00:00+00:00")
CORA, MIA = "U0CORA0001", "U0MIA00001"


class DiedError(BaseException):
    """The process ended here."""


@dataclass
class Scene:
    """Cora, a controller of every entity, and otto, of US alone; a mail server and Slack."""

    office: Office
    c: Connection
    mail: MailServer
    slack: SlackWorkspace
    settings: AlertSettings
    wall: Clock = field(default_factory=lambda: Clock(NOW))

    @property
    def clock(self) -> Clock:
        return self.office.clock

    def case(self, key: str, owner: str = "treasury", due: datetime = NOW, entity: str = "US") -> int:
        made = NewCase(
            "unmapped_account", "journals", entity, "2026-10", key, Decimal("2878.15"), "USD", "map it", "payslip of Zoe Miller",
            owner, NOW, due,
        )  # fmt: skip
        with self.c.transaction():
            open_cases(self.c, [made], "t")
        row = self.c.execute("select case_id from tieout.cases where source_key = %s", (key,)).fetchone()
        assert row is not None
        return int(row["case_id"])

    def tell(
        self, person: str, *cases: int, kind: Told = Told.NOTED, key: str = "k", by: str = "carl"
    ) -> None:
        with self.c.transaction():
            tell(self.c, [(number, person) for number in cases], kind, key, self.clock.now(), by)

    def address(self, person: str, way: NoticeWay, address: str) -> bool:
        who = load_authority(self.c).people[person]
        with self.c.transaction():
            return give_address(self.c, who, way, address, ways_offered(self.settings), self.wall.now())

    def choose(self, person: str, pace: NoticePace, way: NoticeWay = NoticeWay.MAIL, **more: Any) -> Choice:
        with self.c.transaction():
            wanted = Choice(pace, way, **more)
            return choose(self.c, person, wanted, ways_offered(self.settings), self.clock.now())

    def gets_mail(self, person: str, pace: NoticePace = NoticePace.AT_ONCE, **more: Any) -> None:
        """Somebody who gave an address, opened its link and chose mail."""
        if not self.address(person, NoticeWay.MAIL, f"{person}@co.example"):
            self.pass_by()
            with self.c.transaction():
                confirm_address(self.c, person, self.link(), self.wall.now())
        self.mail.letters.clear()
        self.choose(person, pace, **more)

    def link(self) -> str:
        found = re.findall(r"https://books\.example/me\?confirm=(\S+)", self.mail.letters[-1].text)
        return str(found[-1])

    def posts(self) -> tuple[Post, ...]:
        return posts_of(self.settings, [ip_network("127.0.0.0/8")])

    def stages(self, posts: tuple[Post, ...] | None = None) -> tuple[GatheringStage, SendingStage]:
        return (
            GatheringStage(self.clock, self.wall, 0),
            SendingStage(
                posts or self.posts(), "Meridian", "https://books.example", self.clock, self.wall, 0
            ),
        )

    def pass_by(self, wait: timedelta = timedelta(minutes=2), posts: tuple[Post, ...] | None = None) -> None:
        """Both stages once, some minutes later by both clocks."""
        self.wall.at += wait
        self.clock.at += wait
        for stage in self.stages(posts):
            step(stage, self.c, self.wall)

    def states(self, person: str) -> list[tuple[str, str, int]]:
        rows = dispatches_to(self.c, person, 50)
        return [(r["kind"], r["state"], r["tries"]) for r in rows]


@pytest.fixture
def scene(database: Database) -> Iterator[Scene]:
    unused: Any = None
    office = Office(unused, unused, unused, database, unused).let_in()
    office.clock = Clock(NOW)
    office.change(
        Confirm(no=office.change(GrantRole(name="mia", role="operator", entity="US", limit=None), "alice")),
        "bob",
    )
    mail, smtp, port = MailServer(), free_port(), free_port()
    mail.start(smtp)
    wall = Clock(NOW)
    slack = SlackWorkspace("xoxb-right", (CORA, MIA), lambda: wall.at.timestamp())
    serving = serve({port: slack})
    settings = AlertSettings(
        smtp=f"127.0.0.1:{smtp}", mail_from="tieout@co.example", slack_token="xoxb-right",
        slack_url=f"http://127.0.0.1:{port}/api",
    )  # fmt: skip
    c = database.connect(autocommit=True)
    yield Scene(office, c, mail, slack, settings, wall)
    c.close()
    serving.stop()
    mail.stop()


def test_an_address_is_believed_once_its_link_was_opened_by_whose_it_is(scene: Scene) -> None:
    assert scene.address("cora", NoticeWay.MAIL, "Cora <cora@co.example>") is False
    with pytest.raises(ChoiceError, match="confirmed yet"):
        scene.choose("cora", NoticePace.AT_ONCE)
    scene.pass_by()
    (letter,) = scene.mail.letters
    assert letter.to == ("cora@co.example",) and "Is this address yours?" in letter.subject
    first = scene.link()
    scene.address("carl", NoticeWay.MAIL, "cora@co.example")
    for person, token in (("carl", first), ("cora", "x" * 43)):
        with pytest.raises(ChoiceError, match="another person"), scene.c.transaction():
            confirm_address(scene.c, person, token, scene.wall.now())
    # Another address since: the link before is of none.
    scene.address("cora", NoticeWay.MAIL, "cora@new.example")
    with pytest.raises(ChoiceError, match="another person"), scene.c.transaction():
        confirm_address(scene.c, "cora", first, scene.wall.now())
    scene.pass_by()
    scene.wall.at += timedelta(hours=25)
    with pytest.raises(ChoiceError, match="too old"), scene.c.transaction():
        confirm_address(scene.c, "cora", scene.link(), scene.wall.now())
    scene.address("cora", NoticeWay.MAIL, "cora@new.example")
    scene.pass_by()
    with scene.c.transaction():
        assert confirm_address(scene.c, "cora", scene.link(), scene.wall.now()) is NoticeWay.MAIL
    assert [(r["address"], r["confirmed"]) for r in addresses_of(scene.c, "cora")] == [
        ("cora@new.example", True)
    ]
    # Who writes in the database confirms nothing.
    scene.c.execute("update tieout.notice_address set address = 'other@else.example'")
    assert [r["confirmed"] for r in addresses_of(scene.c, "cora")] == [False]


def test_an_address_that_is_a_persons_own_name_needs_no_link_and_links_have_a_limit(scene: Scene) -> None:
    assert scene.address("mia", NoticeWay.MAIL, "Mia@CO.example") is True
    assert scene.choose("mia", NoticePace.AT_ONCE).pace is NoticePace.AT_ONCE
    for n in range(MOST_ADDRESSES):
        scene.address("cora", NoticeWay.MAIL, f"c{n}@co.example")
    with pytest.raises(ChoiceError, match="in a day"):
        scene.address("cora", NoticeWay.MAIL, "one.more@co.example")
    for way, text in (
        (NoticeWay.MAIL, "a@x, b@y"),
        (NoticeWay.MAIL, "nobody"),
        (NoticeWay.SLACK, "@cora"),
        (NoticeWay.MAIL, "a@x\nBcc: b@y"),
    ):
        with pytest.raises(ChoiceError):
            scene.address("carl", way, text)
    scene.pass_by()
    # Of five that were asked for one after the other the last alone is sent a link.
    assert [x.to for x in scene.mail.letters] == [("c4@co.example",)]


def test_what_is_told_goes_out_once_without_a_figure_and_nothing_that_was_told_before(scene: Scene) -> None:
    old, one, two = scene.case("a"), scene.case("b"), scene.case("c")
    scene.tell("cora", old)
    scene.gets_mail("cora")
    scene.pass_by()
    assert scene.mail.letters == []
    scene.tell("cora", one, kind=Told.MENTIONED)
    scene.pass_by()
    scene.pass_by()
    (letter,) = scene.mail.letters
    assert letter.subject == f"[Tieout Meridian] case {one}: carl named you in a comment"
    assert f"https://books.example/cases/{one}\n" in letter.text
    for word in ("2878", "2,878", "Zoe", "payslip", "unmapped", "USD"):
        assert word not in letter.subject + letter.text
    # What comes together is one message; a case is one entry of it.
    for key in ("x", "y", "z"):
        scene.tell("cora", two, key=key)
    scene.tell("cora", one, kind=Told.SOLVED, key="s")
    scene.pass_by()
    assert len(scene.mail.letters) == 2
    text = scene.mail.letters[-1].text
    assert text.count("/cases/") == 2 and "2 more of this case before it" in text and "solved by carl" in text
    assert {len(subjects) for subjects in scene.mail.messages.values()} == {1}


def test_a_message_lists_so_much_and_one_a_minute_is_the_most(scene: Scene) -> None:
    scene.gets_mail("cora")
    cases = [scene.case(f"c{n}") for n in range(MOST_LISTED + 3)]
    scene.tell("cora", *cases)
    scene.pass_by()
    (letter,) = scene.mail.letters
    assert letter.text.count("/cases/") == MOST_LISTED and "and 3 more cases" in letter.text
    # However fast the project's own clock runs, by the machine's it is a message a minute.
    scene.choose("cora", NoticePace.DAILY)
    scene.case("late", owner="cora", due=NOW - timedelta(days=1))
    for n in range(6):
        scene.tell("cora", cases[n], key=f"day {n}")
        scene.clock.at += timedelta(days=1)
        scene.pass_by(timedelta(seconds=15))
    assert len(scene.mail.letters) == 2


def test_what_was_seen_is_not_sent_and_nothing_is_sent_where_nothing_is_chosen(scene: Scene) -> None:
    case = scene.case("a")
    scene.gets_mail("cora")
    scene.tell("cora", case)
    row = scene.c.execute("select max(notice_id) as last from tieout.notice").fetchone()
    assert row is not None
    look(scene.c, "cora", row["last"], scene.clock.now())
    scene.pass_by()
    assert scene.mail.letters == []
    another = scene.case("b")
    scene.tell("cora", another)
    scene.pass_by()
    assert (
        f"/cases/{another}" in scene.mail.letters[0].text
        and f"/cases/{case}\n" not in scene.mail.letters[0].text
    )
    scene.mail.letters.clear()
    scene.choose("cora", NoticePace.NONE)
    scene.tell("cora", case, key="2")
    scene.pass_by()
    scene.choose("cora", NoticePace.AT_ONCE)
    scene.pass_by()
    assert scene.mail.letters == []
    scene.tell("cora", case, key="3")
    scene.pass_by()
    assert len(scene.mail.letters) == 1


def test_roles_that_ended_send_nothing_also_where_a_message_waits(scene: Scene) -> None:
    ours, theirs = scene.case("a"), scene.case("b", entity="DE")
    scene.gets_mail("mia")
    scene.tell("mia", ours, theirs)
    scene.pass_by()
    (letter,) = scene.mail.letters
    assert f"/cases/{ours}" in letter.text and f"/cases/{theirs}" not in letter.text
    scene.tell("mia", ours, key="2")
    gather, send = scene.stages()
    scene.wall.at += timedelta(minutes=2)
    assert step(gather, scene.c, scene.wall)
    scene.office.change(RevokeRole(name="mia", role="operator", entity="US"), "alice")
    step(send, scene.c, scene.wall)
    assert len(scene.mail.letters) == 1 and scene.states("mia")[0] == ("notices", "dropped", 0)
    scene.office.grant("mia", "operator")
    scene.tell("mia", ours, key="3")
    scene.office.change(EndPerson(name="mia"), "alice")
    scene.pass_by()
    assert len(scene.mail.letters) == 1


def test_of_two_entities_the_one_whose_role_ended_before_it_was_sent_is_left_out(scene: Scene) -> None:
    ours, theirs = scene.case("a"), scene.case("b", entity="DE")
    german = GrantRole(name="mia", role="operator", entity="DE", limit=None)
    scene.office.change(Confirm(no=scene.office.change(german, "alice")), "bob")
    scene.gets_mail("mia")
    scene.tell("mia", ours, theirs)
    gather, send = scene.stages()
    assert step(gather, scene.c, scene.wall)
    scene.office.change(RevokeRole(name="mia", role="operator", entity="DE"), "alice")
    step(send, scene.c, scene.wall)
    (letter,) = scene.mail.letters
    assert f"/cases/{ours}" in letter.text and f"/cases/{theirs}" not in letter.text


def test_a_digest_comes_at_its_hour_says_what_is_due_and_nothing_where_there_is_nothing(scene: Scene) -> None:
    scene.gets_mail("cora", NoticePace.DAILY, hour=8, time_zone="Europe/Berlin")
    assert scene.choose(
        "cora", NoticePace.DAILY, hour=8, time_zone="Europe/Berlin"
    ).next_at == datetime.fromisoformat("2026-10-21T06:00:00+00:00")
    case = scene.case("a", owner="carl")
    scene.tell("cora", case)
    scene.tell("cora", case, key="2", kind=Told.GIVEN)
    scene.pass_by(timedelta(hours=15))
    assert scene.mail.letters == []
    scene.case("late", owner="cora", due=NOW)
    scene.case("today", owner="cora", due=datetime.fromisoformat("2026-10-21T21:59:00+00:00"))
    scene.case("tomorrow", owner="cora", due=datetime.fromisoformat("2026-10-21T22:00:00+00:00"))
    scene.pass_by(timedelta(hours=1))
    (letter,) = scene.mail.letters
    assert letter.subject == "[Tieout Meridian] digest: news of 1 cases"
    assert "Yours and past their time: 1" in letter.text and "Yours and due today: 1" in letter.text
    assert "1 more of this case before it" in letter.text
    scene.pass_by(timedelta(hours=1))
    assert len(scene.mail.letters) == 1
    # Nothing new, and nothing of theirs that is due: nothing is sent, and the next day is the next.
    scene.c.execute("update tieout.cases set owner = 'carl'")
    scene.pass_by(timedelta(days=3))
    assert len(scene.mail.letters) == 1 and len(scene.states("cora")) == 2
    # After days in which nothing ran there is one.
    scene.tell("cora", case, key="3")
    scene.pass_by(timedelta(days=9))
    scene.pass_by(timedelta(hours=1))
    assert len(scene.mail.letters) == 2


def test_a_message_is_in_the_language_of_its_readers_pages(scene: Scene) -> None:
    scene.c.execute("insert into tieout.preference values ('cora', 'de', '', '', now())")
    scene.gets_mail("cora")
    case = scene.case("a")
    scene.tell("cora", case, kind=Told.MENTIONED)
    scene.pass_by()
    (letter,) = scene.mail.letters
    assert letter.subject == f"[Tieout Meridian] Klärfall {case}: carl hat Sie in einem Kommentar genannt"


def test_a_refused_address_is_its_own_failure_and_is_said(scene: Scene) -> None:
    scene.gets_mail("cora")
    scene.address("mia", NoticeWay.MAIL, "mia@co.example")
    scene.choose("mia", NoticePace.AT_ONCE)
    scene.mail.refused["cora@co.example"] = "550 5.1.1 no such user"
    case = scene.case("a")
    scene.tell("cora", case)
    scene.tell("mia", case)
    scene.pass_by()
    assert [x.to for x in scene.mail.letters] == [("mia@co.example",)]
    last = dispatches_to(scene.c, "cora")[0]
    assert (last["state"], last["tries"]) == ("failed", 1) and "550" in last["said"]
    # Administrators hear of it, without an address; until a later one is taken, or nothing is to be sent.
    scene.c.execute("update tieout.dispatch set ended_at = now()")
    release = Release("0" * 64, {}, {}, {})

    def alerted() -> list[tuple[str, int, str]]:
        return [
            (a.cause, a.count, a.action) for a in find_alerts(scene.c, release, NOW) if a.kind == "notices"
        ]

    ((cause, count, action),) = alerted()
    assert (cause, count) == ("notices_not_taken", 1) and "by mail" in action and "@" not in action
    scene.choose("cora", NoticePace.NONE)
    assert alerted() == []
    scene.choose("cora", NoticePace.AT_ONCE)
    assert len(alerted()) == 1
    scene.mail.refused.clear()
    scene.tell("cora", case, key="2")
    scene.pass_by()
    scene.c.execute("update tieout.dispatch set ended_at = now()")
    assert alerted() == []


def test_an_address_that_is_full_is_tried_so_often_with_one_message_id(scene: Scene) -> None:
    scene.gets_mail("cora")
    scene.mail.refused["cora@co.example"] = "452 4.2.2 mailbox full"
    scene.tell("cora", scene.case("a"))
    for _ in range(3):
        scene.pass_by(timedelta(hours=1))
    assert scene.states("cora")[0] == ("notices", "waiting", 3)
    for _ in range(2 * MOST_TRIES):
        scene.pass_by(timedelta(hours=1))
    last = dispatches_to(scene.c, "cora")[0]
    assert (last["state"], last["tries"]) == ("failed", MOST_TRIES) and "given up after 8 tries" in last[
        "said"
    ]
    scene.mail.refused.clear()
    scene.tell("cora", scene.case("b"), key="2")
    scene.pass_by()
    assert len(scene.mail.letters) == 1 and scene.states("cora")[0][1] == "sent"


def test_a_process_that_dies_after_sending_sends_the_same_message_again_and_not_for_ever(
    scene: Scene,
) -> None:
    scene.gets_mail("cora")

    @dataclass(frozen=True)
    class Dying:
        post: Post
        way: NoticeWay = NoticeWay.MAIL

        def send(self, address: str, written: Written, key: str, now: datetime) -> None:
            self.post.send(address, written, key, now)
            raise DiedError

    scene.tell("cora", scene.case("a"))
    dying = (Dying(scene.posts()[0]),)
    for _ in range(2):
        with pytest.raises(DiedError):
            scene.pass_by(posts=dying)
    scene.pass_by(timedelta(hours=1))
    assert len(scene.mail.letters) == 3 and len({x.identity for x in scene.mail.letters}) == 1
    assert scene.mail.letters[0].identity.endswith("@co.example>")
    assert scene.states("cora")[0] == ("notices", "sent", 3)
    scene.tell("cora", scene.case("b"), key="2")
    for _ in range(MOST_TRIES):
        with pytest.raises(DiedError):
            scene.pass_by(timedelta(hours=1), posts=dying)
    scene.pass_by(timedelta(hours=1), posts=dying)
    assert len(scene.mail.letters) == 3 + MOST_TRIES and scene.states("cora")[0][1] == "failed"


def test_slack_is_written_to_as_it_takes_it_and_waits_as_it_asks(scene: Scene) -> None:
    scene.address("cora", NoticeWay.SLACK, CORA)
    scene.pass_by()
    (asked,) = scene.slack.posted
    token = asked.text.partition("confirm=")[2].split()[0]
    with scene.c.transaction():
        assert confirm_address(scene.c, "cora", token, scene.wall.now()) is NoticeWay.SLACK
    scene.choose("cora", NoticePace.AT_ONCE, NoticeWay.SLACK)
    case = scene.case("a")
    scene.slack.first = [Answer(429, b'{"ok":false,"error":"ratelimited"}', headers={"retry-after": "1800"})]
    scene.tell("cora", case, by="<!channel> & *co*")
    scene.pass_by()
    scene.pass_by()
    assert len(scene.slack.posted) == 1
    scene.pass_by(timedelta(minutes=31))
    told = scene.slack.posted[-1]
    assert len(scene.slack.posted) == 2 and told.member == CORA and told.key.startswith("notice-")
    assert "<!channel> & *co* commented" in told.text and f"/cases/{case}" in told.text
    assert not told.text.startswith("[markup]")
    # A member who left is that message's end; a token that ended keeps what waits.
    scene.slack.members.clear()
    scene.tell("cora", case, key="2")
    scene.pass_by()
    assert "channel_not_found" in dispatches_to(scene.c, "cora")[0]["said"]
    scene.slack.members.add(CORA)
    scene.slack.token = "xoxb-another"
    scene.tell("cora", case, key="3")
    scene.pass_by(timedelta(hours=2))
    last = dispatches_to(scene.c, "cora")[0]
    assert last["state"] == "waiting" and "invalid_auth" in last["said"] and "xoxb" not in last["said"]
    scene.slack.token = "xoxb-right"
    scene.pass_by(timedelta(hours=2))
    assert len(scene.slack.posted) == 3 and scene.states("cora")[0][1] == "sent"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(503, b"<html>", "text/html"),
        Answer(200, b"not json"),
        Answer(200, b"[]"),
        Answer(200, b'{"ok":false,"error":"fatal_error"}'),
        Answer(302, b"", headers={"location": "http://127.0.0.1:1/"}),
    ],
)
def test_what_answers_something_else_for_slack_is_tried_later(scene: Scene, answer: Answer) -> None:
    scene.address("cora", NoticeWay.SLACK, CORA)
    scene.slack.first = [answer]
    scene.pass_by()
    assert scene.slack.posted == [] and scene.states("cora") == [("address", "waiting", 1)]
    scene.pass_by(timedelta(hours=1))
    assert len(scene.slack.posted) == 1 and scene.states("cora") == [("address", "sent", 2)]


def test_another_way_tells_nothing_again_and_an_address_that_was_removed_gets_nothing(scene: Scene) -> None:
    case = scene.case("a")
    scene.gets_mail("cora")
    scene.tell("cora", case)
    scene.pass_by()
    scene.address("cora", NoticeWay.SLACK, CORA)
    scene.pass_by()
    with scene.c.transaction():
        token = scene.slack.posted[0].text.partition("confirm=")[2].split()[0]
        confirm_address(scene.c, "cora", token, scene.wall.now())
    scene.choose("cora", NoticePace.AT_ONCE, NoticeWay.SLACK)
    scene.pass_by()
    assert len(scene.mail.letters) == 1 and len(scene.slack.posted) == 1
    scene.tell("cora", case, key="2")
    with scene.c.transaction():
        remove_address(scene.c, "cora", NoticeWay.SLACK, scene.wall.now())
    scene.pass_by()
    assert len(scene.slack.posted) == 1
    with pytest.raises(ChoiceError, match="no mail"):
        scene.settings = replace(scene.settings, smtp="")
        scene.choose("cora", NoticePace.AT_ONCE)


def test_a_mail_server_that_is_away_keeps_slack_from_nobody(scene: Scene) -> None:
    scene.gets_mail("cora")
    scene.settings = replace(scene.settings, smtp=f"127.0.0.1:{free_port()}")
    scene.tell("cora", scene.case("a"))
    scene.address("carl", NoticeWay.SLACK, MIA)
    scene.pass_by()
    assert len(scene.slack.posted) == 1 and scene.states("cora")[0] == ("notices", "waiting", 1)
    failing = scene.c.execute(
        "select lane, error from tieout.failure where stage = 'dispatches' and item = ''"
    ).fetchall()
    assert [r["lane"] for r in failing] == [["mail"]] and "mail server" in failing[0]["error"]


def test_a_notice_that_is_committed_after_a_later_one_was_sent_is_sent_too(scene: Scene) -> None:
    first, second = scene.case("a"), scene.case("b")
    scene.gets_mail("cora")
    with scene.office.database.connect(autocommit=True) as slow:
        with slow.transaction():
            tell(slow, [(first, "cora")], Told.NOTED, "k", scene.clock.now(), "carl")
            scene.tell("cora", second)
            for _ in range(20):
                scene.pass_by()
            assert [f"/cases/{second}" in x.text for x in scene.mail.letters] == [True]
        scene.pass_by()
        assert [f"/cases/{first}" in x.text for x in scene.mail.letters] == [False, True]
    # What was looked through long ago is looked at no more.
    before = scene.c.execute("select after_notice from tieout.notice_choice").fetchone()
    scene.pass_by(timedelta(hours=2))
    scene.tell("cora", second, key="2")
    scene.pass_by()
    after = scene.c.execute("select after_notice from tieout.notice_choice").fetchone()
    assert before is not None and after is not None and before["after_notice"] < after["after_notice"]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_no_notice_is_told_twice_and_none_is_lost(scene: Scene, seed: int) -> None:
    """Choices, ways, servers that fail and processes that die by turns; a case is told of once, so that a text shows what it told."""
    chance = random.Random(seed)
    scene.gets_mail("cora")
    scene.address("cora", NoticeWay.SLACK, CORA)
    scene.pass_by()
    with scene.c.transaction():
        confirm_address(
            scene.c, "cora", scene.slack.posted[0].text.partition("confirm=")[2].split()[0], scene.wall.now()
        )
    scene.slack.posted.clear()
    told: set[int] = set()
    for n in range(40):
        match chance.randrange(7):
            case 0 | 1 | 2:
                case = scene.case(f"c{n}")
                scene.tell("cora", case)
                told.add(case)
            case 3:
                pace = chance.choice([NoticePace.AT_ONCE, NoticePace.DAILY, NoticePace.WEEKLY])
                scene.choose("cora", pace, chance.choice(list(NoticeWay)), hour=chance.randrange(24))
            case 4:
                scene.mail.refused = chance.choice([{}, {"cora@co.example": "451 4.3.0 later"}])
                scene.slack.first = [Answer(503, b"")] * chance.randrange(2)
            case _:
                scene.pass_by(timedelta(minutes=chance.randrange(1, 1500)))
    scene.mail.refused, scene.slack.first = {}, []
    scene.choose("cora", NoticePace.AT_ONCE, NoticeWay.SLACK)
    for _ in range(4):
        scene.pass_by(timedelta(hours=2))
    messages = {x.identity: x.text for x in scene.mail.letters} | {x.key: x.text for x in scene.slack.posted}
    found = Counter(int(n) for text in messages.values() for n in re.findall(r"/cases/(\d+)", text))
    given_up = {
        r["case_id"] for r in scene.c.execute(
            "select n.case_id from tieout.dispatch d join tieout.dispatch_notice using (dispatch_id)"
            " join tieout.notice n using (notice_id) where d.state = 'failed'"
        )
    }  # fmt: skip
    assert set(found) == told - given_up and set(found.values()) <= {1}


def test_a_way_that_the_project_has_no_more_keeps_nothing_waiting(scene: Scene) -> None:
    scene.gets_mail("cora")
    scene.tell("cora", scene.case("a"))
    slack_alone = tuple(p for p in scene.posts() if p.way is NoticeWay.SLACK)
    scene.pass_by(posts=slack_alone)
    (first, *_) = dispatches_to(scene.c, "cora", 1)
    assert (first["state"], first["tries"]) == ("failed", 0) and "choose another one" in first["said"]
    assert scene.mail.letters == []
    # Once mail is back, what is told then goes out.
    scene.tell("cora", scene.case("b"))
    scene.pass_by()
    assert len(scene.mail.letters) == 1
