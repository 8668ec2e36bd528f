"""Every stage, an item or a lane of it that fails in each of the ways that are its own: its neighbours go on in the same
round, and what failed ends as a case, or waits with an end. docs/STAGES.md says what an item and a round are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.integration.test_process import NOW, Clock, Ledger, row
from tests.simulation.isolation import ITEM_ERRORS
from tests.stages import drain, step
from tieout.alerting import AlertStage
from tieout.approvals import EscalationStage
from tieout.close import LatenessStage, RevocationStage, lateness, revoking
from tieout.connector_api import Item, Outcome, OutcomeStatus, Page, RemoteFile, Sending
from tieout.delivery import DeliveryStage, VerifyStage
from tieout.documents import ledger_lines
from tieout.engine import Chore, Stage
from tieout.evidence import Entry, Sealer, load_or_make_signer, record
from tieout.inbox import FetchStage, FolderStage, PollStage, accept
from tieout.kept_figures import keeping
from tieout.operations.discover import discover
from tieout.payables import FilingStage, filing
from tieout.planning import ProcessStage, writing
from tieout.proofs import TaxStage, tax_stage
from tieout.reconcile.ledger import ReconcileStage, schedule
from tieout.rules import Arrival, Entity, Interface, Mapping, MappingRow, Release
from tieout.settings import AlertSettings
from tieout.store import Connection, Database
from tieout.webhooks_out import WebhookStage
from tieout.webhooks_out.wire import Sent

Error = Callable[[], Exception]


@dataclass
class Scene:
    """`arrive` brings a bad one and its neighbours; `well` says whether the neighbours are done; `ended` whether the bad
    one is a case; without it, and of a delivery, a row that says until when it waits will do."""

    stage: Stage
    arrive: Callable[[Error], None]
    well: Callable[[], bool]
    ended: Callable[[], bool] | None = None

    @property
    def may_wait(self) -> bool:
        return self.ended is None or isinstance(self.stage, DeliveryStage)


class Maker:
    """Makes a scene for each stage over one database."""

    def __init__(self, database: Database, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.database, self.folder, self.patch = database, folder, patch
        self.c: Connection = database.connect(autocommit=True)
        self.clock, self.turn = Clock(), 0
        names = ("a_bad", "b_good", "stripe")
        self.interfaces = {
            n: Interface(
                n, "stripe", "US", ("balance_transactions",), "o", "p", options={}, complete="when settled",
                arrival=Arrival(whole_by="rename"),
            )
            for n in names
        }  # fmt: skip
        accounts = {"bank_in_transit": "101701", "clearing.stripe.USD": "101501"}
        tables = {"accounts": accounts, "journals": {"clearing.stripe.USD": "STRU", "misc": "MISC"}}
        self.release = Release(
            "0" * 64, {c: Entity(c, c, "USD", "UTC", "odoo") for c in ("US", "ZZ")}, self.interfaces,
            {k: Mapping(k, tuple(MappingRow(a, b) for a, b in v.items())) for k, v in tables.items()},
        )  # fmt: skip

    def count(self, query: str, *given: Any) -> int:
        found = self.c.execute(query.encode(), given).fetchone()
        assert found is not None
        return int(found["n"])

    def cases(self, like: str) -> bool:
        return bool(
            self.count("select count(*) as n from tieout.cases where source_key like %s", f"%{like}%")
        )

    def poll(self) -> Scene:
        maker = self

        class Source:
            error: Error | None = None

            def poll(self, stream: str, cursor: dict[str, Any], now: datetime) -> Page:
                if self.error is not None:
                    raise self.error()
                key = f"p{maker.turn}"
                return Page([Item(stream, key, key, row(key))], {})

        sources = {"bad": Source(), "good": Source()}
        interfaces = {
            n: Interface(n, n, "US", ("balance_transactions",), "o", "p", options={}) for n in ("bad", "good")
        }
        release = Release("1" * 64, self.release.entities, interfaces, {})
        stage = PollStage(lambda: release, lambda s: discover()["stripe"], lambda s: sources[s], self.clock)  # type: ignore[arg-type, return-value]

        def arrive(error: Error) -> None:
            sources["bad"].error = error
            self.c.execute("update tieout.poll_cursor set due_at = '2000-01-01'")

        known = "select count(*) as n from tieout.message where interface = 'good' and dedupe_key = %s"
        return Scene(stage, arrive, lambda: self.count(known, f"p{self.turn}") == 1)

    def folder_(self) -> Scene:
        place = self.folder / "watched"
        place.mkdir()
        errors: list[Error] = []

        class Reader:
            def read(self, name: str, content: bytes, options: Any) -> Iterator[Item]:
                if name.startswith("a_bad"):
                    raise errors[-1]()
                return iter([Item("balance_transactions", name, name, row(name))])

        stage = FolderStage([("stripe", place)], lambda: self.release, lambda s: Reader(), self.clock)

        def arrive(error: Error) -> None:
            errors.append(error)
            for name in ("a_bad", "b_good", "c_good"):
                (place / f"{name}{self.turn}.csv").write_text("x")

        def well() -> bool:
            return {p.name for p in (place / "taken").iterdir()} >= {
                f"{n}{self.turn}.csv" for n in ("b_good", "c_good")
            }

        return Scene(stage, arrive, well, lambda: self.cases(f"a_bad{self.turn}.csv"))

    def fetch(self) -> Scene:
        errors: list[Error] = []
        maker = self

        class Folder:
            def list_files(self) -> list[RemoteFile]:
                return [RemoteFile(f"{n}{maker.turn}", f"s{maker.turn}") for n in ("a_bad", "b_good")]

            def fetch(self, name: str) -> bytes:
                if name.startswith("a_bad"):
                    raise errors[-1]()
                return b"x"

        class Reader:
            def read(self, name: str, content: bytes, options: Any) -> Iterator[Item]:
                return iter([Item("balance_transactions", name, name, row(name))])

        stage = FetchStage(
            (("stripe", "there"),), lambda: self.release, lambda s: Folder(), lambda s: Reader(), self.clock
        )

        def arrive(error: Error) -> None:
            errors.append(error)
            self.c.execute("update tieout.poll_cursor set due_at = '2000-01-01' where stream = '#fetch'")

        known = "select count(*) as n from tieout.message where dedupe_key = %s"
        return Scene(
            stage, arrive, lambda: self.count(known, f"b_good{self.turn}") == 1,
            lambda: self.cases(f"a_bad{self.turn}"),
        )  # fmt: skip

    def take(self, *keys: str) -> None:
        with self.c.transaction():
            items = [Item("balance_transactions", k, k, row(k)) for k in keys]
            accept(self.c, "stripe", items, "poll", self.clock.now())

    @property
    def planning(self) -> ProcessStage:
        return ProcessStage(lambda: self.release, lambda s: discover()["stripe"], Ledger(), {}, self.clock)

    def states(self, *keys: str) -> list[str]:
        found = {
            r["source_key"].rpartition(":")[2]: r["state"]
            for r in self.c.execute("select * from tieout.document")
        }
        return [found.get(k, "") for k in keys]

    def process(self) -> Scene:
        errors: list[Error] = []
        write = writing.Writer.write

        def written(writer: Any, works: list[Any]) -> None:
            if any("bad" in w.document.key for w in works):
                raise errors[-1]()
            write(writer, works)

        self.patch.setattr(writing.Writer, "write", written)

        def arrive(error: Error) -> None:
            errors.append(error)
            self.take(*(f"{n}{self.turn}" for n in ("a_good", "b_bad", "c_good", "d_good")))

        names = ("a_good", "c_good", "d_good")
        return Scene(
            self.planning, arrive, lambda: self.states(*(f"{n}{self.turn}" for n in names)) == ["planned"] * 3,
            lambda: self.cases(f"b_bad{self.turn}"),
        )  # fmt: skip

    def deliver(self) -> Scene:
        target = Target()

        def arrive(error: Error) -> None:
            target.error = error
            self.take(*(f"{n}{self.turn}" for n in ("a_good", "b_bad", "c_good", "d_good")))
            drain(self.planning, self.c)

        names = ("a_good", "c_good", "d_good")
        return Scene(
            DeliveryStage(lambda _: target, self.clock, lambda: ["odoo"]), arrive,
            lambda: self.states(*(f"{n}{self.turn}" for n in names)) == ["posted"] * 3 and target.twice == [],
            lambda: self.cases(f"b_bad{self.turn}"),
        )  # fmt: skip

    def verify(self) -> Scene:
        target = Target()
        delivery = DeliveryStage(lambda _: target, self.clock, lambda: ["odoo"])

        def arrive(error: Error) -> None:
            target.error = None
            keys = [f"{n}{self.turn}" for n in ("a_good", "b_bad", "c_good")]
            self.take(*keys)
            drain(self.planning, self.c)
            drain(delivery, self.c)
            target.error, target.changed = error, f"c_good{self.turn}"
            self.c.execute(
                "insert into tieout.poll_cursor (interface, stream, due_at) values ('odoo', '#verify', '2000-01-01')"
                " on conflict (interface, stream) do update set due_at = '2000-01-01'"
            )

        known = "select count(*) as n from tieout.cases where cause = %s and source_key like %s"
        return Scene(
            VerifyStage(lambda _: target, lambda: ["odoo"], self.clock, timedelta(hours=1)),  # type: ignore[arg-type, return-value]
            arrive, lambda: self.count(known, "changed_in_ledger", f"%c_good{self.turn}%") == 1,
            lambda: self.count(known, "not_comparable_in_ledger", f"%b_bad{self.turn}%") == 1,
        )  # fmt: skip

    def alerts(self) -> Scene:
        told: list[str] = []

        class Channel:
            error: Error | None = None

            def __init__(self, name: str) -> None:
                self.name = name

            def tell(self, alerts: Sequence[Any], cleared: Sequence[str], escalated: bool) -> None:
                if self.error is not None:
                    raise self.error()
                told.extend(a.cause for a in alerts)

        bad, good = Channel("a_bad"), Channel("b_good")

        def arrive(error: Error) -> None:
            bad.error = error
            self.c.execute(
                "insert into tieout.failure (stage, lane, failures, error, since, failed_at, next_at) values"
                f" ('x', '{{lane {self.turn}}}', 99, 'stands', now(), now(), now())".encode()
            )

        def well() -> bool:
            return told.count("work_stands_still") == self.turn

        return Scene(
            AlertStage(lambda: self.release, AlertSettings(), [bad, good], self.clock, 0), arrive, well
        )

    def telling(self) -> Scene:
        heard: list[tuple[str, str]] = []
        errors: list[Error] = []
        for url in ("https://a.bad/", "https://b.good/"):
            number = self.count(
                "insert into tieout.subscription (url, types, entity, secret, made_by, made_at, position, next_at) values"
                " (%s, '{case.opened}', '*', '', 'ira', now(), -1, now()) returning subscription_id as n", url,
            )  # fmt: skip
            self.seal_secret(number)
        sealer = Sealer(load_or_make_signer(self.folder / "key"), self.clock, self.folder / "witness")

        def send(url: str, secret: str, number: str, *more: Any) -> Sent:
            if "bad" in url:
                raise errors[-1]()
            heard.append((url, number))
            return Sent(True, "HTTP 200")

        def arrive(error: Error) -> None:
            errors.append(error)
            with self.c.transaction():
                record(self.c, [Entry(NOW, "a", "case.opened", f"s{self.turn}", "US", {})])
            drain(sealer, self.c)

        return Scene(WebhookStage("/t", self.clock, (), send, 0), arrive, lambda: len(heard) == self.turn)

    def seal_secret(self, number: int) -> None:
        from tieout.security.sealing import seal

        with self.c.transaction():
            sealed = seal(self.c, "webhook secret", str(number), b"x" * 24)
            self.c.execute(
                "update tieout.subscription set secret = %s where subscription_id = %s", (sealed, number)
            )

    def figures(self) -> Scene:
        errors: list[Error] = []

        def bad(figures: Any) -> list[Any]:
            raise errors[-1]()

        self.patch.setattr(
            keeping, "FIGURES", {"a_bad": (bad, 60), "b_good": (lambda figures: [{"turn": self.turn}], 60)}
        )
        self.patch.setattr(keeping, "OUTSIDE", set())

        def arrive(error: Error) -> None:
            errors.append(error)
            self.clock.at += timedelta(minutes=5)

        def well() -> bool:
            found = self.c.execute("select content from tieout.kept_figure where name = 'b_good'").fetchone()
            return found is not None and json.loads(found["content"]) == [{"turn": self.turn}]

        return Scene(keeping.KeptFiguresStage(lambda: self.release, lambda s: None, self.clock), arrive, well)

    def per_entity(self, module: Any, name: str, stage: Stage, make_due: Callable[[], None]) -> Scene:
        """A stage whose work on an entity is one function of a module: it fails for US, and ZZ has its turn."""
        errors: list[Error] = []
        done: list[int] = []

        def work(*given: Any) -> int:
            if "US" in given:
                raise errors[-1]()
            done.append(self.turn)
            return 0

        self.patch.setattr(module, name, work)

        def arrive(error: Error) -> None:
            errors.append(error)
            make_due()

        return Scene(stage, arrive, lambda: self.turn in done)

    def lateness(self) -> Scene:
        rules = type("Rules", (), {"declared": True})()
        closing = type("All", (), {"entities": {"US": rules, "ZZ": rules}})()
        release = type("R", (), {"closing": closing, "entities": self.release.entities})()
        return self.per_entity(
            lateness, "tell_late", LatenessStage(lambda: release, self.clock), lambda: None  # type: ignore[arg-type, return-value]
        )  # fmt: skip

    def revocation(self) -> Scene:
        for entity in ("US", "ZZ"):
            self.c.execute(
                "insert into tieout.signature (entity, period, task, digest, prepared_by, prepared_at, signed_by, signed_at)"
                " values (%s, '2026-10', 't', 'd', 'a', now(), 'b', now())", (entity,),
            )  # fmt: skip

        def happen() -> None:
            with self.c.transaction():
                record(self.c, [Entry(NOW, "a", "document.posted", f"s{self.turn}", "US", {})])

        return self.per_entity(
            revoking, "revoke_late", RevocationStage(lambda: self.release, self.clock), happen
        )

    def taxes(self) -> Scene:
        release = Release(
            "3" * 64, self.release.entities, self.release.interfaces,
            self.release.mappings | {"taxes": Mapping("taxes", (MappingRow("US-NY: *", "NY"),))},
        )  # fmt: skip

        def read_back() -> None:
            self.c.execute(
                "insert into tieout.poll_cursor (interface, stream, due_at, polled_at) values ('odoo', '#verify', now(), now())"
                " on conflict (interface, stream) do update set polled_at = clock_timestamp()"
            )

        reader: Any = object()
        return self.per_entity(
            tax_stage, "look_at_taxes", TaxStage(lambda: release, lambda _: reader, self.clock), read_back
        )

    def reconcile(self) -> Scene:
        errors: list[Error] = []
        done: list[int] = []
        made = {
            code: Interface(f"r_{code}", "odoo", code, (), "o", "p", options={"daily_at": "06:00"})
            for code in ("US", "ZZ")
        }
        self.patch.setattr(schedule, "reconciliation_interface", lambda release, code: made[code])

        def run(code: str, day: Any) -> None:
            if code == "US":
                raise errors[-1]()
            done.append(self.turn)

        def arrive(error: Error) -> None:
            errors.append(error)
            self.c.execute(
                "insert into tieout.poll_cursor (interface, stream, due_at) values ('r_US', '#reconcile', '2000-01-01'),"
                " ('r_ZZ', '#reconcile', '2000-01-01') on conflict (interface, stream) do update set due_at = '2000-01-01'"
            )

        return Scene(ReconcileStage(lambda: self.release, run, self.clock), arrive, lambda: self.turn in done)

    def filing(self) -> Scene:
        errors: list[Error] = []
        made: list[int] = []

        @dataclass
        class Payment:
            run: str
            account: Any = field(default_factory=lambda: SimpleNamespace(iban=""))
            party: Any = field(default_factory=lambda: SimpleNamespace(name=""))

        release = Release(
            "2" * 64, self.release.entities,
            {"pay": Interface("pay", "stripe", "US", ("payments", "files"), "o", "p", options={})}, {},
        )  # fmt: skip
        sql = {
            **dict.fromkeys(
                ("pending_files", "pending_answers"), b"select 1 where false and %(interface)s = ''"
            ),
            "to_file": b"select 'bad' as run where %(interface)s <> '' union all select 'good'",
        }
        self.patch.setattr(filing, "SQL", sql)
        self.patch.setattr(filing, "VendorPayment", Payment)
        self.patch.setattr(filing, "ours", lambda c, name, r: Payment(r["run"]))

        def written(stage: Any, connection: Any, interface: Any, run: str, payments: Any) -> list[Any]:
            if run == "bad":
                raise errors[-1]()
            made.append(self.turn)
            return []

        given_up: list[int] = []
        self.patch.setattr(FilingStage, "_written", written)
        self.patch.setattr(FilingStage, "_no_bank_takes", lambda *given: given_up.append(self.turn))
        return Scene(
            FilingStage(lambda: release, self.clock), errors.append, lambda: self.turn in made,
            lambda: self.turn in given_up,
        )  # fmt: skip

    def overdue(self) -> Scene:
        errors: list[Error] = []
        case = EscalationStage._case
        from tieout.approvals import escalating

        def rows() -> dict[str, bytes]:
            wanted = ", ".join(f"({n}, '{k}{self.turn}')" for n, k in ((1, "a_bad"), (2, "b_good")))
            overdue = (
                "select v.id as request_id, 'stripe' as interface, 'US' as entity, v.key as subject, 1.00 as company_amount,"
                " '' as escalate_to, 'w' as summary, now() as due_at"
                f" from (values {wanted}) v (id, key) where %(now)s is not null"
            )
            return {"overdue": overdue.encode(), "settled": b"select 1 as case_id where %(now)s is null"}

        def made(stage: Any, found: Any) -> Any:
            if found["subject"].startswith("a_bad"):
                raise errors[-1]()
            return case(stage, found)

        self.patch.setattr(EscalationStage, "_case", made)

        def arrive(error: Error) -> None:
            errors.append(error)
            self.patch.setattr(escalating, "_SQL", rows())

        return Scene(
            EscalationStage(lambda: self.release, self.clock),
            arrive,
            lambda: self.cases(f"b_good{self.turn}"),
        )

    def chore(self) -> Scene:
        """Nothing in it can be isolated: it waits, with an end, and the other stages of its loop have their turn."""
        errors: list[Error] = []

        def act(connection: Connection) -> bool:
            raise errors[-1]()

        return Scene(Chore("a chore", act), errors.append, lambda: True)


class Target:
    """A ledger that fails on what is bad."""

    def __init__(self) -> None:
        self.held: dict[str, list[Any]] = {}
        self.twice: list[str] = []
        self.error: Error | None = None
        self.changed = "nothing"

    def _fail(self, sending: Sending) -> None:
        if self.error is not None and "bad" in sending.external_id:
            raise self.error()

    def _told(self, sending: Sending, cause: str = "") -> Outcome:
        lines = self.held[sending.external_id]
        return Outcome(
            sending.external_id, OutcomeStatus.CONFIRMED, 1, "m", read_back={"lines": lines}, cause=cause
        )

    def send(self, batch: Sequence[Sending]) -> list[Outcome]:
        done = []
        for sending in batch:
            self._fail(sending)
            if sending.external_id in self.held:
                self.twice.append(sending.external_id)
            self.held[sending.external_id] = [[x.account, str(x.amount)] for x in ledger_lines(sending.body)]
            done.append(self._told(sending))
        return done

    def look_up(self, batch: Sequence[Sending]) -> list[Outcome]:
        return [
            self._told(s) if s.external_id in self.held else Outcome(s.external_id, OutcomeStatus.ABSENT)
            for s in batch
        ]

    def read_back(self, batch: Sequence[Sending], ids: Sequence[int]) -> list[Outcome]:
        for sending in batch:
            self._fail(sending)
        return [self._told(s, "changed_in_ledger" if self.changed in s.external_id else "") for s in batch]


SCENES = (
    "poll", "folder_", "fetch", "process", "deliver", "verify", "alerts", "telling", "figures", "lateness", "revocation",
    "taxes", "reconcile", "filing", "overdue", "chore",
)  # fmt: skip


@pytest.mark.parametrize("name", SCENES)
def test_what_fails_delays_no_neighbour_and_ends(
    name: str, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker = Maker(database, tmp_path, monkeypatch)
    scene: Scene = getattr(maker, name)()
    step(scene.stage, maker.c)
    for error in ITEM_ERRORS:
        maker.turn += 1
        maker.c.execute("delete from tieout.failure where stage <> 'x'")
        scene.arrive(error)
        step(scene.stage, maker.c)
        assert scene.well(), f"{name}: {error()!r} held its neighbours up"
        rows = maker.c.execute(
            "select * from tieout.failure where stage = %s", (scene.stage.name,)
        ).fetchall()
        waits = bool(rows) and scene.may_wait
        assert waits or (scene.ended is not None and scene.ended()), (
            f"{name}: {error()!r} neither waits nor is it a case"
        )
        for failed in rows:
            assert failed["next_at"] - datetime.now(UTC) < timedelta(hours=1.1) and failed["error"]
    maker.c.close()
