"""What Odoo holds against what was sent: by content, pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.connector_api import Outcome, OutcomeStatus
from tieout.connector_api.causes import CHANGED, DATE_MOVED, DELETED, REVERSED, UNPOSTED
from tieout.documents import EffectBody, TaxShare, ledger_lines


def exact(value: Any) -> Decimal:
    """An amount of Odoo's JSON (its text, kept as a Decimal), freed of its float noise."""
    # Odoo computes with binary floats and writes what they are. No currency has more than four decimals.
    return Decimal(str(value)).quantize(Decimal("0.0001"))


def expected_lines(body: EffectBody) -> dict[str, Decimal]:
    """Account code (or tax:NAME) to the signed sum of its lines, zeros left out."""
    return _sums(
        (line.account + _shares(line.analytic) + _counted(line.tax), line.in_ledger)
        for line in ledger_lines(body)
    )


def _shares(analytic: Iterable[tuple[str, Decimal]]) -> str:
    """Analytic accounts as part of what a line stands on, whatever their order."""
    parts = sorted(f"{','.join(sorted(names.split(',')))} {share.normalize():f}" for names, share in analytic)
    return f" @ {'; '.join(parts)}" if parts else ""


def _counted(tax: object) -> str:
    """Where a line counts in the tax report, as part of what it stands on."""
    if not isinstance(tax, TaxShare) or tax == TaxShare():
        return ""
    base, boxes = (",".join(map(str, sorted(ids))) for ids in (tax.taxes, tax.tags))
    return f" # base of {base or 'none'}, share {tax.share}, boxes {boxes or 'none'}"


def _sums(pairs: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for code, amount in pairs:
        sums[code] = sums.get(code, Decimal(0)) + amount
    return {code: value for code, value in sums.items() if value}


def actual_lines(rows: Iterable[dict[str, Any]], names: Any, taxed: bool = False) -> dict[str, Decimal]:
    """The same of the ledger's own lines, their relations as ids; `names` gives codes and tax names of ids. `taxed`: what was sent
    says itself where each line counts in the tax report."""
    return _sums(
        (_place(row, names, taxed), exact(row["amount_currency"])) for row in rows if row["account_id"]
    )


def _place(row: dict[str, Any], names: Any, taxed: bool) -> str:
    # A tax stands on the accounts of Odoo's own repartition, perhaps on several: it is compared by tax, but where its
    # very lines were sent.
    if row.get("tax_line_id") and not taxed:
        return f"tax:{names.tax_name_of(row['tax_line_id'])}"
    share = row.get("tax_repartition_line_id") or 0
    tax = (
        TaxShare(taxes=tuple(row["tax_ids"]), share=share, tags=tuple(row["tax_tag_ids"])) if taxed else None
    )
    return str(names.code_of(row["account_id"])) + _shares(_named(row, names)) + _counted(tax)


def _named(row: dict[str, Any], names: Any) -> list[tuple[str, Decimal]]:
    """A line's analytic distribution by names; what was not asked for is none."""
    return [
        (",".join(names.analytic_name(int(i)) for i in ids.split(",")), Decimal(str(share)))
        for ids, share in (row.get("analytic_distribution") or {}).items()
    ]


def compare(
    external_id: str,
    body: EffectBody,
    target_id: int,
    model: str,
    state: str,
    on: str,
    lines: dict[str, Decimal],
    reversals: tuple[str, ...] = (),
) -> Outcome:
    """A confirmed outcome; `cause` says where the ledger holds something else. `lines` are those of the
    entry and of the `reversals` of it together, so that a reversal that was reversed itself is none."""
    expected = expected_lines(body)
    shown = [[code, str(amount)] for code, amount in sorted(lines.items())]
    read_back: dict[str, Any] = {"state": state, "date": on, "lines": shown}
    cause = error = ""
    differences = {
        code: lines.get(code, Decimal(0)) - expected.get(code, Decimal(0))
        for code in {*lines, *expected}
        if lines.get(code, Decimal(0)) != expected.get(code, Decimal(0))
    }
    wanted: date | None = getattr(body, "on", None)
    if state != "posted":
        cause, error = UNPOSTED.name, f"its state is {state}"
        read_back["difference"] = str(sum((v for v in expected.values() if v > 0), Decimal(0)))
    elif differences:
        moved = sum((v for v in differences.values() if v > 0), Decimal(0))
        # Where something only went away nothing is above zero: what is missing is its size.
        moved = moved or -sum(differences.values(), Decimal(0))
        cause = (REVERSED if reversals else CHANGED).name
        error = f"reversed by {', '.join(reversals)}: " if reversals else ""
        error += ", ".join(f"{code}: {value.normalize():+f}" for code, value in sorted(differences.items()))
        read_back["difference"] = str(moved)
    elif wanted is not None and on != wanted.isoformat():
        cause, error = DATE_MOVED.name, f"sent with {wanted.isoformat()}, stands on {on}"
        read_back["difference"] = str(sum((v for v in lines.values() if v > 0), Decimal(0)))
    return Outcome(
        external_id, OutcomeStatus.CONFIRMED, target_id, model, read_back=read_back, error=error, cause=cause
    )


def gone(external_id: str, body: EffectBody, target_id: int, model: str) -> Outcome:
    """The record is not there any more."""
    size = sum((v for v in expected_lines(body).values() if v > 0), Decimal(0))
    return Outcome(
        external_id,
        OutcomeStatus.CONFIRMED,
        target_id,
        model,
        read_back={"state": "gone", "date": "", "lines": [], "difference": str(size)},
        error="the record was deleted",
        cause=DELETED.name,
    )
