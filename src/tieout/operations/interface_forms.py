"""Interfaces as forms: what one over a connected system may say, and the file that a filled form comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tieout.connector_api import Connector, Option
from tieout.operations.files import begin_change, change_files
from tieout.operations.open_project import OpenProject
from tieout.rules.arrival import COMPLETE, PROVEN
from tieout.rules.latency import LATENCIES
from tieout.settings import (
    ChangedMeanwhileError,
    ProjectError,
    as_if_text,
    check_name,
    declared_in,
    edited,
    interface_source,
    load_project,
    seen_of,
    stage_interface,
)
from tieout.store import Connection

# In the order in which a file that a form begins has them.
_ORDER = (
    "system", "entity", "owner", "process", "streams", "latency", "cut_off", "after", "every_minutes", "overlap_minutes",
    "patience_hours", "late_events", "service_level_hours", "close_critical", "complete",
)  # fmt: skip
TEXT, NUMBER, CHOICE, SEVERAL, TABLE = "text", "number", "choice", "several", "table"
_MOST = 200
_LATE = ("case", "first_open")
# What flows from a kind of system are usually called; people may write another word.
_PROCESSES = {
    "stripe": "treasury", "paypal": "treasury", "bankfile": "treasury", "settlements": "treasury",
    "shopify": "order to cash", "salesforce": "order to cash", "chargebee": "order to cash", "billing": "order to cash",
    "coupa": "procure to pay", "procurement": "procure to pay", "einvoices": "procure to pay", "payments": "procure to pay",
    "concur": "record to report", "expenses": "record to report", "gusto": "record to report", "payroll": "record to report",
    "ledgers": "record to report", "odoo": "treasury",
}  # fmt: skip


@dataclass(frozen=True)
class FormField:
    """One question of a form. `kind` is text, number, choice (one of `choices`), several (any of them) or table (lines of
    `key = value`); `default` is what holds where nothing is said."""

    name: str
    title: str
    help: str
    kind: str = TEXT
    choices: tuple[str, ...] = ()
    default: str = ""


@dataclass(frozen=True)
class InterfaceForm:
    """What an interface over a system may say: `fields` are of every interface, `options` of this kind of system. `values` are what
    its file says now, `text` the file ("" where there is none yet), `seen` by what that state is known again."""

    name: str
    system: str
    title: str
    fields: tuple[FormField, ...]
    options: tuple[FormField, ...]
    values: Mapping[str, Any]
    text: str
    seen: str


@dataclass(frozen=True)
class InterfaceDraft:
    """An interface as somebody entered it: `values` by the names of the form's fields, `options` by those of its options; what
    is empty is not said."""

    system: str
    values: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)


def interface_form(project: OpenProject, name: str, system: str = "") -> InterfaceForm:
    """The form of an interface that has a file, or of a new one over `system`. Raises ProjectError where there is neither, and where
    the interface stands in tieout.toml."""
    release, folder = project.release(), project.settings.folder
    check_name(name)
    text = interface_source(folder, name)
    _not_inline(project, name, text)
    values = declared_in(text) if text else {}
    system = str(values.get("system", "")) or system
    if system not in project.settings.systems:
        raise ProjectError(f"no system is named {system!r}: {', '.join(sorted(project.settings.systems))}")
    connector = project.connector_of(system)
    # Of a new one it is proposed.
    values = values or {"process": _PROCESSES.get(connector.name, "")}
    others = sorted(set(release.interfaces) - {name})
    return InterfaceForm(
        name,
        system,
        connector.title,
        _fields(connector, sorted(release.entities), others),
        tuple(_option(o) for o in connector.options),
        values,
        text,
        seen_of(text),
    )


def try_interface(project: OpenProject, name: str, draft: InterfaceDraft) -> str:
    """The file that a draft comes to. Raises ProjectError for whatever is not as it must be: file, line, what was expected. Nothing is
    kept."""
    project.release()
    text = _text(project, name, draft)
    with as_if_text(project.settings.folder, f"interfaces/{name}.toml", text) as trial:
        load_project(trial, project.registry, project.settings.dsn)
    return text


def declare_interface(
    project: OpenProject, connection: Connection, name: str, draft: InterfaceDraft, seen: str
) -> tuple[str, Callable[[], None]]:
    """Put a draft into interfaces/NAME.toml once the transaction of `connection` committed. The file's text, and what is to be done
    after the commit. Raises ProjectError; and ChangedMeanwhileError where the file is not the one that was `seen`."""
    begin_change(project, connection)
    folder = project.settings.folder
    before = interface_source(folder, name)
    if seen_of(before) != seen:
        raise ChangedMeanwhileError(f"interfaces/{name}.toml was changed meanwhile: look at it again")
    if not before and len(list((folder / "interfaces").glob("*.toml"))) >= _MOST:
        raise ProjectError(f"the project has {_MOST} interfaces already")
    text = _text(project, name, draft)
    return text, change_files(project, connection, [stage_interface(folder, name, text)])


def _text(project: OpenProject, name: str, draft: InterfaceDraft) -> str:
    form = interface_form(project, name, draft.system)
    if form.system != draft.system:
        raise ProjectError(f"interface {name} is over {form.system}: another system is another interface")
    known = {f.name: f for f in form.fields}
    said: dict[str, Any] = {"system": form.system}
    if draft.values.get("close_critical") == "yes":
        # What holds where nothing is said.
        draft = replace(draft, values={**draft.values, "close_critical": None})
    for key, value in draft.values.items():
        if key not in known:
            raise ProjectError(f"an interface says nothing of {key!r}: it says {', '.join(known)}")
        said[key] = _meant(known[key], value)
    options = {k: dict(v) if isinstance(v, Mapping) else v for k, v in draft.options.items() if v}
    return edited(form.text, {key: said.get(key) for key in _ORDER}, {"options": options})


def _meant(asked: FormField, value: Any) -> Any:
    """A field's value as its file says it; None where nothing is to be said."""
    if value in (None, "", [], ()):
        return None
    if asked.kind == NUMBER:
        try:
            number = int(str(value))
        except ValueError:
            raise ProjectError(f"{asked.title}: {value!r} is no whole number") from None
        if not 0 <= number <= 1_000_000:
            raise ProjectError(f"{asked.title}: from 0 to 1,000,000, not {number}")
        return number
    if asked.kind == SEVERAL:
        return [str(v) for v in value]
    if asked.name == "close_critical":
        return str(value) == "yes"
    return str(value)


