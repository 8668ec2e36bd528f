"""Every visible word of the console is marked for its catalogues, and every language says every one of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import pytest
from deploy.api_words import API_WORDS
from deploy.words import messages, read, said, told_words
from jinja2 import Environment, nodes

from tests.architecture.reading import ROOT
from tieout.console.language import LANGUAGES

SOURCES = ROOT / "src" / "tieout"
CONSOLE = SOURCES / "console"
TEMPLATES = sorted((CONSOLE / "templates").glob("*.html"))
# The API's own description is English, as the API is.
MODULES = sorted(p for p in CONSOLE.rglob("*.py") if p.name != "described.py")
TRANSLATED = sorted(set(LANGUAGES) - {"en"})
# Texts of modules that are no words of a page: classes of drawings, values of forms and of the API, what stands in a file.
NO_WORDS = {
    "cases.py": {"series bad"},
    "closing.py": {
        "accounts certified", "accounts itemised", "cases decided", "taxes tie out", "late events decided", "waivers decided",
        "ledger is ours", "foreign items revalued", "sales cut off", "purchases accrued",
    },
    "declaring.py": {"set up"}, "set_up.py": {"set up"}, "platform.py": {"take out"},
    "exporting.py": {"Made by", "As of", "; only the first ", ": filter the list for the rest"},
    "interfaces.py": {"series bad"}, "matching.py": {"series second"}, "today.py": {"series neg"},
    "words.py": {"money neg", "money zero", "due near"},
}  # fmt: skip
# Examples of what is typed.
EXAMPLES = {"DE02120300000000202051", "https://example.com/hook"}
# What is called the same in every language: names, units, codes, keys of the keyboard.
SAME = {
    "CSV", "XLSX", "PDF", "IBAN", "BIC", "Odoo", "API", "OpenAPI", "JSON", "URL", "SSO", "Enter", "Esc", "Tieout", "TOML", "XML", "SHA", "EUR", "OK", "kbd", "ID",
}  # fmt: skip
SHOWN_ATTRIBUTES = ("aria-label", "title", "placeholder", "alt", "data-label")
WORD = re.compile(r"[^\W\d_]{2,}")
JINJA = Environment(extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True)
JINJA.newstyle_gettext = True  # type: ignore[attr-defined]
# What people are told; the words of any other error are for whoever reads a log.
TOLD = ("AnswerError", "TypedError")
MARKING = {"_", "gettext", "ngettext", "pgettext", "npgettext"}


class Shown(HTMLParser):
    """The words of a piece of HTML that people see or hear; what is set in code is a machine's."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._code += tag in ("code", "kbd", "script")
        self.found += [v for k, v in attrs if k in SHOWN_ATTRIBUTES and v]

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in ("code", "kbd", "script") and self._code > 0

    def handle_data(self, data: str) -> None:
        if not self._code:
            self.found.append(data)


def words_of_html(text: str) -> list[str]:
    """Texts with a word in them that is none of `SAME`."""
    reader = Shown()
    reader.feed(text)
    return [t.strip() for t in reader.found if set(WORD.findall(t)) - SAME and t.strip() not in EXAMPLES]


def unmarked(template: str) -> list[str]:
    """What a template shows without having marked it: its own HTML, and sentences in its expressions."""
    tree = JINJA.parse(template)
    html = re.sub(
        r"{%-?\s*trans\b.*?endtrans\s*-?%}|{{.*?}}|{%.*?%}|{#.*?#}",
        "\N{MIDDLE DOT}",
        template,
        flags=re.DOTALL,
    )
    return words_of_html(html) + list(_sentences(tree))


def _sentences(node: nodes.Node) -> Iterator[str]:
    """Constants of expressions that read as a sentence or a heading, outside of what marks them."""
    for child in node.iter_child_nodes():
        if (
            isinstance(child, nodes.Call)
            and isinstance(child.node, nodes.Name)
            and child.node.name in MARKING
        ):
            continue
        if isinstance(child, nodes.Compare | nodes.Getitem | nodes.Test):
            continue
        if isinstance(child, nodes.Const) and isinstance(child.value, str) and _reads(child.value):
            yield child.value
        yield from _sentences(child)


def _reads(text: str) -> bool:
    if text.startswith("/") or "://" in text or set(WORD.findall(text)) <= SAME:
        return False
    return bool(re.match(r"[A-Z][a-z]+(?![\w.])", text) or re.search(r"[a-z]{2,}[,:]? [a-z]{2,}", text))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_a_template_marks_what_it_shows(path: Path) -> None:
    assert unmarked(path.read_text()) == [], "mark it: {% trans %} or _() (CONTRIBUTING.md), and `make words`"


