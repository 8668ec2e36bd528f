"""The tie-out and a payout's proof as papers, from what the API tells of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tieout.papers.paper import Block, Made, Paper, amount, block, figures_bytes, instant

Told = Mapping[str, Any]
_BUCKETS = ("source", "posted", "waiting", "in_exception", "excluded", "residual")
_HEADINGS = ("Source", "Posted", "Waiting", "In exception", "Excluded", "Residual")


def paper_of_tie_out(told: Told, governed: Sequence[Told], asked: Mapping[str, str], made: Made) -> Paper:
    """The tie-out (`GET /tie-out`) and its governed accounts (`GET /tie-out/governed`), as they were `asked` for by entity,
    interface and period; amounts are net, debit less credit."""
    rows = list(told["rows"])
    periods = sorted({r["period"] for r in rows} | {r["period"] for r in governed}, reverse=True)
    blocks: list[Block] = []
    for period in periods:
        mine = [r for r in rows if r["period"] == period]
        accounts = [r for r in governed if r["period"] == period]
        if mine:
            blocks += [_net(period, mine), _sides(period, mine)]
        if accounts:
            blocks.append(_accounts(period, accounts))
    of = {k: asked.get(k) or "all" for k in ("entity", "period", "interface")}
    proven = sum(bool(r["proven"]) for r in rows)
    said = [
        f"{proven} of {len(rows)} rows proven. source = posted + waiting + in exception + excluded + residual; amounts are debit less "
        "credit. A row without a figure of its source is not proven.",
    ]
    if not told["current"]:
        said.append("Newer figures were being worked out when this was printed.")
    figures = {"tie_out": dict(told), "governed": list(governed)}
    return Paper(
        "Tie-out",
        (
            *((k.capitalize(), v) for k, v in of.items()),
            ("Figures of", instant(told["as_of"])),
        ),
        made,
        tuple(blocks) or (Block("Nothing came yet"),),
        figures_bytes("Tie-out", of, figures),
        tuple(said),
    )


def _net(period: str, rows: Sequence[Told]) -> Block:
    columns = [("Interface", "text"), ("Entity", "text"), ("Currency", "text")]
    columns += [(h, "amount") for h in _HEADINGS] + [("Proof", "text")]
    shown: list[list[str | None]] = []
    sums: dict[str, list[Decimal | None]] = {}
    for row in rows:
        nets = [_net_of(row[b]) for b in _BUCKETS]
        before = sums.get(row["currency"], [Decimal(0)] * len(nets))
        sums[row["currency"]] = [
            None if a is None or b is None else a + b for a, b in zip(before, nets, strict=True)
        ]
        shown.append(
            [
                row["interface"],
                row["entity"],
                row["currency"],
                *(amount(n, row["currency"]) for n in nets),
                _proof(row),
            ]
        )
    for currency, nets in sorted(sums.items()):
        shown.append([f"All in {currency}", "", currency, *(amount(n, currency) for n in nets), ""])
    return block(f"{period}: net", columns, shown)


def _sides(period: str, rows: Sequence[Told]) -> Block:
    """What each figure is made of: where net is nothing, this is what moved."""
    columns = [("Interface", "text"), ("Entity", "text"), ("Currency", "text"), ("Figure", "text"), ("Documents", "count"), ("Debit", "amount"), ("Credit", "amount")]  # fmt: skip
    shown = [
        [row["interface"], row["entity"], row["currency"], heading, f"{figure['count']:,}", amount(figure["debit"], row["currency"]),
         amount(figure["credit"], row["currency"])]
        for row in rows
        for bucket, heading in zip(_BUCKETS, _HEADINGS, strict=True)
        if (figure := row[bucket]) and (figure["count"] or Decimal(figure["debit"]) or Decimal(figure["credit"]))
    ]  # fmt: skip
    return block(f"{period}: both sides", columns, shown)


def _accounts(period: str, rows: Sequence[Told]) -> Block:
    headings = ("Moved", "Ours", "Opening", "By declaration", "Explained", "Without a source", "Residual")
    columns = [
        ("Account", "text"),
        ("Entity", "text"),
        ("Currency", "text"),
        *((h, "amount") for h in headings),
    ]
    shown = []
    for row in rows:
        unit = row["currency"]
        declared = sum((_net_of(f) or Decimal(0) for f in row["made_in_ledger"].values()), Decimal(0))
        ours = Decimal(row["ours"]) + (_net_of(row["follows"]) or Decimal(0))
        parts = [row["moved"], ours, _net_of(row["opening"]), declared, _net_of(row["explained"]), _net_of(row["without_source"]), row["residual"]]  # fmt: skip
        shown.append([row["account"], row["entity"], unit, *(amount(p, unit) for p in parts)])
    read = max(r["read_at"] for r in rows)
    said = (
        "moved in the ledger = ours + opening + made in the ledger by declaration + explained + without a source + residual",
        f"The ledger was read {instant(read)}.",
    )
    return block(f"{period}: governed accounts", columns, shown, said)


def _net_of(figure: Told | None) -> Decimal | None:
    """Debit less credit; None where there is no figure."""
    return Decimal(figure["debit"]) - Decimal(figure["credit"]) if figure else None


def _proof(row: Told) -> str:
    if row["proven"]:
        return "proven"
    if row["changed"]:
        return f"{row['changed']} changed past Tieout"
    if not row["source"]:
        return "no figure of its source"
    gap = Decimal(row["ledger_gap"])
    return f"ledger differs by {amount(gap, row['currency'])}" if gap else "differs"


# Of what a payout arrived or came back by, where it is no bank line.
_BECAME = {"payout_reversal": "came back", "reconciliation": "reconciled at the bank"}


def paper_of_payout(told: Told, made: Made) -> Paper:
    """A payout's proof (`GET /payouts/{number}`): what it is made of by kind, what it arrived or came back by, and every movement;
    amounts are positive where they came to the company."""
    unit, movements = told["currency"], list(told["movements"])
    by_kind: dict[str, Decimal] = {}
    for part in movements:
        if part["net"] is not None:
            kind = str(part["category"] or "never came").replace("_", " ")
            by_kind[kind] = by_kind.get(kind, Decimal(0)) + Decimal(part["net"])
    total = sum(by_kind.values(), Decimal(0))
    proof = [[kind, amount(sum_, unit)] for kind, sum_ in sorted(by_kind.items())]
    proof += [
        [f"All movements ({len(movements):,})", amount(total, unit)],
        ["Payout", amount(told["amount"], unit)],
        ["Residual", amount(told["residual"], unit)],
        ["Not arrived at the bank", amount(told["in_transit"], unit)],
    ]
    rows = [
        [p["movement_key"], str(p["category"] or "").replace("_", " "), amount(p["net"], unit), amount(p["in_ledger"], unit), _state(p)]
        for p in movements
    ]  # fmt: skip
    columns = [("Movement", "text"), ("What", "text"), ("Net", "amount"), ("In the ledger", "amount"), ("State", "text")]  # fmt: skip
    became = [
        [a["accounting_on"], a["source_key"], a["interface"], _BECAME.get(a["effect"], "arrived at the bank"), amount(a["amount"], unit),
         "matched" if a["matched"] else "not matched yet"]
        for a in told["arrivals"]
    ]  # fmt: skip
    became_columns = [("Booked", "text"), ("By", "text"), ("Interface", "text"), ("What", "text"), ("Amount", "amount"), ("State", "text")]  # fmt: skip
    blocks = (
        block("The proof", [("Made of", "text"), (unit, "amount")], proof),
        block("What became of it", became_columns, became, empty="It has not arrived at the bank."),
        block("Movements", columns, rows, empty="The provider lists no movements for it."),
    )
    of = {
        "payout": told["payout_key"],
        "entity": told["entity"],
        "interface": told["interface"],
        "accounted": str(told["accounting_on"]),
        "currency": unit,
    }
    by_hand = "" if told["automatic"] else " Paid by hand: its proof is the roll-forward of the balance."
    said = (("Proven." if told["proven"] else f"Open: {told['why']}") + by_hand,)
    title = f"Payout {told['payout_key']}"
    return Paper(
        title, tuple((k.capitalize(), v) for k, v in of.items()), made, blocks, figures_bytes(title, of, dict(told)), said
    )  # fmt: skip


def _state(part: Told) -> str:
    if part["in_case"]:
        return "in a case"
    if not part["document_id"]:
        return "never came"
    return "matched" if part["matched"] else str(part["state"] or "").replace("_", " ")
