"""Alerts: raised once with cause, money, one action and a link; told grouped; escalated; silent in a window; cleared."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiosmtpd.controller import Controller
from deploy.grafana.make_dashboard import dashboard
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.test_process import Clock
from tests.integration.test_telling import LOCAL, Receiver
from tests.stages import forget_failures, step
from tieout.alerting import Alert, AlertStage, ChannelError, channels_of, find_alerts, open_alerts
from tieout.alerting.standing import Standing
from tieout.api.measuring import FAMILIES, Measures, read_measures
from tieout.evidence import Sealer, load_or_make_signer
from tieout.inbox import pause
from tieout.observe import Metrics
from tieout.rules import Entity, Interface, Release
from tieout.settings import AlertSettings, Silence
from tieout.store import Database
from tieout_sandbox.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
SHOP = Interface("shop", "shopify", "US", ("orders",), "sales", "order to cash")
RELEASE = Release("0" * 64, {"US": Entity("US", "US", "USD", "UTC", "odoo")}, {"shop": SHOP}, {})


class Scene:
    """Cases in a database, and a stage that tells a list."""

    def __init__(self, database: Database, settings: AlertSettings | None = None) -> None:
        self.c = database.connect(autocommit=True)
        self.clock = Clock(NOW)
        self.told: list[tuple[list[Alert], list[str], bool]] = []
        self.fails = False
        folder = Path(tempfile.mkdtemp())
        self.sealer = Sealer(load_or_make_signer(folder / "key"), self.clock, folder / "witness")
        settings = settings or AlertSettings()
        self.stage = AlertStage(lambda: RELEASE, settings, [self], self.clock, pause_s=0)

    name = "list"

    def tell(self, alerts: Sequence[Alert], cleared: Sequence[str], escalated: bool) -> None:
        self.told.append((list(alerts), list(cleared), escalated))
        if self.fails:
            raise ChannelError("down", 0)

    def case(self, key: str, amount: str = "10.00", cause: str = "unknown_tax", entity: str = "US") -> None:
        self.c.execute(
            "insert into tieout.cases (fingerprint, cause, interface, entity, period, source_key, amount, currency, blocking,"
            " recovery, detail, owner, opened_at, due_at) values (%s, %s, 'shop', %s, '2026-10', %s, %s, 'USD', true,"
            " 'add it to mappings/taxes.csv', 'd', 'o', %s, %s)",
            (
                key,
                cause,
                entity,
                key,
                Decimal(amount),
                self.clock.now(),
                self.clock.now() + timedelta(hours=24),
            ),
        )

    def step(self, hours: float = 0) -> list[Alert]:
        """Time passes, the stage looks; what it told now."""
        self.clock.at += timedelta(hours=hours)
        while step(self.sealer, self.c):
            pass
        before = len(self.told)
        forget_failures(self.c)
        step(self.stage, self.c)
        return [a for alerts, _, _ in self.told[before:] for a in alerts]


@pytest.fixture
def scene(database: Database) -> Iterator[Scene]:
    made = Scene(database)
    yield made
    made.c.close()


def test_one_alert_for_all_of_a_cause_with_its_money_action_and_link(scene: Scene) -> None:
    scene.case("a", "2878.10")
    scene.case("b", "0.05")
    scene.case("c", "5.00", entity="DE")
    told = scene.step()
    assert [(a.entity, a.count, a.amount) for a in told] == [
        ("US", 2, Decimal("2878.15")),
        ("DE", 1, Decimal("5.00")),
    ]
    assert told[0].title == "US: unknown tax × 2, 2,878.15 USD at risk"
    assert (
        told[0].action == "add it to mappings/taxes.csv"
        and told[0].path == "/cases?cause=unknown_tax&entity=US"
    )
    # One message for both, and no second one however often it looks.
    assert len(scene.told) == 1 and scene.step(1) == [] and scene.step(1) == []
    row = scene.c.execute(
        "select count(*) as n from tieout.evidence where action = 'alert.raised'"
    ).fetchone()
    assert row is not None and row["n"] == 2


def test_it_is_told_again_when_it_doubled_when_it_is_late_and_when_it_is_settled(scene: Scene) -> None:
    scene.case("a")
    scene.case("b")
    assert len(scene.step()) == 1
    scene.case("c")
    assert scene.step() == []
    scene.case("d")
    assert [a.count for a in scene.step()] == [4]
    late = scene.step(25)
    assert (
        [a.level for a in late] == [1]
        and scene.told[-1][2] is True
        and "past its service level" in late[0].title
    )
    assert scene.step(1) == []
    scene.c.execute("update tieout.cases set state = 'solved', solved_at = now()")
    scene.step()
    assert scene.told[-1][:2] == ([], ["case:unknown_tax:US:USD"]) and open_alerts(scene.c) == []
    # The same once more is another alert.
    scene.case("e")
    assert len(scene.step()) == 1


def test_what_could_not_be_told_is_told_later(scene: Scene) -> None:
    scene.case("a")
    scene.fails = True
    assert len(scene.step()) == 1 and len(scene.step()) == 1
    scene.fails = False
    assert len(scene.step()) == 1 and scene.step() == []


def test_a_maintenance_window_is_silent_and_what_is_left_at_its_end_is_told(database: Database) -> None:
    window = Silence(NOW - timedelta(hours=1), NOW + timedelta(hours=2), "upgrade")
    scene = Scene(database, AlertSettings(silent=(window,)))
    scene.case("a")
    scene.case("b", cause="late_event")
    assert scene.step() == [] and len(open_alerts(scene.c)) == 2
    scene.c.execute("update tieout.cases set state = 'solved', solved_at = now() where cause = 'late_event'")
    assert scene.step(1) == []
    assert [a.cause for a in scene.step(1.5)] == ["unknown_tax"] and scene.told[-1][1] == []
    scene.c.close()


def test_sources_backlogs_seals_and_receivers_are_watched(scene: Scene) -> None:
    c, old = scene.c, NOW - timedelta(hours=30)
    c.execute(
        "insert into tieout.poll_cursor (interface, stream, due_at, polled_at) values ('shop', 'orders', now(), %s)", (old,),
    )  # fmt: skip
    c.execute(
        "insert into tieout.failure (stage, lane, failures, error, since, failed_at, next_at) values"
        " ('poll', '{shop,orders}', 3, 'Shopify: 401: the token ended: make another', now(), now(), now())"
    )
    c.execute(
        "insert into tieout.message (interface, stream, dedupe_key, source_key, transport, body_sha256, received_at)"
        " values ('shop', 'orders', 'm', 'm', 'poll', '\\x00', %s)", (old,),
    )  # fmt: skip
    c.execute("insert into tieout.evidence (at, actor, action, subject) values (%s, 'a', 'b', 'c')", (old,))
    c.execute(
        "insert into tieout.subscription (url, types, entity, secret, made_by, made_at, position, failures, next_at, last_status)"
        " values ('https://x.example/', '{case.opened}', '*', '\\x00', 'ira', %s, 0, 9, %s, 'HTTP 500')", (old, old),
    )  # fmt: skip
    found = {a.cause: a for a in find_alerts(c, RELEASE, NOW)}
    assert set(found) == {
        "source_does_not_answer",
        "backlog_is_old",
        "evidence_not_sealed",
        "events_not_taken",
    }
    assert found["source_does_not_answer"].action.endswith("make another")
    assert (
        found["source_does_not_answer"].path == "/interfaces/shop"
        and found["source_does_not_answer"].level == 1
    )
    assert "HTTP 500" in found["events_not_taken"].action
    # What is paused is still on purpose.
    pause(c, SHOP, "ira", "the shop moves", NOW)
    assert {a.cause for a in find_alerts(c, RELEASE, NOW)} == {"evidence_not_sealed", "events_not_taken"}


def test_a_clock_that_leaps_makes_nothing_late_and_what_stands_still_is_told_of_once(scene: Scene) -> None:
    """The sandbox's clock goes on by hours at once: what was written just before is old by it, and sealed a moment later."""
    c, at = scene.c, [0.0]

    def stage() -> AlertStage:
        standing = Standing(machine=lambda: at[0])
        return AlertStage(lambda: RELEASE, AlertSettings(), [scene], scene.clock, 0, standing=standing)

    def look(worker: AlertStage) -> list[str]:
        step(worker, c)
        return sorted(a["key"] for a in open_alerts(c))

    one, other = stage(), stage()
    c.execute("insert into tieout.evidence (at, actor, action, subject) values (%s, 'a', 'b', 'c')", (NOW,))
    c.execute(
        "insert into tieout.message (interface, stream, dedupe_key, source_key, transport, body_sha256, received_at)"
        " values ('shop', 'orders', 'm', 'm', 'poll', '\\x00', %s)", (NOW,),
    )  # fmt: skip
    scene.clock.at += timedelta(hours=30)
    assert look(one) == []
    at[0] = 14.9
    assert look(one) == [] and look(other) == []
    # The oldest was sealed and another is not yet: that is work going on.
    while step(scene.sealer, c):
        pass
    c.execute("insert into tieout.evidence (at, actor, action, subject) values (%s, 'a', 'b', 'd')", (NOW,))
    at[0] = 16.0
    assert look(one) == ["backlog:shop"]
    at[0] = 31.0
    assert look(one) == ["backlog:shop", "seal:evidence"]
    # Another worker's look, which remembers nothing of it, does not clear it.
    assert look(stage()) == ["backlog:shop", "seal:evidence"]
    while step(scene.sealer, c):
        pass
    assert look(other) == ["backlog:shop"]


