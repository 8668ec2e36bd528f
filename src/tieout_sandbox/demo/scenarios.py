"""What the demo drives: a company's month, and what its people do about it every day."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from tieout.approvals import requests
from tieout.approvals.deciding import open_step
from tieout.documents import decode_document
from tieout.inbox import pull_again
from tieout.operations.closing import cut_off, revalue
from tieout.operations.collecting import read_receivables
from tieout.operations.open_project import OpenProject
from tieout.operations.paying import accrue, propose_payments
from tieout.operations.reconciling import reconcile
from tieout.planning import take_decision
from tieout.proofs import open_intercompany
from tieout.reconcile.ledger import Decisions, suggestions
from tieout.security import load_authority, new_key
from tieout_sandbox import Month, Oracle, Planted, World, write_project
from tieout_sandbox.books import ServedBooks, SimulatedBooks
from tieout_sandbox.company import Administrator, Company
from tieout_sandbox.month import END, FIRST
from tieout_sandbox.people import ADMINISTRATORS, let_in
from tieout_sandbox.planted_faults import plant_faults
from tieout_sandbox.services import PEOPLE, ServicesMonth, ServicesOracle, write_services_project
from tieout_sandbox.services.buying import BY_HAND, BY_HAND_ON
from tieout_sandbox.services.chart import DE, US
from tieout_sandbox.services.manual_entries import reverse_by_hand, settle_by_hand
from tieout_sandbox.services.planted_faults import TURNED, TURNED_ON
from tieout_sandbox.services.planted_faults import plant_faults as plant_services_faults
from tieout_sandbox.simkit import Tokens
from tieout_sandbox.simulators.bankfile import BankLine

# Name, role of every entity, what sources call them.
DISTRIBUTORS_PEOPLE = (
    ("accountant", "controller", ""),
    ("controller", "controller", ""),
    ("clerk", "operator", ""),
    ("bookkeeper", "preparer", ""),
)


@dataclass(frozen=True)
class DemoOptions:
    """What a demo is asked for. `orders` is the size of the month; `kills` is how often a process
    is killed at random, `crash` the point at which the worker dies; `folder` None is one that is removed;
    with `odoo_url` the ledger is that Odoo, in companies that are made anew; `rerun` works everything again
    at the end, which must change nothing."""

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
    odoo_login: str = "admin"
    plant: bool = True
    rerun: bool = False
    close: bool = True
    # Whether people accept the matches that they know to be right, or leave them to whoever looks.
    accepts: bool = True
    # What the keys of the company's people are made of; anew each time where it is empty.
    root: str = ""

    def keys(self, names: Iterable[str]) -> dict[str, str]:
        """A key for each of these people."""
        people = Tokens(self.root)
        return {n: people.named(f"key of {n}") if self.root else new_key() for n in names}


class Scenario(Protocol):
    """One company's month: its truth, and its people."""

    planted: list[Planted]
    # What people booked past the product, by the role of its account: a credit is negative.
    by_hand: dict[str, Decimal]

    # The companies in Odoo by entity, once they are set up.
    companies: dict[str, Company]

    def set_up(self, folder: Path, port: int) -> Any:
        """Set the company up in Odoo and write its project; the month."""
        ...

    def take_up(self, companies: dict[str, Company]) -> Any:
        """Go on with companies that were set up before, with a project: the month, from its beginning."""
        ...

    def happen(self, what: str, **given: Any) -> None:
        """Let what people did outside the ledger happen again, as `note` was told of it."""
        ...

    def open(self, project: OpenProject) -> None:
        """What people do before the month begins."""
        ...

    def after_day(self, demo: Any, project: OpenProject, day: date) -> None:
        """What people do about a day."""
        ...

    def before_lock(self, demo: Any, project: OpenProject, until: date) -> None:
        """What people book last before the books are locked."""
        ...

    def lock(self, until: date) -> None:
        """Lock the books of every entity."""
        ...

    def tell_owed(self, project: OpenProject) -> None:
        """What customers owe is read from the ledger, and their CRM is told. May be done twice; raises ConnectorError."""
        ...

    def prove(self, project: OpenProject, connection: Any, now: datetime) -> None:
        """Proofs beside the tie-out, whose cases are part of the truth."""
        ...

    def oracle(self) -> Any:
        """Whoever compares the simulators' own ledgers with the truth of the month."""
        ...

    # the close: which entities, who decides, signs, and what comes too late

    entities: tuple[str, ...]
    clerk: str

    @property
    def signers(self) -> list[tuple[str, str]]:
        """Two people who sign: name and key."""
        ...

    @property
    def preparer(self) -> str:
        """The key of the person who prepares accounts."""
        ...

    def wait(self, span: timedelta) -> None:
        """Time passes."""
        ...

    def approve_all(self, connection: Any, project: OpenProject) -> None:
        """People approve what waits for them."""
        ...

    def come_late(self, now: datetime) -> tuple[str, str]:
        """Something of the closed period comes: entity and interface."""
        ...

    def fetch_late(self, project: OpenProject, connection: Any) -> None:
        """Make sure that it is taken in."""
        ...


