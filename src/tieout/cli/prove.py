"""`tieout tieout` and `tieout payouts`: a period's control figures, and every proof that hangs on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import typer

from tieout.cli.context import FINDINGS, USAGE, fail, open_running, out, print_json
from tieout.cli.narrowing import refuse_unknown
from tieout.cli.options import EntityAlone, Folder, Json, PeriodText
from tieout.cli.tables import (
    bad,
    ledger_json,
    ledger_month_table,
    ledger_table,
    show_items,
    split_json,
    split_table,
    tie_out_json,
    tie_out_table,
)
from tieout.money import Period

if TYPE_CHECKING:
    from tieout.operations.open_project import OpenProject
    from tieout.proofs import AccountMonth, BalanceRow, MonthRow, PairRow, PayoutProof, SplitRow, Unread
    from tieout.rules import Release
    from tieout.store import Connection


def tieout(
    period: PeriodText,
    folder: Folder = Path(),
    as_json: Json = False,
) -> None:
    """Take the sources' control figures of a period and prove the tie-out."""
    from tieout.proofs import (
        account_figures,
        ledger_rows,
        open_gaps,
        row_figures,
        statement_gaps,
        take_control_totals,
        tie_out,
    )

    try:
        wanted = Period.parse(period)
    except ValueError as error:
        fail(str(error), USAGE)
    project = open_running(folder)
    release, now = project.settings.release, project.clock.now()
    connection = project.database.connect(autocommit=True)
    unread = take_control_totals(connection, release, project.session, wanted, now)
    statement_gaps(connection, now)
    # What was read of a source before stays, and is not shown as if it were of now.
    others_than = {x.of for x in unread}
    rows = [
        msgspec.structs.replace(r, source=None) if r.interface in others_than else r
        for r in tie_out(connection, release) if r.period == period
    ]  # fmt: skip
    open_gaps(connection, rows, now)
    pairs, others = _beside(connection, release, min(wanted.last, now.date()), now)
    governed, months, accounts = _of_ledgers(connection, project, wanted, now, unread)
    balances = ledger_rows(connection, release, project.session, wanted, unread=unread)
    # What is said of a system once is said once, whatever was asked of it.
    said = list(dict.fromkeys(f"{x.entity} {x.says}" for x in unread))
    if as_json:
        print_json(
            {
                "tieout": tie_out_json(rows),
                "ledger": ledger_json(balances),
                "governed": split_json(governed),
                "ledger_months": [
                    {"entity": r.entity, "period": r.period, **row_figures(r, len(r.items))} for r in months
                ],
                "accounts": [
                    {"entity": r.entity, "period": r.period, **account_figures(r)} for r in accounts
                ],
                "intercompany": [_pair_json(r) for r in pairs],
                "trial_balances": [_balance_json(r) for r in others],
                "unread": said,
            }
        )
    else:
        out.print(tie_out_table(rows, out.width))
        out.print(ledger_month_table(months, out.width))
        show_items(months)
        out.print(ledger_table(balances))
        if any(
            r.made_by_declaration.count or r.explained.count or r.undeclared.count or r.residual
            for r in governed
        ):
            out.print(split_table(governed))
        _show(pairs, others)
        for text in said:
            out.print(bad(f"not read: {text}"))
    good = all(r.proven for r in rows) and not any(r.difference for r in balances)
    good = good and not any(r.residual for r in months) and not any(r.residual for r in accounts)
    raise typer.Exit(0 if good and not pairs and not others and not said else FINDINGS)


