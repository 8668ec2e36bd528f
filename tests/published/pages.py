"""docs/connectors: a page for each connector, and the table of docs/CONNECTORS.md, made of what each declares and of what was held
against it. `make published` writes them again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from tests.published.payloads import Payload, connectors, few, payloads
from tests.published.requests import schema_of, schemas
from tieout.connector_api import Connector
from tieout.operations.discover import discover

DOCS = Path(__file__).resolve().parents[2] / "docs"
# A bar within a cell.
BAR = "\\|"
FOLDER, INDEX = DOCS / "connectors", DOCS / "CONNECTORS.md"
BEGIN, END = "<!-- published: made by `make published` -->", "<!-- /published -->"


def pages() -> dict[Path, str]:
    """What each page must say, by its path."""
    found = {FOLDER / f"{name}.md": page(c) for name, c in sorted(discover().by_name.items())}
    before, _, rest = INDEX.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    return {**found, INDEX: f"{before}{BEGIN}\n\n{table(discover().by_name.values())}\n{END}{after}"}


def page(connector: Connector) -> str:
    """A connector's page."""
    return "\n".join(_page(connector)).rstrip() + "\n"


def table(all_of: Iterable[Connector]) -> str:
    """What was held against what, a row a connector, with the sum."""
    rows, sums, sources = [], Counter[str](), set[str]()
    for connector in sorted(all_of, key=lambda c: c.name):
        held = _payloads(connector.name)
        tried, taken = len(held), sum(p.expect == "taken" for p in held)
        sums.update(tried=tried, taken=taken)
        sources |= {_where(p) for p in held}
        rows.append(
            [
                f"[{connector.name}](connectors/{connector.name}.md)",
                _version(connector),
                max((str(v.on) for v in connector.verified), default="–"),
                str(tried) if tried else "–",
                str(taken) if tried else "–",
                _refusals(held),
                _asked(connector.name),
                str(len(connector.assumed)) if connector.assumed else "–",
            ]
        )
    head = ["connector", "version", "verified", "published payloads", "taken", "refused, by reason", "requests held against", "assumed"]  # fmt: skip
    said = f"{sums['tried']} published payloads from {len(sources)} sources: {sums['taken']} taken, {sums['tried'] - sums['taken']} refused."
    return "\n".join([*_rows(head, rows), "", said, ""])


def _page(connector: Connector) -> Iterator[str]:
    yield f"# {connector.title}"
    yield ""
    yield f"Made by `make published` from the declaration of the connector `{connector.name}`, and from what was held against it."
    yield ""
    yield from _rows(["", ""], list(_facts(connector)))
    yield ""
    if connector.streams:
        yield "## What it reads"
        yield ""
        yield from _rows(
            ["stream", "what it is", "order of versions"],
            [[s.name, s.title, s.version_order] for s in connector.streams],
        )
        yield ""
    yield from _section("Settings", _settings(connector))
    yield from _section("Options of an interface", [f"`{o.name}`: {o.help}" for o in connector.options])
    yield from _section("Rights that its account needs", [f"`{r.name}`: {r.needed_for}" for r in connector.rights])  # fmt: skip
    yield from _section("Webhooks to set", [f"`{w.name}`: {w.needed_for}" for w in connector.webhooks])
    yield from _section("Verified", [f"{v.on}: {v.against} ({v.source})" for v in connector.verified])
    yield from _section("Assumed, since no public document says it", list(connector.assumed))
    yield from _section("Not covered", list(connector.not_covered))
    yield from _published(connector.name)


def _facts(connector: Connector) -> Iterator[list[str]]:
    yield ["can", ", ".join(connector.can)]
    if connector.api is not None:
        yield ["version", f"{_version(connector)} ({connector.api.source})"]
    if connector.limits:
        yield ["limits", connector.limits]
    if connector.name in schemas():
        schema = schema_of(connector.name)
        unseen = sum(bool(o.unseen) for o in schema.operations)
        asked = f"{len(schema.operations) - unseen} operations, signed in by {schema.auth}"
        yield ["requests", f"{asked}: each is held against {schema.source}, {schema.at}"]


def _settings(connector: Connector) -> list[str]:
    def said(secret: bool, required: bool) -> str:
        return "".join([", a secret" if secret else "", "" if required else ", not required"])

    return [f"`{f.name}`{said(f.secret, f.required)}: {f.help}" for f in connector.config]


def _published(name: str) -> Iterator[str]:
    held = sorted(_payloads(name), key=lambda p: p.stream)
    if not held:
        return
    yield "## Published payloads that were tried"
    yield ""
    rows = []
    for stream, group in groupby(held, key=lambda p: p.stream):
        of = list(group)
        features = ", ".join(sorted({f.replace("_", " ") for p in of for f in p.features}))
        rows.append([stream, str(len(of)), str(sum(p.expect == "taken" for p in of)), _refusals(of), features])  # fmt: skip
    yield from _rows(["stream", "payloads", "taken", "refused, by reason", "among them"], rows)
    yield ""
    yield from (f"- {stream} has fewer than five: {why}" for stream, why in few(name).items())
    yield ""
    yield "Their sources:"
    yield ""
    counted = Counter((_where(p), p.at, p.licence) for p in held)
    for (where, at, licence), count in sorted(counted.items()):
        yield f"- {where} ({at}; {licence}): {count}"


def _payloads(name: str) -> list[Payload]:
    """Those that are published or recorded: what was invented proves nothing of a vendor."""
    return [p for p in payloads(name) if p.origin != "invented"] if name in connectors() else []


def _where(payload: Payload) -> str:
    """A source without the path in it: its address, or its name up to the first comma."""
    first = payload.source.split()[0]
    return first if ":" in first or "/" in first else payload.source.split(", ")[0]


def _refusals(held: Sequence[Payload]) -> str:
    counted = Counter(p.reason for p in held if p.expect == "refused")
    return "; ".join(f"{reason} ({count})" for reason, count in sorted(counted.items())) or "–"


def _version(connector: Connector) -> str:
    if connector.api is None:
        return "–"
    return f"{connector.api.name}, until {connector.api.ends}" if connector.api.ends else connector.api.name


def _asked(name: str) -> str:
    return schema_of(name).source.split()[0] if name in schemas() else "–"


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"## {title}"
        yield ""
        yield from (f"- {line}" for line in lines)
        yield ""


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', BAR) for cell in row)} |"


def write() -> None:
    """Write every page that says something else now, and take away those of connectors that are gone."""
    FOLDER.mkdir(exist_ok=True)
    made = pages()
    for path, text in made.items():
        path.write_text(text)
    for path in FOLDER.glob("*.md"):
        if path not in made:
            path.unlink()


if __name__ == "__main__":
    write()
