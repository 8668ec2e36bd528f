"""What a client may read, and who sees what of it."""

from __future__ import annotations

from typing import Any

from tieout_sandbox.simulators.odoo.errors import (
    OdooError,
    access_error,
    not_simulated,
    user_error,
)
from tieout_sandbox.simulators.odoo.schema import MODELS
from tieout_sandbox.simulators.odoo.store import Record
from tieout_sandbox.simulators.odoo.world import World

_DEFAULTS: dict[str, Record] = {
    "res.partner": {
        "email": False,
        "ref": False,
        "is_company": False,
        "customer_rank": 0,
        "supplier_rank": 0,
        "active": True,
    },
    "res.users": {
        "active": True,
        "lang": "en_US",
        "tz": False,
        "company_id": 1,
        "company_ids": [1],
        "group_ids": [],
    },
    "product.product": {"active": True, "type": "consu"},
    "account.account": {"reconcile": False, "active": True},
    "account.tax": {
        "amount_type": "percent",
        "type_tax_use": "sale",
        "active": True,
        "tax_exigibility": "on_invoice",
        "price_include_override": False,
        "include_base_amount": False,
    },
    "account.lock_exception": {"active": True},
    "res.partner.bank": {"allow_out_payment": False, "acc_holder_name": False},
    "account.journal": {"restrict_mode_hash_table": False, "currency_id": False, "active": True},
    "account.fiscal.position": {"active": True, "auto_apply": False},
    "account.analytic.account": {"active": True, "company_id": False},
}


