"""Drawings: SVG made here, each beside a table of the same figures. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup, escape

from tieout.console.forms import marks
from tieout.console.language import _

Value = Decimal | int


@dataclass(frozen=True)
class Bar:
    """One bar: `parts` are (value, class) from its beginning on; `note` is said when it is pointed at."""

    label: str
    parts: tuple[tuple[Value, str], ...]
    shown: str
    note: str = ""
    href: str = ""


def bars(title: str, rows: Sequence[Bar], width: int = 520) -> Markup:
    """Bars that lie, one a row, longest as wide as there is room: label, bar, figure."""
    if not rows:
        return Markup("")
    most = max((sum(v for v, _ in r.parts) for r in rows), default=0) or 1
    label, figure, step = 170, 120, 26
    room = width - label - figure - 16
    body = Markup("")
    for index, row in enumerate(rows):
        y, x = index * step + 4, Decimal(label)
        line = Markup('<text class="label" x="{}" y="{}" text-anchor="end">{}</text>').format(
            label - 8, y + 13, _cut(row.label, 28)
        )
        for value, kind in row.parts:
            wide = Decimal(room * value) / most
            if value:
                line += Markup(
                    '<rect class="{}" x="{:.1f}" y="{}" width="{:.1f}" height="16" rx="2"/>'
                ).format(kind, x, y + 1, max(wide, Decimal(2)))
            x += wide
        line += Markup('<text class="figure" x="{:.1f}" y="{}">{}</text>').format(x + 8, y + 13, row.shown)
        line = Markup("<g><title>{}</title>{}</g>").format(row.note or f"{row.label}: {row.shown}", line)
        body += Markup('<a href="{}">{}</a>').format(row.href, line) if row.href else line
    return _svg(title, width, len(rows) * step + 6, body)


def columns(
    title: str, points: Sequence[tuple[str, Value, str]], width: int = 520, height: int = 120
) -> Markup:
    """Columns over time: (label, value, note); the axis names the first, the middle and the last."""
    if not points:
        return Markup("")
    most = max((v for _, v, _ in points), default=0) or 1
    left, base = 44, height - 20
    step = (width - left - 8) / len(points)
    body = Markup("")
    for mark in (1, 2):
        y = base - (base - 10) * mark / 2
        body += Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(
            left, width - 8, y, y
        )
        body += Markup('<text class="axis" x="{}" y="{:.1f}" text-anchor="end">{}</text>').format(
            left - 6, y + 4, _short(Decimal(most * mark) / 2)
        )
    for index, (label, value, note) in enumerate(points):
        tall = Decimal((base - 10) * value) / most
        x = left + index * step
        body += Markup(
            '<g><title>{}</title><rect class="hit" x="{:.1f}" y="10" width="{:.1f}" height="{}"/>'
            '<rect class="series" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="1.5"/></g>'
        ).format(note, x, step, base - 10, x + step * 0.12, Decimal(base) - tall, max(step * 0.76, 1), tall)
        if index in (0, len(points) // 2, len(points) - 1):
            anchor = "start" if index == 0 else "end" if index == len(points) - 1 else "middle"
            at = x if index == 0 else x + step if index == len(points) - 1 else x + step / 2
            body += Markup('<text class="axis" x="{:.1f}" y="{}" text-anchor="{}">{}</text>').format(
                at, height - 4, anchor, label
            )
    body += Markup('<line class="base" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(left, width - 8, base, base)
    return _svg(title, width, height, body)


@dataclass(frozen=True)
class Box:
    """A box in a drawing of flows: `column` from the left; `kind` its look."""

    key: str
    column: int
    title: str
    text: str
    kind: str
    href: str = ""


def flow(
    title: str, boxes: Sequence[Box], edges: Sequence[tuple[str, str, str]], wide: int = 190, gap: int = 64
) -> Markup:
    """Boxes in columns, joined by lines (from, to, class): systems and flows, or tasks and what they wait for."""
    if not boxes:
        return Markup("")
    tall, step = 44, 56
    deep = max(b.column for b in boxes) + 1
    in_column: dict[int, list[Box]] = {}
    for box in boxes:
        in_column.setdefault(box.column, []).append(box)
    rows = max(len(c) for c in in_column.values())
    height = rows * step + 8
    places: dict[str, tuple[float, float]] = {}
    for column, members in in_column.items():
        start = (height - len(members) * step) / 2
        for index, box in enumerate(members):
            places[box.key] = (column * (wide + gap) + 2, start + index * step + 6)
    body = Markup("")
    for source, target, kind in edges:
        if source in places and target in places:
            x1, y1 = places[source][0] + wide, places[source][1] + tall / 2
            x2, y2 = places[target][0], places[target][1] + tall / 2
            bend = max(gap / 2, (x2 - x1) / 2)
            body += Markup(
                '<path class="edge {}" d="M{:.0f} {:.0f} C{:.0f} {:.0f} {:.0f} {:.0f} {:.0f} {:.0f}"/>'
            ).format(kind, x1, y1, x1 + bend, y1, x2 - bend, y2, x2, y2)
    for box in boxes:
        x, y = places[box.key]
        drawn = Markup(
            '<g class="box {}"><title>{}</title><rect x="{:.0f}" y="{:.0f}" width="{}" height="{}" rx="6"/>'
            '<rect class="mark" x="{:.0f}" y="{:.0f}" width="4" height="{}" rx="2"/>'
            '<text class="name" x="{:.0f}" y="{:.0f}">{}</text><text class="said" x="{:.0f}" y="{:.0f}">{}</text></g>'
        ).format(
            box.kind, f"{box.title}: {box.text}", x, y, wide, tall, x, y, tall, x + 12, y + 18, _cut(box.title, (wide - 18) // 7),
            x + 12, y + 34, _cut(box.text, (wide - 18) // 6),
        )  # fmt: skip
        body += Markup('<a href="{}">{}</a>').format(box.href, drawn) if box.href else drawn
    return _svg(title, deep * (wide + gap) - gap + 4, height, body, "wide")


def _svg(title: str, width: float, height: float, body: Markup, kind: str = "") -> Markup:
    # A picture has no links in it; with links it is a group of them.
    role = "group" if "<a " in body else "img"
    return Markup(
        '<svg class="chart {}" viewBox="0 0 {:.0f} {:.0f}" width="{:.0f}" height="{:.0f}" role="{}" aria-label="{}">'
        "{}</svg>"
    ).format(kind, width, height, width, height, role, title, body)


def _cut(text: str, most: int) -> Markup:
    return escape(text if len(text) <= most else f"{text[: most - 1]}…")


def _short(value: Decimal) -> str:
    for size, unit in ((10**9, _("bn")), (10**6, _("m")), (10**3, "k")):
        if value >= size:
            return f"{marks(f'{(value / size).normalize():.3g}')} {unit}"
    return marks(f"{value.normalize():f}")