def test_a_key_is_told_of_before_it_ends(database: Database) -> None:
    """Three weeks before as something to do, three days before as something late, and not once another is in use."""
    with database.transaction() as c:

        def told(days: int | None) -> list[tuple[str, int, str]]:
            ends_at = None if days is None else NOW + timedelta(days=days)
            c.execute(
                "insert into tieout.key_end (system, ends_at, said, asked_at) values ('odoo', %s, 'Tieout ends', now())"
                " on conflict (system) do update set ends_at = excluded.ends_at",
                (ends_at,),
            )
            return [(a.key, a.level, a.path) for a in find_alerts(c, RELEASE, NOW) if a.cause == "key_ends"]

        assert told(30) == [] and told(None) == []
        assert told(20) == [("key:odoo", 0, "/systems")] and told(2) == [("key:odoo", 1, "/systems")]
        assert told(80) == []


class Mailbox:
    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=default)))
        return "250 OK"


def test_mail_and_webhook_say_what_how_much_what_to_do_and_where() -> None:
    mailbox, receiver = Mailbox(), Receiver()
    port = free_port()
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    settings = AlertSettings(
        smtp=f"127.0.0.1:{port}", mail_from="tieout@co.example", mail_to=("fin@co.example",),
        escalate_to=("cfo@co.example",), webhooks=(receiver.url,),
    )  # fmt: skip
    channels = channels_of(settings, "Meridian", "https://books.example", LOCAL)

    def tell(alerts: list[Alert], cleared: list[str], escalated: bool) -> list[str]:
        errors = []
        for channel in channels:
            try:
                channel.tell(alerts, cleared, escalated)
            except ChannelError as error:
                errors.append(str(error))
        return errors

    alert = Alert(
        "case:x", "case", "unknown_tax", "US", 2, Decimal("2878.15"), "USD", "add it to\nmappings/taxes.csv",
        "/cases?cause=unknown_tax&entity=US", NOW, 0,
    )  # fmt: skip
    assert tell([alert], [], False) == [] and tell([alert, alert], ["case:y"], True) == []
    (to, mail), (both, second) = mailbox.mails
    assert to == ["fin@co.example"] and both == ["fin@co.example", "cfo@co.example"]
    assert mail["subject"] == "[Tieout Meridian] US: unknown tax × 2, 2,878.15 USD at risk"
    for word in (
        "2,878.15 USD",
        "mappings/taxes.csv",
        "https://books.example/cases?cause=unknown_tax&entity=US",
    ):
        assert word in mail.get_content()
    assert "and 1 more" in second["subject"] and "settled: case:y" in second.get_content()
    told = json.loads(receiver.heard[0][1])
    assert "US: unknown tax × 2" in told["text"]
    server.stop()
    receiver.answers = [500]
    assert [error.split()[0] for error in tell([alert], [], False)] == ["mail:", "webhook"]
    # Where nobody allowed it, an address inside is not gone to.
    (closed,) = channels_of(AlertSettings(webhooks=(receiver.url,)), "M", "https://b.example")
    before = len(receiver.heard)
    with pytest.raises(ChannelError, match="not public"):
        closed.tell([alert], [], False)
    assert len(receiver.heard) == before
    receiver.shutdown()


