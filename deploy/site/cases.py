"""`make cases`: docs/CASES.md, every cause of a case as its declaration says it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tieout.causes import WAYS, Cause
from tieout.operations.causes import ALERTS, homes_of_causes
from tieout.operations.discover import discover

_HEAD = """# Cases

<!-- `make cases` writes this page from the causes as they are declared in the code (src/tieout/causes/README.md). -->

A case is something that needs a person: its cause, the amount at risk, whose it is, and what recovers it. Every cause is declared
once, and from that the case's page makes its buttons, the API its `recoveries`, `tieout cases show` its commands, alerts their
words, and this page.

What a case says to do is one of the sentences below, with what stands here in CAPITALS filled in. A case whose document is held is
reprocessed once its reason is mended, or excluded; it is accepted as it is only where this page says that a person may judge it.

## Many at once

Cases of one cause, entity, interface, month and currency are a group; of entries that others made in the ledger, those of one journal,
user, kind and set of accounts. A group has a count and a sum in its currency, never over currencies.

    tieout cases groups                                            # GET /cases/groups
    tieout cases decide solve --group KEY --reason "…" --dry-run   # which cases it would be
    tieout cases decide solve --group KEY --reason "…" --as ann    # POST /cases/decide
    tieout cases list --json > list.json; tieout cases decide assign --listed list.json --owner bo

`assign` takes a person who works here and may work cases of the entity of each; a refusal names who can (`GET /cases/people`).
What is decided: `solve` (accept as it is), `exclude`, `assign`, `replay`; of a group, or by `--cause`, `--entity`, `--interface`,
`--period`, `--case`; 500 at a time at most. Each case is decided as if it were alone and has its own outcome: `done`; `waits`, for the
approval that is named; or `left`, with why. One that changed since it was listed is left. Rights, reasons, held documents and who made
what count as they do for one; a bulk of exclusions is asked for as all that is excluded together, by policy and by approver's limit.
Each decision is evidence with its person, reason and number (`case.decided`); with `--bulk NUMBER` the same again does nothing more.
"""


def cases_page() -> str:
    """The whole page."""
    homes = homes_of_causes(discover().by_name.values())
    parts = [_HEAD, *_actions(), "## Causes\n"]
    parts += [
        f"- [{title}](#{_anchor(title)}): {', '.join(f'`{c.name}`' for c in causes)}"
        for title, causes in homes
    ]
    for title, causes in homes:
        parts.append(f"\n## {title}\n")
        parts += [line for cause in causes for line in _cause(cause, told=title == ALERTS[0])]
    return "\n".join(parts).rstrip() + "\n"


def _actions() -> Iterator[str]:
    yield "## What can be done\n"
    yield "| action | in words | operation of the API | command | page |"
    yield "|---|---|---|---|---|"
    for action, way in WAYS.items():
        cells = (_code(_capitals(x)) for x in (way.operation, way.command, way.page))
        yield f"| `{action}` | {way.label} | {' | '.join(cells)} |"
    yield ""


def _cause(cause: Cause, told: bool) -> Iterator[str]:
    yield f"### `{cause.name}`\n"
    yield f"{cause.means}\n"
    for which in ("", *cause.also):
        yield f"- **{'Do' if not which else 'Or'}**: {cause.shown(which)}."
    yield f"- **Offered**: {', '.join(_lower(WAYS[a].label) for a in cause.actions)}."
    if not told:
        yield f"- **Whose**: {cause.who or 'the owner of its interface'}."
    if cause.acceptable:
        yield "- A person may judge it: accepted with a reason, its document is booked."
    if cause.standing:
        yield "- It is found anew at every look; accepted, it is told again only with another amount."
    yield ""


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]


def _capitals(text: str) -> str:
    words = text.split("{")
    return words[0] + "".join(name.upper() + rest for name, _, rest in (w.partition("}") for w in words[1:]))


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _anchor(title: str) -> str:
    kept = "".join(c for c in title.lower() if c.isalnum() or c in " -_")
    return kept.strip().replace(" ", "-")


def main() -> None:
    Path(sys.argv[1]).write_text(cases_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
