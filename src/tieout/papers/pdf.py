"""Draws a paper as PDF: A4 across, a heading and what it is of, tables whose headings are repeated, and on each page the hash of the
figures, which are attached. Pure: a paper in, bytes out."""

from __future__ import annotations

import io
from functools import cache, partial
from pathlib import Path
from typing import Any

from font_source_sans_pro import SourceSansPro, SourceSansProSemibold
from pypdf import PdfWriter
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    LongTable,
    PageTemplate,
    Paragraph,
    Spacer,
    TableStyle,
)

from tieout.papers.paper import RIGHT, Block, Paper
from tieout.security import masked

ATTACHMENT = "figures.json"
_TEXT, _STRONG = "SourceSansPro", "SourceSansPro-Semibold"
_PAGE = landscape(A4)
_MARGIN, _FOOT, _PAD = 12 * mm, 10 * mm, 2.5
_SIZE, _LEADING = 7.5, 9.0
# A longer cell is cut, and says so: a row has to fit on a page.
_MOST_LETTERS = 800
# A text column takes what it needs, but for one long cell not what the others need.
_WIDEST = 60 * mm
_LINE, _SHADE = HexColor("#808080"), HexColor("#eeeeee")


@cache
def _fonts() -> frozenset[int]:
    """Make the fonts known; the signs that both have, by their numbers."""
    signs: list[frozenset[int]] = []
    for name, path in ((_TEXT, SourceSansPro), (_STRONG, SourceSansProSemibold)):
        # The package names its OpenType files; those beside them have outlines that can be put into a PDF.
        font = TTFont(name, str(Path(path).with_suffix(".ttf")))
        pdfmetrics.registerFont(font)
        signs.append(frozenset(font.face.charToGlyph))
    return signs[0] & signs[1]


def as_pdf(paper: Paper) -> bytes:
    """The paper as PDF, its figures attached as `figures.json`."""
    _fonts()
    out = io.BytesIO()
    title = _plain(paper.title)
    document = BaseDocTemplate(
        out, pagesize=_PAGE, title=title, author=_plain(paper.made.company), subject=f"SHA-256 {paper.sha256}", creator="Tieout",
        leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=_MARGIN, bottomMargin=_MARGIN + _FOOT,
    )  # fmt: skip
    frame = Frame(
        document.leftMargin, document.bottomMargin, document.width, document.height, 0, 0, 0, 0, id="page"
    )
    document.addPageTemplates(PageTemplate(id="page", frames=[frame]))
    flow = [*_head(paper, document.width)]
    for each in paper.blocks:
        flow += _block(each, document.width)
    foot = _plain(
        f"{paper.title} · {paper.made.company} · made by {paper.made.by}, {paper.made.at} · SHA-256 of {ATTACHMENT} {paper.sha256}"
    )
    document.build(flow, canvasmaker=partial(_Numbered, foot))
    return _with_figures(out.getvalue(), paper.figures)


def _with_figures(pdf: bytes, figures: bytes) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(pdf))
    writer.add_attachment(ATTACHMENT, figures)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


class _Numbered(Canvas):  # type: ignore[misc]
    """Pages that know how many there are, and have the foot."""

    def __init__(self, foot: str, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._foot, self._pages = foot, list[dict[str, Any]]()

    def showPage(self) -> None:
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, page in enumerate(self._pages, 1):
            self.__dict__.update(page)
            self.setFont(_TEXT, 6.5)
            self.drawString(_MARGIN, _MARGIN, self._foot)
            self.drawRightString(_PAGE[0] - _MARGIN, _MARGIN, f"{number} of {len(self._pages)}")
            super().showPage()
        super().save()


def _style(
    size: float = _SIZE, font: str = _TEXT, right: bool = False, before: float = 0, after: float = 0
) -> ParagraphStyle:
    return ParagraphStyle(
        f"{font}{size}{right}{before}{after}", fontName=font, fontSize=size, leading=size * _LEADING / _SIZE, spaceBefore=before,
        spaceAfter=after, splitLongWords=True, **({"alignment": TA_RIGHT} if right else {}),
    )  # fmt: skip


def _head(paper: Paper, width: float) -> list[Flowable]:
    of = [*paper.of, ("Company", paper.made.company), ("Environment", paper.made.environment), ("Made by", paper.made.by), ("Made", paper.made.at), ("SHA-256", paper.sha256)]  # fmt: skip
    pairs = [of[n : n + 2] for n in range(0, len(of), 2)]
    rows = [[cell for name, value in pair for cell in (name, value)] + [""] * (4 - 2 * len(pair)) for pair in pairs]  # fmt: skip
    label, value = _style(font=_STRONG), _style()
    table = LongTable(
        [[_cell(c, label if n % 2 == 0 else value) for n, c in enumerate(row)] for row in rows],
        colWidths=[width * share for share in (0.1, 0.4, 0.1, 0.4)],
        style=TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *_padding()]),
        hAlign="LEFT",
    )
    found: list[Flowable] = [_cell(paper.title, _style(15, _STRONG, after=4)), table, Spacer(0, 4)]
    return found + [_cell(text, _style(8.5, after=2), _MOST_LETTERS * 3) for text in paper.said]