# what is scraped


def exposition(scene: Scene) -> str:
    return Metrics().render(Measures(read_measures(scene.c, RELEASE, NOW))).decode()


def test_every_family_is_there_and_named_as_the_conventions_say(scene: Scene) -> None:
    scene.case("a", "2878.10")
    text = exposition(scene)
    names = {f.name for f in text_string_to_metric_families(text)}
    for name, words, labels in FAMILIES:
        assert name.removesuffix("_total") in names and words
        assert re.fullmatch(r"tieout_[a-z]+(_[a-z]+)*", name) and not name.endswith(
            ("_count", "_sum", "_gauge")
        )
        assert all(re.fullmatch(r"[a-z_]+", x) for x in labels)
    found = {
        (s.name, *sorted(s.labels.values())): s.value
        for f in text_string_to_metric_families(text)
        for s in f.samples
    }
    assert found["tieout_amount_at_risk", "US", "USD"] == 2878.10
    assert found["tieout_open_cases", "US", "unknown_tax"] == 1


def test_rules_and_dashboard_ask_for_metrics_that_exist(scene: Scene) -> None:
    there = set(re.findall(r"^# TYPE (tieout_\w+)", exposition(scene), re.MULTILINE)) | {
        "tieout_webhooks_total"
    }
    labels = {name: set(names) for name, _, names in FAMILIES} | {
        "tieout_webhooks_total": {"interface", "status"}
    }
    rules = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())
    expressions = [r["expr"] for g in rules["groups"] for r in g["rules"]]
    drawn = json.loads((ROOT / "deploy/grafana/tieout.json").read_text())
    assert drawn == dashboard(), "make it anew: python deploy/grafana/make_dashboard.py"
    expressions += [t["expr"] for p in drawn["panels"] for t in p["targets"]]
    asked = {n for e in expressions for n in re.findall(r"tieout_\w+", e)}
    assert asked and asked <= there, asked - there
    for expression in expressions:
        for name, chosen in re.findall(r"(tieout_\w+)\{([^}]*)\}", expression):
            assert set(re.findall(r"(\w+)[!=]", chosen)) <= labels[name], expression
    for panel in drawn["panels"]:
        for target in panel["targets"]:
            (name,) = set(re.findall(r"tieout_\w+", target["expr"]))
            legend = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            assert legend <= labels[name], target
    for group in rules["groups"]:
        for rule in group["rules"]:
            assert {"summary", "action"} <= set(rule["annotations"]) and rule["labels"]["severity"]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool: apt-get install prometheus")
def test_promtool_takes_the_rules() -> None:
    done = subprocess.run(
        ["promtool", "check", "rules", str(ROOT / "deploy/prometheus/alerts.yml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
