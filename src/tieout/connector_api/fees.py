"""What connectors of providers' balances share: how the fees that they withhold are declared."""

from __future__ import annotations

from tieout.connector_api.declaration import Option

_RATE = r"\d{1,2}(\.\d{1,3})?"

FEES = Option(
    "fees",
    'how withheld fees are taxed, by kind of fee: "domestic_vat 19", "domestic_vat 19 on_bill", "reverse_charge 19", "exempt" or '
    '"of_bill"; and whose bills they are: supplier, bills ("withheld", "paid"), period ("month_before", "same_month"), time_zone',
    table=True,
    shape=r"supplier = .+|bills = (withheld|paid)|period = (month_before|same_month)|time_zone = [A-Za-z0-9_+/-]+"
    rf"|(?!(supplier|bills|period|time_zone) = ).+ = (domestic_vat {_RATE}( on_bill)?|reverse_charge {_RATE}|exempt|of_bill)",
)
