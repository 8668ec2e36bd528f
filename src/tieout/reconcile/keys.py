"""Reference numbers in free text, in whatever spelling.

The numbers of one side teach their own shapes ("INV-2026-000123" is letters, four digits, six
digits); the other side's texts are searched for these. A hit is *strong* with its letters or all
of its digits, *medium* where a zero or the letters are missing. A number of no common shape (a
provider's id) is found where a word of the text is that number, a structured reference (RF, OGM,
QR) in whatever groups it is written.
"""

from __future__ import annotations

import re

import msgspec

from tieout.formats.references import find_references
from tieout.reconcile.frames import pl
from tieout.reconcile.kinds import lettered, other_kinds, without

# What files write where there is no reference.
_NOTHING = ["", "NOTPROVIDED", "NONREF", "NOREF", "EREF", "NONE", "N/A"]
_SHAPES = 8
_SERIES = 40
_MASK = re.compile(r"([A-Z]*)-?((?:#+-?)+)")
_RARE = 0.005
_SEPARATOR = r"[^A-Z0-9]{0,3}"
_LONG_RUN = r"[0-9][0-9 ]{25}"
_WORD = r"[A-Z0-9][A-Z0-9_\-]{4,}"
_NO_WORD, SHARED = 14, 12
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


def canonical(references: pl.Series) -> pl.Series:
    """References as letters and digits alone; "" where one says nothing: it holds a digit, or is
    long enough to be no word."""
    upper = references.str.to_uppercase()
    plain = upper.str.replace_all(r"[^A-Z0-9]", "")
    size = plain.str.len_bytes()
    says = (plain.str.contains(r"\d") & (size >= 3)) | (size >= _NO_WORD)
    return pl.select(pl.when(says & ~upper.is_in(_NOTHING)).then(plain).otherwise(pl.lit(""))).to_series()


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
        hit = _MASK.fullmatch(mask)
        if not hit:
            continue
        shape = Shape(hit[1], tuple(len(run) for run in hit[2].strip("-").split("-")))
        if sum(shape.digits) >= 3 and shape not in found:
            found.append(shape)
    return found[:_SHAPES]


def letters_of(references: pl.Series) -> frozenset[str]:
    """The letters before a side's numbers: of every series, however few numbers it has; the most frequent of many."""
    said = references.str.to_uppercase().str.extract(r"^([A-Z]+)[^A-Z0-9]*\d[^A-Z]*$").drop_nulls()
    counts = said.value_counts(name="n", sort=True)
    return frozenset(counts[said.name].head(_SERIES).to_list())


class Keys(msgspec.Struct):
    """A side's numbers: `codes` (key, k, serial) gives each one a small code, `rows` (n, k) says
    whose it is. `serial` is the number's last run of digits where it is no other number's."""

    codes: pl.DataFrame
    rows: pl.DataFrame


def keys_of(side: pl.DataFrame, with_ids: bool, without: Keys | None = None) -> Keys:
    """The numbers that a side's rows are known by: their references, else their ids if
    `with_ids`; those of `without` are left out."""
    own = canonical(side["reference"])
    if with_ids:
        own = pl.select(pl.when(own != "").then(own).otherwise(canonical(side["id"]))).to_series()
    last = pl.col("reference").str.extract(r"(\d{5,})\D*$").alias("serial")
    rows = side.select("n", key=own).with_columns(side.select(last)).filter(pl.col("key") != "")
    if without is not None:
        rows = rows.join(without.codes, on="key", how="anti")
    codes = rows.select("key", "serial").unique(subset="key", keep="first").with_row_index("k")
    alone = pl.col("serial").is_not_null() & pl.col("serial").is_unique()
    codes = codes.with_columns(pl.when(alone).then("serial").alias("serial"))
    return Keys(codes, rows.select("n", "key").join(codes.select("key", "k"), on="key").select("n", "k"))


def mentions(
    texts: pl.DataFrame, keys: Keys, shapes: list[Shape], letters: frozenset[str] = frozenset()
) -> pl.DataFrame:
    """(n, k, strength): which of the keys the texts (n, text) name, and how well; `letters` are those of all series."""
    upper = texts.select("n", pl.col("text").str.to_uppercase())
    if shapes:
        # What stands behind the word of another kind is that kind's number, whatever its digits.
        upper = without(upper, other_kinds(letters))
    found = [_words(upper, keys)]
    upper = upper.filter(pl.col("text").str.contains(r"\d"))
    for shape in shapes:
        others = letters - {shape.letters}
        # Digits behind another series' letters are that series' number.
        bare = without(upper, lettered(others)) if others else upper
        for pattern, strength in shape.patterns:
            lettered_one = shape.letters and pattern.startswith(rf"\b{shape.letters}")
            found.append(_shaped(upper if lettered_one else bare, shape, pattern, strength, keys))
    if shapes:
        found.append(_serials(upper, keys))
    found.append(_structured(upper, keys))
    return pl.concat(found).group_by("n", "k").agg(pl.col("strength").max())


