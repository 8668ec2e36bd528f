"""`tieout payments`: runs proposed from what is due; `tieout accruals`: what came and is not billed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from tieout.cli.context import FAILED, FINDINGS, USAGE, fail, open_running, out, print_json
from tieout.cli.identity import who_decides
from tieout.cli.options import DryRun, Entity, Folder, Json, Who
from tieout.cli.period_ends import Seen, worked_out
from tieout.cli.reconcile import day_of, entity_of
from tieout.cli.tables import money

if TYPE_CHECKING:
    from tieout.payables import Proposal, Worked

group = typer.Typer(
    help="Payment runs: proposed here, released with `tieout approvals`.", no_args_is_help=True
)


@group.command()
def propose(
    entity: Entity = "",
    pay_on: Annotated[str, typer.Option("--pay-on", help="the day of execution (default: today)")] = "",
    due_until: Annotated[
        str, typer.Option("--due-until", help="pay what is due up to a day (default: --pay-on)")
    ] = "",
    dry: DryRun = False,
    who: Who = "",
    folder: Folder = Path(),
    as_json: Json = False,
) -> None:
    """Propose a payment of every supplier's due bills, less its credits. It waits for its release.

    Exit 1: something that is due is held back, with the reason.
    """
    from tieout.connector_api import ConnectorError
    from tieout.operations import paying
    from tieout.payables import PaymentRunError

    project = open_running(folder)
    code = entity_of(project, entity)
    day = day_of(project, code, "", pay_on)
    until = _day(due_until, "--due-until") if due_until else day
    name = who if dry else who_decides(project, who, operation="payments:propose", entity=code)
    try:
        found = paying.propose_payments(project, code, day, until, name, dry)
    except PaymentRunError as error:
        fail(str(error), USAGE)
    except ConnectorError as error:
        fail(str(error), FAILED)
    if as_json:
        print_json(proposal_json(found, dry))
    else:
        _show(found, dry)
    raise typer.Exit(FINDINGS if found.held else 0)


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"{option} {text}: a day such as 2026-10-31 was expected", USAGE)


def proposal_json(found: Proposal, dry: bool) -> dict[str, Any]:
    """A run as JSON: amounts are positive decimal texts; accounts are masked."""
    return {
        "run": found.run,
        "entity": found.entity,
        "pay_on": found.pay_on.isoformat(),
        "dry_run": dry,
        "payments": [
            {
                "end_to_end_id": p.end_to_end_id,
                "supplier": p.supplier,
                "name": p.party.name,
                "account": f"…{p.account.iban[-4:]}",
                "pays": f"{p.pays.value:f}",
                "withheld": f"{p.withheld.value:f}",
                "currency": p.currency,
                "settles": [{"number": x.number, "amount": f"{-x.residual:f}"} for x in p.settles],
            }
            for p in found.payments
        ],
        "totals": {currency: f"{total:f}" for currency, total in found.totals().items()},
        "held": [
            {"supplier": h.supplier, "number": h.number, "amount": f"{-h.amount:f}", "currency": h.currency,
             "why": h.why}
            for h in found.held
        ],
    }  # fmt: skip


def _show(found: Proposal, dry: bool) -> None:
    word = "would be proposed" if dry else "proposed"
    totals = ", ".join(f"{money(v)} {c}" for c, v in found.totals().items()) or "nothing"
    out.print(f"Run {found.run} of {found.pay_on}: {len(found.payments)} payments {word}, {totals}")
    if found.payments:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name in ("payment", "supplier", "account", "pays", "withheld", "settles"):
            table.add_column(
                name, justify="right" if name in ("pays", "withheld") else "left", overflow="fold"
            )
        for p in found.payments:
            table.add_row(
                p.end_to_end_id,
                p.party.name,
                f"…{p.account.iban[-4:]}",
                f"{money(p.pays.value)} {p.currency}",
                money(p.withheld.value) if p.withheld else "",
                ", ".join(x.number for x in p.settles),
            )
        out.print(table)
    for h in found.held:
        out.print(f"  held back: {h.number} of {h.supplier}, {money(-h.amount)} {h.currency}: {h.why}")
    if found.payments and not dry:
        out.print(
            f"`tieout approvals approve --batch …:{found.run}` releases it; nothing is sent before",
        )


@group.command("list")
def list_runs(entity: Entity = "", folder: Folder = Path(), as_json: Json = False) -> None:
    """Every run, and how its payments stand. Exit 1: something waits or is in exception."""
    from tieout.payables import payment_interface, runs

    project = open_running(folder)
    code = entity_of(project, entity)
    interface = payment_interface(project.settings.release, code)
    if interface is None:
        fail(f"no interface pays for {code}", USAGE)
    with project.database.transaction() as connection:
        rows = runs(connection, interface)
    if as_json:
        print_json(rows)
    elif not rows:
        out.print("no run was proposed yet: `tieout payments propose`")
    else:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name in ("run", "on", "payments", "amount", "waiting", "released", "in exception", "excluded"):
            table.add_column(name, justify="left" if name in ("run", "on") else "right")
        for r in rows:
            table.add_row(
                r["run"],
                str(r["on"]),
                str(r["payments"]),
                f"{money(r['amount'])} {r['currency']}",
                *(str(r[n]) if r[n] else "" for n in ("waiting", "released", "in_exception", "excluded")),
            )
        out.print(table)
    raise typer.Exit(FINDINGS if any(r["waiting"] or r["in_exception"] for r in rows) else 0)


@group.command()
def show(
    run: Annotated[str, typer.Argument(help="a run, as `tieout payments list` shows it")],
    entity: Entity = "",
    folder: Folder = Path(),
    as_json: Json = False,
) -> None:
    """A run's payments with what the bank says of their payees. Exit 1: somebody has to decide about one."""
    import msgspec

    from tieout.payables import checked_payments, payment_interface

    project = open_running(folder)
    code = entity_of(project, entity)
    interface = payment_interface(project.settings.release, code)
    if interface is None:
        fail(f"no interface pays for {code}", USAGE)
    with project.database.transaction() as connection:
        found = checked_payments(connection, interface, run)
    if not found:
        fail(f"no run {run} of {code}: `tieout payments list` shows them", USAGE)
    if as_json:
        print_json([msgspec.structs.asdict(p) for p in found])
    else:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name in ("payment", "to", "account", "pays", "state", "payee", "the bank adds", "decided"):
            table.add_column(name, justify="right" if name == "pays" else "left", overflow="fold")
        for p in found:
            table.add_row(
                *(p.end_to_end_id, p.name, p.account, f"{money(p.pays)} {p.currency}", p.state),
                f"{p.words} ({p.check})" if p.check else "",
                p.said,
                f"undecided: case {p.case}" if p.undecided else f"{p.decided_by}: {p.decision}".strip(": "),
            )
        out.print(table)
        if any(p.undecided for p in found):
            out.print("`tieout cases solve CASE --reason WHY` decides that the account is theirs")
    raise typer.Exit(FINDINGS if any(p.undecided for p in found) else 0)