def _not_inline(project: OpenProject, name: str, text: str) -> None:
    if not text and name in project.settings.release.interfaces:
        raise ProjectError(f"interface {name} stands in tieout.toml: it is changed there")


# the questions


def _fields(connector: Connector, entities: Sequence[str], others: Sequence[str]) -> tuple[FormField, ...]:
    streams = tuple(s.name for s in connector.streams)
    usual = ", ".join(s.name for s in connector.streams if not s.on_request)
    found = [
        FormField("entity", "Entity", "whose books it is of", CHOICE, tuple(entities)),
        FormField("owner", "Owner", "who answers for it: its cases are theirs", default="finance"),
        FormField("process", "Process", "such as treasury or order to cash", default=""),
    ]  # fmt: skip
    if len(streams) > 1:
        found.append(FormField("streams", "What is read", f"where none is ticked: {usual}", SEVERAL, streams))
    if "poll" in connector.can:
        found += [
            FormField("every_minutes", "Asked every so many minutes", "", NUMBER, default="60"),
            FormField(
                "overlap_minutes",
                "Overlap in minutes",
                "how far back each question reaches: what is late at the source is found",
                NUMBER,
                default="120",
            ),
        ]
    found += [
        FormField("latency", "Taken in", "real time: at once; batch: at the cut-off", CHOICE, tuple(LATENCIES), "real time"),
        FormField("cut_off", "Cut-off", "a time such as 17:00, for batch and hybrid"),
        FormField(
            "patience_hours", "Patience in hours", "how long a payment waits for its order", NUMBER, default="24"
        ),
        FormField(
            "late_events", "What is dated in a locked month", "case: a person decides; first_open: it is booked on the first open day",
            CHOICE, _LATE, "case",
        ),
        FormField("service_level_hours", "Service level in hours", "by when a case is due", NUMBER, default="24"),
        FormField(
            "close_critical", "The close waits for it", "yes: a month is not closed while something of it is on its way", CHOICE,
            ("yes", "no"), "yes",
        ),
    ]  # fmt: skip
    if "file" in connector.can:
        found.append(
            FormField("complete", "A file is taken when", "docs/FORMATS.md says what each means", CHOICE, tuple(COMPLETE), PROVEN)
        )  # fmt: skip
    if others:
        found.append(FormField("after", "Comes after", "nothing is taken while something of these is on its way", SEVERAL, tuple(others)))  # fmt: skip
    return tuple(found)


def _option(option: Option) -> FormField:
    kind = TABLE if option.table else CHOICE if option.choices else TEXT
    title = option.name.replace("_", " ")
    return FormField(option.name, title[:1].upper() + title[1:], option.help, kind, option.choices)
