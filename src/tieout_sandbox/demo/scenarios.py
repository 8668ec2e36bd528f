"""What the demo drives: a company's month, and what its people do about it every day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from tieout.approvals import requests
from tieout.approvals.deciding import open_step
from tieout.documents import decode_document
from tieout.inbox import pull_again
from tieout.planning import decide
from tieout.proofs import open_intercompany
from tieout.reconcile.ledger import Decisions, suggestions
from tieout.security import (
    AddPerson,
    Begin,
    Change,
    Confirm,
    GrantRole,
    change_authority,
    key_hash,
    load_authority,
    new_key,
)
from tieout_sandbox import Month, Oracle, Planted, World, write_project
from tieout_sandbox.company import Administrator
from tieout_sandbox.month import END, FIRST
from tieout_sandbox.planted_faults import plant_faults
from tieout_sandbox.services import PEOPLE, ServicesMonth, ServicesOracle, write_services_project
from tieout_sandbox.services.buying import BY_HAND, BY_HAND_ON
from tieout_sandbox.services.chart import DE, US
from tieout_sandbox.services.manual_entries import reverse_by_hand, settle_by_hand
from tieout_sandbox.services.planted_faults import TURNED, TURNED_ON
from tieout_sandbox.services.planted_faults import plant_faults as plant_services_faults
from tieout_sandbox.simulators.bankfile import BankLine


@dataclass(frozen=True)
class DemoOptions:
    orders: int
    seed: int
    faults: str
    scenario: str
    folder: Path | None
    serve: bool
    kills: int
    crash: str
    quiet: bool
    odoo_url: str = ""
    odoo_db: str = ""
    odoo_key: str = ""
    plant: bool = True
    rerun: bool = False
    close: bool = True


class Scenario(Protocol):
    """One company's month: its truth, and its people."""

    planted: list[Planted]
    # What people booked past the product, by the role of its account: a credit is negative.
    by_hand: dict[str, Decimal]

    def set_up(self, project: Path, port: int) -> Any:
        """Set the company up in Odoo and write its project; the month."""
        ...

    def open(self, app: Any) -> None:
        """What people do before the month begins."""
        ...

    def after_day(self, demo: Any, app: Any, day: date) -> None:
        """What people do about a day."""
        ...

    def before_lock(self, demo: Any, app: Any, until: date) -> None:
        """What people book last before the books are locked."""
        ...

    def lock(self, until: date) -> None:
        """Lock the books of every entity."""
        ...

    def prove(self, app: Any, connection: Any, now: datetime) -> None:
        """Proofs beside the tie-out, whose cases are part of the truth."""
        ...

    def oracle(self) -> Any: ...

    # the close: which entities, who decides, signs, and what comes too late

    entities: tuple[str, ...]
    clerk: str

    @property
    def signers(self) -> list[tuple[str, str]]:
        """Two people who sign: name and key."""
        ...

    def wait(self, span: timedelta) -> None:
        """Time passes."""
        ...

    def approve_all(self, connection: Any, app: Any) -> None:
        """People approve what waits for them."""
        ...

    def come_late(self, now: datetime) -> tuple[str, str]:
        """Something of the closed period comes: entity and interface."""
        ...

    def fetch_late(self, app: Any, connection: Any) -> None:
        """Make sure that it is taken in."""
        ...


