"""Plays a company's month with the product of an old commit; run with that commit's source in PYTHONPATH.

    driver.py keep  SCENARIO FOLDER ORDERS SEED UNTIL   half a month, then what a new version is held against
    driver.py whole SCENARIO FOLDER ORDERS SEED         a month unbroken, with the old product alone
    driver.py live  SCENARIO FOLDER ORDERS SEED UNTIL   half a month, then on with the product of TIEOUT_AFTER

It speaks the modules of commit 6e54738 and is not changed when the product is: the simulators, the month, its
people and the oracle are that commit's. The product itself is always a process of its own, `tieout up`, and its
people act through the command line, so that the second half needs nothing of a newer version but its commands
(which `agent.py` carries out). The last line on standard output is the result, as JSON.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
from tieout.cli.scenarios import SCENARIOS, DemoOptions
from tieout.connectors.bankfile.simulator import BankLine
from tieout.pipeline import FolderStage, PollStage
from tieout.sandbox import Planted, World
from tieout.sandbox.company import Administrator
from tieout.sandbox.couriers import Courier
from tieout.sandbox.month import LOCK_ON
from tieout.sandbox.services.buying import BY_HAND, BY_HAND_ON
from tieout.sandbox.services.byhand import reverse_by_hand, settle_by_hand
from tieout.sandbox.services.traps import TURNED, TURNED_ON
from tieout.sandbox.world import free_port

from tieout.bootstrap.wiring import App
from tieout.cli.tables import tie_out_json
from tieout.documents import canonical_bytes, decode_document
from tieout.engine import Lane
from tieout.evidence import export_pack
from tieout.money import Period
from tieout.processes import plan_document
from tieout.processes.facts import Facts
from tieout.proofs import take_control_totals, tie_out
from tieout.security import AddPerson, Begin, Confirm, GrantRole, change_authority, key_hash, new_key
from tieout.store.embedded import binaries

HERE = Path(__file__).resolve().parent
OCTOBER, NOVEMBER = Period(2026, 10), Period(2026, 11)


def _end_with_parent() -> None:
    """Nothing is left running where a test is cut short (Linux: PR_SET_PDEATHSIG is 1)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Product:
    """The product in its own processes: `tieout up`, and a command line that is kept warm. `source` is the folder
    with its package; it is found by PYTHONPATH, so that two versions need one environment only."""

    def __init__(self, source: str, project: Path, port: int) -> None:
        self._project, self._port = project, port
        self._environment = {**os.environ, "PYTHONPATH": source}
        # What is run as a module looks into its folder first: no other version may lie there.
        self._folder = project.parent
        self._log = (project.parent / "product.log").open("ab")
        self._up: subprocess.Popen[bytes] | None = None
        self._agent: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start everything; what must be migrated is."""
        command = [sys.executable, "-m", "tieout", "up", "--dir", str(self._project)]
        self._up = subprocess.Popen(
            command,
            preexec_fn=_end_with_parent,
            env=self._environment,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        deadline = time.monotonic() + 60
        while not self._answers():
            if self._up.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"`tieout up` does not come up: see {self._log.name}")
            time.sleep(0.05)
        self._agent = subprocess.Popen(
            [sys.executable, str(HERE / "agent.py"), str(self._project)],
            env=self._environment, cwd=self._folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log,
            text=True,
        )  # fmt: skip

    def _answers(self) -> bool:
        with socket.socket() as tried:
            tried.settimeout(1)
            return tried.connect_ex(("127.0.0.1", self._port)) == 0

    def stop(self) -> None:
        """End everything as an administrator does."""
        if self._agent is not None:
            self._agent.communicate()
            self._agent = None
        if self._up is not None:
            self._up.send_signal(signal.SIGTERM)
            self._up.wait(60)
            self._up = None

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._agent is not None and self._agent.stdin is not None and self._agent.stdout is not None
        self._agent.stdin.write(json.dumps(request) + "\n")
        self._agent.stdin.flush()
        line = self._agent.stdout.readline()
        if not line:
            raise RuntimeError(f"the command line died: see {self._log.name}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def tieout(self, *words: str, key: Path | None = None, codes: tuple[int, ...] = (0, 1)) -> Any:
        """Run a command; what it printed, decoded where it is JSON. Any exit code but `codes` is an error."""
        environment = {"TIEOUT_KEY_FILE": str(key)} if key else {}
        done = self.ask({"argv": [*words, "--dir", str(self._project)], "env": environment})
        if done["code"] not in codes:
            raise RuntimeError(f"tieout {' '.join(words)} ended with {done['code']}: {done['out'][-2000:]}")
        return json.loads(done["out"]) if "--json" in words else done["code"]

    def settle(self) -> None:
        """Wait until nothing can move any more."""
        answer = self.ask({"settle": 240})
        if answer["left"]:
            raise RuntimeError(
                f"the month stands still: {answer['left']}: {answer['why']}; see {self._log.name}"
            )


class People:
    """What people do about a day, through the command line."""

    def __init__(self, play: Play) -> None:
        self.play, self.scenario = play, play.scenario
        self.entities = play.scenario.entities

    def open(self) -> None:
        """What happens before the month begins."""

    def after_day(self, day: date) -> None:
        raise NotImplementedError

    def before_lock(self) -> None:
        raise NotImplementedError


class DistributorsPeople(People):
    def open(self) -> None:
        """The accountant is let in: to newer products a name alone decides nothing."""
        app, keys = self.play.app, {name: new_key() for name in ("ann", "ben", "accountant")}
        ann, ben, accountant = (
            AddPerson(name=n, human=True, names=(), key_sha256=key_hash(k)) for n, k in keys.items()
        )
        now = app.clock.now()
        with app.database.transaction() as connection:
            change_authority(connection, Begin(people=(ann, ben)), "first start", now)
            for change in (
                accountant,
                GrantRole(name="accountant", role="controller", entity="*", limit=None),
            ):
                change_authority(
                    connection, Confirm(no=change_authority(connection, change, "ann", now)), "ben", now
                )
        self.key = self.play.folder / "accountant.key"
        self.key.write_text(keys["accountant"])

    def after_day(self, day: date) -> None:
        product = self.play.product
        product.tieout("reconcile", "--entity", "US", "--until", day.isoformat(), key=self.key)
        product.settle()
        for row in product.tieout("matches", "list", "--json"):
            answers = [self.scenario._month.answers.get(x["number"]) for x in row["cash"]]
            if answers == [x["number"] for x in row["due"]] and row["state"] == "open":
                product.tieout("matches", "accept", str(row["suggestion"]), key=self.key)
        product.settle()

    def before_lock(self) -> None:
        self.play.product.tieout("revalue", "--period", "2026-10", "--entity", "US", key=self.key)
        self.play.product.settle()


class ServicesPeople(People):
    def open(self) -> None:
        """Everybody is let in; and pat, who proposes payments, has the role for it."""
        app = self.play.app
        self.scenario.open(app)
        with app.database.transaction() as connection:
            now = app.clock.now()
            role = GrantRole(name="pat", role="preparer", entity="*", limit=None)
            number = change_authority(connection, role, "ann", now)
            change_authority(connection, Confirm(no=number), "ben", now)
        self.keys = self.play.folder / "held"
        self.keys.mkdir(mode=0o700)
        for name, key in self.scenario._keys.items():
            (self.keys / name).write_text(key)

    def after_day(self, day: date) -> None:
        play, product, month = self.play, self.play.product, self.scenario._month
        companies = self.scenario._companies
        if day.weekday() == 2:
            pay_on = (day + timedelta(days=1)).isoformat()
            product.tieout(
                "payments", "propose", "--entity", "US", "--pay-on", pay_on, "--due-until", pay_on, key=self.keys / "pat"
            )  # fmt: skip
            product.settle()
            if day == BY_HAND_ON:
                self._pay_by_hand(day)
        if day == TURNED_ON:
            reverse_by_hand(play.admin, companies["US"].id, TURNED, day)
        for _ in range(3):
            self._approve(month, day)
            product.settle()
        product.tieout("reconcile", "--entity", "US", "--until", day.isoformat(), key=self.keys / "carla")
        product.settle()

    def _approve(self, month: Any, day: date) -> None:
        """Whoever holds the role that a request waits for approves it: carla first, who also tries what she made
        herself, and then chris."""
        for request in self.play.product.tieout("approvals", "list", "--json"):
            number, name = str(request["request"]), request["subject"].partition(":")[2]
            if not request["needs"]:
                continue
            if name in month.turned_down:
                self._decide("carla", "reject", number, "--reason", month.turned_down[name])
            elif request["needs"].startswith("cfo "):
                if day >= month.held_until.get(name, day):
                    self._decide("frank", "approve", number)
            else:
                own = "carla" in request["makers"] and name not in month.own_affairs
                if own or not self._decide("carla", "approve", number):
                    self._decide("chris", "approve", number)

    def _decide(self, who: str, verdict: str, *words: str) -> bool:
        code = self.play.product.tieout("approvals", verdict, *words, key=self.keys / who, codes=(0, 2))
        return bool(code == 0)

    def _pay_by_hand(self, day: date) -> None:
        """As the scenario of that commit does it: past the product, although a run with the bills waits."""
        scenario, month = self.scenario, self.scenario._month
        with psycopg.connect(self.play.app.dsn) as connection:
            row = connection.execute(
                "select source_key, content from tieout.document where kind = 'vendor_payment'"
                " and state = 'normalised' and content::jsonb ->> 'supplier' = %s",
                (BY_HAND,),
            ).fetchone()
        assert row is not None
        numbers = [x["number"] for x in json.loads(row[1])["settles"]]
        amount = month.buying.paid_by_hand(numbers)
        settle_by_hand(self.play.admin, scenario._companies["US"].id, numbers, day)
        on, name = day + timedelta(days=1), month.buying.tool.vendors[BY_HAND].name
        line = BankLine(on, -int(amount.scaleb(2)), counterparty=name, remittance=" ".join(numbers))
        month.expect(line)
        month.awaited(line)
        month.planted.append(Planted("paid_already", f"{row[0]} payment", amount))

    def before_lock(self) -> None:
        self.scenario._month.accrue(OCTOBER.last)
        self.play.product.tieout("accruals", "--entity", "US", "--period", "2026-10", key=self.keys / "carla")
        self.play.product.settle()


PEOPLE = {"distributor": DistributorsPeople, "services": ServicesPeople}


class Play:
    """One month of one company, whatever product does its work."""

    def __init__(self, scenario: str, folder: Path, orders: int, seed: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.project = folder, folder / "project"
        options = DemoOptions(
            orders=orders, seed=seed, faults="none", scenario=scenario, folder=folder, serve=False, kills=0, crash="",
            quiet=True,
        )  # fmt: skip
        self.world = World(folder / "outside", seed=seed)
        self.world.start()
        self.admin = Administrator(
            self.world.url("odoo"), self.world.odoo.database, self.world.odoo.service.make_key(2)
        )
        self.port = free_port()
        self.scenario = SCENARIOS[scenario](options, self.world, self.admin)
        self.month = self.scenario.set_up(self.project, self.port)
        self.courier = Courier(self.world, f"http://127.0.0.1:{self.port}")
        self.app = App(self.project)
        self.people = PEOPLE[scenario](self)
        server = self.app.start_database()
        self.app.pin_systems()
        self.people.open()
        assert server is not None
        server.stop()
        self.product = Product(os.environ["PYTHONPATH"], self.project, self.port)

    def play(self, since: date, until: date) -> None:
        """The days from `since` up to and without `until`, whole."""
        for day in self.month.days():
            if since <= day < until:
                if day == LOCK_ON:
                    self._close_october()
                self.month.play_day(day)
                self.courier.carry()
                self.product.settle()
                self.people.after_day(day)

    def _close_october(self) -> None:
        """Before the books are locked the month must tie: what it lacks is pulled again."""
        self._find_gaps()
        self.world.stripe.hidden.clear()
        self.pull_again()
        self._find_gaps()
        self.people.before_lock()
        self.scenario.lock(OCTOBER.last)

    def _find_gaps(self) -> None:
        """The sandbox's provider numbers what it makes in one row, reports that it is asked for among them. How often
        it is asked is the product's affair: here it counts as often as the demo of that commit asks."""
        numbers = self.world.stripe._random
        state = numbers.getstate()
        for period in (OCTOBER, NOVEMBER):
            self.product.tieout("tieout", "--period", str(period), "--json")
        numbers.setstate(state)
        for _ in range(2 * len(("USD", "EUR"))):
            self.world.stripe._id("file")
            self.world.stripe._id("frr")

    def pull_again(self) -> None:
        """Everything is polled from the beginning, and settles."""
        for interface in self.app.project.release.interfaces:
            self.product.tieout("run", interface, "--since", "all")
        self.product.settle()

    def end(self) -> None:
        self.product.stop()
        self.admin.close()
        self.app.close()
        self.world.stop()


