"""What an automation of somebody's makes of an invoice as it is posted: told as in `odoo_behaviours`. It needs Odoo's module
base_automation, which Community has, and is asked of real servers alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.odoo_ledger import MOVE, Ledger, money

# What each does as an entry becomes posted.
_RULES = {
    "another account": "for move in records:\n"
    "    lines = move.line_ids.filtered(lambda x: x.display_type == 'product')\n"
    "    lines.write({'account_id': %(account)d})",
    "another reference": "records.write({'ref': 'changed'})",
}


def automations(ledger: Ledger) -> Any:
    """An invoice of 100.00 under each rule: what it stands on, and its reference; then an invoice without the rule."""
    if not ledger.call("ir.model", "search", domain=[["model", "=", "base.automation"]]):
        pytest.skip("this database has no module base_automation")
    found: dict[str, Any] = {}
    for name, code in _RULES.items():
        rule = _rule(ledger, name, code % {"account": ledger.account("450000")} if "%" in code else code)
        found[name] = _posted(ledger)
        ledger.call("base.automation", "unlink", [rule])
    return {**found, "none": _posted(ledger)}


def _posted(ledger: Ledger) -> Any:
    move = ledger.document("out_invoice", ledger.last(5), ["100.00"], post=False)
    ledger.call(MOVE, "write", [move], vals={"ref": "sent"})
    done = ledger.attempt(MOVE, "action_post", [move])
    lines = sorted([x["code"], money(x["balance"])] for x in ledger.lines(move))
    row = ledger.read(MOVE, move, "ref", "state")
    return {"posting": done, "state": row["state"], "ref": row["ref"], "stands on": lines}


def _rule(ledger: Ledger, name: str, code: str) -> int:
    """A rule that runs as an entry of the company becomes posted."""
    model = ledger.call("ir.model", "search", domain=[["model", "=", MOVE]])[0]
    state = ledger.call("ir.model.fields", "search", domain=[["model", "=", MOVE], ["name", "=", "state"]])[0]
    action = {"name": name, "model_id": model, "state": "code", "code": code, "usage": "base_automation"}
    values = {
        "name": f"{name} {ledger.company}", "model_id": model, "trigger": "on_write", "trigger_field_ids": [[6, 0, [state]]],
        "filter_pre_domain": "[('state', '=', 'draft')]",
        "filter_domain": f"[('state', '=', 'posted'), ('company_id', '=', {ledger.company})]",
        "action_server_ids": [[0, 0, action]],
    }  # fmt: skip
    return int(ledger.call("base.automation", "create", vals_list=[values])[0])
