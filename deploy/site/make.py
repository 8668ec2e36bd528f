"""`make docs`: docs/ and a reference that is generated from the code, as a site that loads nothing from other hosts.

Strict: a page that stands nowhere or twice in the nav, a link or an anchor that leads nowhere, ends it with what is wrong.
"""

from __future__ import annotations

import logging
import posixpath
import re
import shutil
import sys
import tempfile
from copy import deepcopy
from pathlib import Path

from mkdocs.commands.build import build
from mkdocs.config import load_config
from pymdownx.slugs import slugify

from deploy.site.nav import nav, pages
from deploy.site.reference import PAGES

ROOT = Path(__file__).resolve().parents[2]
# What stands above docs/ stands beside its pages here.
_ABOVE = {
    "README.md": "index.md",
    **{f"{n}.md": f"{n}.md" for n in ("CHANGELOG", "CONTRIBUTING", "SECURITY")},
}
_LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\[\]]*\])+)\]\(([^)\s]+)\)")
_BOOSTS = (
    ("docs/how-to/", 8),
    ("docs/decisions/", 0.2),
    ("docs/campaigns/", 0.1),
    ("docs/qualifications/", 0.1),
)
_MARK = ROOT / "src" / "tieout" / "console" / "static" / "mark.svg"
_CHECKED = {"not_found": "warn", "anchors": "warn", "absolute_links": "warn", "unrecognized_links": "warn"}


def settled(text: str, page: str) -> str:
    """A page's text as it stands in the site: `page` is where it lies in the repository. A link to what is no page of the site (a
    file of the code) becomes its words."""

    def to(link: re.Match[str]) -> str:
        words, target = link[1], link[2]
        path, mark, anchor = target.partition("#")
        if "://" in target or not path:
            return link[0]
        there = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
        inside = _ABOVE.get(there) or (there.removeprefix("docs/") if there.startswith("docs/") else "")
        if not inside or inside.endswith("/") or not posixpath.splitext(inside)[1]:
            return words
        here = posixpath.dirname(_ABOVE.get(page) or page.removeprefix("docs/"))
        return f"[{words}]({posixpath.relpath(inside, here or '.')}{mark}{anchor})"

    return _LINK.sub(to, text)


def _weight(name: str) -> str:
    """How much a page counts for the site's search: what people do before why it is so, and both before what was measured."""
    boost = next((boost for folder, boost in _BOOSTS if name.startswith(folder)), 0)
    return f"---\nsearch:\n  boost: {boost}\n---\n" if boost else ""


def gather(source: Path) -> None:
    """Put every page of the site into `source`."""
    shutil.copytree(ROOT / "docs", source)
    for path in sorted((ROOT / "docs").rglob("*.md")):
        name = str(path.relative_to(ROOT))
        (source / name.removeprefix("docs/")).write_text(_weight(name) + settled(path.read_text(), name))
    for name, page in _ABOVE.items():
        text = (ROOT / name).read_text().replace('="docs/', '="').replace("](docs/pictures/", "](pictures/")
        (source / page).write_text(settled(text, name))
    shutil.copy(_MARK, source / _MARK.name)
    (source / "reference").mkdir()
    for page, made in PAGES.items():
        (source / "reference" / f"{page}.md").write_text(made())


def make(target: Path) -> None:
    """Build the site. Raises SystemExit where a page is in no place or in two, and Abort where a link leads nowhere."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "docs"
        gather(source)
        listed, there = pages(nav(source)), {str(p.relative_to(source)) for p in source.rglob("*.md")}
        if wrong := there.symmetric_difference(listed) | {p for p in listed if listed.count(p) > 1}:
            raise SystemExit(f"once each in deploy/site/nav.py: {', '.join(sorted(wrong))}")
        described = Path(folder) / "mkdocs.yml"
        described.write_text("site_name: Tieout\n")
        config = load_config(
            config_file=str(described), site_name="Tieout", docs_dir=str(source), site_dir=str(target.resolve()), nav=nav(source),
            theme=deepcopy(_THEME), plugins=["search"], use_directory_urls=False, strict=True, validation={"links": _CHECKED},
            markdown_extensions=deepcopy(_EXTENSIONS),
        )  # fmt: skip
        build(config)


# No letters, pictures or scripts from other hosts: the machine's own letters, and what the theme brings along.
_THEME = {
    "name": "material",
    "font": False,
    "logo": _MARK.name,
    "favicon": _MARK.name,
    "features": ["navigation.tabs", "navigation.indexes", "navigation.top", "search.highlight", "search.suggest", "content.code.copy"],
    "palette": [
        {"media": "(prefers-color-scheme: light)", "scheme": "default", "primary": "teal", "toggle": {"icon": "material/weather-night", "name": "dark"}},
        {"media": "(prefers-color-scheme: dark)", "scheme": "slate", "primary": "teal", "toggle": {"icon": "material/weather-sunny", "name": "light"}},
    ],
}  # fmt: skip
# Headings are named as they are on the repository's own pages.
_EXTENSIONS = [
    "tables",
    {"toc": {"slugify": slugify(case="lower"), "permalink": True}},
    "md_in_html",
    "pymdownx.superfences",
    "pymdownx.highlight",
]


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    make(Path(sys.argv[1]))