# What is kept of half a month


def keep(play: Play, until: date) -> dict[str, Any]:
    """Play up to `until`, of which only a part is worked; stop everything; write down what there is."""
    play.product.start()
    days = play.month.days()
    play.play(days[0], until)
    play.product.stop()
    server = play.app.start_database()
    assert server is not None
    try:
        connection = play.app.database.connect(autocommit=True)
        _half_a_day(play, connection, until)
        tied = _tie_out(play, connection)
        facts = _facts(play, connection) | {"tieout": tied, "until": until.isoformat()}
        with play.app.database.transaction() as reading:
            export_pack(reading, play.app.signer, play.app.project.witness, play.folder / "evidence.zip")
        facts["public_key"] = play.app.signer.public.hex()
        connection.close()
        _dump(server.dsn, play.folder / "database.sql")
        return facts
    finally:
        server.stop()


def _tie_out(play: Play, connection: Any) -> list[dict[str, Any]]:
    """With the sources' own figures as they are then: much of them waits."""
    release, now = play.app.project.release, play.app.clock.now()
    take_control_totals(connection, release, play.app.session, OCTOBER, now)
    return tie_out_json(tie_out(connection, release))


def _half_a_day(play: Play, connection: Any, day: date) -> None:
    """A day in whose middle everything stops: all of it is taken in, every second interface is planned, and
    nothing is delivered. So there are rows of every state in which work waits."""
    play.month.play_day(day)
    app = play.app
    polls = PollStage(app.release, app.poller_of, app.clock)
    folders = FolderStage(app.project.watch, app.release, app.file_reader_of, app.clock)
    while polls.step(connection) or folders.step(connection):
        pass
    release = app.release()
    waiting = [
        r["interface"]
        for r in connection.execute(
            "select interface from tieout.message where state = 'received' group by interface order by interface"
        )
    ]
    for name in waiting[::2]:
        app.process._run(connection, release, release.interfaces[name])


