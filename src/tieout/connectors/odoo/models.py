"""The models of Odoo that hold what is sent."""

from __future__ import annotations

from tieout.documents import CashPosting, EffectBody, PaymentPosting

MOVE, BANK_LINE, PARTNER = "account.move", "account.bank.statement.line", "res.partner"
PAYMENT, PRODUCT = "account.payment", "product.product"


def model_of(body: EffectBody) -> str:
    """The model in which a posting is a record."""
    return {CashPosting: BANK_LINE, PaymentPosting: PAYMENT}.get(type(body), MOVE)
