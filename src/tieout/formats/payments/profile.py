"""What a bank takes: its small profile, which a project declares."""

from __future__ import annotations

import msgspec


class BankProfile(msgspec.Struct, frozen=True, kw_only=True):
    """What a bank takes of payment files.

    `version` of pain.001 (03 or 09) and `debit_version` of pain.008 (02 or 08). `characters` is basic, german or swiss,
    "" for what banks of the paying account's country take; `others` says what becomes of a character that is not among
    them: refuse, or convert by the EPC's table. `addresses` is structured, or hybrid where the bank takes up to two
    lines beside town and country. `batch_booking` asks for one line a batch.
    """

    version: str = "09"
    debit_version: str = "08"
    characters: str = ""
    others: str = "refuse"
    addresses: str = "structured"
    batch_booking: bool = False
