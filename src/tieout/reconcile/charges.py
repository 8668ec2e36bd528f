"""What a bank says in a line's own words that it kept of the amount.

MT940 carries it behind the line (field 61, subfield 9) or in its details: /OCMT/EUR1000,00/CHGS/EUR12,50 (the
amount that was sent, and the charges; SWIFT's code words, as the German banks' agreement on remote data transfer,
annex 3, has them). CAMT has an element of its own for it (Chrgs), and a table a column.
"""

from __future__ import annotations

from tieout.money import CURRENCIES, minor_digits
from tieout.reconcile.frames import pl

_MARK = "/CHGS/"
_CHARGE = r"/CHGS/([A-Z]{3})(\d{1,12})(?:,(\d{0,4}))?(?:$|[^\d,])"


def with_charges(left: pl.DataFrame) -> pl.DataFrame:
    """A left side whose rows say what was kept of them (bank_charge, in minor units), where a column says none and their
    texts do, in the line's own currency."""
    said = pl.col("description").str.to_uppercase()
    if not left["description"].str.to_uppercase().str.contains(_MARK, literal=True).any():
        return left
    digits = pl.col("currency").replace_strict(
        {code: minor_digits(code) for code in CURRENCIES}, default=2, return_dtype=pl.Int8
    )
    groups = said.str.extract_groups(_CHARGE)
    fraction = (groups.struct[2].fill_null("") + "0000").str.slice(0, 4)
    fine = groups.struct[1].cast(pl.Int64) * 10_000 + fraction.cast(pl.Int64)
    unit = pl.lit(10, pl.Int64).pow(4 - digits.cast(pl.Int64))
    own = (groups.struct[0] == pl.col("currency")) & (fine % unit == 0)
    told = pl.when(own).then(fine // unit)
    known = [pl.col("bank_charge")] if "bank_charge" in left.columns else []
    return left.with_columns(pl.coalesce(*known, told).alias("bank_charge"))
