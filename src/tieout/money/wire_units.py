"""How a vendor writes amounts as whole minor units, where its decimals of a currency are not ISO 4217's. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tieout.money.amount import Amount, MoneyError
from tieout.money.currency import minor_digits


@dataclass(frozen=True)
class WireUnits:
    """A vendor's own list: `digits` are its decimals of a currency where they differ from ISO 4217's, `unsaid` are currencies
    whose decimals it does not publish. A guess at one would be wrong by factors of ten, so those are refused."""

    vendor: str
    digits: Mapping[str, int] = field(default_factory=dict)
    unsaid: frozenset[str] = frozenset()

    def amount(self, minor: int, currency: str) -> Amount:
        """The amount of a count of the vendor's minor units (500, "ISK" is 5 ISK for Stripe). Signed as it is given.

        Raises MoneyError for anything but an int, and for what is finer than the currency itself is; ValueError for a
        currency that is none, or of which the vendor does not say it.
        """
        # isinstance would take True for 1.
        if type(minor) is not int:
            raise MoneyError(f"{minor!r} is no integer count of minor units")
        return Amount.exact(Decimal(minor).scaleb(-self._digits_of(currency)), currency)

    def minor(self, amount: Amount) -> int:
        """The count of minor units that the vendor writes for an amount. Raises as `amount` does."""
        exact = Amount.exact(amount.value, amount.currency).value
        return int(exact.scaleb(self._digits_of(amount.currency)))

    def _digits_of(self, currency: str) -> int:
        if currency in self.unsaid:
            raise ValueError(f"{self.vendor} does not publish how many decimals its {currency} has")
        own = minor_digits(currency)
        return self.digits.get(currency, own)


# docs.stripe.com/currencies (2026-07): two decimals unless listed. Without decimals: BIF, CLP, DJF, GNF, JPY, KMF, KRW, MGA, PYG,
# RWF, VND, VUV, XAF, XOF, XPF (UGX is listed there too, and again among the special cases, which say the contrary). ISK and UGX are
# written with two, always 00. Three: BHD, JOD, KWD, OMR, TND. HUF and TWD have two, and payouts of them are whole.
STRIPE = WireUnits(
    "Stripe",
    {"ISK": 2, "UGX": 2, "MGA": 0},
    frozenset({"IQD", "LYD", "CLF", "UYW", "UYI"}),
)

# apidocs.chargebee.com, Currencies (read 2026-11-30): whole units of a currency without decimals, as ISO 4217 has it; of every other one hundredths,
# also where it has thousandths. Ariary (MGA) has fifths, and the list of currencies does not say which of the two it is.
CHARGEBEE = WireUnits(
    "Chargebee",
    {"BHD": 2, "IQD": 2, "JOD": 2, "KWD": 2, "LYD": 2, "OMR": 2, "TND": 2},
    frozenset({"MGA", "MRU", "CLF", "UYW"}),
)
