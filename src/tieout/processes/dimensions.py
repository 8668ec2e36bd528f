"""Dimensions: a source's keys (cost centre, project) to the ledger's analytic accounts."""

from __future__ import annotations

from decimal import Decimal

from tieout.causes import Action, Cause
from tieout.processes.recipe import Context
from tieout.rules import UnmappedError

MISSING_DIMENSION = Cause(
    name="missing_dimension",
    means="A line is on an account that needs a dimension (a cost centre, a project), and has none.",
    says="give the line its dimension at the source and send it again",
    actions=(Action.MEND_AT_SOURCE,),
)
UNKNOWN_DIMENSION = Cause(
    name="unknown_dimension",
    means="A line names a dimension that the mapping of dimensions does not know.",
    says="correct it at the source, or add {key!r} to mappings/{table}.csv; then `tieout replay --cause {cause}`",
    actions=(Action.MAP, Action.MEND_AT_SOURCE, Action.REPLAY),
)
WRONG_DISTRIBUTION = Cause(
    name="wrong_distribution",
    means="A line shares its amount out over dimensions, and the shares are not 100 percent.",
    says="correct the shares at the source",
    also={"form": 'write it "100:60;200:40"'},
    actions=(Action.MEND_AT_SOURCE,),
)
DIMENSIONS = (MISSING_DIMENSION, UNKNOWN_DIMENSION, WRONG_DISTRIBUTION)


class LacksError(ValueError):
    """A line that cannot be booked: its cause and what it is; `says` and `fields` as of `found`."""

    def __init__(self, cause: Cause, what: str, says: str = "", **fields: str) -> None:
        super().__init__(what)
        self.cause, self.says, self.fields = cause, says, fields


def check_needed(ctx: Context, account: str, dimensions: dict[str, str], place: str = "") -> None:
    """Whether a line has the dimensions that its account needs. Raises LacksError."""
    missing = [d for d in _needed(ctx, account) if not dimensions.get(d)]
    if missing:
        raise LacksError(MISSING_DIMENSION, f"{place}: account {account} needs {', '.join(missing)}")


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
                UNKNOWN_DIMENSION, str(error), key=f"{dimension}:{key}", table="dimensions"
            ) from None
        share = _percent(percent, text, place)
        found.append((name, share))
    if sum((share for _, share in found), Decimal(0)) != 100:
        raise LacksError(WRONG_DISTRIBUTION, f"{place}: {text!r} is not 100 percent")
    return found


def _percent(text: str, whole: str, place: str) -> Decimal:
    if not text.replace(".", "", 1).isdecimal() or len(text) > 8:
        raise LacksError(WRONG_DISTRIBUTION, f"{place}: {whole!r} is no share", "form")
    return Decimal(text)
