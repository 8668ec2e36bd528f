"""Domains, orders, groups and reads: as much of Odoo's ORM as clients of these models see.

Amounts are shown as floats, as the real one shows them.
"""

from __future__ import annotations

import calendar
import operator
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from tieout_sandbox.simulators.odoo.errors import user_error, value_error
from tieout_sandbox.simulators.odoo.schema import MODELS, ORDERS, Field
from tieout_sandbox.simulators.odoo.store import Record, Store, number

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


class Searcher:
    """Domains, orders and reads over a store. `compute` gives a computed field's value."""

    def __init__(self, store: Store, compute: Callable[[str, str, Record], Any]) -> None:
        self.store, self._compute = store, compute
        self._displaying: Callable[[str, Record], str] = lambda model, record: ""
        self._getters: dict[tuple[str, str], Callable[[Record], Any]] = {}

    def display_with(self, function: Callable[[str, Record], str]) -> None:
        """By what `display_name` and the names of relations are made."""
        self._displaying = function

    # fields

    def field(self, model: str, name: str) -> Field:
        """A field's declaration. Raises a value error, as Odoo does, where the model has none of this name."""
        found = MODELS[model].get(name)
        if name == "id":
            return Field("int")
        if found is None or (model, name) in self.store.absent:
            raise value_error(f"Invalid field '{name}' on '{model}'")
        return found

    def value(self, model: str, name: str, record: Record) -> Any:
        """A field's stored or computed value: ids for relations, Decimals for amounts."""
        return self._getter(model, name)(record)

    def _getter(self, model: str, name: str) -> Callable[[Record], Any]:
        """How a field's value is had of a record: found out once for every record that is asked."""
        if (found := self._getters.get((model, name))) is None:
            found = self._getters[model, name] = self._made_getter(model, name)
        return found

    def _made_getter(self, model: str, name: str) -> Callable[[Record], Any]:
        field = self.field(model, name)
        if name == "display_name":
            return lambda r: self._displaying(model, r)
        if field.kind == "o2m" and not field.computed:
            return lambda r: self._many(field, name, r)
        if field.computed:
            return lambda r: self._compute(model, name, r)
        return operator.methodcaller("get", name)

    def _many(self, field: Field, name: str, record: Record) -> list[int]:
        rows = self.store.by(field.relation, field.inverse, record["id"])
        return [r["id"] for r in rows if name != "invoice_line_ids" or r["display_type"] == "product"]

    # domains

    def search(self, model: str, domain: list[Any], context: dict[str, Any]) -> list[Record]:
        """Records that a domain holds for, in order of id; archived ones only where the domain or
        `active_test` asks."""
        table = self.store.tables[model]
        candidates = self._narrow(model, domain)
        records = (
            [table[i] for i in sorted(candidates) if i in table]
            if candidates is not None
            else list(table.values())
        )
        checks = self._compile(model, list(domain))
        active = (
            "active" in MODELS[model]
            and context.get("active_test", True)
            and not any(isinstance(x, list | tuple) and x[0] == "active" for x in domain)
        )
        if active:
            records = [r for r in records if r.get("active", True)]
        for check in checks:
            records = list(filter(check, records))
        return records

    def _narrow(self, model: str, domain: list[Any]) -> set[int] | None:
        """Ids that can match, where a leaf of a plain conjunction is indexed."""
        if any(isinstance(x, str) and x in ("|", "!") for x in domain):
            return None
        best: set[int] | None = None
        for leaf in domain:
            if not isinstance(leaf, list | tuple) or leaf[1] not in ("=", "in"):
                continue
            values = leaf[2] if leaf[1] == "in" else [leaf[2]]
            found = set(values) if leaf[0] == "id" else self.store.indexed(model, leaf[0], values)
            if found is not None:
                best = found if best is None else best & found
        return best

    def _compile(self, model: str, domain: list[Any]) -> list[Callable[[Record], bool]]:
        """What must hold, all of it, for a record to be found."""
        stack: list[Callable[[Record], bool]] = []
        for item in reversed(domain):
            if item == "!":
                inner = stack.pop()
                stack.append(lambda r, f=inner: not f(r))  # type: ignore[misc]
            elif item in ("|", "&"):
                left, right = stack.pop(), stack.pop()
                if item == "|":
                    stack.append(lambda r, a=left, b=right: a(r) or b(r))  # type: ignore[misc]
                else:
                    stack.append(lambda r, a=left, b=right: a(r) and b(r))  # type: ignore[misc]
            else:
                stack.append(self._leaf(model, item))
        return stack

    def _leaf(self, model: str, leaf: Any) -> Callable[[Record], bool]:
        name, op, wanted = leaf
        if name in (1, 0) and op == "=":
            return lambda r: name == wanted
        path = name.split(".")
        if path[0] != "id" and path[0] not in MODELS[model]:
            raise value_error(f"Invalid field {model}.{name} in condition ({name!r}, {op!r}, {wanted!r})")
        if path[0] == "duplicated_ref_ids":
            raise value_error(f"Cannot convert {model}.{name} to SQL because it is not stored")
        field = self.field(model, path[0])
        if op in ("any", "not any"):
            return self._any(model, name, field, op == "any", wanted)
        if len(path) > 1:
            inner = self._leaf(field.relation, [".".join(path[1:]), op, wanted])
            table = self.store.tables[field.relation]
            return lambda r: bool(r.get(path[0])) and inner(table[r[path[0]]])
        if field.kind == "m2o" and isinstance(wanted, str):
            named = {
                r["id"]
                for r in self.store.tables[field.relation].values()
                if self._displaying(field.relation, r) == wanted
            }
            return lambda r: (r.get(name) in named) == (op in ("=", "in"))
        return self._comparison(model, name, field, op, wanted)

    def _any(
        self, model: str, name: str, field: Field, wanted: bool, domain: list[Any]
    ) -> Callable[[Record], bool]:
        """Whether a domain holds for a record that a field leads to, or for none."""
        if field.kind not in ("o2m", "m2m"):
            raise value_error(f"Invalid operator 'any' for {model}.{name}")
        inner, table = self._compile(field.relation, list(domain)), self.store.tables[field.relation]
        get = self._getter(model, name)
        return lambda r: any(all(check(table[i]) for check in inner) for i in get(r) or []) == wanted

    def _comparison(
        self, model: str, name: str, field: Field, op: str, wanted: Any
    ) -> Callable[[Record], bool]:
        get = self._getter(model, name)
        if field.kind in ("float", "money") and not isinstance(wanted, list | bool):
            wanted = number(wanted)
        if op in ("=", "!="):
            if field.kind in ("m2m", "o2m") and wanted is False:
                # No record at all is what is false of several.
                return lambda r: bool(get(r)) == (op == "!=")
            if field.kind in ("m2m", "o2m", "json"):
                return lambda r: (wanted in (get(r) or [])) == (op == "=")
            empty = wanted in (False, None, "")
            same = (lambda r: not get(r)) if empty else (lambda r: get(r) == wanted)
            if field.kind in ("int", "bool", "float", "money") and empty:
                same = lambda r: not get(r)  # noqa: E731
            return same if op == "=" else (lambda r: not same(r))
        if op in ("in", "not in"):
            values = set(wanted)
            blank = False in values
            many = field.kind in ("m2m", "o2m")

            def within(record: Record) -> bool:
                value = get(record)
                if many:
                    return bool(values & set(value or []))
                return value in values or (blank and not value)

            return within if op == "in" else (lambda r: not within(r))
        if op in ("like", "ilike", "=like", "=ilike"):
            text = str(wanted).strip("%").lower()
            return lambda r: text in str(get(r) or "").lower()
        if op in _OPERATORS:
            compare = _OPERATORS[op]
            return lambda r: get(r) not in (None, False) and compare(get(r), wanted)
        raise value_error(f"Invalid operator {op!r} in condition")

    # orders

    def order(self, model: str, records: list[Record], spec: str | None) -> list[Record]:
        """Records by an `order` text; empty values last when ascending, as PostgreSQL sorts NULL."""
        spec = spec or ORDERS.get(model, "id")
        for part in reversed(spec.split(",")):
            words = part.split()
            name, descending = words[0], len(words) > 1 and words[1].lower() == "desc"
            field, get = self.field(model, name), self._getter(model, name)
            if field.kind == "m2o":
                inner = [self.store.tables[field.relation][r[name]] for r in records if r.get(name)]
                unique = list({r["id"]: r for r in inner}.values())
                rank = {r["id"]: i for i, r in enumerate(self.order(field.relation, unique, None))}
                records = sorted(records, key=lambda r: rank.get(r.get(name), len(rank)), reverse=descending)
                continue

            # PostgreSQL sorts NULL last ascending and first descending.
            def key(record: Record, get: Callable[[Record], Any] = get) -> tuple[bool, Any]:
                value = get(record)
                blank = value is None or value is False or value == ""
                return (blank, 0 if blank else value)

            records = sorted(records, key=key, reverse=descending)
        return records

    # reading

    def read(
        self, model: str, records: Iterable[Record], fields: list[str] | None, load: str | None
    ) -> list[dict[str, Any]]:
        """Fields as a client sees them, all where none are named. `load` "" leaves relations as bare ids."""
        names = (
            fields if fields else [n for n in ("id", *MODELS[model]) if (model, n) not in self.store.absent]
        )
        shown = [(n, self._shower(model, n, load)) for n in names if n != "id"]
        return [{"id": r["id"], **{n: show(r) for n, show in shown}} for r in records]

    def _shower(self, model: str, name: str, load: str | None) -> Callable[[Record], Any]:
        """How a field is shown as JSON has it: amounts as floats, nothing as false, a relation as [id, name]."""
        field, get = self.field(model, name), self._getter(model, name)
        if field.kind == "m2o":
            return self._relation(field.relation, get, load)
        if field.kind in ("o2m", "m2m"):
            return lambda r: list(get(r) or [])
        if field.kind in ("float", "money"):
            return lambda r: float(get(r) or 0)
        if field.kind == "int":
            return lambda r: 0 if (value := get(r)) is None else value
        if field.kind == "bool":
            return lambda r: bool(get(r))
        return lambda r: False if (value := get(r)) in (None, "") else value

    def _relation(
        self, model: str, get: Callable[[Record], Any], load: str | None
    ) -> Callable[[Record], Any]:
        if load == "":
            return lambda r: get(r) or False
        table, names = self.store.tables[model], dict[int, str]()

        def show(record: Record) -> Any:
            key = get(record)
            if not key or (other := table.get(key)) is None:
                return False
            if key not in names:
                names[key] = self._displaying(model, other)
            return [key, names[key]]

        return show

    # groups

    def read_group(
        self,
        model: str,
        records: list[Record],
        groupby: list[str],
        aggregates: list[str],
        having: list[Any],
    ) -> list[dict[str, Any]]:
        """Groups with their sums in the shape of `formatted_read_group`; the sum of nothing grouped by
        nothing is one row."""
        for aggregate in aggregates:
            name = aggregate.split(":")[0]
            if name != "__count" and name not in MODELS[model] and name != "id":
                raise value_error(f"Invalid field '{name}' on model '{model}' for '{aggregate}'.")
        groups: dict[tuple[Any, ...], list[Record]] = {}
        values = [self._grouping(model, g) for g in groupby]
        for record in records:
            groups.setdefault(tuple([value(record) for value in values]), []).append(record)
        if not groupby and not groups:
            groups[()] = []
        rows = []
        for key in self._group_order(model, groupby, list(groups)):
            row: dict[str, Any] = {}
            domains: list[list[Any]] = []
            for spec, value in zip(groupby, key, strict=True):
                row[spec], leaf = self._group_label(model, spec, value)
                domains.append(leaf)
            row["__extra_domain"] = _conjunction(domains)
            for aggregate in aggregates:
                row[aggregate] = self._aggregate(model, aggregate, groups[key])
            if all(_OPERATORS_ALL[op](row[name], value) for name, op, value in having):
                rows.append(row)
        return rows

    def _grouping(self, model: str, spec: str) -> Callable[[Record], Any]:
        name, _, grain = spec.partition(":")
        get = self._getter(model, name)
        if grain == "month":
            return lambda r: str(value)[:7] if (value := get(r)) else False
        return lambda r: get(r) or False

    def _group_order(self, model: str, groupby: list[str], keys: list[Any]) -> list[Any]:
        ranks: list[dict[Any, Any]] = []
        for position, spec in enumerate(groupby):
            field = self.field(model, spec.partition(":")[0])
            values = {k[position] for k in keys}
            if field.kind == "m2o":
                table = self.store.tables[field.relation]
                known = self.order(field.relation, [table[v] for v in values if v], None)
                ranks.append({r["id"]: i for i, r in enumerate(known)})
            else:
                ranks.append({v: i for i, v in enumerate(sorted(v for v in values if v))})
        return sorted(keys, key=lambda k: tuple(r.get(v, len(r)) for r, v in zip(ranks, k, strict=True)))

    def _group_label(self, model: str, spec: str, value: Any) -> tuple[Any, list[Any]]:
        name, _, grain = spec.partition(":")
        field = self.field(model, name)
        if grain == "month" and value:
            year, month = int(value[:4]), int(value[5:7])
            after = date(year + month // 12, month % 12 + 1, 1).isoformat()
            label = f"{calendar.month_name[month]} {year}"
            leaf = ["&", [name, ">=", f"{value}-01"], [name, "<", after]]
            return [f"{value}-01", label], leaf
        if field.kind == "m2o" and value:
            other = self.store.tables[field.relation][value]
            return [value, self._displaying(field.relation, other)], [[name, "=", value]]
        return value, [[name, "=", value]]

    def _aggregate(self, model: str, aggregate: str, records: list[Record]) -> Any:
        if aggregate == "__count":
            return len(records)
        name, _, how = aggregate.partition(":")
        if how == "sum":
            total = sum(map(number, map(self._getter(model, name), records)), Decimal(0))
            return float(total) if records else False
        if how == "count":
            return len(records)
        values = list(map(self._getter(model, name), records))
        if how in ("max", "min") and values:
            return max(values) if how == "max" else min(values)
        raise user_error(f"aggregate {aggregate!r} is not simulated")


_OPERATORS_ALL = {**_OPERATORS, "=": operator.eq, "!=": operator.ne}


def _conjunction(domains: list[list[Any]]) -> list[Any]:
    if not domains:
        return [[1, "=", 1]]
    flat = [leaf for domain in domains for leaf in domain]
    return ["&"] * (len(domains) - 1) + flat