def digest(*parts: bytes) -> str:
    """16 hexadecimal digits over `parts`, whose lengths count as well."""
    made = hashlib.sha256()
    for part in parts:
        made.update(len(part).to_bytes(8, "big") + part)
    return made.hexdigest()[:16]


STAMPED = {
    "message": "message_id",
    "document": "document_id",
    "delivery": "delivery_id",
    "authority": "no",
    "approval_request": "request_id",
    "approval_decision": "request_id, step, person",
}


def _facts(play: Play, connection: Any) -> dict[str, Any]:
    """Everything that another version has to find again, worked out by this one."""
    deliveries = connection.execute(
        "select system, external_id, plan_no, body from tieout.delivery order by system, external_id"
    ).fetchall()
    tables = connection.execute(
        "select tablename from pg_tables where schemaname = 'tieout' and tablename !~ '_[0-9]{4}_[0-9]{2}$' order by 1"
    ).fetchall()
    counts = {
        r["tablename"]: connection.execute(f"select count(*) as n from tieout.{r['tablename']}").fetchone()[
            "n"
        ]
        for r in tables
    }
    return {
        "deliveries": [
            [r["system"], r["external_id"], r["plan_no"], digest(r["body"].encode())] for r in deliveries
        ],
        "documents": _documents(connection),
        "normalised": _normalised(play, connection),
        "planned": _planned(play, connection),
        "stamps": {
            table: digest(*(bytes(r["stamp"]) for r in connection.execute(
                f"select stamp from tieout.{table} where stamp is not null order by {order}")))
            for table, order in STAMPED.items()
        },
        "lanes": _lanes(play, connection),
        "slots": _slots(connection),
        "counts": counts,
        "migrations": [
            r["name"] for r in connection.execute("select name from tieout.schema_migration order by 1")
        ],
    }  # fmt: skip


