"""Proofs: control totals, the tie-out, the zero-residual proof of payouts."""

from tieout.proofs.by_hand import Told, entry_key
from tieout.proofs.cash import CashRow, cash_rows
from tieout.proofs.clearing import AGES, ClearingRow, OpenMovement, clearing_rows
from tieout.proofs.control import Unread, open_gaps, statement_gaps, take_control_totals, tell_unread
from tieout.proofs.external import BalanceRow, balance_rows, open_balances
from tieout.proofs.filed import Entered, FiledItem, Filing, standing
from tieout.proofs.filing import (
    FilingError,
    filings_of,
    keep_filing,
    kept_filings,
    locks_in_words,
    look_at_filings,
    prepare,
)
from tieout.proofs.governing import Governed, posted_between, read_governed
from tieout.proofs.intercompany import GRACE_DAYS, PairRow, intercompany_rows, open_intercompany
from tieout.proofs.items import AgedAccount, ItemisedAccount, StandingItem, item_figures, signed_figures
from tieout.proofs.ledger import LedgerRow, ledger_rows
from tieout.proofs.ledger_months import (
    AccountMonth,
    MonthRow,
    account_figures,
    keep_ledger_month,
    kept_ledger_months,
    read_ledger_month,
    row_figures,
)
from tieout.proofs.made_of import MadeOf, made_of
from tieout.proofs.opening import hold_opening
from tieout.proofs.payouts import Arrival, PayoutProof, arrivals_of, payout_keys, payout_totals, prove_payouts
from tieout.proofs.pending import pending
from tieout.proofs.progress import Progress, progress
from tieout.proofs.reaching import Short, falls_short, lines_up_to, statements_of
from tieout.proofs.split import (
    Judged,
    SplitRow,
    Standing,
    figures_of,
    keep_split,
    kept_split,
    read_others,
    read_split,
)
from tieout.proofs.standing_items import Itemised, keep_items, kept_items, read_items
from tieout.proofs.standing_still import AskBalances, KeptBalances, read_still
from tieout.proofs.tax_months import (
    kept_taxes,
    look_at_taxes,
    read_taxes,
    tax_figures,
    tax_verdict,
)
from tieout.proofs.tax_stage import TaxStage
from tieout.proofs.taxes import TaxRow
from tieout.proofs.tieout import Figure, TieOutRow, tie_out
from tieout.proofs.totals import Total, totals

__all__ = [
    "Arrival",
    "arrivals_of",
    "GRACE_DAYS",
    "Short",
    "falls_short",
    "lines_up_to",
    "statements_of",
    "CashRow",
    "BalanceRow",
    "balance_rows",
    "open_balances",
    "PairRow",
    "intercompany_rows",
    "open_intercompany",
    "AGES",
    "AgedAccount",
    "Itemised",
    "ItemisedAccount",
    "StandingItem",
    "item_figures",
    "keep_items",
    "kept_items",
    "read_items",
    "signed_figures",
    "ClearingRow",
    "Figure",
    "Governed",
    "read_governed",
    "posted_between",
    "Told",
    "Judged",
    "SplitRow",
    "Standing",
    "entry_key",
    "figures_of",
    "hold_opening",
    "keep_split",
    "kept_split",
    "read_others",
    "read_split",
    "AskBalances",
    "KeptBalances",
    "read_still",
    "LedgerRow",
    "OpenMovement",
    "PayoutProof",
    "Progress",
    "TieOutRow",
    "Unread",
    "AccountMonth",
    "MonthRow",
    "account_figures",
    "keep_ledger_month",
    "kept_ledger_months",
    "read_ledger_month",
    "row_figures",
    "cash_rows",
    "clearing_rows",
    "ledger_rows",
    "open_gaps",
    "payout_keys",
    "pending",
    "progress",
    "totals",
    "MadeOf",
    "made_of",
    "Total",
    "payout_totals",
    "prove_payouts",
    "statement_gaps",
    "TaxRow",
    "TaxStage",
    "take_control_totals",
    "tell_unread",
    "Entered",
    "FiledItem",
    "Filing",
    "FilingError",
    "keep_filing",
    "prepare",
    "filings_of",
    "kept_filings",
    "locks_in_words",
    "look_at_filings",
    "standing",
    "kept_taxes",
    "look_at_taxes",
    "read_taxes",
    "tax_figures",
    "tax_verdict",
    "tie_out",
]