class Distributor:
    """A distributor with shops, a payment provider and a CRM."""

    def __init__(self, options: DemoOptions, world: World, admin: Administrator) -> None:
        self._options, self._world, self._admin = options, world, admin
        self.by_hand: dict[str, Decimal] = {}
        self._keys = options.keys((*ADMINISTRATORS, *(p[0] for p in DISTRIBUTORS_PEOPLE)))

    def set_up(self, folder: Path, port: int) -> Month:
        """The company in Odoo, its project against it, and its month."""
        options = self._options
        (name,) = _names(options, self._admin, "Meridian Supply")
        company = self._admin.set_up(name, FIRST)
        write_project(
            folder, self._world, company, port, odoo_url=options.odoo_url, odoo_database=options.odoo_db
        )
        return self.take_up({"US": company})

    def take_up(self, companies: dict[str, Company]) -> Month:
        """The month of a company that is set up."""
        options, self.companies, company = self._options, companies, companies["US"]
        # The traps reach into the books as an accountant does, over the API.
        month = Month(
            self._world,
            options.orders,
            plant=plant_faults if options.plant else None,
        )
        month.admin, month.company_id = self._admin, company.id
        books = _books(options, self._world, self._admin, [company.id])
        self._month, self._oracle = month, Oracle(self._world, month, company.id, books)
        return month

    def happen(self, what: str, **given: Any) -> None:
        """Nobody does anything outside the ledger."""

    @property
    def planted(self) -> list[Planted]:
        """The faults of the month so far: some are planted only as their day comes."""
        return self._month.planted

    def open(self, project: OpenProject) -> None:
        """Two administrators let in who decides and who signs: a name that nobody has does neither."""
        let_in(project, DISTRIBUTORS_PEOPLE, self._keys)

    def after_day(self, demo: Any, project: OpenProject, day: date) -> None:
        """The day's reconciliation; and the accountant goes through the work list."""
        demo.insist(project, lambda _: reconcile(project, "US", day))
        demo.settle(project)
        if self._options.accepts:
            demo.insist(project, lambda c: self._accept(c, project))
            demo.settle(project)
        if self._oracle.owing():
            demo.insist(project, lambda _: self.tell_owed(project))
            demo.settle(project)
            self._oracle.compare_owed()

    def _accept(self, connection: Any, project: OpenProject) -> None:
        """They accept what they know to be so."""
        for row in suggestions(connection):
            found: Any = decode_document(row["content"].encode())
            known = [self._month.answers.get(x.number) for x in found.cash]
            if known == [x.number for x in found.due] and row["state"] == "open":
                with connection.transaction():
                    Decisions(connection, project.release(), "accountant", project.clock.now()).accept(
                        row["suggestion_id"]
                    )

    def before_lock(self, demo: Any, project: OpenProject, until: date) -> None:
        """Sales are cut off, and what is open in foreign currency is revalued."""
        demo.insist(project, lambda _: cut_off(project, "US", until))
        demo.insist(project, lambda _: revalue(project, "US", until))
        demo.settle(project)

    def lock(self, until: date) -> None:
        """Lock the fiscal year in Odoo up to and with a day."""
        vals = {"fiscalyear_lock_date": until.isoformat()}
        self._admin.call("res.company", "write", ids=[self._month.company_id], vals=vals)

    def tell_owed(self, project: OpenProject) -> None:
        """The shop's CRM shows what each of its accounts owes."""
        read_receivables(project, "US")

    def prove(self, project: OpenProject, connection: Any, now: datetime) -> None:
        """The tie-out says it all but what customers owed, which the oracle compared on some day."""
        self._oracle.looked_each_day = True

    entities: tuple[str, ...] = ("US",)
    clerk = "clerk"

    @property
    def signers(self) -> list[tuple[str, str]]:
        """The accountant and the controller, with the keys that they were given at the beginning."""
        return [("", self._keys[name]) for name in ("accountant", "controller")]

    @property
    def preparer(self) -> str:
        """The bookkeeper's key."""
        return self._keys["bookkeeper"]

    def wait(self, span: timedelta) -> None:
        """Let the virtual clock go on."""
        self._world.clock.move_to(self._world.clock.now() + span)

    def approve_all(self, connection: Any, project: OpenProject) -> None:
        """The controller lets what the clerk excluded be excluded."""
        waiting = [r.request_id for r in requests(connection)]
        if waiting:
            with connection.transaction():
                take_decision(
                    connection,
                    project.release(),
                    self._keys["controller"],
                    waiting,
                    "approve",
                    "",
                    project.clock.now(),
                )

    def come_late(self, now: datetime) -> tuple[str, str]:
        """The CRM's people enter an order of October."""
        closed = self._month.at(date(2026, 10, 28), 15)
        self._month.win(now, 9050, self._month.accounts[0], 42_000, "case", closed)
        return "US", "crm_orders"

    def fetch_late(self, project: OpenProject, connection: Any) -> None:
        """Ask the CRM from its beginning again, as the order came with an instant that polls have passed."""
        pull_again(connection, "crm_orders", project.clock)

    def oracle(self) -> Oracle:
        """The oracle of the one company."""
        return self._oracle


