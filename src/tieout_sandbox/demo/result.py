"""What a demo's month came to, and whether that is good."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tieout.cli.clearing import clearing_json
from tieout.cli.tables import ledger_json, tie_out_json
from tieout.money import Period
from tieout.proofs import (
    AccountMonth,
    ClearingRow,
    LedgerRow,
    MonthRow,
    PayoutProof,
    TieOutRow,
    account_figures,
    row_figures,
)
from tieout_sandbox import Finding, Planted
from tieout_sandbox.demo.closing import Closed, closed_json
from tieout_sandbox.demo.scenarios import DemoOptions
from tieout_sandbox.held import Held

PERIODS = (Period(2026, 10), Period(2026, 11))


@dataclass
class DemoResult:
    """What the month came to. Truth and what is held outside are the sandbox's, not the product's word."""

    options: DemoOptions
    rows: list[TieOutRow]
    payouts: list[PayoutProof]
    cases: list[dict[str, Any]]
    every_case: list[dict[str, Any]]
    planted: list[Planted]
    findings: list[Finding]
    held: Held | None
    entries: int
    verified: bool
    seconds: float
    restarts: int
    faults: dict[str, int] = field(default_factory=dict)
    rerun_sha256: str = ""
    ledger: list[LedgerRow] = field(default_factory=list)
    peak_mib: dict[str, int] = field(default_factory=dict)
    clearing: list[ClearingRow] = field(default_factory=list)
    by_hand: dict[str, Decimal] = field(default_factory=dict)
    closed: list[Closed] = field(default_factory=list)
    months: list[MonthRow] = field(default_factory=list)
    accounts: list[AccountMonth] = field(default_factory=list)

    @property
    def ledger_sha256(self) -> str:
        """Of two months the same where the same is held outside; "" where nobody looked."""
        return self.held.sha256 if self.held else ""

    @property
    def missed(self) -> list[Planted]:
        """Planted faults that no case of their cause and source key ever named."""
        found = {(c["cause"], c["source_key"]) for c in self.every_case}
        return [p for p in self.planted if (p.cause, p.source_key) not in found]

    @property
    def false(self) -> list[dict[str, str]]:
        """Cases for which nothing was planted, each as its cause, source key and what it says."""
        truth = {(p.cause, p.source_key) for p in self.planted}
        return [
            {name: c[name] for name in ("cause", "source_key", "detail")}
            for c in self.every_case
            if (c["cause"], c["source_key"]) not in truth and not self._cut_short(c)
        ]

    def _cut_short(self, case: dict[str, Any]) -> bool:
        """A mail whose sender was killed before it knew the outcome: a mail server cannot be
        asked, so a case is the right end of it, and no fault of the month."""
        disturbed = bool(self.options.kills or self.options.crash)
        return disturbed and case["cause"] == "outcome_undecided" and case["source_key"].endswith(" mail")

    @property
    def amount_planted(self) -> Decimal:
        """The money at risk of everything that was planted, in USD."""
        return sum((p.amount for p in self.planted), Decimal(0))

    @property
    def amount_in_exception(self) -> Decimal:
        """The money of the cases that are open at the end; equal to what was planted where all is well."""
        return sum((c["amount"] for c in self.every_case if c["state"] == "open"), Decimal(0))

    @property
    def unproven_payouts(self) -> list[PayoutProof]:
        """Payouts that are not proven, each with why."""
        return [p for p in self.payouts if not p.proven]

    @property
    def good(self) -> bool:
        """Residuals zero, planted = found, the oracle agrees, evidence verifies."""
        return (
            all(r.proven for r in self.rows)
            and not self.missed
            and not self.false
            and self.amount_planted == self.amount_in_exception
            and not self.findings
            and not any(r.difference or r.others != self.by_hand.get(r.role, 0) for r in self.ledger)
            and not any(r.difference or r.unexplained for r in self.clearing)
            and not any(r.residual or r.unexplained for r in self.months)
            and not any(r.residual for r in self.accounts)
            and self.verified
            and all(c.good for c in self.closed)
        )

    def as_json(self) -> dict[str, Any]:
        """The result as `tieout demo --json` writes it: amounts as texts with two decimals, seconds of real
        time."""
        return {
            "scenario": self.options.scenario,
            "seed": self.options.seed,
            "orders": self.options.orders,
            "faults": self.options.faults,
            "planted": {
                "planted": len(self.planted),
                "found": len(self.planted) - len(self.missed),
                "missed": [{"cause": p.cause, "source_key": p.source_key} for p in self.missed],
                "false": self.false,
                "amount_planted": f"{self.amount_planted:.2f}",
                "amount_in_exception": f"{self.amount_in_exception:.2f}",
            },
            "tieout": tie_out_json(self.rows),
            "ledger": ledger_json(self.ledger),
            "ledger_months": [
                {"entity": r.entity, "period": r.period, **row_figures(r)} for r in self.months
            ],
            "accounts": [
                {"entity": r.entity, "period": r.period, **account_figures(r)} for r in self.accounts
            ],
            "clearing": [clearing_json(r) for r in self.clearing],
            "payouts": {
                "count": len(self.payouts),
                "proven": len(self.payouts) - len(self.unproven_payouts),
                "unproven": [{"payout": p.payout_key, "why": p.why} for p in self.unproven_payouts],
            },
            "cases": [
                {
                    "cause": c["cause"],
                    "count": c["count"],
                    "currency": c["currency"],
                    "amount_at_risk": f"{c['amount_at_risk']:.2f}",
                    "recovery": c["recovery"],
                }
                for c in self.cases
            ],
            "close": closed_json(self.closed),
            "oracle": [{"check": f.check, "detail": f.detail} for f in self.findings],
            "ledger_sha256": self.ledger_sha256,
            "evidence": {"entries": self.entries, "verified": self.verified},
            "restarts": self.restarts,
            "peak_mib": self.peak_mib,
            "faults_struck": self.faults,
            "seconds": round(self.seconds, 1),
        }
