"""Causes of cases: a name, words for people, and what recovers each as actions. Pages, the API, the command line, alerts
and docs/CASES.md are made from these."""

from tieout.causes.model import Action, Cause, fields_in
from tieout.causes.registry import (
    UndeclaredError,
    be_strict,
    cause_named,
    causes_by_two,
    check_declared,
    declare,
)
from tieout.causes.ways import HELD, WAYS, Held, Offer, Way, offers

__all__ = [
    "HELD",
    "WAYS",
    "Action",
    "Cause",
    "Held",
    "Offer",
    "UndeclaredError",
    "Way",
    "be_strict",
    "cause_named",
    "causes_by_two",
    "check_declared",
    "declare",
    "fields_in",
    "offers",
]