def links(
    left: pl.DataFrame, right: pl.DataFrame, pairs: tuple[tuple[str, str], ...] = (), chunk: int = 250_000
) -> pl.DataFrame:
    """(l, r, strength): a row's text names the other side's number, or the columns of a pair hold
    one value. Both sides have n, id, reference, description; texts are searched in chunks, so
    that memory stays flat."""
    found = [_equal(left, right, *pair) for pair in pairs]
    numbers = _numbers(right)
    theirs = keys_of(numbers, with_ids=True)
    references = numbers["reference"]
    found += _found(left, theirs, shapes_of(references), "l", "r", chunk, letters_of(references))
    # Most often the left side's references are the right side's numbers again, which were found;
    # its own are looked for where they are words of a text.
    found += _found(right, keys_of(left, with_ids=False, without=theirs), [], "r", "l", chunk)
    return pl.concat(found).group_by("l", "r").agg(pl.col("strength").max()).sort("l", "r")


def _numbers(side: pl.DataFrame) -> pl.DataFrame:
    """n, id, reference: a row once for each of its numbers."""
    own = side.select("n", "id", "reference")
    if "also" not in side.columns:
        return own
    also = side.filter(pl.col("also") != "").select("n", "id", reference=pl.col("also").str.split("|"))
    return pl.concat([own, also.explode("reference")])


def _found(
    here: pl.DataFrame,
    keys: Keys,
    shapes: list[Shape],
    mine: str,
    other: str,
    chunk: int,
    letters: frozenset[str] = frozenset(),
) -> list[pl.DataFrame]:
    parts = [pl.DataFrame(schema={"n": pl.UInt32, "k": pl.UInt32, "strength": pl.Int8})]
    text = pl.concat_str(["reference", "description"], separator=" ").alias("text")
    for start in range(0, len(here) if len(keys.codes) else 0, chunk):
        parts.append(mentions(here.slice(start, chunk).select("n", text), keys, shapes, letters))
    # A number that many rows have, and many texts name, is no one's: a contract, an account.
    hits, rows = pl.concat(parts), keys.rows.rename({"n": other})
    said, had = hits.group_by("k").agg(said=pl.len()), rows.group_by("k").agg(had=pl.len())
    wide = (pl.col("said") > SHARED) & (pl.col("had") > SHARED)
    shared = said.join(had, on="k").filter(wide).select("k")
    found = hits.join(shared, on="k", how="anti").join(rows, on="k").rename({"n": mine})
    return [found.select("l", "r", "strength")]


def _equal(left: pl.DataFrame, right: pl.DataFrame, mine: str, theirs: str) -> pl.DataFrame:
    ours = left.select(l="n", key=canonical(left[mine])).filter(pl.col("key") != "")
    others = right.select(r="n", key=canonical(right[theirs]))
    return ours.join(others, on="key").select("l", "r", _strength(STRONG))


def _strength(strength: int) -> pl.Expr:
    return pl.lit(strength, pl.Int8).alias("strength")


def _words(upper: pl.DataFrame, keys: Keys) -> pl.DataFrame:
    words = upper.select("n", pl.col("text").str.extract_all(_WORD).alias("key")).explode("key")
    plain = words.with_columns(pl.col("key").str.replace_all("[_-]", ""))
    return plain.join(keys.codes, on="key").select("n", "k", _strength(STRONG))


def _shaped(upper: pl.DataFrame, shape: Shape, pattern: str, strength: int, keys: Keys) -> pl.DataFrame:
    hits = (
        upper.select("n", pl.col("text").str.extract_all(pattern).alias("hit"))
        .filter(pl.col("hit").list.len() > 0)
        .explode("hit")
        .select("n", pl.col("hit").str.extract_groups(pattern).alias("runs"))
    )
    runs = [pl.col("runs").struct[at].str.zfill(length) for at, length in enumerate(shape.digits)]
    keyed = hits.select("n", pl.concat_str([pl.lit(shape.letters), *runs]).alias("key"))
    return keyed.join(keys.codes, on="key").select("n", "k", _strength(strength))


def _structured(upper: pl.DataFrame, keys: Keys) -> pl.DataFrame:
    """RF, OGM and QR references, in groups or not, that hold their check digits."""
    likely = pl.col("text").str.contains_any(["RF", "++", "**"]) | pl.col("text").str.contains(_LONG_RUN)
    pairs = [(n, key) for n, text in upper.filter(likely).iter_rows() for _, key in find_references(text)]
    found = pl.DataFrame(pairs, schema={"n": pl.UInt32, "key": pl.String}, orient="row")
    return found.join(keys.codes, on="key").select("n", "k", _strength(STRONG))


def _serials(texts: pl.DataFrame, keys: Keys) -> pl.DataFrame:
    """Hits of a key's last run of digits alone, zeros and all, where it is one key's only. A day
    ("03.08.2026") holds no such run."""
    runs = texts.select("n", pl.col("text").str.extract_all(r"\b\d{5,}\b").alias("serial"))
    hits = runs.filter(pl.col("serial").list.len() > 0).explode("serial")
    return hits.join(keys.codes, on="serial").select("n", "k", _strength(MEDIUM))