def _documents(connection: Any) -> list[list[Any]]:
    rows = connection.execute(
        "select interface, source_key, revision, state, content from tieout.document order by 1, 2, 3"
    ).fetchall()
    for row in rows:
        assert canonical_bytes(decode_document(row["content"].encode())) == row["content"].encode()
    return [
        [r["interface"], r["source_key"], r["revision"], r["state"], digest(r["content"].encode())]
        for r in rows
    ]


def _normalised(play: Play, connection: Any) -> list[list[Any]]:
    """By message what its bytes become: a digest for each document, or the error's class."""
    app, found = play.app, []
    for row in connection.execute(
        "select m.message_id, m.interface, m.stream, b.body from tieout.message m join tieout.message_body b"
        " using (message_id) where m.state <> 'listed' order by m.message_id"
    ).fetchall():
        interface = app.project.release.interfaces[row["interface"]]
        normalise = app.connector_of(interface.system).stream(row["stream"]).normalise
        try:
            made = [digest(canonical_bytes(d)) for d in normalise(bytes(row["body"]), interface.options)]
        except Exception as error:  # noqa: BLE001 - which error it is, is the fact
            made = [type(error).__name__]
        found.append([row["message_id"], made])
    return found


def _planned(play: Play, connection: Any) -> list[list[Any]]:
    """By document what its recipe makes of it and of the facts that were kept with it: external ids and bodies."""
    import msgspec

    release, found = play.app.project.release, []
    for row in connection.execute(
        "select document_id, interface, revision, content, facts, accounting_on from tieout.document"
        " where facts is not null order by document_id"
    ).fetchall():
        facts = msgspec.json.decode(row["facts"].encode(), type=Facts)
        document = decode_document(row["content"].encode())
        interface = release.interfaces[row["interface"]]
        plan = plan_document(document, row["revision"], facts, release, interface, row["accounting_on"])
        made = [[e.external_id, digest(canonical_bytes(e.body))] for e in plan.effects]
        found.append([row["document_id"], plan.decision, made])
    return found


