"""Groups that a number alone proves, found in sets.

Around one item: every item that names it, or that it names, belongs to nothing else, all are of
one currency, and their amounts agree to the minor unit. Where many items have the amount, a mistyped
number may name another one of them by chance: there the names must agree too. Nothing that is found later could want
any of them, so taking them first takes no one's partner. One line for one invoice, one line for
many (a batch, a payout with its fees and refunds), many for one (part payments).
"""

from __future__ import annotations

import polars as pl

from tieout.reconcile.keys import STRONG

_SIDES = {"l": "r", "r": "l"}
_MANY = 12


def _plain(name: str) -> pl.Expr:
    """A name without case, marks and umlauts, for comparing quickly."""
    ascii_letters = (
        pl.col(name)
        .str.to_uppercase()
        .str.replace_many(
            ["Ä", "Ö", "Ü", "AE", "OE", "UE", "ß", "SS"], ["A", "O", "U", "A", "O", "U", "S", "S"]
        )
    )
    return ascii_letters.str.replace_all(r"[^A-Z0-9]", "")


def proven(
    left: pl.DataFrame, right: pl.DataFrame, links: pl.DataFrame, days: tuple[int, int]
) -> pl.DataFrame:
    """(l, r): lists of row numbers, one row a group. `days` are how many days the left may lie
    before and after the right."""
    theirs = right.select(
        pl.col("n").alias("r"), rd="date", rm="minor", rc="currency", rp="counterparty",
        common=pl.len().over("currency", "minor") >= _MANY,
    )  # fmt: skip
    edges = links.join(
        left.select(pl.col("n").alias("l"), ld="date", lm="minor", lc="currency", lp="counterparty"), on="l"
    ).join(theirs, on="r")
    gap = (pl.col("ld") - pl.col("rd")).dt.total_days()
    edges = edges.with_columns(
        pl.len().over("l").alias("l_links"),
        pl.len().over("r").alias("r_links"),
        (
            (pl.col("lc") == pl.col("rc"))
            & (pl.col("strength") == STRONG)
            & gap.is_between(-days[0], days[1])
        ).alias("sound"),
        (~pl.col("common") | (_plain("lp") == _plain("rp"))).alias("named"),
    )
    found = []
    for centre, spoke in _SIDES.items():
        around = edges.group_by(centre).agg(
            pl.col(spoke).sort(),
            (pl.col(f"{spoke}_links") == 1).all().alias("alone"),
            pl.col("sound").all(),
            ((pl.len() > 1) | pl.col("named").all()).alias("told"),
            pl.col(f"{spoke}m").sum().alias("total"),
            pl.col(f"{centre}m").first().alias("wanted"),
        )
        good = around.filter("alone", "sound", "told", pl.col("total") == pl.col("wanted"))
        if centre == "r":
            # One to one was found around its left item.
            good = good.filter(pl.col("l").list.len() > 1)
        one = pl.concat_list(pl.col(centre)).alias(centre)
        found.append(good.select(one, spoke).select("l", "r"))
    return pl.concat(found)
