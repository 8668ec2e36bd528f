"""Reference numbers in free text, in whatever spelling.

The numbers of one side teach their own shapes ("INV-2026-000123" is letters, four digits, six
digits); the other side's texts are searched for these. A hit is *strong* with its letters or all
of its digits, *medium* where a zero or the letters are missing. A number of no common shape (a
provider's id) is found where a word of the text is that number.
"""

from __future__ import annotations

import re

import msgspec
import polars as pl

# What files write where there is no reference.
_NOTHING = ("", "NOTPROVIDED", "NONREF", "NOREF", "EREF", "NONE", "N/A")
_SHAPES = 8
_RARE = 0.005
_SEPARATOR = r"[^A-Z0-9]{0,3}"
_WORD = r"[A-Z0-9][A-Z0-9_\-]{4,}"
_NO_WORD = 14
STRONG, MEDIUM = 2, 1


class Shape(msgspec.Struct, frozen=True):
    """Letters (may be none) and the lengths of the runs of digits behind them."""

    letters: str
    digits: tuple[int, ...]

    @property
    def patterns(self) -> tuple[tuple[str, int], ...]:
        """Expressions whose groups are the runs of digits, each with the strength of its hits."""
        whole = _SEPARATOR.join(rf"(\d{{{n}}})" for n in self.digits)
        first = "".join(rf"(\d{{{n}}})[^A-Z0-9]{{1,3}}" for n in self.digits[:-1])
        # A short run without its zeros; one that begins with a zero was cut off.
        short = first + rf"([1-9]\d{{0,{self.digits[-1] - 1}}})"
        found = []
        if self.letters:
            found.append((rf"\b{self.letters}{_SEPARATOR}{whole}\b", STRONG))
            found.append((rf"\b{self.letters}{_SEPARATOR}{short}\b", MEDIUM))
        bare = STRONG if sum(self.digits) >= 8 else MEDIUM
        if sum(self.digits) >= 5:
            found.append((rf"\b{whole}\b", bare))
        if len(self.digits) > 1:
            found.append((rf"\b{short}\b", MEDIUM))
        return tuple(found)


def canonical(column: str = "reference") -> pl.Expr:
    """A reference as letters and digits alone; "" where it says nothing: it holds a digit, or is
    long enough to be no word."""
    upper = pl.col(column).str.to_uppercase()
    plain = upper.str.replace_all(r"[^A-Z0-9]", "")
    size = plain.str.len_bytes()
    says = pl.when(plain.str.contains(r"\d")).then(size >= 3).otherwise(size >= _NO_WORD)
    nothing = upper.is_in(list(_NOTHING)) | ~says
    return pl.when(nothing).then(pl.lit("")).otherwise(plain)


def shapes_of(references: pl.Series) -> list[Shape]:
    """The common shapes of a side's references, the most frequent first."""
    upper = references.str.to_uppercase()
    masks = upper.filter(upper != "").str.replace_all(r"\d", "#").str.replace_all(r"[^A-Z#]+", "-")
    least = max(2, int(len(masks) * _RARE))
    counts = (
        masks.value_counts(name="n")
        .filter(pl.col("n") >= least)
        .sort(["n", masks.name], descending=[True, False])
    )
    found: list[Shape] = []
    for mask in counts[masks.name].head(4 * _SHAPES).to_list():
        hit = re.fullmatch(r"([A-Z]*)-?((?:#+-?)+)", mask)
        if not hit:
            continue
        shape = Shape(hit[1], tuple(len(run) for run in hit[2].strip("-").split("-")))
        if sum(shape.digits) >= 3 and shape not in found:
            found.append(shape)
    return found[:_SHAPES]


def own_keys(side: pl.DataFrame) -> pl.DataFrame:
    """(n, key): the number that each row is known by: its reference, else its id."""
    key = pl.when(canonical() != "").then(canonical()).otherwise(canonical("id"))
    return side.select("n", key.alias("key")).filter(pl.col("key") != "")


def mentions(texts: pl.DataFrame, keys: pl.DataFrame, shapes: list[Shape]) -> pl.DataFrame:
    """(n, key, strength): which of `keys` (a frame with a column key) the texts (n, text) name."""
    upper = texts.select("n", pl.col("text").str.to_uppercase())
    known = keys.select("key").unique()
    found = [_words(upper, known)]
    upper = upper.filter(pl.col("text").str.contains(r"\d"))
    for shape in shapes:
        for pattern, strength in shape.patterns:
            found.append(_shaped(upper, shape, pattern, strength, known))
    return pl.concat(found).group_by("n", "key").agg(pl.col("strength").max())


def _equal(left: pl.DataFrame, right: pl.DataFrame, mine: str, theirs: str) -> pl.DataFrame:
    ours = left.select(pl.col("n").alias("l"), canonical(mine).alias("key")).filter(pl.col("key") != "")
    others = right.select(pl.col("n").alias("r"), canonical(theirs).alias("key"))
    return ours.join(others, on="key").select("l", "r", pl.lit(STRONG, pl.Int8).alias("strength"))


def _words(upper: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    words = upper.select("n", pl.col("text").str.extract_all(_WORD).alias("key")).explode("key")
    plain = words.with_columns(pl.col("key").str.replace_all("[_-]", ""))
    return plain.join(known, on="key", how="semi").select(
        "n", "key", pl.lit(STRONG, pl.Int8).alias("strength")
    )


def _shaped(
    upper: pl.DataFrame, shape: Shape, pattern: str, strength: int, known: pl.DataFrame
) -> pl.DataFrame:
    hits = (
        upper.select("n", pl.col("text").str.extract_all(pattern).alias("hit"))
        .filter(pl.col("hit").list.len() > 0)
        .explode("hit")
    )
    groups = hits.select("n", pl.col("hit").str.extract_groups(pattern).alias("runs"))
    runs = [pl.col("runs").struct[at].str.zfill(length) for at, length in enumerate(shape.digits)]
    keyed = groups.select("n", pl.concat_str([pl.lit(shape.letters), *runs]).alias("key"))
    return keyed.join(known, on="key", how="semi").select(
        "n", "key", pl.lit(strength, pl.Int8).alias("strength")
    )


def links(
    left: pl.DataFrame, right: pl.DataFrame, pairs: tuple[tuple[str, str], ...] = (), chunk: int = 200_000
) -> pl.DataFrame:
    """(l, r, strength): a row's text names the other side's number, or the columns of a pair hold
    one value. Both sides have n, id, reference, description; texts are searched in chunks, so
    that memory stays flat."""
    found = [_equal(left, right, *pair) for pair in pairs]
    for here, there, names in ((left, right, ("l", "r")), (right, left, ("r", "l"))):
        keys = own_keys(there)
        if keys.is_empty():
            continue
        shapes = shapes_of(there["reference"])
        if names[0] == "r":
            # Numbers of the left side are looked for only where they are words of their own:
            # most often they are the right side's numbers again, which the first way has found.
            shapes = []
        for start in range(0, len(here), chunk):
            part = here.slice(start, chunk)
            text = pl.concat_str(["reference", "description"], separator=" ").alias("text")
            hit = mentions(part.select("n", text), keys, shapes)
            joined = hit.join(keys.rename({"n": "other"}), on="key")
            found.append(
                joined.select(
                    pl.col("n").alias(names[0]), pl.col("other").alias(names[1]), "strength"
                ).select("l", "r", "strength")
            )
    if not found:
        return pl.DataFrame(schema={"l": pl.UInt32, "r": pl.UInt32, "strength": pl.Int8})
    return pl.concat(found).group_by("l", "r").agg(pl.col("strength").max()).sort("l", "r")