def _lanes(play: Play, connection: Any) -> list[list[Any]]:
    """The lock of every lane that is worked here, by its names."""
    names: list[tuple[str, ...]] = [("alerts", ""), ("evidence", "sealer"), ("telling", "1")]
    names += [
        ("poll", r["interface"], r["stream"]) for r in connection.execute("select * from tieout.poll_cursor")
    ]
    for kind in ("process", "folder", "fetch", "file payments"):
        names += [(kind, i) for i in play.app.project.release.interfaces]
    for entity in play.app.project.release.entities:
        names += [("reconcile", entity), ("propose payments", entity)]
    for row in connection.execute("select distinct system, lane from tieout.delivery"):
        names += [("deliver", row["system"], row["lane"]), ("verify", row["system"])]
    return [[list(n), Lane(connection, *n)._key] for n in sorted(set(names))]


def _slots(connection: Any) -> list[list[Any]]:
    rows = connection.execute(
        "select distinct entity, order_key, hashtext(entity || ':' || order_key) & 1023 as slot from tieout.document"
        " where order_key <> '' order by 1, 2"
    ).fetchall()
    return [[r["entity"], r["order_key"], r["slot"]] for r in rows]


def _dump(dsn: str, target: Path) -> None:
    """Plain SQL, which every PostgreSQL of this age and newer takes."""
    command = [str(binaries() / "pg_dump"), "--schema=tieout", "--no-owner", "--no-privileges", dsn]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    # What this pg_dump's own psql alone understands is left away.
    kept = [x for x in text.splitlines() if not x.startswith(("\\restrict", "\\unrestrict"))]
    target.write_text("\n".join(kept) + "\n")


