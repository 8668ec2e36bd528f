"""What the service account may do in Odoo, asked before anything is done there."""

from __future__ import annotations

from tieout.connector_api import RefusedError, Right, SetupError
from tieout.connectors.odoo.client import OdooClient

# What Tieout does, the model and operation that it takes, and the group whose right it is.
_NEEDED = (
    ("book entries", "account.move", "create", "account.group_account_basic"),
    ("post and reset entries", "account.move", "write", "account.group_account_basic"),
    ("match entries", "account.move.line", "write", "account.group_account_basic"),
    ("book bank lines", "account.bank.statement.line", "create", "account.group_account_basic"),
    ("register payments", "account.payment", "create", "account.group_account_basic"),
    ("make customers and suppliers", "res.partner", "create", "base.group_partner_manager"),
    ("make products", "product.product", "create", "product.group_product_manager"),
)


def rights_of(client: OdooClient) -> list[Right]:
    """Each right that Tieout needs of the account: `has_access` of the model answers it, and changes nothing.

    Raises TransientError, SetupError (the key).
    """
    found = []
    for what, model, operation, group in _NEEDED:
        try:
            # Without ids it is the model that is asked about, and no record.
            held = client.call(model, "has_access", ids=[], operation=operation) is True
            said = model if held else f"{operation} on {model}: give the service account the group {group}"
        except (RefusedError, SetupError) as error:
            # A model that is not installed, or a version that answers otherwise: what is not known is not held.
            held, said = False, f"{operation} on {model} cannot be asked: {error}"
        found.append(Right(what, held, said[:300]))
    if client.differs.reviews:
        found += _of_review(client)
    return found


def _of_review(client: OdooClient) -> list[Right]:
    """What is asked for besides where the company has its documents reviewed."""
    group, what = client.differs.undo_group, "take bank lines' matches apart under review"
    try:
        domain = [["id", "=", client.company]] if client.company else []
        fields = ["set_to_review_documents"]
        rows = client.call("res.company", "search_read", domain=domain, fields=fields, limit=1)
        if not rows or not rows[0]["set_to_review_documents"]:
            return []
        user = client.call("res.users", "context_get")["uid"]
        held = client.call("res.users", "has_group", ids=[user], group_ext_id=group) is True
    except (RefusedError, SetupError) as error:
        return [Right(what, False, f"{group} cannot be asked: {error}"[:300])]
    said = group if held else f"documents are set to be reviewed: give the service account the group {group}"
    return [Right(what, held, said)]
