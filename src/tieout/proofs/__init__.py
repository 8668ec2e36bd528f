"""Proofs: control totals, the tie-out, the zero-residual proof of payouts."""

from tieout.proofs.control import take_control_totals
from tieout.proofs.payouts import PayoutProof, prove_payouts
from tieout.proofs.tieout import Figure, TieOutRow, tie_out

__all__ = ["Figure", "PayoutProof", "TieOutRow", "prove_payouts", "take_control_totals", "tie_out"]
