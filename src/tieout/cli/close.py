"""`tieout close`: the tasks of a close, its signatures, locks and runbooks; `tieout cash`."""

from __future__ import annotations

import sys
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from tieout.cli import accounts
from tieout.cli.context import FAILED, FINDINGS, USAGE, fail, open_project, open_running, out, print_json
from tieout.cli.identity import held_key, who_decides
from tieout.cli.options import AsOf, DryRun, Entity, Folder, Json, PeriodText, Who
from tieout.cli.period_ends import Seen, worked_out
from tieout.cli.reconcile import entity_of
from tieout.cli.tables import money
from tieout.money import Period

if TYPE_CHECKING:
    from tieout.close import CloseState
    from tieout.close.waivers import Waivers
    from tieout.evidence import Printed

group = typer.Typer(help="Close a period by evidence, and sign it.", no_args_is_help=True)
group.add_typer(accounts.group, name="accounts")


class Form(StrEnum):
    """In which form a close is printed."""

    HTML = "html"
    TEXT = "text"
    JSON = "json"
    PDF = "pdf"


def parsed_period(text: str) -> Period:
    """A month as it was typed; ends with what was expected where it is none."""
    try:
        return Period.parse(text)
    except ValueError as error:
        fail(f"--period: {error}", USAGE)


@group.command()
def show(period: PeriodText, entity: Entity = "", folder: Folder = Path(), as_json: Json = False) -> None:
    """Read the evidence of every task now. Exit 1: the period is not closed."""
    from tieout.connector_api import ConnectorError
    from tieout.operations import closing

    project = open_running(folder)
    code, wanted = entity_of(project, entity), parsed_period(period)
    try:
        state = closing.close_state(project, code, wanted)
    except ConnectorError as error:
        fail(str(error), FAILED)
    if as_json:
        print_json(state_json(state))
    else:
        show_state(state)
    raise typer.Exit(0 if state.closed else FINDINGS)


def state_json(state: CloseState) -> dict[str, Any]:
    """A close as JSON; times are ISO 8601."""
    from tieout.close import as_rows

    return {
        "entity": state.entity,
        "period": state.period,
        "closed": state.closed,
        "closed_at": state.closed_at.isoformat() if state.closed_at else None,
        "business_days": state.days,
        "due_at": state.due_at.isoformat(),
        "expected_at": state.expected_at.isoformat() if state.expected_at else None,
        "critical_path": list(state.critical),
        "tasks": as_rows(state),
    }