# Going on


def live(play: Play, until: date) -> dict[str, Any]:
    """The first half with the old product, which is stopped in the middle of a day's work; the second half with
    the one of TIEOUT_AFTER, against the same simulators."""
    days = play.month.days()
    play.product.start()
    play.play(days[0], until)
    play.month.play_day(until)
    play.courier.carry()
    play.product.stop()
    play.product = Product(os.environ["TIEOUT_AFTER"], play.project, play.port)
    play.product.start()
    play.product.settle()
    before = _counts(play)
    play.pull_again()
    after = _counts(play)
    anew = _newest(play, after["revisions"] - before["revisions"])
    play.people.after_day(until)
    play.play(until + timedelta(days=1), days[-1] + timedelta(days=1))
    return {"before_pulling_again": before, "after_pulling_again": after, "anew": anew, **_end(play)}


def whole(play: Play) -> dict[str, Any]:
    """A month with the old product alone."""
    days = play.month.days()
    play.product.start()
    play.play(days[0], days[-1] + timedelta(days=1))
    return _end(play)


def _end(play: Play) -> dict[str, Any]:
    oracle = play.scenario.oracle()
    findings = [f"{f.check}: {f.detail}" for f in oracle.findings()]
    return {**_ledger(oracle), "findings": findings, **_counts(play)}


def _ledger(oracle: Any) -> dict[str, Any]:
    """The ledger's hash, and what that is over: the oracle of 6e54738 gives the hash alone, of a JSON text."""
    module, texts = sys.modules[type(oracle).__module__], list[str]()

    def dumps(value: Any) -> str:
        texts.append(json.dumps(value))
        return texts[-1]

    module.json = SimpleNamespace(dumps=dumps)
    sha = oracle.ledger_sha256()
    module.json = json
    return {"ledger_sha256": sha, "held": json.loads(texts[-1])}


def _counts(play: Play) -> dict[str, int]:
    with psycopg.connect(play.app.dsn) as connection:
        row = connection.execute(
            "select (select count(*) from tieout.message where state <> 'listed'), (select count(*) from tieout.document),"
            " (select count(*) from tieout.delivery), (select max(plan_no) from tieout.delivery)"
        ).fetchone()
    assert row is not None
    return dict(zip(("messages", "revisions", "deliveries", "plans"), row, strict=True))


def _newest(play: Play, many: int) -> list[str]:
    """The newest revisions, each beside the one before it."""
    with psycopg.connect(play.app.dsn) as connection:
        rows = connection.execute(
            "select n.interface, n.source_key, n.revision, o.content, n.content from tieout.document n left join tieout.document o"
            " on (o.interface, o.kind, o.source_key, o.revision) = (n.interface, n.kind, n.source_key, n.revision - 1)"
            " order by n.document_id desc limit %s",
            [many],
        ).fetchall()
    return [" | ".join(map(str, row)) for row in rows]


def main() -> None:
    what, scenario, folder, orders, seed = sys.argv[1:6]
    play = Play(scenario, Path(folder), int(orders), int(seed))
    try:
        if what == "keep":
            result = keep(play, date.fromisoformat(sys.argv[6]))
        elif what == "live":
            result = live(play, date.fromisoformat(sys.argv[6]))
        else:
            result = whole(play)
    finally:
        play.end()
    print(json.dumps(result, default=str))


if __name__ == "__main__":
    main()
