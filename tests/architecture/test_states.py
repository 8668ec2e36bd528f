"""States are enumerations: where they are compared, nobody writes the bare word, which no type checks."""

from __future__ import annotations

import ast

from tieout.approvals.model import RequestState
from tieout.cases.model import CaseState
from tieout.close.model import TaskStanding
from tieout.connector_api import OutcomeStatus
from tieout.documents import PurchaseOrderState
from tieout.documents.states import DocumentState, EffectState, MessageState
from tieout.processes.facts import OrderState
from tieout.processes.recipe import PlanDecision

from .reading import ROOT, nodes_of, sources, where

ENUMERATIONS = (
    MessageState, DocumentState, EffectState, CaseState, RequestState, OutcomeStatus, PlanDecision, OrderState, PurchaseOrderState, TaskStanding,
)  # fmt: skip
WORDS = {str(member) for each in ENUMERATIONS for member in each}
# What holds for the whole house once matching has enumerations of its own.
ROOMS = (
    "approvals",
    "cases",
    "close",
    "delivery",
    "documents",
    "inbox",
    "payables",
    "planning",
    "processes",
    "proofs",
)


def bare(compared: ast.Compare) -> bool:
    # A bucket is no state, nor is what an interface's option says.
    if "bucket" in ast.unparse(compared) or ".option(" in ast.unparse(compared):
        return False
    sides = [compared.left, *compared.comparators]
    inner = [e for s in sides for e in (s.elts if isinstance(s, ast.Tuple | ast.List | ast.Set) else [s])]
    return any(isinstance(e, ast.Constant) and e.value in WORDS for e in inner)


def test_no_state_is_compared_with_a_bare_word() -> None:
    paths = sources(*(f"src/tieout/{room}" for room in ROOMS))
    found = [
        f"{where(path)}:{node.lineno}: {ast.unparse(node)}"
        for path in paths
        for node in nodes_of(path)
        if isinstance(node, ast.Compare) and bare(node)
    ]
    assert len(paths) > 90 and found == []


def test_enumerations_are_the_database_s_words() -> None:
    """A state that the database refuses, or that no enumeration knows, is found here."""
    schema = (ROOT / "src" / "tieout" / "store" / "schema.sql").read_text()
    of_tables = {
        "message": MessageState, "document": DocumentState, "delivery": EffectState, "cases": CaseState, "approval_request": RequestState,
    }  # fmt: skip
    for table, states in of_tables.items():
        check = schema.split(f"CONSTRAINT {table}_state_check CHECK", 1)[1].splitlines()[0]
        words = {part.split("'")[1] for part in check.split("::text") if "'" in part}
        assert words == {str(s) for s in states}, table
