"""`tieout approvals`: what waits for people, and what they decide."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from tieout.cli.context import FINDINGS, USAGE, fail, open_running, out, print_json
from tieout.cli.identity import NO_KEY, held_key
from tieout.cli.narrowing import refuse_unknown
from tieout.cli.options import EntityAlone, Folder, Json
from tieout.cli.tables import money

if TYPE_CHECKING:
    from tieout.approvals import Request
    from tieout.store import Connection

group = typer.Typer(help="What waits for people, and what they decide.", no_args_is_help=True)
Numbers = Annotated[list[int] | None, typer.Argument(help="the requests' numbers")]
Batch = Annotated[str, typer.Option(help="INTERFACE:BATCH, every open request of it: all or none")]
Seen = Annotated[str, typer.Option(help="the content's hash as you saw it: refused where it is another")]


@group.command("list")
def list_requests(
    folder: Folder = Path(),
    entity: EntityAlone = None,
    every: Annotated[bool, typer.Option("--all", help="also what was decided or is void")] = False,
    as_json: Json = False,
) -> None:
    """What waits for an approval, what is due first. Exit 1: something waits."""
    from tieout.approvals import requests
    from tieout.security import StampError

    project = open_running(folder)
    try:
        with project.database.transaction() as connection:
            found = requests(connection, entity, every)
            rows = [_json(connection, r) for r in found]
    except StampError as error:
        fail(str(error))
    if not rows:
        refuse_unknown(project, entity)
    if as_json:
        print_json(rows)
    elif not rows:
        out.print("nothing waits for an approval")
    else:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for name in ("no.", "what", "amount", "made by", "needs", "due", "hash", "state"):
            table.add_column(name, justify="right" if name == "amount" else "left", overflow="fold")
        for row in rows:
            table.add_row(
                str(row["request"]),
                row["summary"] + (f"\n{row['interface']}:{row['batch']}" if row["batch"] else ""),
                f"{money(row['amount'])} {row['currency']}",
                ", ".join(row["makers"]),
                row["needs"],
                f"{row['due_at']:%Y-%m-%d %H:%M}",
                row["content_sha256"][:12],
                row["state"],
            )
        out.print(table)
    raise typer.Exit(FINDINGS if any(r["state"] == "open" for r in rows) else 0)


def _json(connection: Connection, request: Request) -> dict[str, Any]:
    from tieout.approvals.deciding import open_step
    from tieout.security import load_authority

    about = request.about
    needs = ""
    if request.state == "open":
        number = open_step(request, load_authority(connection))
        if number is not None:
            step = request.steps[number]
            count = "all" if not step.need else str(step.need)
            given = sum(1 for d in request.decisions if d.step == number)
            needs = f"{step.role} ({given} of {count})"
    return {
        "request": request.request_id,
        "action": about.action,
        "subject": about.subject,
        "summary": about.summary,
        "interface": about.interface,
        "entity": about.entity,
        "batch": about.batch,
        "amount": about.amount,
        "currency": about.currency,
        "makers": list(about.makers),
        "policies": list(request.policies),
        "needs": needs,
        "due_at": request.due_at,
        "content_sha256": about.content_sha256.hex(),
        "state": request.state,
        "reason": request.reason,
        "decisions": [
            {
                "person": d.person,
                "by_right_of": d.authority,
                "verdict": d.verdict,
                "step": request.steps[d.step].role,
                "reason": d.reason,
                "at": d.at,
            }
            for d in request.decisions
        ],
    }


@group.command()
def show(number: Annotated[int, typer.Argument()], folder: Folder = Path(), as_json: Json = False) -> None:
    """What is to be approved: the document, and every entry that it makes."""
    from tieout.approvals import ApprovalError, load_request
    from tieout.documents.shown import shown_content
    from tieout.security import StampError

    project = open_running(folder)
    try:
        with project.database.transaction() as connection:
            request = load_request(connection, number)
            row = _json(connection, request)
    except ApprovalError as error:
        fail(str(error), USAGE)
    except StampError as error:
        fail(str(error))
    content = shown_content(json.loads(request.about.content))
    if as_json:
        print_json({**row, "content": content})
        return
    out.print(f"Request {number}: {row['summary']}, {money(row['amount'])} {row['currency']}")
    out.print(f"made by {', '.join(row['makers']) or 'nobody that is known'}; {row['state']}")
    out.print(f"asked for by {', '.join(row['policies'])}; needs {row['needs'] or 'nobody'}")
    for decision in row["decisions"]:
        right = decision["by_right_of"]
        stands_in = f" for {right}" if right != decision["person"] else ""
        said = f"{decision['verdict']} by {decision['person']}{stands_in} as {decision['step']}"
        out.print(f"  {said}: {decision['reason']}".rstrip(": "))
    for posting in content["postings"]:
        _posting(posting)
    out.print(f"content {row['content_sha256'][:12]}: approve with --seen {row['content_sha256'][:12]}")


def _posting(posting: dict[str, Any]) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=posting["effect"], title_justify="left")
    lines = posting.get("lines") or []
    columns = [
        c for c in ("account", "name", "amount", "net", "company", "partner") if any(c in x for x in lines)
    ]
    for name in columns:
        table.add_column(name, justify="right" if name in ("amount", "net", "company") else "left")
    for line in lines[:200]:
        table.add_row(*(str(line.get(c, "")) for c in columns))
    out.print(f"on {posting.get('on', '')} in {posting.get('journal', '')} {posting.get('currency', '')}")
    if columns:
        out.print(table)
    if len(lines) > 200:
        out.print(f"and {len(lines) - 200} lines more: --json shows them all")


def _decide(
    folder: Path, numbers: list[int] | None, batch: str, verdict: str, reason: str, seen: str
) -> None:
    from tieout.approvals import open_requests
    from tieout.planning import take_decision

    project = open_running(folder)
    key = held_key()
    if not key:
        fail(NO_KEY, USAGE)
    if bool(numbers) == bool(batch):
        fail("name requests by their numbers, or a --batch", USAGE)
    chosen = list(dict.fromkeys(numbers or []))
    with project.database.transaction() as connection:
        if batch:
            interface, _, name = batch.partition(":")
            chosen = open_requests(connection, interface, name)
            if not chosen:
                fail(f"no open request is of batch {batch!r}", USAGE)
        done = take_decision(
            connection, project.release(), key, chosen, verdict, reason, project.clock.now(), seen
        )
    refused = [d.refused for d in done if d.refused]
    if refused:
        fail(refused[0] + ("" if len(done) == 1 else "; nothing of the batch was decided"), USAGE)
    for each in done:
        state = each.request.state if each.request else ""
        word = {"open": "noted; it needs more", "approved": "approved", "rejected": "rejected"}[state]
        out.print(f"request {each.request.request_id if each.request else ''}: {word}")


@group.command()
def approve(
    numbers: Numbers = None,
    batch: Batch = "",
    seen: Seen = "",
    reason: Annotated[str, typer.Option(help="a remark for the evidence")] = "",
    folder: Folder = Path(),
) -> None:
    """Approve requests: never what you made, nor what was made by those who let you in."""
    _decide(folder, numbers, batch, "approve", reason, seen)


@group.command()
def reject(
    reason: Annotated[str, typer.Option(help="why: it goes into the evidence and to its maker")],
    numbers: Numbers = None,
    batch: Batch = "",
    seen: Seen = "",
    folder: Folder = Path(),
) -> None:
    """Reject requests: each document becomes a case."""
    _decide(folder, numbers, batch, "reject", reason, seen)
