"""Figures as tables for people and as JSON for programs: exact decimal texts in both."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from tieout.cli.context import out

if TYPE_CHECKING:
    from tieout.proofs import Figure, LedgerRow, MonthRow, SplitRow, TieOutRow


def money(value: Decimal) -> str:
    return f"{value:,.2f}"


def bad(text: str) -> Text:
    """What is wrong, in red."""
    return Text(text, style="red")


def _figure(figure: Figure) -> dict[str, str | int]:
    return {
        "net": f"{figure.net:.2f}",
        "count": figure.count,
        "debit": f"{figure.debit:.2f}",
        "credit": f"{figure.credit:.2f}",
    }


def tie_out_json(rows: Iterable[TieOutRow]) -> list[dict[str, Any]]:
    """One object a row; `residual` is null where the source has no control figure."""
    return [
        {
            "interface": r.interface,
            "entity": r.entity,
            "period": r.period,
            "currency": r.currency,
            "source": _figure(r.source) if r.source else None,
            "posted": _figure(r.posted),
            "waiting": _figure(r.waiting),
            "in_exception": _figure(r.in_exception),
            "excluded": _figure(r.excluded),
            "residual": _figure(r.residual) if r.residual is not None else None,
            "ledger_gap": f"{r.ledger_gap:.2f}",
            "proven": r.proven,
            "changed": r.changed,
        }
        for r in rows
    ]


_NARROW = 110


def tie_out_table(rows: Iterable[TieOutRow], width: int) -> Table:
    """The rows for a terminal of `width` columns: a narrow one shows waiting and excluded as one."""
    narrow = width < _NARROW
    table = Table(
        title="Tie-out: source = posted + waiting + in exception + excluded",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
        title_justify="left",
    )
    table.add_column("interface", no_wrap=True)
    table.add_column("period", no_wrap=True)
    names = ["source", "posted", "in exception", *(["waiting+excl."] if narrow else ["waiting", "excluded"])]
    for name in ([] if narrow else ["count"]) + [*names, "residual"]:
        table.add_column(name, justify="right", no_wrap=True)
    for r in rows:
        # Entries balance, so their net says nothing: what is shown of them are their debits.
        booked = r.posted + r.waiting + r.excluded
        entries = bool(booked.debit) and not booked.net
        shown = [f.debit if entries else f.net for f in (r.posted, r.in_exception, r.waiting, r.excluded)]
        figures = [*shown[:2], *([sum(shown[2:])] if narrow else shown[2:])]
        period = f"{r.period[5:] if narrow else r.period} {r.currency}"
        count = [] if narrow else [str((r.source or r.posted).count)]
        source = money(r.source.debit if entries else r.source.net) if r.source else "-"
        table.add_row(
            f"{r.interface} (debits)" if entries else r.interface,
            period,
            *count,
            source,
            *(money(Decimal(f)) for f in figures),
            _residual(r),
        )
    return table


def _residual(row: TieOutRow) -> str | Text:
    residual = row.residual
    if row.changed:
        return bad(f"{row.changed} changed past Tieout")
    if residual is None:
        return "unproven"
    text = money(residual.net)
    if row.proven:
        return text
    if row.ledger_gap:
        return bad(f"{text}, ledger {row.ledger_gap:+}")
    return bad(f"{text} ({residual.count:+d})")


def ledger_json(rows: Iterable[LedgerRow]) -> list[dict[str, Any]]:
    """One object an account; `source` and `difference` are null where nobody states a balance."""
    return [
        {
            "entity": r.entity,
            "period": r.period,
            "role": r.role,
            "account": r.account,
            "currency": r.currency,
            "source": None if r.source is None else f"{r.source:.2f}",
            "in_ledger": f"{r.in_ledger:.2f}",
            "ours": f"{r.ours:.2f}",
            "others": f"{r.others:.2f}",
            "difference": None if r.difference is None else f"{r.difference:.2f}",
        }
        for r in rows
    ]


def ledger_table(rows: Iterable[LedgerRow]) -> Table:
    """The accounts that money passes through, beside what the bank or provider says."""
    table = Table(
        title="Balances: what the bank or provider says, what the ledger holds, what of it is ours",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
        title_justify="left",
    )
    table.add_column("account", no_wrap=True)
    table.add_column("at the end of", no_wrap=True)
    for name in ("source", "in ledger", "others'", "difference"):
        table.add_column(name, justify="right", no_wrap=True)
    for r in rows:
        difference = "-" if r.difference is None else money(r.difference)
        table.add_row(
            f"{r.account} {r.role}",
            f"{r.period} {r.currency}",
            "-" if r.source is None else money(r.source),
            money(r.in_ledger),
            money(r.others),
            bad(difference) if r.difference else difference,
        )
    return table


def split_json(rows: Iterable[SplitRow]) -> list[dict[str, Any]]:
    """One object a governed account: what it moved by in the month, and who moved it."""
    return [
        {
            "entity": r.entity,
            "period": r.period,
            "account": r.account,
            "currency": r.currency,
            "moved": f"{r.moved:.2f}",
            "ours": f"{r.ours:.2f}",
            "follows": _figure(r.follows),
            "opening": _figure(r.opening),
            "made_in_ledger": {name: _figure(f) for name, f in r.declared.items()},
            "explained": _figure(r.explained),
            "without_source": _figure(r.undeclared),
            "residual": f"{r.residual:.2f}",
        }
        for r in rows
    ]


def split_table(rows: Iterable[SplitRow]) -> Table:
    """What governed accounts moved by in the month: ours with what follows from it, and of others what was there before the
    first day, what is declared, explained, and without a source."""
    table = Table(
        title="Governed accounts: moved in the ledger = ours + opening + made in the ledger by declaration + explained + without a source",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        title_justify="left",
    )  # fmt: skip
    table.add_column("account", no_wrap=True)
    for name in ("moved", "ours", "opening", "declared", "explained", "no source", "residual"):
        table.add_column(name, justify="right", no_wrap=True)
    for r in rows:
        figures = (r.opening, r.made_by_declaration, r.explained, r.undeclared)
        residual = money(r.residual)
        table.add_row(
            f"{r.account} {r.currency}", money(r.moved), money(r.ours + r.follows.net), *(money(f.net) for f in figures),
            bad(residual) if r.residual else residual,
        )  # fmt: skip
    return table


def ledger_month_table(rows: Iterable[MonthRow], width: int) -> Table:
    """The source's month, what leads from it to the ledger's, and the ledger's own lines; a narrow terminal has what is
    not posted as one."""
    narrow = width < _NARROW
    table = Table(
        title="Ledger month: source - not posted - booked in another month + of another month + held = the ledger's own",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
        title_justify="left",
    )
    table.add_column("interface", no_wrap=True)
    table.add_column("month", no_wrap=True)
    for name in ("source", "not posted", "elsewhere", "from elsewhere", "held", "ledger", "residual"):
        table.add_column(name, justify="right", no_wrap=True)
    for r in rows:
        figures = month_figures(r)
        residual = money(r.residual)
        table.add_row(
            r.interface,
            f"{r.period[5:] if narrow else r.period} {r.currency}",
            "-" if r.source is None else money(r.source),
            *(money(f) for f in figures),
            money(r.in_ledger),
            bad(residual) if r.residual else residual,
        )
    return table


def month_figures(row: MonthRow) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """What is not posted, what is booked in another month, what is of another month, and what a case holds: each as it
    leads from the source's total to the ledger's month."""
    from tieout.proofs.ledger_months import Why

    away = row.waiting + row.in_exception + row.excluded
    return -away, -row.of(Why.ELSEWHERE), row.of(Why.FROM_ELSEWHERE), row.of(Why.HELD)


def show_items(rows: Iterable[MonthRow], most: int = 20) -> None:
    """The documents of each bridge, at most so many of a row; how many more there are is said."""
    for r in rows:
        for i in r.items[:most]:
            out.print(
                f"{r.interface} {i.number}: {money(i.amount)} {r.currency} {i.why} (source {i.stated}, ledger {i.on})",
            )
        if len(r.items) > most:
            out.print(f"{r.interface}: {len(r.items) - most} more; --json names 200")