class Distributor:
    """A distributor with shops, a payment provider and a CRM."""

    def __init__(self, options: DemoOptions, world: World, admin: Administrator) -> None:
        self._options, self._world, self._admin = options, world, admin
        self.by_hand: dict[str, Decimal] = {}

    def set_up(self, project: Path, port: int) -> Month:
        options = self._options
        company = self._admin.set_up("Meridian Supply", FIRST)
        write_project(
            project, self._world, company, port, odoo_url=options.odoo_url, odoo_database=options.odoo_db
        )
        # The traps reach into the books as an accountant does, over the API.
        month = Month(
            self._world,
            options.orders,
            plant=plant_faults if options.plant and not options.odoo_url else None,
        )
        month.admin, month.company_id = self._admin, company.id
        self._month = month
        return month

    @property
    def planted(self) -> list[Planted]:
        return self._month.planted

    def open(self, app: Any) -> None:
        """Nobody must be let in: no policy of theirs asks for anybody."""

    def after_day(self, demo: Any, app: Any, day: date) -> None:
        """The day's reconciliation; and the accountant goes through the work list."""
        demo.insist(app, lambda _: app.reconcile("US", day))
        demo.settle(app)
        demo.insist(app, lambda c: self._accept(c, app))
        demo.settle(app)

    def _accept(self, connection: Any, app: Any) -> None:
        """They accept what they know to be so."""
        for row in suggestions(connection):
            found: Any = decode_document(row["content"].encode())
            known = [self._month.answers.get(x.number) for x in found.cash]
            if known == [x.number for x in found.due] and row["state"] == "open":
                with connection.transaction():
                    Decisions(connection, app.release(), "accountant", app.clock.now()).accept(
                        row["suggestion_id"]
                    )

    def before_lock(self, demo: Any, app: Any, until: date) -> None:
        """What is open in foreign currency is revalued."""
        demo.insist(app, lambda _: app.revalue("US", until))
        demo.settle(app)

    def lock(self, until: date) -> None:
        vals = {"fiscalyear_lock_date": until.isoformat()}
        self._admin.call("res.company", "write", ids=[self._month.company_id], vals=vals)

    def prove(self, app: Any, connection: Any, now: datetime) -> None:
        """The tie-out says it all."""

    entities: tuple[str, ...] = ("US",)
    clerk = "clerk"

    @property
    def signers(self) -> list[tuple[str, str]]:
        """Nobody was let in, so names are taken at their word."""
        return [("accountant", ""), ("controller", "")]

    def wait(self, span: timedelta) -> None:
        self._world.clock.move_to(self._world.clock.now() + span)

    def approve_all(self, connection: Any, app: Any) -> None:
        """No policy asks for anybody."""

    def come_late(self, now: datetime) -> tuple[str, str]:
        """The CRM's people enter an order of October."""
        closed = self._month.at(date(2026, 10, 28), 15)
        self._month.win(now, 9050, self._month.accounts[0], 42_000, "case", closed)
        return "US", "crm_orders"

    def fetch_late(self, app: Any, connection: Any) -> None:
        pull_again(connection, "crm_orders", app.clock)

    def oracle(self) -> Oracle:
        return Oracle(self._world, self._month, self._month.company_id)


