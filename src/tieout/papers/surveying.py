"""A survey as a paper, from what the API tells of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tieout.papers.paper import Block, Made, Paper, amount, block, figures_bytes, instant

Told = Mapping[str, Any]


def paper_of_survey(told: Told, made: Made) -> Paper:
    """A survey (`GET /surveys/{number}`) with every figure; amounts without a sign, but where a side is named."""
    unit = told["currency"]
    of = {k: str(told[k]) for k in ("number", "system", "entity")}
    said = [
        f"{told['entries']:,} posted entries of {told['since']} to {told['until']} were read, {told['by_hand']:,} of them made by hand; nothing was changed.",
        f"The survey's figures have the SHA-256 {told['sha256']}.",
    ]
    if told["since"] != told["asked"]:
        said.append(f"What is before {told['since']} was too much to be read: {told['asked']} was asked for.")
    for what, one in (("lines", "open lines"), ("parties", "customers and suppliers")):
        if told[what] < told[f"all_{what}"]:
            said.append(f"{told[what]:,} of {told[f'all_{what}']:,} {one} were read.")
    if told["shared"]:
        said.append(
            f"More than one program writes into {', '.join(told['shared'])}: either may book what the other booked."
        )
    return Paper(
        "Survey",
        (("Company", told["company"]), ("Ledger", told["system"]), ("Entity", told["entity"]), ("Taken", f"{instant(told['taken_at'])} by {told['taken_by']}")),
        made,
        (_feeders(told, unit), _months(told), _volumes(told, unit), _ages(told), _alike(told), _set_up(told), _sources(told)),
        figures_bytes("Survey", of, dict(told)),
        tuple(said),
    )  # fmt: skip


def _feeders(told: Told, unit: str) -> Block:
    columns = [("Feeder", "text"), ("Journal", "text"), ("Entries", "count"), ("Amount", "amount"), ("From", "text"), ("To", "text"), ("Told by", "text")]  # fmt: skip
    rows = [
        [
            w["feeder"],
            w["journal"],
            f"{w['entries']:,}",
            amount(w["amount"], unit),
            w["first"],
            w["last"],
            w["example"],
        ]
        for w in told["wrote"]
    ]
    return block(f"Who writes ({unit})", columns, rows)


def _months(told: Told) -> Block:
    columns = [("Month", "text"), ("Entries", "count"), ("Made after its end", "count"), ("Last made", "text"), ("Days after", "count"), ("95 of 100 within days", "count")]  # fmt: skip
    rows = [
        [
            m["month"],
            f"{m['entries']:,}",
            f"{m['after']:,}",
            instant(m["last_at"]),
            str(m["days"]) if m["over"] else "goes on",
            str(m["most_days"]),
        ]
        for m in told["month_ends"]
    ]
    return block(
        "Months",
        columns,
        rows,
        ("An entry counts from when it was made: the ledger keeps no day of posting.",),
    )


def _volumes(told: Told, unit: str) -> Block:
    columns = [
        ("Month", "text"),
        ("Kind", "text"),
        ("Entries", "count"),
        ("By hand", "count"),
        ("Amount", "amount"),
    ]
    rows = [
        [
            v["month"],
            v["kind"].replace("_", " "),
            f"{v['entries']:,}",
            f"{v['by_hand']:,}",
            amount(v["amount"], unit),
        ]
        for v in told["volumes"]
    ]
    return block(f"Volumes by kind ({unit})", columns, rows)


def _ages(told: Told) -> Block:
    columns = [("Kind", "text"), ("Account", "text"), ("Currency", "text"), ("Age", "text"), ("Lines", "count"), ("Debit", "amount"), ("Credit", "amount")]  # fmt: skip
    rows = [
        [
            a["kind"],
            a["account"],
            a["currency"],
            a["band"],
            f"{a['lines']:,}",
            amount(a["debit"], a["currency"]),
            amount(a["credit"], a["currency"]),
        ]
        for a in told["ages"]
    ]
    return block("Open", columns, rows)


def _alike(told: Told) -> Block:
    columns = [("By", "text"), ("What they share", "text"), ("Parties", "text")]
    return block(
        "There twice",
        columns,
        [[a["by"], a["value"], ", ".join(str(p) for p in a["parties"])] for a in told["alike"]],
    )


def _set_up(told: Told) -> Block:
    rows = [[n["topic"], n["said"], "" if n["known"] else "not seen"] for n in told["noticed"]]
    return block("How it is set up", [("Of", "text"), ("What it is", "text"), ("", "text")], rows)


def _sources(told: Told) -> Block:
    rows = [
        [s["system"], s["connector"], "answers" if s["reached"] else "does not answer", s["said"]]
        for s in told["sources"]
    ]
    return block(
        "The systems beside it",
        [("System", "text"), ("Kind", "text"), ("", "text"), ("What it says", "text")],
        rows,
    )
