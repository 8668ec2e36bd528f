"""Groups that a number alone proves, found in sets.

Around one item: every item that names it, or that it names, belongs to nothing else, all are of
one currency, and their amounts agree to the minor unit. Where many items have the amount, or the number is
named in part alone, it may be another one's by chance: there the names must agree too. Nothing that is found later could want
any of them, so taking them first takes no one's partner. One line for one invoice, one line for
many (a batch, a payout with its fees and refunds), many for one (part payments).
"""

from __future__ import annotations

from tieout.reconcile.frames import pl
from tieout.reconcile.keys import STRONG

_SIDES = {"l": "r", "r": "l"}
_MANY = 12
# Of an edge, what proves a group.
PROVING = ("l", "r", "lm", "rm", "l_links", "r_links", "timely", "one", "part", "common", "agree")
_FORMS = r"\b(?:GMBH|MBH|AG|KG|CO|EK|OHG|UG|SE|BV|NV|LTD|LIMITED|PLC|LLC|INC|SA|SAS|SARL|SRL|SPA|SL|SP|ZOO|Z|O|AB|AS)\b"
_SHORT = 12


def _plain(name: str) -> pl.Expr:
    """A name without case, marks, umlauts and legal form, for comparing quickly."""
    letters = (
        pl.col(name)
        .str.to_uppercase()
        .str.replace_many(
            ["Ä", "Ö", "Ü", "AE", "OE", "UE", "ß", "SS", "."], ["A", "O", "U", "A", "O", "U", "S", "S", ""]
        )
    )
    return letters.str.replace_all(_FORMS, "").str.replace_all(r"[^A-Z0-9]", "")


def _agree() -> pl.Expr:
    """Whether two names, ln and rn, are one; a long one may have been cut."""
    mine, theirs = pl.col("ln"), pl.col("rn")
    cut = (mine.str.len_chars() >= _SHORT) & theirs.str.starts_with(mine)
    return (mine != "") & ((mine == theirs) | cut)


def edges_of(
    left: pl.DataFrame, right: pl.DataFrame, links: pl.DataFrame, days: tuple[int, int]
) -> pl.DataFrame:
    """Links with what both rows say; `days` are how many days the left may lie before and after
    the right. `agree` says whether the names do, where that matters."""
    theirs = right.select(
        pl.col("n").alias("r"), rd="date", rm="minor", rc="currency",
        common=pl.len().over("currency", "minor") >= _MANY,
    )  # fmt: skip
    ours = left.select(pl.col("n").alias("l"), ld="date", lm="minor", lc="currency")
    edges = links.join(ours, on="l").join(theirs, on="r")
    gap = (pl.col("ld") - pl.col("rd")).dt.total_days()
    equal = (pl.col("lm") == pl.col("rm")) & (pl.col("lc") == pl.col("rc"))
    edges = edges.with_columns(
        pl.len().over("l").alias("l_links"),
        pl.len().over("r").alias("r_links"),
        gap.is_between(-days[0], days[1]).alias("timely"),
        (pl.col("strength") < STRONG).alias("part"),
        equal.alias("equal"),
    )
    # Names are long: they are fetched where they matter.
    doubtful = (
        edges.filter(pl.col("common") | pl.col("part") | ~pl.col("equal"))
        .select("l", "r")
        .join(left.select(l="n", lp="counterparty"), on="l")
        .join(right.select(r="n", rp="counterparty"), on="r")
    )
    agreed = doubtful.select("l", "r", ln=_plain("lp"), rn=_plain("rp")).filter(_agree()).select("l", "r")
    return edges.join(agreed.with_columns(agree=pl.lit(True)), on=["l", "r"], how="left").with_columns(
        pl.col("agree").fill_null(False), one=pl.col("lc") == pl.col("rc")
    )


def proven(edges: pl.DataFrame) -> pl.DataFrame:
    """(l, r): lists of row numbers, one row a group. Of the edges it needs PROVING."""
    found = []
    sure = pl.col("agree") | (~pl.col("part") & ((pl.len() > 1) | ~pl.col("common")))
    for centre, spoke in _SIDES.items():
        around = edges.group_by(centre).agg(
            pl.col(spoke).sort(),
            (pl.col(f"{spoke}_links") == 1).all().alias("alone"),
            (pl.col("timely") & pl.col("one")).all().alias("sound"),
            sure.all().alias("told"),
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


def unequal_pairs(edges: pl.DataFrame, left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """(l, r, ld, rd, lm, rm, lc, rc, bare, charge, discount, untaxed): pairs that name each other alone, of one
    party, whose amounts differ: what the difference is decides, unless another of the party's items is just that: a credit
    note that was taken off, an invoice that was paid along. `bare` says that the left text holds no more
    runs of digits than the number has; `discount` is what a term grants on the day of the payment."""
    alone = (pl.col("l_links") == 1) & (pl.col("r_links") == 1)
    pairs = edges.filter(alone, "timely", "agree", ~pl.col("part"), ~pl.col("equal")).select(
        "l", "r", "ld", "rd", "lm", "rm", "lc", "rc"
    )
    pairs = _alone(pairs, right)
    text = pl.concat_str(["reference", "description"], separator=" ")
    said = left.join(pairs, left_on="n", right_on="l", how="semi").select(
        l="n", said=text.str.count_matches(r"\d+")
    )
    had = right.join(pairs, left_on="n", right_on="r", how="semi").select(
        r="n", had=pl.col("reference").str.count_matches(r"\d+")
    )
    return (
        pairs.join(said, on="l")
        .join(had, on="r")
        .with_columns(bare=pl.col("said") <= pl.col("had"))
        .drop("said", "had")
        .join(_charged(left), on="l", how="left")
        .join(_granted(right), on="r", how="left")
        .with_columns(discount=pl.when(pl.col("ld") <= pl.col("until")).then("discount"))
        .drop("until")
    )


def _alone(pairs: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Without those whose difference is another of the party's items."""
    owner = right.select(r="n", who="counterparty")
    rest = pl.col("lm") - pl.col("rm")
    items = right.select(who="counterparty", lc="currency", rest="minor")
    beside = (
        pairs.join(owner, on="r").with_columns(rest=rest).join(items, on=["who", "lc", "rest"], how="semi")
    )
    return pairs.join(beside.select("l"), on="l", how="anti")


def _charged(left: pl.DataFrame) -> pl.DataFrame:
    """(l, charge): rows whose bank says what it kept."""
    if "bank_charge" not in left.columns:
        return pl.DataFrame(schema={"l": pl.UInt32, "charge": pl.Int64})
    return left.filter(pl.col("bank_charge").is_not_null()).select(l="n", charge="bank_charge")


def _granted(right: pl.DataFrame) -> pl.DataFrame:
    """(r, discount, until, untaxed): rows with what their terms grant, and what they are without tax."""
    wanted = {"discount": "early_discount", "until": "early_discount_until", "untaxed": "untaxed"}
    if not any(c in right.columns for c in wanted.values()):
        return pl.DataFrame(
            schema={"r": pl.UInt32, "discount": pl.Int64, "until": pl.Date, "untaxed": pl.Int64}
        )
    types = {"until": pl.Date}
    return right.select(
        pl.col("n").alias("r"),
        *(
            pl.col(c).alias(name)
            if c in right.columns
            else pl.lit(None, types.get(name, pl.Int64)).alias(name)
            for name, c in wanted.items()
        ),
    )
