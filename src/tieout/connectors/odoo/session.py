"""An open Odoo: what it is, whose way each effect goes, and what its ledger says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

from tieout.connector_api import (
    AccruedThere,
    JournalItem,
    LedgerCustomer,
    LedgerFacts,
    LedgerTaxes,
    OpenItem,
    OthersMove,
    Outcome,
    OutcomeStatus,
    Right,
    Sending,
    SettledItem,
    StandingAccounts,
    SystemConfig,
)
from tieout.connector_api.books import Chart, LedgerCompany
from tieout.connector_api.inventory import EntryThere, LedgerCompanySet, OpenThere, PartyThere
from tieout.connector_api.set_up import Finding, KeyEnd, LedgerName, Wanted
from tieout.connectors.odoo import closing, customers, extracting
from tieout.connectors.odoo.accruals import accrued_there
from tieout.connectors.odoo.books import told_chart, told_companies
from tieout.connectors.odoo.client import OdooClient, Server
from tieout.connectors.odoo.companies import hold_company
from tieout.connectors.odoo.comparing import exact
from tieout.connectors.odoo.databases import hold_database
from tieout.connectors.odoo.directory import Directory
from tieout.connectors.odoo.entries_there import entries_since, entries_there
from tieout.connectors.odoo.inventory import company_set
from tieout.connectors.odoo.keys import key_end
from tieout.connectors.odoo.loading import Loader
from tieout.connectors.odoo.master_data import look_up_updates, send_partners, send_products, update_partners
from tieout.connectors.odoo.matching import Matcher
from tieout.connectors.odoo.models import MOVE, PARTNER
from tieout.connectors.odoo.moves import Moves
from tieout.connectors.odoo.naming import look_up_names, names_for
from tieout.connectors.odoo.open_there import open_there, parties_there
from tieout.connectors.odoo.opening import open_items, settled_items
from tieout.connectors.odoo.others import others_moves
from tieout.connectors.odoo.read_back import ReadBack
from tieout.connectors.odoo.rights import rights_of
from tieout.connectors.odoo.rows import PARTNER_FIELDS
from tieout.connectors.odoo.setting_up import set_up
from tieout.connectors.odoo.standing import standing
from tieout.connectors.odoo.taxed import ledger_taxes
from tieout.documents import (
    GENERAL,
    MatchRequest,
    PartnerRecord,
    PartnerUpdate,
    ProductRecord,
    UnmatchRequest,
)
from tieout.rules.ledger_uses import Use

_MARKER_ID, _MARKER = "tieout.marker_of_this_database", "Tieout marker (do not delete)"


def open_session(config: SystemConfig) -> OdooSession:
    """A session for one company of one database, by API key. `own_log` = yes lets Odoo write its chatter,
    which is quiet otherwise. Nothing is asked of Odoo yet."""
    hosted = config.text("hosted")
    server = Server(
        config.text("url"),
        config.text("database"),
        config.text("key"),
        int(config.text("company", "0") or 0),
        config.text("login"),
        hosted == "yes" if hosted else None,
    )
    client = OdooClient(server, config)
    return OdooSession(client, quiet=config.text("own_log", "no") != "yes")


class OdooSession:
    """Writer and LedgerReader over one client."""

    def __init__(self, client: OdooClient, quiet: bool = True) -> None:
        self._client, self._names = client, Directory(client)
        self._loader = Loader(client, quiet)
        self._matcher = Matcher(client, self._names)
        self._read_back = ReadBack(client, self._names, self._matcher)
        self._moves = Moves(client, self._names, self._loader, self._matcher, self._read_back)

    # checking

    def check(self) -> str:
        """What this is, in a line; SetupError where it is not usable, naming what to do."""
        chosen = self._client.choose_anew()
        untold = hold_database(self._client)
        hold_company(self._client)
        self._names.refresh()
        told = [chosen.warning, untold, *self._names.warnings()]
        said = f"Odoo {chosen.version}, company {self._names.company_name}"
        return "; ".join([said, *(f"warning: {text}" for text in told if text)])

    def version(self) -> str:
        """See `Qualified.version`."""
        return self._client.choose_anew().version

    def let_post(self, qualified: Callable[[str], bool]) -> None:
        """See `Qualified.let_post`."""
        self._client.let_change(qualified)

    def rights(self) -> list[Right]:
        """See `RightsTeller.rights`."""
        return rights_of(self._client)

    def company(self) -> int:
        """See `OneCompany.company`."""
        return hold_company(self._client)

    def companies(self) -> list[LedgerCompany]:
        """See `BooksTeller.companies`."""
        return told_companies(self._client)

    def chart(self) -> Chart:
        """See `BooksTeller.chart`."""
        hold_company(self._client)
        return told_chart(self._client, self._names.own_currency())

    # looking at what runs already

    def company_set(self, now: datetime) -> LedgerCompanySet:
        """See `InventoryTeller.company_set`."""
        hold_company(self._client)
        return company_set(self._client, now)

    def entries_since(self, since: date, most: int) -> date:
        """See `InventoryTeller.entries_since`."""
        hold_company(self._client)
        return entries_since(self._client, since, most)

    def entries_there(self, since: date, until: date) -> Iterator[EntryThere]:
        """See `InventoryTeller.entries_there`."""
        hold_company(self._client)
        self._names.refresh()
        return entries_there(self._client, self._names, since, until)

    def open_there(self, until: date, most: int) -> tuple[list[OpenThere], int]:
        """See `InventoryTeller.open_there`."""
        hold_company(self._client)
        return open_there(self._client, self._names, until, most)

    def parties_there(self, most: int) -> tuple[list[PartyThere], int]:
        """See `InventoryTeller.parties_there`."""
        return parties_there(self._client, most)

    def key_end(self, now: datetime) -> KeyEnd:
        """See `KeyTeller.key_end`."""
        return key_end(self._client, now)

    def set_up(self, wanted: Wanted) -> list[Finding]:
        """See `SetUpTeller.set_up`."""
        hold_company(self._client)
        return set_up(self._client, wanted)

    def look_up_names(self, uses: Sequence[Use]) -> list[Finding]:
        """See `NamesLooker.look_up_names`."""
        hold_company(self._client)
        return look_up_names(self._client, uses, self._names.own_currency())

    def names_for(self, use: Use) -> list[LedgerName]:
        """See `NamesTeller.names_for`."""
        hold_company(self._client)
        return names_for(self._client, use)

    def marker(self, value: str) -> str:
        """The fingerprint of this database: a record of ours, loaded once by its external id.

        The first caller's `value` stays; another database answers another value.
        """
        # database.uuid would say it as well, but to a user of base.group_system alone.
        rows = [[_MARKER_ID, _MARKER, "", value]]
        ids = self._loader.load(PARTNER, PARTNER_FIELDS, rows)
        found = self._client.once_more(
            lambda: self._client.call(PARTNER, "read", ids=ids, fields=["ref"]), lambda there: not there
        )
        return str(found[0]["ref"]) if found else ""

    def marker_found(self, value: str) -> str:
        """The fingerprint that this database carries, "" where it carries none; nothing is written.

        It is known by its name or by `value`, archived or not; among several the one with our external id counts.
        """
        return self._client.once_more(lambda: self._marker_found(value), lambda found: not found)

    def _marker_found(self, value: str) -> str:
        rows = self._client.call(
            PARTNER,
            "search_read",
            domain=["|", ["name", "=", _MARKER], ["ref", "=", value]],
            fields=["name", "ref"],
            limit=100,
            context={"active_test": False},
        )
        # A service account may not search ir.model.data: records are found first, and then asked for their
        # external ids.
        ids = self._client.call(PARTNER, "get_external_id", ids=[r["id"] for r in rows]) if rows else {}
        ours = [r for r in rows if ids.get(str(r["id"])) == self._loader.named(_MARKER_ID)]
        found = ours or [r for r in rows if r["name"] == _MARKER]
        return str(found[0]["ref"] or "") if found else ""

    # Writer

    def send(self, batch: Sequence[Sending]) -> list[Outcome]:
        """Send one kind of effect; see `Writer.send`."""
        match batch[0].body:
            case PartnerRecord():
                return send_partners(self._loader, batch)
            case PartnerUpdate():
                return update_partners(self._client, batch, self._loader.quiet)
            case ProductRecord():
                return send_products(self._client, self._loader, batch)
            case MatchRequest():
                return self._matcher.match(batch)
            case UnmatchRequest():
                return self._matcher.unmatch(batch)
            case _:
                return self._moves.send(batch)

    def look_up(self, batch: Sequence[Sending]) -> list[Outcome]:
        """What became of these, by external id: a match by its marks, a partner, a product and an unmatch as
        absent, since sending them again changes nothing, any other by the entry that stands there. One
        batch holds one kind."""
        match batch[0].body:
            case MatchRequest():
                return self._matcher.match(batch, only_look=True)
            case PartnerUpdate():
                return look_up_updates(self._client, batch)
            case PartnerRecord() | ProductRecord() | UnmatchRequest():
                # A repeated load answers the same record, and what is apart stays apart: sending
                # again is the look-up.
                return [Outcome(s.external_id, OutcomeStatus.ABSENT) for s in batch]
            case _:
                return self._moves.look_up(batch)

    # LedgerReader

    def read_back(self, batch: Sequence[Sending], ids: Sequence[int]) -> list[Outcome]:
        """What Odoo holds for each sending, compared by content, in the batch's order; what reverses it
        there counts against it."""
        return self._read_back.read(batch, ids, reversals=True)

    def facts(self) -> LedgerFacts:
        """The company's locks as they bind this account, and every rate of every currency by day: units of the
        currency for one of the company's."""
        locks = closing.binding_locks(self._client)
        rates: dict[str, list[tuple[date, Decimal]]] = {}
        rows = self._client.call(
            "res.currency.rate",
            "search_read",
            domain=[],
            fields=["currency_id", "name", "rate"],
            # A rate's name is its day.
            order="name",
        )
        for row in rows:
            day = date.fromisoformat(row["name"])
            rates.setdefault(row["currency_id"][1], []).append((day, Decimal(str(row["rate"]))))
        return LedgerFacts(max((locks[k] for k in GENERAL if k in locks), default=None), rates, locks)

    def foreign(self, references: Sequence[str]) -> dict[str, str]:
        """Customer invoices with these references that stand and carry none of our external ids: reference to
        the invoice's number, or to its id while it is a draft."""
        rows = self._client.call(
            MOVE,
            "search_read",
            domain=[
                ["ref", "in", list(references)],
                ["move_type", "=", "out_invoice"],
                ["state", "!=", "cancel"],
            ],
            fields=["ref", "name"],
        )
        if not rows:
            return {}
        names = self._client.call(MOVE, "get_external_id", ids=[r["id"] for r in rows])
        return {
            r["ref"]: r["name"] or f"draft {r['id']}"
            for r in rows
            if not names.get(str(r["id"]), "").startswith("tieout.")
        }

    def open_items(self, accounts: Sequence[str], until: date, lines: Sequence[int] = ()) -> list[OpenItem]:
        """See `LedgerReader.open_items`."""
        return open_items(self._client, self._names, accounts, until, self._loader.named("tieout."), lines)

    def settled_items(self, until: date, most: int) -> list[SettledItem]:
        """See `PastReader.settled_items`."""
        return settled_items(self._client, until, most)

    def standing(
        self, accounts: Sequence[str], summed: Sequence[str], on: date, until: date, most: int
    ) -> StandingAccounts:
        """See `StandingReader.standing`."""
        return standing(self._client, self._names, accounts, summed, on, until, most)

    def accrued_there(self, orders: Sequence[str], on: date) -> AccruedThere:
        """See `AccrualReader.accrued_there`: entries of the wizard for accrued orders and of people, by the orders' numbers in
        their labels, and the accounts that Odoo's stock values."""
        return accrued_there(self._client, self._names, orders, on, self._loader.named("tieout."))

    def customers(self, partners: Sequence[int]) -> list[LedgerCustomer]:
        """See `CustomerReader.customers`."""
        return customers.customers(self._client, partners, self._loader.named("tieout."))

    def standing_invoices(self, moves: Sequence[int]) -> set[int]:
        """See `CustomerReader.standing_invoices`."""
        return customers.standing_invoices(self._client, moves)

    def others_moves(self, accounts: Sequence[str], start: date, end: date) -> list[OthersMove]:
        """See `LedgerReader.others_moves`."""
        return others_moves(self._client, self._names, accounts, start, end, self._loader.named("tieout."))

    def account_types(self, codes: Sequence[str]) -> dict[str, str]:
        """See `ChartReader.account_types`."""
        return closing.account_types(self._client, self._names, codes)

    def ledger_taxes(self, start: date, end: date) -> LedgerTaxes:
        """See `TaxReader.ledger_taxes`."""
        return ledger_taxes(self._client, self._names, start, end, self._loader.named("tieout."))

    def tax_accounts(self, taxes: Sequence[str]) -> dict[tuple[str, str], frozenset[str]]:
        """See `TaxAccountReader.tax_accounts`."""
        return closing.tax_accounts(self._client, self._names, taxes)

    def foreign_balances(self, until: date) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
        """See `LedgerReader.foreign_balances`."""
        return closing.foreign_balances(self._client, self._names, until)

    def journal_items(self, start: date, end: date) -> Iterator[JournalItem]:
        """See `LedgerReader.journal_items`."""
        return extracting.journal_items(self._client, self._names, start, end)

    def movements(self, start: date, end: date) -> dict[str, tuple[int, Decimal, Decimal]]:
        """See `LedgerReader.movements`."""
        return extracting.movements(self._client, self._names, start, end)

    def locks(self) -> dict[str, date | None]:
        """See `LedgerReader.locks`."""
        return closing.locks(self._client)

    def set_lock(self, kind: str, until: date) -> None:
        """See `LedgerReader.set_lock`."""
        closing.set_lock(self._client, kind, until)

    def trial_balance(self, until: date) -> dict[tuple[str, str], Decimal]:
        """See `LedgerReader.trial_balance`: one grouped read, whatever the number of lines."""
        rows = self._client.grouped(
            "account.move.line",
            domain=[["parent_state", "=", "posted"], ["date", "<=", until.isoformat()]],
            groupby=["account_id", "currency_id"],
            aggregates=["amount_currency:sum"],
        )
        return {
            (self._names.code_of(r["account_id"][0]), r["currency_id"][1]): exact(
                r["amount_currency:sum"] or 0
            )
            for r in rows
            if r["account_id"]
        }

    def close(self) -> None:
        """Close the connections; the session is not used again."""
        self._client.close()