def accruals(
    entity: Entity = "",
    period: Annotated[str, typer.Option(help="a month, such as 2026-10: what came up to its end")] = "",
    dry: DryRun = False,
    seen: Seen = "",
    who: Who = "",
    folder: Folder = Path(),
    as_json: Json = False,
) -> None:
    """Accrue what was received and is not billed at a month's end; it takes itself back the day after."""
    project = open_running(folder)
    code = entity_of(project, entity)
    day = day_of(project, code, period, "")
    found = worked_out(project, code, "accruals", day, dry=dry, who=who, seen=seen).found
    if as_json:
        print_json({"entity": code, "on": day.isoformat(), "dry_run": dry, **_accruals_json(found)})
        return
    _show_accruals(found, "would be accrued" if dry else "accrued")


def _accruals_json(found: Worked) -> dict[str, Any]:
    """What is accrued and what is left to the ledger, by order, and the lines that are booked."""
    listed = [
        {"supplier": x.supplier or x.name_of, "order": x.order, "line": x.line, "name": x.name,
         "receipts": list(x.receipts), "bill": x.bill, "quantity": f"{x.quantity:f}", "amount": f"{x.amount.value:f}",
         "currency": x.amount.currency, "reason": str(x.reason), "why": x.why, "left_to_ledger": x.ledgers}
        for x in found.accruals
    ]  # fmt: skip
    lines = [
        {"reference": e.reference, "on": e.booked_on.isoformat(), "account": x.account, "text": x.text,
         "party": x.party, "amount": f"{x.amount.value:f}", "currency": e.currency}
        for e in found.entries for x in e.lines
    ]  # fmt: skip
    there = [
        {"order": x.order, "entries": list(x.entries), "amount": f"{x.amount:f}", "ours": f"{found.ours[x.order]:f}"}
        for x in found.there
    ]  # fmt: skip
    return {"accruals": listed, "lines": lines, "in_ledger": there}


def _show_accruals(found: Worked, word: str) -> None:
    """The list, which sums to the entries; then what is left to the ledger."""
    if not found.accruals:
        out.print(f"nothing was received and not billed up to {found.on}")
    for title, members in (("", found.own), ("left to the ledger", found.left)):
        if not members:
            continue
        table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
        for name in ("supplier", "order", "line", "receipts", "quantity", "amount", "reason"):
            right = name in ("quantity", "amount")
            table.add_column(name, justify="right" if right else "left", overflow="fold")
        for x in members:
            waits = f" ({', '.join(filter(None, (x.bill, x.why)))})" if x.bill else ""
            table.add_row(
                x.supplier or x.name_of, x.order, f"{x.line} {x.name}".strip(), ", ".join(x.receipts),
                f"{x.quantity.normalize():f}", f"{money(x.amount.value)} {x.amount.currency}",
                f"{x.reason}{waits}" + (f": {x.ledgers}" if x.ledgers else ""),
            )  # fmt: skip
        out.print(table)
    for e in found.entries:
        owed = -sum((x.amount.value for x in e.lines if x.account == "accrued_purchases"), Decimal(0))
        out.print(f"{e.reference}: {money(owed)} {e.currency} {word}")
    for there, ours in found.differing():
        said = f"{', '.join(there.entries)} accrues {money(there.amount)} of {there.order}: {money(ours)} came of it unbilled"
        out.print(said)