class Services:
    """A services company of two entities, with people who approve."""

    def __init__(self, options: DemoOptions, world: World, admin: Administrator) -> None:
        self._options, self._world, self._admin = options, world, admin
        self.by_hand: dict[str, Decimal] = {}
        self._keys = options.keys((*ADMINISTRATORS, *(p[0] for p in PEOPLE)))

    def set_up(self, folder: Path, port: int) -> ServicesMonth:
        """Both companies in Odoo, each with its chart of accounts, one project for both, and their month."""
        options = self._options
        names = _names(options, self._admin, "Northwind Services", "Northwind GmbH")
        charts = zip(("US", "DE"), names, (US, DE), strict=True)
        companies = {code: self._admin.set_up(name, FIRST, chart) for code, name, chart in charts}
        write_services_project(
            folder,
            self._world,
            companies,
            port,
            odoo_url=options.odoo_url,
            odoo_database=options.odoo_db,
        )
        return self.take_up(companies)

    def take_up(self, companies: dict[str, Company]) -> ServicesMonth:
        """The month of companies that are set up."""
        self.companies = self._companies = companies
        self._books = _books(self._options, self._world, self._admin, [c.id for c in companies.values()])
        self._month = ServicesMonth(
            self._world, self._options.orders, plant=plant_services_faults if self._options.plant else None
        )
        return self._month

    @property
    def planted(self) -> list[Planted]:
        """The faults of the month so far: some are planted only as their day comes."""
        return self._month.planted

    def open(self, project: OpenProject) -> None:
        """Two administrators let the others in, and give them their roles."""
        let_in(project, PEOPLE, self._keys)

    def after_day(self, demo: Any, project: OpenProject, day: date) -> None:
        """On Wednesdays payments are proposed; people decide what waits for them; then the day is
        reconciled."""
        if day.weekday() == 2:
            pay_on = day + timedelta(days=1)
            demo.insist(project, lambda _: propose_payments(project, "US", pay_on, pay_on, "pat"))
            demo.settle(project)
            if day == BY_HAND_ON and self._options.plant:
                self._pay_by_hand(project, day)
        if day == TURNED_ON and self._options.plant:
            reverse_by_hand(self._admin, self.companies["US"].id, TURNED, day)
        for _ in range(3):
            demo.insist(project, lambda c: self._approve(c, project, day))
            demo.settle(project)
        demo.insist(project, lambda _: reconcile(project, "US", day))
        demo.settle(project)

    def _pay_by_hand(self, project: OpenProject, day: date) -> None:
        """An accountant pays a supplier's bills through the bank's own page, although a run with them
        waits for its release, and books and matches that in Odoo."""
        with project.database.transaction() as connection:
            row = connection.execute(
                "select source_key, content from tieout.v_vendor_payment"
                " where state = 'normalised' and supplier = %s",
                (BY_HAND,),
            ).fetchone()
        assert row is not None, f"no run with bills of {BY_HAND} waits"
        waiting: Any = decode_document(row["content"].encode())
        numbers = [x.number for x in waiting.settles]
        given = {"numbers": numbers, "key": row["source_key"], "day": day.isoformat()}
        if self.note("paid_by_hand", **given):
            settle_by_hand(self._admin, self.companies["US"].id, numbers, day)
            self.happen("paid_by_hand", **given)

    # Told of what people do outside the ledger; whether it is to be done: not what was done before.
    note: Callable[..., bool] = staticmethod(lambda what, **given: True)

    def happen(self, what: str, **given: Any) -> None:
        """The bank has a payment that somebody made on its own page."""
        numbers, day = given["numbers"], date.fromisoformat(given["day"])
        amount = self._month.buying.paid_by_hand(numbers)
        on, name = day + timedelta(days=1), self._month.buying.tool.vendors[BY_HAND].name
        line = BankLine(on, -int(amount.scaleb(2)), counterparty=name, remittance=" ".join(numbers))
        self._month.expect(line)
        self._month.awaited(line)
        self.by_hand["outstanding_payments"] = -amount
        self._month.planted.append(Planted("paid_already", f"{given['key']} payment", amount))

    def before_lock(self, demo: Any, project: OpenProject, until: date) -> None:
        """What was received and is not billed is accrued."""
        self._month.accrue(until)
        demo.insist(project, lambda _: accrue(project, "US", until))
        demo.settle(project)

    def _approve(self, connection: Any, project: OpenProject, day: date) -> None:
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
                self._decide(connection, project, "carla", request.request_id, "reject", why)
                continue
            if request.steps[step].role == "cfo":
                if day >= self._month.held_until.get(name, day):
                    self._decide(connection, project, "frank", request.request_id)
                continue
            own = "carla" in request.about.makers and name not in self._month.own_affairs
            if own or not self._decide(connection, project, "carla", request.request_id):
                self._decide(connection, project, "chris", request.request_id)

    def _decide(
        self,
        connection: Any,
        project: OpenProject,
        who: str,
        number: int,
        verdict: str = "approve",
        why: str = "",
    ) -> bool:
        with connection.transaction():
            done = take_decision(
                connection, project.release(), self._keys[who], [number], verdict, why, project.clock.now()
            )
        return not done[0].refused

    def lock(self, until: date) -> None:
        """Lock the fiscal year of both companies in Odoo up to and with a day."""
        vals = {"fiscalyear_lock_date": until.isoformat()}
        ids = [c.id for c in self.companies.values()]
        self._admin.call("res.company", "write", ids=ids, vals=vals)

    def tell_owed(self, project: OpenProject) -> None:
        """No CRM is told."""

    def prove(self, project: OpenProject, connection: Any, now: datetime) -> None:
        """The two entities' sides of each transaction between them: what has one side alone becomes a case."""
        open_intercompany(connection, project.release(), date(2026, 10, 31), now)

    entities: tuple[str, ...] = ("US", "DE")
    clerk = "mia"

    @property
    def signers(self) -> list[tuple[str, str]]:
        """Two controllers with the keys that they were given at the beginning."""
        return [("", self._keys[name]) for name in ("carla", "chris")]

    @property
    def preparer(self) -> str:
        """The bookkeeper's key."""
        return self._keys["bea"]

    def wait(self, span: timedelta) -> None:
        """Let the virtual clock go on."""
        self._world.clock.move_to(self._world.clock.now() + span)

    def approve_all(self, connection: Any, project: OpenProject) -> None:
        """The controllers let what was excluded be excluded."""
        for _ in range(2):
            self._approve(connection, project, END)

    def come_late(self, now: datetime) -> tuple[str, str]:
        """A supplier sends a bill of October."""
        self._month.buying.late_bill(date(2026, 10, 30))
        return "US", "bills"

    def fetch_late(self, project: OpenProject, connection: Any) -> None:
        """It lies in a watched folder."""

    def oracle(self) -> ServicesOracle:
        """The oracle of both companies."""
        companies = {code: c.id for code, c in self.companies.items()}
        return ServicesOracle(self._world, self._month, companies, self._books)


def _names(options: DemoOptions, admin: Administrator, *names: str) -> list[str]:
    """What companies are called: on a server of somebody's own with a number that no other one there has."""
    return [f"{name} {admin.number_of(*names)}" for name in names] if options.odoo_url else list(names)


def _books(
    options: DemoOptions, world: World, admin: Administrator, companies: Collection[int]
) -> SimulatedBooks | ServedBooks:
    """Where the oracle reads."""
    return ServedBooks(admin, companies) if options.odoo_url else SimulatedBooks(world)


SCENARIOS: dict[str, Any] = {"distributor": Distributor, "services": Services}
