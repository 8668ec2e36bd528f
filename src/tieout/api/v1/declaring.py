"""Interfaces as forms: what one over a connected system may say, what a draft comes to as a file, and putting it in force."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel
from pydantic import Field as Length

from tieout.api.v1.calling import Caller, TheUnit, needs, needs_person
from tieout.api.v1.context import TheContext, TheProject
from tieout.api.v1.problems import ProblemError
from tieout.api.v1.shapes import Reason
from tieout.evidence import Entry, record
from tieout.operations import interface_forms as forms
from tieout.operations.interface_forms import FormField, InterfaceDraft, InterfaceForm
from tieout.settings import ChangedMeanwhileError, ProjectError, seen_of

router = APIRouter(prefix="/interfaces", tags=["interfaces"])
Reader = Annotated[Caller, needs("systems:read")]
Asker = Annotated[Caller, needs("systems:write")]
Writer = Annotated[Caller, needs_person("systems:write")]
Named = Annotated[str, Path(max_length=80)]
Short = Annotated[str, Length(max_length=4000)]


class FormQuestion(BaseModel):
    """One question of a form: `kind` is text, number, choice, several or table; `default` holds where nothing is said."""

    name: str
    title: str
    help: str
    kind: str
    choices: list[str]
    default: str


class InterfaceQuestions(BaseModel):
    """An interface's form: `values` and `text` are of its file as it is, `seen` goes along with a change of it."""

    interface: str
    system: str
    title: str
    fields: list[FormQuestion]
    options: list[FormQuestion]
    values: dict[str, Any]
    text: str
    seen: str


class InterfaceEntered(BaseModel):
    """An interface as somebody entered it, by the names of its form; what is left out is not said in its file."""

    system: Annotated[str, Length(min_length=1, max_length=80)]
    values: Annotated[dict[str, Short | list[Short] | None], Length(max_length=40)] = {}
    options: Annotated[dict[str, Short | dict[str, Short]], Length(max_length=60)] = {}


class InterfaceChange(InterfaceEntered):
    seen: Annotated[str, Length(pattern=r"^[0-9a-f]{64}$")]
    reason: Reason


class InterfaceText(BaseModel):
    """What interfaces/NAME.toml says, or would say."""

    interface: str
    text: str


@router.get("/{name}/form")
def interface_form(
    name: Named,
    caller: Reader,
    project: TheProject,
    system: Annotated[str, Query(max_length=80, description="of a new interface: over which system")] = "",
) -> InterfaceQuestions:
    """What an interface may say, and what it says now; of a new one, over a system."""
    try:
        return _questions(forms.interface_form(project, name, system))
    except ProjectError as error:
        raise ProblemError(422, "interface", str(error)) from None


@router.post("/{name}/form/try")
def try_interface(name: Named, body: InterfaceEntered, caller: Asker, project: TheProject) -> InterfaceText:
    """The file that a draft comes to; nothing is kept. Refused as the file would be: with its line, and what was expected."""
    try:
        return InterfaceText(interface=name, text=forms.try_interface(project, name, _draft(body)))
    except ProjectError as error:
        raise ProblemError(422, "interface", str(error)) from None


@router.put("/{name}/form")
def declare_interface(
    name: Named,
    body: InterfaceChange,
    caller: Writer,
    context: TheContext,
    unit: TheUnit,
    project: TheProject,
) -> InterfaceText:
    """Put a draft in force, as interfaces/NAME.toml: refused whole where something in it is not as expected, or somebody changed
    the file meanwhile."""
    connection = unit.connection
    try:
        with connection.transaction():
            text, after = forms.declare_interface(project, connection, name, _draft(body), body.seen)
            detail = {
                "system": body.system, "reason": body.reason, "before": body.seen, "after": seen_of(text),
                # Each version can be read here, whoever keeps the folder.
                "text": text[:8000],
            }  # fmt: skip
            entity = str(body.values.get("entity") or "")
            entry = Entry(context.clock.now(), caller.name, "interface.declared", name, entity, detail)
            record(connection, [entry])
    except ChangedMeanwhileError as error:
        raise ProblemError(409, "interface", str(error)) from None
    except ProjectError as error:
        raise ProblemError(422, "interface", str(error)) from None
    unit.after.append(after)
    return InterfaceText(interface=name, text=text)


def _draft(body: InterfaceEntered) -> InterfaceDraft:
    return InterfaceDraft(body.system, body.values, body.options)


def _questions(form: InterfaceForm) -> InterfaceQuestions:
    return InterfaceQuestions(
        interface=form.name, system=form.system, title=form.title, fields=[_asked(f) for f in form.fields],
        options=[_asked(f) for f in form.options], values=dict(form.values), text=form.text, seen=form.seen,
    )  # fmt: skip


def _asked(field: FormField) -> FormQuestion:
    return FormQuestion(
        name=field.name, title=field.title, help=field.help, kind=field.kind, choices=list(field.choices),
        default=field.default,
    )  # fmt: skip