def sentences_of(module: str, file: str) -> Iterator[str]:
    """Texts of a module that read as sentences, outside of what marks them, of documentation, and of what programs read."""
    tree = ast.parse(module)
    passed: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in MARKING | {"marked", "counted"}:
            passed |= {id(n) for n in ast.walk(node)}
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed.add(id(node.value))
        elif (
            isinstance(node, ast.Raise)
            and isinstance(node.exc, ast.Call)
            and _name(node.exc.func) not in TOLD
        ):
            passed |= {id(n) for n in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed:
            text = node.value
            reads = re.search(r"[A-Za-z]{2,},? [a-z]{2,}", text) and not re.search(
                r"[{}<=]|'(none|self)'", text
            )
            if reads and text not in NO_WORDS.get(file, ()):
                yield text


def _name(node: ast.expr) -> str:
    return getattr(node, "id", "") or getattr(node, "attr", "")


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.name)
def test_a_module_marks_what_it_says(path: Path) -> None:
    assert list(sentences_of(path.read_text(), path.name)) == [], (
        "mark it: _() or marked() (CONTRIBUTING.md), and `make words`"
    )


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_said_in_every_language(language: str) -> None:
    kept = {(m.context, m.id if isinstance(m.id, str) else m.id[0]): m for m in read(language) if m.id}
    missing, other = [], []
    for message in messages():
        if not message.id:
            continue
        key = (message.context, message.id if isinstance(message.id, str) else message.id[0])
        found = kept.get(key)
        if found is None or not said(found):
            missing.append(key[1])
        elif not alike(message.id, found.string):
            other.append(key[1])
    assert missing == [], "`make words`, and translate what is empty"
    assert other == [], "placeholders differ from the English ones"


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_is_as_it_is_written_and_holds_nothing_that_is_gone(language: str) -> None:
    asked = {(m.context, m.id) for m in messages() if m.id}
    assert {(m.context, m.id) for m in read(language) if m.id} - asked == set()


def alike(message: str | tuple[str, ...], said_so: str | tuple[str, ...]) -> bool:
    """Whether every form has the message's placeholders, those of a count's own number apart, and its fields."""
    forms = (said_so,) if isinstance(said_so, str) else tuple(said_so)
    english = (message,) if isinstance(message, str) else tuple(message)
    return all(placeholders(a) == placeholders(b) for a, b in zip(english, forms, strict=True))


def placeholders(text: str) -> list[str]:
    """`%(name)s` and `%%` of a page's message; {fields} of a cause's sentence; `code` and tags, which say what is typed or lead somewhere."""
    fields: list[str] = []
    try:
        fields = [f"{{{name}!{how}}}" for _, name, _, how in Formatter().parse(text) if name]
    except ValueError:
        pass
    return sorted(re.findall(r"%\(\w+\)s|%%|</?\w+[^>]*>|`[^`]*`", text) + fields)


def test_what_the_api_is_said_to_say_it_says() -> None:
    product = "".join(
        p.read_text()
        for ext in ("py", "sql", "toml")
        for p in SOURCES.rglob(f"*.{ext}")
        if CONSOLE not in p.parents
    )
    quoted = set(
        re.findall(r"""["']([^"'\n]+)["']""", product.replace("'s", "\N{RIGHT SINGLE QUOTATION MARK}s"))
    )
    gone = [
        w
        for w in API_WORDS
        if not {v := w.replace("'s", "\N{RIGHT SINGLE QUOTATION MARK}s"), v.replace(" ", "_")} & quoted
    ]
    assert gone == [] and len(set(API_WORDS)) == len(API_WORDS)


def test_what_is_unmarked_is_found() -> None:
    assert unmarked("<p>Two words</p>") == ["Two words"]
    assert unmarked('<p>{{ _("Two words") }} {% trans a=b %}of {{ a }}{% endtrans %}</p>') == []
    assert unmarked('<p aria-label="Words">{{ x }}</p>') == ["Words"]
    assert unmarked("{{ empty('No case is open.') }}") == ["No case is open."]
    assert unmarked("{{ 'Yes' if x else _('No') }}") == ["Yes"]
    assert unmarked('<p class="x"><code>tieout up</code> CSV {{ page.arg("sort") }} 3</p>') == []
    assert alike("a %(n)s", "ein %(n)s") and not alike("a %(n)s", "ein %(m)s")
    assert not alike("say {key!r}", "sagen {key}") and not alike("`x` it", "`y` es")
    assert not alike(("%(n)s a", "%(n)s as"), ("eins", "%(n)s"))
    assert list(
        sentences_of("def f():\n    'Says so.'\n    return _('Two words') + 'of these'\n", "x.py")
    ) == ["of these"]
    assert list(sentences_of("raise AnswerError(404, {'detail': 'no such list'})", "x.py")) == [
        "no such list"
    ]
    assert list(sentences_of("PATH = marked('Two words'), 'money neg'", "words.py")) == []
    assert len(list(told_words())) > 300