def _of_ledgers(
    connection: Connection, project: OpenProject, period: Period, now: datetime, unread: list[Unread]
) -> tuple[list[SplitRow], list[MonthRow], list[AccountMonth]]:
    """By entity: what governed accounts moved by in a month and who moved them, and the month by the ledger's own days; kept for whoever
    only looks. A ledger that cannot be read goes into `unread`."""
    from tieout.connector_api import ConnectorError, LedgerReader
    from tieout.proofs import (
        Unread,
        hold_opening,
        keep_ledger_month,
        keep_split,
        read_ledger_month,
        read_split,
    )

    release = project.settings.release
    governed, months, accounts = list[Any](), list[Any](), list[Any]()
    for entity in release.entities.values():
        try:
            reader = project.session(entity.ledger)
            if not isinstance(reader, LedgerReader):
                continue
            split, _ = read_split(connection, release, reader, entity.code, period)
            with connection.transaction():
                keep_split(connection, entity.code, period, split, now)
            hold_opening(connection, release, reader, entity.code, now)
            rows, moved = read_ledger_month(connection, release, reader, entity.code, period)
        except ConnectorError as error:
            unread.append(Unread(of=entity.ledger, entity=entity.code, error=error))
            continue
        with connection.transaction():
            keep_ledger_month(connection, entity.code, period, rows, moved, now)
        governed += split
        months += rows
        accounts += moved
    return governed, months, accounts


def payouts(
    folder: Folder = Path(),
    entity: EntityAlone = None,
    as_json: Json = False,
) -> None:
    """Prove the payouts of providers, to the cent: what each is made of, and what of it arrived at the bank. Exit 1: one
    is not proven."""
    from tieout.proofs import prove_payouts

    project = open_running(folder)
    with project.database.transaction() as connection:
        proofs = [p for p in prove_payouts(connection) if entity in (None, p.entity)]
    if not proofs:
        refuse_unknown(project, entity)
    if as_json:
        print_json([_payout_json(p) for p in proofs])
    else:
        for p in proofs:
            said = "proven" if p.proven else p.why
            out.print(f"{p.payout_key}: {p.amount} {p.currency}, {p.parts} parts: {said}")
    raise typer.Exit(0 if all(p.proven for p in proofs) else FINDINGS)


def _payout_json(proof: PayoutProof) -> dict[str, Any]:
    return {
        "payout": proof.payout_key,
        "entity": proof.entity,
        "currency": proof.currency,
        "amount": str(proof.amount),
        "parts": proof.parts,
        "residual": str(proof.residual),
        "in_transit": str(proof.in_transit),
        "proven": proof.proven,
        "why": proof.why,
    }


def _beside(
    connection: Connection, release: Release, until: date, now: datetime
) -> tuple[list[PairRow], list[BalanceRow]]:
    """Pairs that do not net, and accounts of other ledgers that did not move by their entries."""
    from tieout.proofs import balance_rows, intercompany_rows, open_balances, open_intercompany

    open_intercompany(connection, release, until, now)
    open_balances(connection, release, until, now)
    pairs = [r for r in intercompany_rows(connection, until) if r.residual]
    return pairs, [r for r in balance_rows(connection, release, until) if r.difference]


def _pair_json(row: PairRow) -> dict[str, Any]:
    return {
        "pair": row.pair,
        "currency": row.currency,
        "residual": str(row.residual),
        "explained_as": row.explained_as,
        "sides": {s.entity: str(s.amount) for s in row.sides},
    }


def _balance_json(row: BalanceRow) -> dict[str, Any]:
    return {
        "interface": row.interface,
        "account": row.account,
        "currency": row.currency,
        "until": row.until,
        "moved": str(row.moved),
        "posted": str(row.posted),
        "held": str(row.held),
        "difference": str(row.difference),
    }


def _show(pairs: Sequence[PairRow], others: Sequence[BalanceRow]) -> None:
    for pair in pairs:
        sides = ", ".join(f"{s.entity} {s.amount}" for s in pair.sides)
        kind = pair.explained_as.replace("_", " ")
        out.print(f"pair {pair.pair}: {pair.residual} {pair.currency} {kind} ({sides})")
    for row in others:
        what = f"moved {row.moved}, posted {row.posted}, waiting or in a case {row.held}"
        out.print(f"account {row.account} of {row.system}: {row.difference} {row.currency} ({what})")