def show_state(state: CloseState) -> None:
    """A close on a terminal."""
    table = Table(
        title=f"Close of {state.entity} {state.period}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for name in ("task", "owner", "state", "due", "signed by", "what the evidence says"):
        table.add_column(name, overflow="fold")
    for s in state.tasks:
        who = f"{s.signature.prepared_by}, {s.signature.signed_by}".strip(", ") if s.signature else ""
        late = " (late)" if s.late else ""
        table.add_row(
            s.task.name,
            s.task.owner,
            s.state + late,
            f"{s.task.due_at:%d %b %H:%M}",
            who,
            s.finding.why,
        )
    out.print(table)
    if state.closed:
        out.print(f"Closed on business day {state.days}")
    else:
        path = " → ".join(state.critical)
        out.print(f"Expected {state.expected_at:%d %b %H:%M}, due {state.due_at:%d %b %H:%M}: {path}")


@group.command()
def sign(
    period: PeriodText,
    tasks: Annotated[
        list[str] | None, typer.Argument(help="tasks; without any, all that can be signed")
    ] = None,
    entity: Entity = "",
    who: Who = "",
    folder: Folder = Path(),
) -> None:
    """Sign tasks that are done: the first person prepares, another one signs. Exit 1: some were not."""
    from tieout.close import CloseError
    from tieout.connector_api import ConnectorError
    from tieout.operations import closing
    from tieout.security import AuthorityError, StampError

    project = open_running(folder)
    code, wanted = entity_of(project, entity), parsed_period(period)
    name = who_decides(project, who)
    try:
        found = closing.sign_close(project, code, wanted, tasks or [], name, held_key())
    except (CloseError, AuthorityError, StampError) as error:
        fail(str(error), USAGE)
    except ConnectorError as error:
        fail(str(error), FAILED)
    for task, said in found:
        out.print(f"{task}: {said}")
    raise typer.Exit(
        0 if all(x.startswith(("signed", "prepared", "is signed")) for _, x in found) else FINDINGS
    )


@group.command()
def waived(period: PeriodText, entity: Entity = "", folder: Folder = Path(), as_json: Json = False) -> None:
    """What was excluded, accepted and written off, by whom, and how much revenue that is. Exit 1: something of it needs an
    explanation by two people."""
    from tieout.close.waivers import as_plain
    from tieout.operations import closing

    project = open_running(folder)
    found = closing.waivers_of(project, entity_of(project, entity), parsed_period(period))
    if as_json:
        print_json(as_plain(found))
    else:
        _show_waived(found)
    raise typer.Exit(FINDINGS if found.wanting or found.alone else 0)


def _show_waived(found: Waivers) -> None:
    from tieout.close.waivers import sums_of

    table = Table(
        title=f"Waived of {found.entity} {found.period}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for name in ("what", "of", "amount", "by", "second", "on", "why"):
        table.add_column(name, overflow="fold")
    for w in found.rows:
        at = f"{w.at:%d %b %H:%M}" if w.at else ""
        count = f"{w.count} " if w.count > 1 else ""
        table.add_row(
            w.kind, count + w.about, f"{money(w.amount)} {w.currency}", w.by, w.second, at, w.reason
        )
    sums = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("sum of", "count", "amount", f"in {found.currency}"):
        sums.add_column(name)
    for x in sums_of(found.rows):
        unknown = f" and {x.unknown} of unknown worth" if x.unknown else ""
        sums.add_row(x.kind, str(x.count), f"{money(x.amount)} {x.currency}", money(x.company) + unknown)
    if found.rows:
        out.print(table)
        out.print(sums)
    out.print(found.said())


@group.command()
def lock(
    period: PeriodText,
    entity: Entity = "",
    kind: Annotated[str, typer.Option(help="sale, purchase, tax, fiscal year or hard")] = "fiscal year",
    folder: Folder = Path(),
) -> None:
    """Lock Odoo's books up to a period's end. The key of the entity's system must be let do that."""
    from tieout.close import CloseError
    from tieout.connector_api import ConnectorError
    from tieout.operations import closing

    project = open_running(folder)
    code, wanted = entity_of(project, entity), parsed_period(period)
    who = who_decides(project, operation="close:sign", entity=code)
    try:
        found = closing.lock_books(project, code, wanted, kind, who)
    except CloseError as error:
        fail(str(error), USAGE)
    except ConnectorError as error:
        fail(str(error), FAILED)
    out.print(", ".join(f"{n} until {d}" for n, d in found.items() if d) or "nothing is locked")


@group.command("print")
def print_(
    period: PeriodText,
    entity: Entity = "",
    output: Annotated[Path | None, typer.Option("--out", help="where to: the file to write")] = None,
    pack: Annotated[
        Path | None, typer.Option("--pack", help="from an evidence pack: a .zip, or the folder of one")
    ] = None,
    form: Annotated[
        Form,
        typer.Option(
            "--format",
            help="in which form: a page for print, plain text, the figures, or a PDF for an auditor",
        ),
    ] = Form.HTML,
    sheet: Annotated[int, typer.Option("--sheet", help="an earlier one by its number")] = 0,
    folder: Folder = Path(),
    as_json: Json = False,
) -> None:
    """Print a close for an auditor: its figures as they were kept when somebody signed or locked last. From a pack the
    same bytes come, as by `python3 print_close.py PACK`; a PDF says who made it, and when, as well. Exit 1: a pack or the
    database has it otherwise."""
    from zipfile import BadZipFile

    from tieout.evidence import Pack, from_pack, written
    from tieout.operations import closing

    wanted, form = parsed_period(period), Form.JSON if as_json else form
    try:
        if pack is not None:
            if not entity:
                fail("--pack: --entity is needed as well", USAGE)
            found = from_pack(Pack(pack), entity, str(wanted), sheet)
            of = pack.resolve().name, "from an evidence pack"
        else:
            project = open_running(folder)
            found = closing.print_close(project, entity_of(project, entity), wanted, sheet)
            of = project.settings.name, project.settings.environment
    except LookupError as error:
        fail(str(error.args[0]), FINDINGS)
    except (OSError, ValueError, BadZipFile) as error:
        fail(f"{pack}: not a readable evidence pack ({error})", USAGE)
    if form == Form.PDF and output is None and sys.stdout.isatty():
        fail("--out: a PDF is written to a file, not to a terminal", USAGE)
    made = _drawn(found, *of) if form == Form.PDF else written(found, form)
    if output is None:
        sys.stdout.buffer.write(made)
    else:
        output.write_bytes(made)
        out.print(f"{output}: {found.name or 'a draft, kept nowhere'}")


def _drawn(found: Printed, company: str, environment: str) -> bytes:
    """As a PDF; its figures are attached, byte for byte as they were kept."""
    from datetime import UTC, datetime

    from tieout.papers import Made, instant, paper_of_close
    from tieout.papers.pdf import as_pdf

    now = instant(datetime.now(UTC).isoformat())
    return as_pdf(
        paper_of_close(found, Made(company, environment, "the command line (tieout close print)", now))
    )


@group.command()
def runbook(
    interface: Annotated[str, typer.Argument(help="an interface; without one, all of them")] = "",
    folder: Folder = Path(),
    as_json: Json = False,
) -> None:
    """What to do near a period's end when a source, Odoo or Tieout is down."""
    from tieout.close.runbooks import runbook as written

    project = open_project(folder)
    release = project.settings.release
    if interface and interface not in release.interfaces:
        fail(f"no interface is named {interface!r}: {', '.join(release.interfaces)}", USAGE)
    watched = {name for name, _ in project.settings.watch}
    texts = {
        each.name: written(
            each, project.connector_of(each.system), release.entities[each.entity], each.name in watched
        )
        for each in release.interfaces.values()
        if interface in ("", each.name)
    }
    if as_json:
        print_json([{"interface": name, "runbook": text} for name, text in texts.items()])
    else:
        print("\n".join(texts.values()))


def revalue(
    period: PeriodText,
    entity: Entity = "",
    dry: DryRun = False,
    seen: Seen = "",
    who: Who = "",
    folder: Folder = Path(),
    as_json: Json = False,
) -> None:
    """Revalue what is open in foreign currency at a month's end; it takes itself back the day after. Whoever books it does not approve it."""
    project = open_running(folder)
    code, on = entity_of(project, entity), parsed_period(period).last
    found = worked_out(project, code, "revalue", on, dry=dry, who=who, seen=seen).found
    if as_json:
        print_json(
            [{"account": x.account, "currency": x.currency, "amount": f"{x.amount:f}", "carried": f"{x.carried:f}",
              "rate": f"{x.rate:f}", "worth": f"{x.worth:f}", "unrealised": f"{x.unrealised:f}"} for x in found]
        )  # fmt: skip
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("account", "amount", "carried at", "worth", "unrealised"):
        table.add_column(name, justify="left" if name == "account" else "right")
    for x in found:
        table.add_row(
            x.account,
            f"{money(x.amount)} {x.currency}",
            money(x.carried),
            money(x.worth),
            money(x.unrealised),
        )
    out.print(table if found else "nothing is open in foreign currency")


def cutoff(
    period: PeriodText,
    entity: Entity = "",
    dry: DryRun = False,
    seen: Seen = "",
    who: Who = "",
    folder: Folder = Path(),
    as_json: Json = False,
) -> None:
    """Defer what was invoiced and not delivered at a month's end, accrue what was delivered and not invoiced; it takes
    itself back the day after."""
    project = open_running(folder)
    code, on = entity_of(project, entity), parsed_period(period).last
    found = worked_out(project, code, "cutoff", on, dry=dry, who=who, seen=seen).found
    if as_json:
        print_json(
            [{"interface": x.interface, "order": x.number, "on": x.on.isoformat(), "net": f"{x.net:f}",
              "source": f"{x.source.value:f}", "currency": x.source.currency,
              "amounts": {n: f"{v:f}" for n, v in x.amounts.items()}} for x in found]
        )  # fmt: skip
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("order", "of", "in its currency", "deferred", "accrued"):
        table.add_column(name, justify="left" if name in ("order", "of") else "right")
    for x in found:
        deferred, accrued = (money(x.net), "") if x.net > 0 else ("", money(-x.net))
        table.add_row(
            x.number, x.interface, f"{money(x.source.value)} {x.source.currency}", deferred, accrued
        )
    out.print(table if found else "what was invoiced is delivered, and no more")


def cash(
    on: AsOf = "",
    folder: Folder = Path(),
    as_json: Json = False,
) -> None:
    """What the banks and providers hold, and what is on its way, by entity and currency."""
    from tieout.connector_api import ConnectorError
    from tieout.proofs import cash_rows

    project = open_running(folder)
    try:
        day = date.fromisoformat(on) if on else project.clock.now().date()
        rows = cash_rows(project.settings.release, project.session, day)
    except ValueError:
        fail(f"--as-of {on}: a day such as 2026-10-31 was expected", USAGE)
    except ConnectorError as error:
        fail(str(error), FAILED)
    if as_json:
        print_json(
            [{"entity": r.entity, "role": r.role, "account": r.account, "kind": r.kind, "currency": r.currency,
              "amount": f"{r.amount:f}"} for r in rows]
        )  # fmt: skip
        return
    table = Table(title=f"Cash on {day}", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("entity", "what", "account", "amount"):
        table.add_column(name, justify="right" if name == "amount" else "left")
    sums: dict[tuple[str, str], Decimal] = {}
    for r in rows:
        table.add_row(r.entity, r.kind, f"{r.account} {r.role}", f"{money(r.amount)} {r.currency}")
        sums[r.entity, r.currency] = sums.get((r.entity, r.currency), Decimal(0)) + r.amount
    for (code, currency), total in sorted(sums.items()):
        table.add_row(code, "in all", "", f"{money(total)} {currency}")
    out.print(table)
