"""Dimensions: a source's keys (cost centre, project) to the ledger's analytic accounts."""

from __future__ import annotations

from decimal import Decimal

from tieout.processes.recipe import Context
from tieout.rules import UnmappedError


class LacksError(ValueError):
    """A line that cannot be booked: cause, what, and what recovers it."""

    def __init__(self, cause: str, what: str, recovery: str) -> None:
        super().__init__(what)
        self.cause, self.recovery = cause, recovery


def check_needed(ctx: Context, account: str, dimensions: dict[str, str], place: str = "") -> None:
    """Whether a line has the dimensions that its account needs. Raises LacksError."""
    missing = [d for d in _needed(ctx, account) if not dimensions.get(d)]
    if missing:
        raise LacksError(
            "missing_dimension",
            f"{place}: account {account} needs {', '.join(missing)}",
            "give the line its dimension at the source and send it again",
        )


def _needed(ctx: Context, account: str) -> list[str]:
    """The dimensions that an account needs, by the longest beginning of its code that says so."""
    rules: dict[str, str] = ctx.interface.options.get("require", {})
    fitting = [prefix for prefix in rules if account.startswith(prefix)]
    if not fitting:
        return []
    return [d.strip() for d in rules[max(fitting, key=len)].split(",") if d.strip()]


def analytic_of(ctx: Context, dimensions: dict[str, str], place: str = "") -> tuple[tuple[str, Decimal], ...]:
    """Analytic accounts with their percentages. One dimension may be shared out; another then
    goes along with each share."""
    shares: list[tuple[str, Decimal]] = [("", Decimal(100))]
    for dimension, text in sorted(dimensions.items()):
        if text:
            found = _shares(ctx, dimension, text, place)
            shares = [
                (f"{names},{name}".strip(","), (percent * part / 100).normalize())
                for names, percent in shares
                for name, part in found
            ]
    return tuple((names, percent) for names, percent in shares if names)


def _shares(ctx: Context, dimension: str, text: str, place: str) -> list[tuple[str, Decimal]]:
    """ "100" is all of it; "100:60;200:40" shares it out, 100 percent in all."""
    found = []
    for piece in text.split(";"):
        key, colon, percent = piece.strip().rpartition(":")
        if not colon:
            key, percent = piece.strip(), "100"
        try:
            name = ctx.release.mapped("dimensions", f"{dimension}:{key}", ctx.on, place)
        except UnmappedError as error:
            raise LacksError(
                "unknown_dimension",
                str(error),
                f"correct it at the source, or add '{dimension}:{key}' to mappings/dimensions.csv; then "
                "`tieout replay --cause unknown_dimension`",
            ) from None
        share = _percent(percent, text, place)
        found.append((name, share))
    if sum((share for _, share in found), Decimal(0)) != 100:
        raise LacksError(
            "wrong_distribution", f"{place}: {text!r} is not 100 percent", "correct the shares at the source"
        )
    return found


def _percent(text: str, whole: str, place: str) -> Decimal:
    if not text.replace(".", "", 1).isdecimal() or len(text) > 8:
        raise LacksError("wrong_distribution", f"{place}: {whole!r} is no share", 'write it "100:60;200:40"')
    return Decimal(text)
