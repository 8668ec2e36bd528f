"""What a document says of the payments that it stands for together."""

from __future__ import annotations

import msgspec

from tieout.money import Amount


class LineDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One payment of a bank line that stands for several. `amount` is signed as the line's is, None where the bank gives
    none that is exact; it is never booked by itself."""

    amount: Amount | None = None
    end_to_end_id: str = ""
    reference: str = ""
    counterparty: str = ""
    remittance: str = ""

    @property
    def words(self) -> str:
        """All that it says."""
        said = (self.end_to_end_id, self.reference, self.counterparty, self.remittance)
        return " ".join(x for x in said if x)
