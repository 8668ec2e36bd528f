"""`load`: rows of texts to records by external id, all or nothing.

Insert-or-ignore is what `mode: update` with `noupdate: True` does: a record whose external id
carries the flag is left alone. The flag is set by the first load only.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tieout_sandbox.simulators.odoo.errors import OdooError, value_error
from tieout_sandbox.simulators.odoo.schema import LABELS, MODELS
from tieout_sandbox.simulators.odoo.store import Record
from tieout_sandbox.simulators.odoo.world import World

_KEEP = {"price_unit", "quantity", "debit", "credit", "balance", "amount", "amount_currency"}


class _RowError(Exception):
    def __init__(self, message: dict[str, Any]) -> None:
        super().__init__(message["message"])
        self.message = message


class Loader:
    """`create` and `write` are the models' own, so that loading means what writing means."""

    def __init__(
        self,
        world: World,
        create: Callable[[str, Record], Record],
        write: Callable[[str, Record, Record], None],
    ) -> None:
        self.w, self._create, self._write = world, create, write

    def load(self, model: str, fields: list[str], data: list[list[Any]]) -> dict[str, Any]:
        """All rows or none: ids in the order of the records, or LoadFailedError with a message for every row
        that cannot be converted."""
        self._check_columns(model, fields)
        records = self._split(fields, data)
        messages: list[dict[str, Any]] = []
        plans = []
        for index, (first, last, rows) in enumerate(records):
            try:
                plans.append((first, last, self._convert(model, fields, rows, index, first, last)))
            except _RowError as error:
                messages.append(error.message)
        ids: list[int] = []
        if not messages:
            self._apply(model, plans, ids, messages)
        if messages:
            raise LoadFailedError(messages)
        return {"ids": ids, "messages": [], "nextrow": 0}

    def _check_columns(self, model: str, fields: list[str]) -> None:
        for column in fields:
            name, _, rest = column.partition("/")
            if name in ("id", ".id"):
                continue
            if name not in MODELS[model] or (model, name) in self.w.store.absent:
                raise value_error(f"Invalid field name '{name}'")
            if rest and rest not in ("id", ".id"):
                self._check_columns(MODELS[model][name].relation, [rest])

    @staticmethod
    def _split(fields: list[str], data: list[list[Any]]) -> list[tuple[int, int, list[list[Any]]]]:
        """Rows to records: a row whose own columns are all empty continues the one before."""
        own = [
            i
            for i, c in enumerate(fields)
            if "/" not in c
            or (c.split("/")[1] in ("id", ".id") and not c.startswith(("line_ids/", "invoice_line_ids/")))
        ]
        records: list[tuple[int, int, list[list[Any]]]] = []
        for number, row in enumerate(data):
            if records and not any(row[i] for i in own):
                first, _, rows = records[-1]
                records[-1] = (first, number, [*rows, row])
            else:
                records.append((number, number, [row]))
        return records

    def _apply(
        self,
        model: str,
        plans: list[tuple[int, int, Record]],
        ids: list[int],
        messages: list[dict[str, Any]],
    ) -> None:
        context = self.w.caller.context
        ignoring = context.get("mode") == "update" and bool(context.get("noupdate"))
        done: dict[str, int] = {}
        refused: list[dict[str, Any]] = []
        for index, (first, last, values) in enumerate(plans):
            xmlid, given = values.pop("#id", None), values.pop("#db", None)
            try:
                if xmlid and xmlid in done and ignoring:
                    ids.append(done[xmlid])
                    continue
                record = self._one(model, xmlid, given, values, ignoring)
                ids.append(record["id"])
                if xmlid:
                    done[xmlid] = record["id"]
            except OdooError as error:
                if error.status == 500:
                    raise
                messages.append(_message(first, last, index, error.message))
                refused.append(messages[-1])
            except _RowError as error:
                messages.append({**error.message, **_rows(first, last, index)})
        # All of them were tried at once before each was alone, and what that came to is said of the first (`load` of odoo/orm/models.py).
        if refused and (of_all := {**refused[0], **_rows(*plans[0][:2], 0)}) not in messages:
            messages.insert(0, of_all)

    def _one(
        self, model: str, xmlid: str | None, given: int | None, values: Record, ignoring: bool
    ) -> Record:
        found = self.find(xmlid) if xmlid else None
        if found is not None and found["model"] != model:
            raise _RowError(
                {
                    "type": "error",
                    "message": f"For external id {xmlid} when trying to create/update a record of "
                    f"model {model} found record of different model {found['model']} "
                    f"({found['id']})",
                }
            )
        sub = values.pop("#sub", [])
        if found is not None or given:
            record = self.w.get(model, found["res_id"] if found else given or 0)
            if found is not None and ignoring and found["noupdate"]:
                return record
            self._name_lines(model, record, values, sub, present=True)
            self._write(model, record, values)
        else:
            if model == "res.partner" and not values.get("name"):
                raise _RowError({"type": "error", "message": "Contacts require a name"})
            self._name_lines(model, None, values, sub, present=False)
            record = self._create(model, values)
            if xmlid:
                self._remember(xmlid, model, record["id"], ignoring)
        self._remember_lines(record, sub, ignoring)
        return record

    def _name_lines(
        self, model: str, record: Record | None, values: Record, sub: list[Any], present: bool
    ) -> None:
        """Sub-rows become commands: an update where their external id is known, else new."""
        for column, xmlid, line in sub:
            found = self.find(xmlid) if xmlid else None
            if found is not None and present:
                values.setdefault(column, []).append((1, found["res_id"], line))
            else:
                values.setdefault(column, []).append((0, 0, line))

    def _remember_lines(self, record: Record, sub: list[Any], ignoring: bool) -> None:
        named = [(column, xmlid) for column, xmlid, _ in sub if xmlid]
        if not named:
            return
        lines = [
            x
            for x in self.w.store.by("account.move.line", "move_id", record["id"])
            if x["display_type"] == "product"
        ]
        for (_, xmlid), line in zip(named, lines, strict=False):
            if self.find(xmlid) is None:
                self._remember(xmlid, "account.move.line", line["id"], ignoring)

    def find(self, xmlid: str) -> Record | None:
        """The `ir.model.data` row of an external id; one without a module is of `__import__`."""
        module, _, name = xmlid.rpartition(".") if "." in xmlid else ("__import__", "", xmlid)
        module, name = xmlid.split(".", 1) if "." in xmlid else (module, name)
        key = self.w.store.xmlids.get((module, name))
        return self.w.table("ir.model.data")[key] if key else None

    def _remember(self, xmlid: str, model: str, key: int, noupdate: bool) -> None:
        module, name = xmlid.split(".", 1) if "." in xmlid else ("__import__", xmlid)
        self.w.add(
            "ir.model.data",
            {"module": module, "name": name, "model": model, "res_id": key, "noupdate": noupdate},
        )

    # converting texts

    def _convert(
        self,
        model: str,
        fields: list[str],
        rows: list[list[Any]],
        index: int,
        first: int,
        last: int,
    ) -> Record:
        values: Record = {}
        sub: list[tuple[str, str | None, Record]] = []
        where = _rows(first, last, index)
        for number, row in enumerate(rows):
            lines: dict[str, Record] = {}
            for column, text in zip(fields, row, strict=False):
                name, _, rest = column.partition("/")
                kind = MODELS[model][name].kind if name in MODELS[model] else ""
                if kind == "o2m":
                    if text not in ("", None):
                        line = lines.setdefault(name, {})
                        self._put(
                            MODELS[model][name].relation,
                            rest,
                            text,
                            line,
                            where,
                            f"{_label(model, name)}/",
                            name,
                        )
                elif number == 0:
                    self._put(model, column, text, values, where, "", "")
            for name, line in lines.items():
                sub.append((name, line.pop("#id", None), line))
        if sub:
            values["#sub"] = sub
        return values

    def _put(
        self,
        model: str,
        column: str,
        text: Any,
        values: Record,
        where: dict[str, Any],
        prefix: str,
        outer: str,
    ) -> None:
        name, _, how = column.partition("/")
        if column == "id":
            if text:
                values["#id"] = text
            return
        if column == ".id":
            if text:
                values["#db"] = int(text)
            return
        field = MODELS[model][name]
        if field.kind == "m2o":
            values[name] = self._relation(model, name, how, text, where, prefix, outer)
        elif field.kind == "m2m":
            parts = [p for p in str(text or "").split(",") if p]
            values[name] = [
                [6, 0, [self._relation(model, name, how, p, where, prefix, outer) for p in parts]]
            ]
        elif text in ("", None):
            if not outer:
                values[name] = False
        elif field.kind == "bool":
            values[name] = str(text).lower() in ("1", "true", "yes")
        elif field.kind == "int":
            values[name] = int(text)
        elif field.kind == "json":
            values[name] = json.loads(text)
        else:
            values[name] = text

    def _relation(
        self,
        model: str,
        name: str,
        how: str,
        text: Any,
        where: dict[str, Any],
        prefix: str,
        outer: str,
    ) -> Any:
        if text in ("", None):
            return False
        relation = MODELS[model][name].relation
        if how == ".id":
            return self.w.get(relation, int(text))["id"]
        if how == "id":
            found = self.find(str(text))
            if found is not None and found["model"] == relation:
                return found["res_id"]
            raise self._no_match(
                model, name, text, "external id", where, prefix, outer, "ir.model.data", relation
            )
        company = self.w.companies[0]
        for record in self.w.table(relation).values():
            if record.get("code") == text or record.get("name") == text:
                if record.get("company_ids") and company not in record["company_ids"]:
                    continue
                if record.get("company_id") and record["company_id"] != company:
                    continue
                return record["id"]
        raise self._no_match(model, name, text, "name", where, prefix, outer, relation, relation)

    def _no_match(
        self,
        model: str,
        name: str,
        text: Any,
        what: str,
        where: dict[str, Any],
        prefix: str,
        outer: str,
        searched: str,
        relation: str,
    ) -> _RowError:
        label = LABELS.get((model, name), MODELS[model][name].label)
        info: dict[str, Any] = {
            "name": "Possible Values",
            "type": "ir.actions.act_window",
            "target": "new",
            "view_mode": "list,form",
            "views": [[False, "list"], [False, "form"]],
            "context": {"create": False},
            "help": "See all possible values",
            "res_model": searched,
        }
        if searched == "ir.model.data":
            info["domain"] = [["model", "=", relation]]
        outer_label = prefix.rstrip("/")
        return _RowError(
            {
                **where,
                "type": "error",
                "field": outer or name,
                "message": f"No matching record found for {what} '{text}' in field '{prefix}{label}'",
                "moreinfo": info,
                "field_name": outer_label or label,
            }
        )


class LoadFailedError(Exception):
    """`load` answers these messages with `ids: false`; everything it did is undone."""

    def __init__(self, messages: list[dict[str, Any]]) -> None:
        super().__init__(messages[0]["message"])
        self.messages = messages


def _label(model: str, name: str) -> str:
    return LABELS.get((model, name), MODELS[model][name].label)


def _rows(first: int, last: int, index: int) -> dict[str, Any]:
    return {"rows": {"from": first, "to": last}, "record": index}


def _message(first: int, last: int, index: int, text: str) -> dict[str, Any]:
    return {**_rows(first, last, index), "type": "error", "message": text}
