"""What keeps somebody from reading or using a page: what axe-core finds, what sticks out of its window, what is too small for a thumb."""

from __future__ import annotations

import os

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# All rows, and every page in every look, where `make campaign-axe` asks for it.
EVERY = os.environ.get("TIEOUT_AXE_EVERY") == "1"
# Of its findings those that count: what is called minor is not.
_COUNTS = ("moderate", "serious", "critical")

# Marks the rows of a list or a table that are built as three before them: of the same elements with the same classes and
# attributes. What differs between such rows is their text, which takes axe-core most of its time.
_MARK_ALIKE = """() => {
    const names = e => [...e.attributes].map(a => a.name === "class" ? a.value : a.name).join(" ");
    const shape = e => `${e.tagName} ${names(e)} (${[...e.children].map(shape).join()})`;
    const lists = new Map(), alike = [];
    for (const row of document.querySelectorAll("tr, li")) {
        const seen = lists.get(row.parentElement) ?? new Map(), key = shape(row), before = seen.get(key) ?? 0;
        lists.set(row.parentElement, seen.set(key, before + 1));
        if (before >= 3) alike.push(row);
    }
    for (const row of alike) row.toggleAttribute("data-alike", true);
}"""
# What a long word would do is tried with one in each place where data stand.
_LONG_WORDS = """() => {
    for (const e of document.querySelectorAll("main :is(h1, .lead, dd, td:not(.n), th[scope=row], .quiet, li > a)"))
        if (!e.closest("svg, select, .board form")) e.append(" " + "Umsatzsteuervoranmeldung".repeat(5));
}"""
_TOO_WIDE = """() => {
    const out = [], past = r => r.right > innerWidth + 1;
    if (document.documentElement.scrollWidth <= innerWidth) return out;
    // What scrolls by itself, or is cut off, makes nobody scroll the page.
    const held = e => { for (let p = e; p && p !== document.body; p = p.parentElement)
        if (getComputedStyle(p).overflowX !== "visible") return true; return false; };
    // A word that is too long sticks out of a box that does not: it is asked where its letters are.
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (const e of document.querySelectorAll("body *"))
        if (!held(e) && past(e.getBoundingClientRect())) out.push(e.outerHTML.slice(0, 120));
    while (texts.nextNode()) {
        const range = document.createRange(), around = texts.currentNode.parentElement;
        range.selectNodeContents(texts.currentNode);
        if (!held(around) && [...range.getClientRects()].some(past)) out.push(around.outerHTML.slice(0, 120));
    }
    return [`${document.documentElement.scrollWidth} pixels wide`, ...out.slice(0, 3)];
}"""
# A link within a sentence is as tall as its line, and a chart's word may lead where a link of the same page leads that is large
# enough (WCAG 2.5.8 excepts both); a box's label is pressed with it.
_TOO_SMALL = """least => {
    const small = r => r.width < least - .5 || r.height < least - .5;
    const elsewhere = e => e.ownerSVGElement && [...document.querySelectorAll("main a[href]")].some(o => !o.ownerSVGElement
        && o.getAttribute("href") === e.getAttribute("href") && !small(o.getBoundingClientRect()));
    const out = [], alone = ".button, .badge, .brand, .cluster, .by, .up, .side a, .menu a, .crumbs a, .kept a, th[scope=row] > a";
    for (const e of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
        if (!e.checkVisibility({checkVisibilityCSS: true}) || e.matches(".sr, .skip")) continue;
        if (e.tagName === "A" && !e.matches(alone)) continue;
        const r = ((e.matches("[type=checkbox], [type=radio]") && e.closest("label")) || e).getBoundingClientRect();
        if (small(r) && !elsewhere(e))
            out.push(`${Math.round(r.width)}x${Math.round(r.height)} ${e.outerHTML.slice(0, 120)}`);
    }
    return out;
}"""
_OPEN_ALL = "document.querySelectorAll('main details').forEach(d => d.open = true)"


def complaints(page: Page, theme: str) -> list[str]:
    """What axe-core finds that is moderate or worse in a theme, with where. Of rows that are built alike the first three are looked
    at, all of them by `make campaign-axe`."""
    if not EVERY:
        page.evaluate(_MARK_ALIKE)
    # Without motion: colours on their way from one theme to the other are in neither.
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    found = (
        Axe()
        .run(page, context={"exclude": [["[data-alike]"]]}, options={"resultTypes": ["violations"]})
        .response["violations"]
    )
    return [
        f"{v['id']} ({v['impact']}): {n['html'][:160]} {n.get('failureSummary', '')[:200]}"
        for v in found
        if v["impact"] in _COUNTS
        for n in v["nodes"][:2]
    ]


def too_wide(page: Page, width: int, long_words: bool = False) -> list[str]:
    """What sticks out of a window of so many pixels with all its parts open: a page is read from top to bottom, never sideways.
    With long words in each place where data stand, if asked for."""
    page.set_viewport_size({"width": width, "height": 844})
    page.evaluate(_OPEN_ALL)
    if long_words:
        page.evaluate(_LONG_WORDS)
    found: list[str] = page.evaluate(_TOO_WIDE)
    return found


def too_small(page: Page, least: int) -> list[str]:
    """What is pressed and is narrower or lower than so many pixels, with all parts of the page open."""
    page.evaluate(_OPEN_ALL)
    found: list[str] = page.evaluate(_TOO_SMALL, least)
    return found