class Services:
    """A services company of two entities, with people who approve."""

    def __init__(self, options: DemoOptions, world: World, admin: Administrator) -> None:
        self._options, self._world, self._admin = options, world, admin
        self.by_hand: dict[str, Decimal] = {}
        self._keys = {name: new_key() for name in ("ann", "ben", *(p[0] for p in PEOPLE))}

    def set_up(self, project: Path, port: int) -> ServicesMonth:
        names = (("US", "Northwind Services", US), ("DE", "Northwind GmbH", DE))
        self._companies = {code: self._admin.set_up(name, FIRST, chart) for code, name, chart in names}
        write_services_project(project, self._world, self._companies, port)
        self._month = ServicesMonth(
            self._world, self._options.orders, plant=plant_services_faults if self._options.plant else None
        )
        return self._month

    @property
    def planted(self) -> list[Planted]:
        return self._month.planted

    def open(self, app: Any) -> None:
        """Two administrators let the others in, and give them their roles."""
        first, second = (self._person(n) for n in ("ann", "ben"))
        changes: list[Change] = []
        for name, role, known_as in PEOPLE:
            changes.append(self._person(name, known_as))
            if role:
                changes.append(GrantRole(name=name, role=role, entity="*", limit=None))
        now = app.clock.now()
        with app.database.transaction() as connection:
            change_authority(connection, Begin(people=(first, second)), "first start", now)
            for change in changes:
                number = change_authority(connection, change, "ann", now)
                change_authority(connection, Confirm(no=number), "ben", now)

    def _person(self, name: str, known_as: str = "") -> AddPerson:
        names = (known_as,) if known_as else ()
        return AddPerson(name=name, human=True, names=names, key_sha256=key_hash(self._keys[name]))

    def after_day(self, demo: Any, app: Any, day: date) -> None:
        """On Wednesdays payments are proposed; people decide what waits for them; then the day is
        reconciled."""
        if day.weekday() == 2:
            pay_on = day + timedelta(days=1)
            demo.insist(app, lambda _: app.propose_payments("US", pay_on, pay_on, "pat"))
            demo.settle(app)
            if day == BY_HAND_ON and self._options.plant:
                self._pay_by_hand(app, day)
        if day == TURNED_ON and self._options.plant:
            reverse_by_hand(self._admin, self._companies["US"].id, TURNED, day)
        for _ in range(3):
            demo.insist(app, lambda c: self._approve(c, app, day))
            demo.settle(app)
        demo.insist(app, lambda _: app.reconcile("US", day))
        demo.settle(app)

    def _pay_by_hand(self, app: Any, day: date) -> None:
        """An accountant pays a supplier's bills through the bank's own page, although a run with them
        waits for its release, and books and matches that in Odoo."""
        with app.database.transaction() as connection:
            row = connection.execute(
                "select source_key, content from tieout.document where kind = 'vendor_payment'"
                " and state = 'normalised' and content::jsonb ->> 'supplier' = %s",
                (BY_HAND,),
            ).fetchone()
        waiting: Any = decode_document(row["content"].encode())
        numbers = [x.number for x in waiting.settles]
        amount = self._month.buying.paid_by_hand(numbers)
        settle_by_hand(self._admin, self._companies["US"].id, numbers, day)
        on, name = day + timedelta(days=1), self._month.buying.tool.vendors[BY_HAND].name
        line = BankLine(on, -int(amount.scaleb(2)), counterparty=name, remittance=" ".join(numbers))
        self._month.expect(line)
        self._month.awaited(line)
        self.by_hand["outstanding_payments"] = -amount
        self._month.planted.append(Planted("paid_already", f"{row['source_key']} payment", amount))

    def before_lock(self, demo: Any, app: Any, until: date) -> None:
        """What was received and is not billed is accrued."""
        self._month.accrue(until)
        demo.insist(app, lambda _: app.accrue("US", until))
        demo.settle(app)

    def _approve(self, connection: Any, app: Any, day: date) -> None:
        """Whoever holds the role that a request waits for approves it: carla first, who also tries
        what she made herself, and then chris."""
        authority = load_authority(connection)
        for request in requests(connection):
            step = open_step(request, authority)
            name = request.about.subject.partition(":")[2]
            if step is None:
                continue
            if name in self._month.turned_down:
                why = self._month.turned_down[name]
                self._decide(connection, app, "carla", request.request_id, "reject", why)
                continue
            if request.steps[step].role == "cfo":
                if day >= self._month.held_until.get(name, day):
                    self._decide(connection, app, "frank", request.request_id)
                continue
            own = "carla" in request.about.makers and name not in self._month.own_affairs
            if own or not self._decide(connection, app, "carla", request.request_id):
                self._decide(connection, app, "chris", request.request_id)

    def _decide(
        self, connection: Any, app: Any, who: str, number: int, verdict: str = "approve", why: str = ""
    ) -> bool:
        with connection.transaction():
            done = decide(connection, app.release(), self._keys[who], [number], verdict, why, app.clock.now())
        return not done[0].refused

    def lock(self, until: date) -> None:
        vals = {"fiscalyear_lock_date": until.isoformat()}
        ids = [c.id for c in self._companies.values()]
        self._admin.call("res.company", "write", ids=ids, vals=vals)

    def prove(self, app: Any, connection: Any, now: datetime) -> None:
        open_intercompany(connection, app.release(), date(2026, 10, 31), now)

    entities: tuple[str, ...] = ("US", "DE")
    clerk = "mia"

    @property
    def signers(self) -> list[tuple[str, str]]:
        return [(name, self._keys[name]) for name in ("carla", "chris")]

    def wait(self, span: timedelta) -> None:
        self._world.clock.move_to(self._world.clock.now() + span)

    def approve_all(self, connection: Any, app: Any) -> None:
        """The controllers let what was excluded be excluded."""
        for _ in range(2):
            self._approve(connection, app, END)

    def come_late(self, now: datetime) -> tuple[str, str]:
        """A supplier sends a bill of October."""
        self._month.buying.late_bill(date(2026, 10, 30))
        return "US", "bills"

    def fetch_late(self, app: Any, connection: Any) -> None:
        """It lies in a watched folder."""

    def oracle(self) -> ServicesOracle:
        companies = {code: c.id for code, c in self._companies.items()}
        return ServicesOracle(self._world, self._month, companies)


SCENARIOS: dict[str, Any] = {"distributor": Distributor, "services": Services}