class Reads:
    """The methods that change nothing."""

    world: World

    def _many(self, model: str, ids: list[int]) -> list[Record]:
        return self.world.many(model, ids)

    def _visible(self, model: str, records: list[Record]) -> list[Record]:
        """Only the companies in play; asked for by id, others are refused."""
        if model in (
            "account.account",
            "account.journal",
            "account.move",
            "account.move.line",
            "account.bank.statement.line",
            "account.tax",
        ):
            mine = set(self.world.companies)
            return [
                r
                for r in records
                if (
                    mine & set(r["company_ids"])
                    if model == "account.account"
                    else r.get("company_id") in mine
                )
            ]
        if model == "res.company" and self.world.caller.uid != 1:
            # The rules of odoo/addons/base/security/base_security.xml: one's own, or every one to who manages access rights.
            mine = set(self.world.companies)
            every = "base.group_erp_manager" in self.world.groups()
            return [r for r in records if every or r["id"] in mine]
        if model == "account.analytic.account":
            return [r for r in records if not r.get("company_id") or r["company_id"] in self.world.companies]
        if model == "res.users.apikeys":
            # One's own, or all of them to a system user; the keys themselves are no field.
            mine_alone = "base.group_system" not in self.world.groups()
            return [r for r in records if not mine_alone or r["user_id"] == self.world.caller.uid]
        if model == "res.currency.rate":
            # Rates of no company are everybody's.
            return [r for r in records if not r.get("company_id") or r["company_id"] in self.world.companies]
        return records

    def _search(
        self,
        model: str,
        domain: list[Any],
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
    ) -> list[int]:
        return [r["id"] for r in self._find(model, domain, offset, limit, order)]

    def _find(
        self,
        model: str,
        domain: list[Any],
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
    ) -> list[Record]:
        self.world.check_access(model, "read")
        found = self.world.searcher.search(model, domain, self.world.caller.context)
        found = self.world.searcher.order(model, self._visible(model, found), order)
        return found[offset : offset + limit if limit else None]

    def _search_read(
        self,
        model: str,
        domain: list[Any] | None = None,
        fields: list[str] | None = None,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
        load: str | None = None,
    ) -> list[dict[str, Any]]:
        found = self._find(model, domain or [], offset, limit, order)
        for name in fields or []:
            self.world.searcher.field(model, name)
        return self._shown(model, found, fields, load)

    def _search_count(self, model: str, domain: list[Any], limit: int | None = None) -> int:
        return len(self._find(model, domain, 0, limit, "id"))

    def _read(
        self, model: str, ids: list[int], fields: list[str] | None = None, load: str | None = None
    ) -> list[dict[str, Any]]:
        self.world.check_access(model, "read")
        table = self.world.table(model)
        rows = []
        for key in ids:
            if key == 0:
                rows.append(self._blank(model, fields or []))
            elif key in table:
                rows += self._shown(model, self._allowed(model, table[key]), fields, load)
        return rows

    def _allowed(self, model: str, record: Record) -> list[Record]:
        if self._visible(model, [record]) or not self.world.caller.context.get("allowed_company_ids"):
            return [record]
        user = self.world.table("res.users")[self.world.caller.uid]
        owner = self.world.table("res.company")[(record.get("company_ids") or [record.get("company_id")])[0]]
        label = {"account.account": "Account"}.get(model, model)
        raise access_error(
            "Uh-oh! Looks like you have stumbled upon some top-secret records.\n\n"
            f"Sorry, {user['name']} (id={user['id']}) doesn't have 'read' access to:\n"
            f"- {label} ({model})\n\n"
            "If you really, really need access, perhaps you can win over your friendly "
            "administrator with a batch of freshly baked cookies.\n\n"
            "This seems to be a multi-company issue, you might be able to access the record by "
            f"switching to the company: {owner['name']}."
        )

    def _shown(
        self, model: str, records: list[Record], fields: list[str] | None, load: str | None
    ) -> list[dict[str, Any]]:
        rows = self.world.searcher.read(model, records, fields, load)
        if (language := str(self.world.caller.context.get("lang") or "en_US")) != "en_US":
            # A tax's name is translated; `sim_names` are its names by language.
            for row, record in zip(rows, records, strict=True):
                if model == "account.tax" and "name" in row:
                    row["name"] = (record.get("sim_names") or {}).get(language, row["name"])
        if model == "account.account" and "code" in (fields or []):
            # A code reads false outside the current company.
            current = self.world.companies[0]
            for row, record in zip(rows, records, strict=True):
                if current not in record["company_ids"]:
                    row["code"] = False
        return rows

    def _blank(self, model: str, fields: list[str]) -> dict[str, Any]:
        default = _DEFAULTS.get(model, {})
        return {"id": 0, **{n: default.get(n, False) for n in fields}}

    def _formatted_read_group(
        self,
        model: str,
        domain: list[Any],
        groupby: list[str] | None = None,
        aggregates: list[str] | None = None,
        having: list[Any] | None = None,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
    ) -> list[dict[str, Any]]:
        self.world.check_access(model, "read")
        found = self._visible(model, self.world.searcher.search(model, domain, self.world.caller.context))
        rows = self.world.searcher.read_group(model, found, groupby or [], aggregates or [], having or [])
        return rows[offset : offset + limit if limit else None]

    def _read_group(
        self,
        model: str,
        domain: list[Any],
        fields: list[str],
        groupby: list[str],
        offset: int = 0,
        limit: int | None = None,
        orderby: Any = False,
        lazy: bool = True,
    ) -> list[dict[str, Any]]:
        """As versions before `formatted_read_group` answer: a sum is called by its field, and groups are counted anyway. Of
        journal items amounts in currency are blank where they are not grouped by it (read in the source of 18)."""
        if lazy:
            raise not_simulated("read_group by its first group alone")
        wanted = [f for f in fields if f != "__count"]
        rows = self._formatted_read_group(model, domain, groupby, [*wanted, "__count"], None, offset, limit)
        blank = (
            model == "account.move.line" and "currency_id" not in groupby and "amount_currency:sum" in fields
        )
        found = []
        for row in rows:
            named = {name.partition(":")[0] if name in wanted else name: value for name, value in row.items()}
            named["__domain"] = ["&", *domain, *named.pop("__extra_domain")]
            found.append(named | ({"amount_currency": False} if blank else {}))
        return found

    def _fields_get(
        self, model: str, allfields: list[str] | None = None, attributes: list[str] | None = None
    ) -> dict[str, Any]:
        there = [n for n in MODELS[model] if (model, n) not in self.world.store.absent]
        told: dict[str, Any] = {
            n: {
                "type": MODELS[model][n].kind,
                "string": MODELS[model][n].label,
                "required": False,
                "manual": False,
            }
            | ({"digits": self.world.digits[n]} if n in self.world.digits else {})
            for n in there
            if allfields is None or n in allfields
        }
        for (of, name), label in self.world.own_fields.items():
            if of == model and (allfields is None or name in allfields):
                told[name] = {"type": "char", "string": label, "required": True, "manual": True}
        return told

    def _has_group(self, model: str, ids: list[int], group_ext_id: str) -> bool:
        return group_ext_id in self.world.groups()

    # external ids

    def _external(self, model: str, key: int) -> str:
        rows = [r for r in self.world.store.by("ir.model.data", "res_id", key) if r["model"] == model]
        return f"{rows[0]['module']}.{rows[0]['name']}" if rows else ""

    def _get_external_id(self, model: str, ids: list[int]) -> dict[str, str]:
        return {str(key): self._external(model, key) for key in ids}

    def _get_metadata(self, model: str, ids: list[int]) -> list[dict[str, Any]]:
        rows = []
        for record in self._many(model, ids):
            found = [
                r for r in self.world.store.by("ir.model.data", "res_id", record["id"]) if r["model"] == model
            ]
            user = self.world.table("res.users")
            rows.append(
                {
                    "id": record["id"],
                    "create_uid": [record["create_uid"], user[record["create_uid"]]["name"]],
                    "create_date": record["create_date"],
                    "write_uid": [record["write_uid"], user[record["write_uid"]]["name"]],
                    "write_date": record["write_date"],
                    "xmlid": self._external(model, record["id"]) or False,
                    "noupdate": bool(found and found[0]["noupdate"]),
                    "xmlids": [
                        {"xmlid": f"{r['module']}.{r['name']}", "noupdate": r["noupdate"]} for r in found
                    ],
                }
            )
        return rows

    def _export(self, model: str, ids: list[int], fields_to_export: list[str]) -> dict[str, Any]:
        if "base.group_allow_export" not in self.world.groups():
            raise user_error("You don't have the rights to export data. Please contact an Administrator.")
        datas = []
        for record in self._many(model, ids):
            row = []
            for name in fields_to_export:
                if name == "id":
                    row.append(self._external(model, record["id"]))
                elif name == ".id":
                    row.append(str(record["id"]))
                else:
                    value = self.world.searcher.value(model, name, record)
                    row.append("" if value in (None, False) else value)
            datas.append(row)
        return {"datas": datas}

    def _has_access(self, model: str, ids: list[int], operation: str) -> bool:
        try:
            self.world.check_access(model, operation)
        except OdooError:
            return False
        return True

    def _get_param(self, model: str, key: str, default: Any = False) -> Any:
        self.world.check_access("ir.config_parameter", "read")
        for row in self.world.table("ir.config_parameter").values():
            if row["key"] == key:
                return row["value"]
        return default

    # business methods

    def _context_get(self, model: str) -> dict[str, Any]:
        user = self.world.table("res.users")[self.world.caller.uid]
        return {"lang": user["lang"], "tz": user["tz"] or False, "uid": user["id"]}
