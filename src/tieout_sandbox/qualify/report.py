"""What was found, as a file for programs and a page for people, both under one hash.

The hash is SHA-256 of the content as JSON of ASCII, keys sorted, nothing between its parts: anybody can work it out again. It says that
page and file belong together and that neither was changed by mistake; who keeps it elsewhere can say that it was not changed at all.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

AGREED, DIFFERED, SKIPPED = "agreed", "differed", "skipped"
FORMAT = 1


@dataclass(frozen=True)
class Found:
    """Something that was tried: whether it agreed, differed or was skipped, what was said, and how long it took in seconds."""

    what: str
    came: str
    said: str = ""
    seconds: str = ""


@dataclass
class Report:
    """A qualification. `server` says what answered (address, database, version, the record that it is met with, modules); `company` is the
    one that was made; `rows` are those that were counted before and after; `made` what stays behind, in words."""

    tieout: str
    began_at: datetime
    server: dict[str, Any]
    company: dict[str, Any] = field(default_factory=dict)
    ended_at: datetime | None = None
    conformance: list[Found] = field(default_factory=list)
    rights: list[Found] = field(default_factory=list)
    month: list[Found] = field(default_factory=list)
    speed: dict[str, str] = field(default_factory=dict)
    rows: list[Found] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    stopped: str = ""

    @property
    def passed(self) -> bool:
        """Everything was tried, and nothing differed. A month that was left out is told, and is no pass."""
        found = [*self.conformance, *self.rights, *self.month, *self.rows]
        return not self.stopped and bool(found) and all(f.came == AGREED for f in found)

    def content(self) -> dict[str, Any]:
        """What the file says and the hash is of."""
        found = asdict(self)
        for name in ("began_at", "ended_at"):
            found[name] = found[name].isoformat(timespec="seconds") if found[name] else None
        return {"report": "qualification of an Odoo", "format": FORMAT, **found, "passed": self.passed}

    def as_json(self) -> str:
        """The file."""
        content = self.content()
        return json.dumps({"sha256": hash_of(content), "content": content}, indent=1) + "\n"

    def page(self) -> str:
        """The page."""
        server, company = self.server, self.company
        verdict = "passed" if self.passed else "did not pass"
        differed = [f for f in self.all() if f.came == DIFFERED]
        lines = [
            f"# Odoo {server['version']} {verdict}",
            "",
            f"Tieout {self.tieout}, from {self.began_at:%Y-%m-%d %H:%M} to "
            f"{self.ended_at:%Y-%m-%d %H:%M} UTC." if self.ended_at else f"Tieout {self.tieout}, begun "
            f"{self.began_at:%Y-%m-%d %H:%M} UTC.",
            f"Database {server['database']} at {server['url']}, {server['why_test']}; met as Odoo {server['record']}"
            + (", which it is newer than." if server["newer"] else "."),
            f"Company {company.get('id', '-')} {company.get('name', '(none was made)')}.",
            f"SHA-256 of the content: `{hash_of(self.content())}`",
            "",
            *([f"**It stopped: {_cell(self.stopped)}**", ""] if self.stopped else []),
            f"{sum(f.came == AGREED for f in self.all())} agreed, {len(differed)} differed, "
            f"{sum(f.came == SKIPPED for f in self.all())} were left out.",
            "",
        ]  # fmt: skip
        lines += _table("What differed", differed)
        lines += _table("What the connector needs", self.conformance)
        lines += _table("Rights and set-up of a service account of few rights", self.rights)
        lines += _table("A small month", self.month)
        lines += _table("Rows of other companies, counted before and after", self.rows)
        if self.speed:
            lines += ["## Speed", "", "| what | found |", "|---|---:|"]
            lines += [f"| {_cell(k)} | {_cell(v)} |" for k, v in self.speed.items()] + [""]
        lines += ["## What stays behind", "", *(f"- {_cell(m)}" for m in self.made or ["Nothing."]), ""]
        modules = ", ".join(
            f"{name} {version}".strip() for name, version in sorted(server["modules"].items())
        )
        lines += ["## Modules installed", "", modules or "Not told.", ""]
        return "\n".join(lines)

    def all(self) -> list[Found]:
        """Everything that was tried."""
        return [*self.conformance, *self.rights, *self.month, *self.rows]


def hash_of(content: Any) -> str:
    """SHA-256 of a content, as 64 hexadecimal digits."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def as_file_name(report: Report) -> str:
    """The version and when it was tried, as a part of a file's name."""
    version = re.sub(r"[^A-Za-z0-9.+~-]", "-", str(report.server["version"]))[:40]
    return f"{version}-{report.began_at:%Y-%m-%dT%H%M%S}"


def verified(text: str) -> dict[str, Any]:
    """The content of a file that holds. Raises ValueError where it is no report, or was changed."""
    try:
        found = json.loads(text)
        content, said = found["content"], found["sha256"]
    except (ValueError, LookupError, TypeError) as error:
        raise ValueError(f"this is no report of a qualification: {error}") from None
    if hash_of(content) != said:
        raise ValueError("its content has another hash than it says: it was changed")
    return dict(content)


def _table(title: str, found: Iterable[Found]) -> list[str]:
    rows = [f"| {_cell(f.what)} | {f.came} | {_cell(f.said)} | {f.seconds} |" for f in found]
    if not rows:
        return []
    return [
        f"## {title}",
        "",
        "| what | came out | what was said | seconds |",
        "|---|---|---|---:|",
        *rows,
        "",
    ]


def _cell(text: str) -> str:
    """What a server says is text, whatever it looks like."""
    plain = " ".join(str(text).split())
    for sign in "\\|<`*_[":
        plain = plain.replace(sign, f"\\{sign}" if sign != "<" else "&lt;")
    return plain
