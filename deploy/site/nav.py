"""The order of the site: tutorials, how-to, reference, explanation (https://diataxis.fr), each page in one place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

Nav = list[str | dict[str, Any]]

_TUTORIALS: Nav = ["how-to/first-month.md", "CONNECTOR-TUTORIAL.md"]
_CONNECT: Nav = [
    "how-to/survey-a-ledger.md",
    *(f"how-to/connect-{what}.md" for what in ("stripe", "shopify", "paypal", "a-bank")),
]
_PRODUCTION: Nav = [
    *(f"how-to/production-{on}.md" for on in ("systemd", "compose", "kubernetes")),
    *(f"how-to/{what}.md" for what in ("behind-a-proxy", "mail-and-monitoring", "back-up-and-restore")),
    "how-to/upgrade-and-roll-back.md", "OPERATING.md",
]  # fmt: skip
_PEOPLE: Nav = ["how-to/add-a-person.md", "how-to/auditors-guide.md", "ACCESS.md", "APPROVALS.md"]
_WORK: Nav = [
    "USING.md", "CONSOLE.md", "how-to/who-is-told.md", "CLOSE.md", "how-to/month-end-outage.md", "RECONCILING.md", "MATCHING.md", "JOURNALS.md", "PAYABLES.md",
    "RECEIVABLES.md", "SALES.md", "TAXES.md",
]  # fmt: skip
_REFERENCE: Nav = [
    *(f"reference/{what}.md" for what in ("commands", "api", "roles", "metrics")), "API.md", "CASES.md", "FORMATS.md", "ODOO.md",
    "STRIPE.md", "GLOSSARY.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md",
]  # fmt: skip
_EXPLANATION: Nav = [
    "ARCHITECTURE.md", "INVARIANTS.md", "STAGES.md", "CONTROLS.md", "SEGREGATION.md", "SOURCES.md",
]  # fmt: skip


def nav(source: Path) -> Nav:
    """Every page below `source`, the folder that the site is built from."""

    def all_of(folder: str) -> Nav:
        return [f"{folder}/{page.name}" for page in sorted((source / folder).glob("*.md"))]

    return [
        {"Start": "index.md"},
        {"Tutorials": _TUTORIALS},
        {
            "How to": [
                {"Connect": _CONNECT},
                {"Run it": _PRODUCTION},
                {"People": _PEOPLE},
                {"Work with it": _WORK},
            ]
        },
        {"Reference": [*_REFERENCE, {"Connectors": ["CONNECTORS.md", "reference/connectors.md", *all_of("connectors")]}]},
        {
            "Explanation": [
                *_EXPLANATION,
                {"Decisions": all_of("decisions")},
                {"Measured": ["BENCHMARKS.md", *all_of("campaigns"), *all_of("qualifications")]},
            ]
        },
    ]  # fmt: skip


def pages(part: Nav | dict[str, Any] | str) -> list[str]:
    """The pages of a nav, in its order."""
    if isinstance(part, str):
        return [part]
    parts = part.values() if isinstance(part, dict) else part
    return [page for each in parts for page in pages(each)]