def _block(each: Block, width: float) -> list[Flowable]:
    found: list[Flowable] = []
    if each.title:
        # Not at the foot of a page, with what it is the title of on the next.
        found += [CondPageBreak(20 * mm), _cell(each.title, _style(10.5, _STRONG, before=9, after=3))]
    found += [_cell(text, _style(8, after=2), _MOST_LETTERS * 3) for text in each.said]
    if not each.columns:
        return found
    if not each.rows:
        return [*found, _cell(each.empty, _style())]
    found.append(_table(each, width))
    if each.left:
        said = f"{each.left:,} more rows: {ATTACHMENT}, which is attached, has all of them."
        found.append(_cell(said, _style(8, _STRONG, before=2)))
    return found


def _table(each: Block, width: float) -> Flowable:
    right = [kind in RIGHT for _, kind in each.columns]
    heads = [_cell(h, _style(font=_STRONG, right=r)) for (h, _), r in zip(each.columns, right, strict=True)]
    styles = [_style(right=r) for r in right]
    rows = [
        [_cell("?" if c is None and r else c or "", s) for c, r, s in zip(row, right, styles, strict=True)]
        for row in each.rows
    ]
    style = TableStyle(
        [("VALIGN", (0, 0), (-1, -1), "TOP"), ("BACKGROUND", (0, 0), (-1, 0), _SHADE), ("LINEBELOW", (0, 0), (-1, -1), 0.25, _LINE),
         *_padding()]
    )  # fmt: skip
    return LongTable([heads, *rows], colWidths=_widths(each, width), repeatRows=1, style=style, hAlign="LEFT")


def _padding() -> list[tuple[Any, ...]]:
    sides = (("LEFTPADDING", _PAD), ("RIGHTPADDING", _PAD), ("TOPPADDING", 1.5), ("BOTTOMPADDING", 1.5))
    return [(side, (0, 0), (-1, -1), points) for side, points in sides]


def _widths(each: Block, width: float) -> list[float]:
    """Of each column: of figures what the longest takes, of texts what is left, by what they need."""
    needed: list[float] = []
    for n, (heading, kind) in enumerate(each.columns):
        texts = [pdfmetrics.stringWidth(_plain(r[n] or ""), _TEXT, _SIZE) for r in each.rows]
        word = max((pdfmetrics.stringWidth(w, _STRONG, _SIZE) for w in heading.split()), default=0.0)
        longest = max([word, *texts]) + 2 * _PAD + 2
        needed.append(longest if kind in RIGHT else min(longest, _WIDEST))
    figures = sum(w for w, (_, kind) in zip(needed, each.columns, strict=True) if kind in RIGHT)
    whole = sum(needed)
    if whole <= width or figures > width * 0.8:
        return [w * width / whole for w in needed] if whole > width else needed
    share = (width - figures) / (whole - figures)
    return [w if kind in RIGHT else w * share for w, (_, kind) in zip(needed, each.columns, strict=True)]


def _cell(text: str, style: ParagraphStyle, most: int = _MOST_LETTERS) -> Paragraph:
    shown = _plain(text)
    if len(shown) > most:
        shown = f"{shown[:most]}… ({len(shown) - most:,} more letters in {ATTACHMENT})"
    escaped = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br/>")
    return Paragraph(escaped, style)


def _plain(text: str) -> str:
    """A text as it is drawn: account numbers masked; a sign that the font does not have by its number."""
    known = _fonts()
    return "".join(c if ord(c) in known or c == "\n" else f"[U+{ord(c):04X}]" for c in masked(text))
