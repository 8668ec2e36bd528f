"""A small month of a distributor in a company of its own: from its shops' orders to proven payouts, by the whole product."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tieout.operations.open_project import OpenProject
from tieout_sandbox.demo.driver import Demo
from tieout_sandbox.demo.result import DemoResult
from tieout_sandbox.demo.scenarios import DemoOptions
from tieout_sandbox.qualify.asking import Answered, Asked
from tieout_sandbox.qualify.report import AGREED, DIFFERED, Found

Month = Callable[[Asked, Answered], Sequence[Found]]


def month_of(supervisor: Callable[..., Any]) -> Month:
    """Whoever plays the month, with processes of this `supervisor`."""

    def play(asked: Asked, answered: Answered) -> list[Found]:
        options = DemoOptions(
            orders=asked.orders, seed=1, faults="none", scenario="distributor", folder=None, serve=False, kills=0, crash="",
            quiet=True, odoo_url=asked.url.rstrip("/"), odoo_db=asked.database, odoo_key=asked.key,
            odoo_login=asked.login, plant=False, close=False,
        )  # fmt: skip
        version = answered.chosen.version
        demo = Demo(options, supervisor, opened=lambda project: _let(project, version))
        try:
            return told_of(demo.run())
        finally:
            answered.left.extend(demo.left)

    return play


def _let(project: OpenProject, version: str) -> None:
    """The month is what a version is qualified by: its own project, which ends with it, posts to that version."""
    for system in project.ledgers:
        config = project.settings.systems[system]
        given = (system, version, config.text("url").rstrip("/"), config.text("database"))
        with project.database.transaction() as connection:
            connection.execute(
                "insert into tieout.qualified_version (system, version, address, database_name, report_sha256,"
                " qualified_by, qualified_at, report) values (%s, %s, %s, %s, '', 'its qualification', now(), '{}')",
                given,
            )


def told_of(result: DemoResult) -> list[Found]:
    """What a month came to, a finding for each thing that must be so of it."""

    def found(what: str, bad: Sequence[object], good: str = "") -> Found:
        said = "; ".join(str(b) for b in bad[:5]) + (f" and {len(bad) - 5} more" if len(bad) > 5 else "")
        return Found(what, DIFFERED if bad else AGREED, said or good)

    rows = [
        Found(
            f"{r.interface} {r.period} {r.currency}: its source's figure is accounted for", AGREED if r.proven else DIFFERED,
            f"{r.source.count if r.source else 0} documents, residual {r.residual.net if r.residual else 'unproven'}",
        )
        for r in result.rows
    ]  # fmt: skip
    ledger = [r for r in result.ledger if r.difference or r.others != result.by_hand.get(r.role, 0)]
    clearing = [r for r in result.clearing if r.difference or r.unexplained]
    months = [r for r in result.months if r.residual or r.unexplained]
    not_closed = [
        f"{c.entity} {c.period}: {'; '.join(c.open_tasks) or 'late data took other signatures back'}"
        for c in result.closed
        if not c.good
    ]
    payouts = [f"{p.payout_key}: {p.why}" for p in result.unproven_payouts]
    return [
        *rows,
        found("balances of accounts are as their sources say", ledger, f"{len(result.ledger)} balances"),
        found("what providers hold is explained to the cent", clearing, f"{len(result.clearing)} rows"),
        found("the ledger's month is explained by what was sent", months, f"{len(result.months)} rows"),
        found("every payout is proven", payouts, f"{len(result.payouts)} payouts"),
        found("no case is open for which nothing was planted", result.false, f"{len(result.planted)} planted"),
        # Of what was not tried nothing is said: nothing planted, no oracle that read the books apart, no close.
        *([found("every planted fault is found", result.missed, f"{len(result.planted)} planted")] if result.planted else []),
        *([found("the books hold what the month's truth says", result.findings, result.ledger_sha256)] if result.held else []),
        *([found("people close and sign the month", not_closed, f"{sum(c.tasks for c in result.closed)} tasks")] if result.closed else []),
        found("its evidence holds", [] if result.verified else ["the pack does not verify"], f"{result.entries} entries"),
    ]  # fmt: skip
