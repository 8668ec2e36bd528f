"""The protocols: JSON-2, JSON-RPC, XML-RPC, and the few web routes that make an API key."""

from __future__ import annotations

import json
import secrets
import xmlrpc.client
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from tieout_sandbox.simkit import NONE, Answer, Faults
from tieout_sandbox.simulators.odoo.costs import cost_ms
from tieout_sandbox.simulators.odoo.errors import OdooError, not_found, unauthorized
from tieout_sandbox.simulators.odoo.forms import form_of
from tieout_sandbox.simulators.odoo.played import JSON2, Played, version_info
from tieout_sandbox.simulators.odoo.service import LoadUndoneError, Service

# What Odoo answers where no database is chosen and the address is none of the server's own.
_NO_DATABASE = b"""<!DOCTYPE html>
<title>404 Not Found</title>
<h1>Not Found</h1>
<p>No database is selected and the requested URL was not found in the server-wide controllers.</p>
"""


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else str(value)


def _json(value: Any) -> bytes:
    return json.dumps(value, default=_plain).encode()


class Odoo:
    """One server with one database. `delays` switches the documented costs on; the seconds
    that they sum to are in `simulated_seconds` either way."""

    name = "odoo"

    def __init__(
        self,
        now: Callable[[], datetime],
        played: Played,
        *,
        database: str = "tieout",
        admin_password: str = "admin",
        faults: Faults | None = None,
        delays: float = 0.0,
        token: Callable[[int], str] = secrets.token_hex,
    ) -> None:
        self.service, self.played = Service(now, played, admin_password, token), played
        self._token = token
        self._version = version_info(played)
        self.database, self.faults = database, faults or Faults(NONE, 0)
        self.delays, self.simulated_seconds, self.requests = delays, 0.0, 0
        # Whether the server has databases beside this one: then each call must say which.
        self.several = False
        # Whether it is the only one, of a distribution that calls the header otherwise and answers out of it
        # whatever is named (observed of one of 19).
        self.alone = False
        # Whether keys that people make end when they said: not in a sandbox whose days pass in seconds.
        self.keys_end = False
        self._sessions: dict[str, int] = {}
        self._requests: dict[int, tuple[str, float]] = {}
        self._said: dict[int, str] = {}

    # faults, in this system's own shape

    def refuse(self, fault: str) -> Answer:
        """What stands before Odoo answers 429 and 502 as HTML; an expired key is Odoo's own 401, and a
        serialization failure within `load` is a 200 whose messages say it."""
        if fault == "too_many":
            return Answer(429, b"Too Many Requests", "text/html", {"retry-after": "0"})
        if self.played.transport != JSON2 and fault in ("expired_token", "serialization"):
            return _rpc_fault(fault)
        if fault == "expired_token":
            return self._failed(unauthorized("Invalid apikey"))
        if fault == "serialization":
            text = "could not serialize access due to concurrent update"
            return Answer(
                200, _json({"ids": False, "nextrow": 0, "messages": [{"type": "error", "message": text}]})
            )
        return Answer(502, b"<html>Bad Gateway</html>", "text/html")

    def writes(self, method: str, path: str) -> bool:
        """Only `load` answers a serialization failure in its own way, so faults strike there; under JSON-RPC no address says
        what is called, and they strike anything."""
        return path.endswith("/load") or (self.played.transport != JSON2 and path == "/jsonrpc")

    # requests

    def answer(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answer:
        """Route a request; an OdooError becomes its status and body, anything else is a defect of the
        simulator."""
        try:
            return self._route(method, path, headers, body)
        except OdooError as error:
            return self._failed(error)

    def _failed(self, error: OdooError) -> Answer:
        return Answer(error.status, _json(error.body()))

    def _route(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if path == "/web/webclient/version_info":
            return Answer(
                200, _json({"jsonrpc": "2.0", "id": json.loads(body).get("id"), "result": self._version})
            )
        if path == "/web/version" and self.played.tells_version:
            version = {
                "version_info": self._version["server_version_info"],
                "version": self._version["server_version"],
            }
            return Answer(200, _json(version))
        if path == "/web/login":
            return Answer(200, self._door(), "text/html; charset=utf-8")
        if method == "GET" and path.startswith("/odoo/"):
            return Answer(200, form_of(self.service.world, path), "text/html; charset=utf-8")
        if path.startswith("/json/2/") and self.played.transport == JSON2:
            return self._json2(method, path, headers, body)
        if path == "/jsonrpc":
            return self._jsonrpc(json.loads(body))
        if path in ("/xmlrpc/2/common", "/xmlrpc/2/object"):
            return self._xmlrpc(path, body)
        if path == "/web/session/authenticate":
            return self._authenticate(json.loads(body))
        if path.startswith("/web/dataset/call_kw/"):
            return self._call_kw(headers, json.loads(body))
        raise not_found("The requested URL was not found on the server.")

    def _door(self) -> bytes:
        """The page on which people sign in; of a neutralized database every page has its banner (addons/web, neutralize_views.xml)."""
        rows = self.service.world.table("ir.config_parameter").values()
        neutral = any(r["key"] == "database.is_neutralized" and r["value"] for r in rows)
        banner = b'<span id="oe_neutralize_banner">neutralized</span>' if neutral else b""
        return b"<!DOCTYPE html><html><body>" + banner + b"<form>Log in</form></body></html>"

    def _json2(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        parts = path.removeprefix("/json/2/").split("/")
        if method != "POST" or len(parts) != 2:
            raise not_found("Did you mean POST /json/2/<model>/<method>?")
        wanted = headers.get("x-odoo-database") or ("" if self.several else self.database)
        if wanted != self.database and not self.alone:
            # `_get_session_and_dbname` finds none, and what needs one has no route (odoo/http.py).
            return Answer(404, _NO_DATABASE, "text/html; charset=utf-8")
        uid = self._caller(headers.get("authorization", ""))
        arguments = json.loads(body) if body else {}
        if not isinstance(arguments, dict):
            arguments = {}
        ids, context = arguments.pop("ids", None), arguments.pop("context", {})
        spent = self.simulated_seconds
        result = self._call(uid, parts[0], parts[1], ids, context, arguments)
        return Answer(200, _json(result), delay_s=(self.simulated_seconds - spent) * self.delays)

    def _caller(self, authorization: str) -> int:
        kind, _, key = authorization.partition(" ")
        if kind.lower() != "bearer" or not key:
            raise unauthorized("User not authenticated, use an API Key with a Bearer Authorization header.")
        uid = self.service.holder(key)
        if uid is None:
            raise unauthorized("Invalid apikey")
        return uid

    def _call(
        self, uid: int, model: str, method: str, ids: Any, context: Any, arguments: dict[str, Any]
    ) -> Any:
        self.requests += 1
        self.simulated_seconds += cost_ms(model, method, ids, context, arguments) / 1000
        if (model, method) == ("ir.http", "session_info"):
            # What its web pages begin with; of all that it tells the database's own name.
            return {"db": self.database}
        try:
            return self.service.call(uid, model, method, ids, context or {}, arguments)
        except LoadUndoneError as undone:
            return undone.answer

    # JSON-RPC and XML-RPC

    def _execute(self, arguments: list[Any]) -> Any:
        database, uid, password, model, method, *rest = arguments
        if self._check(uid, password) is None or database != self.database:
            raise OdooError(200, "odoo.exceptions.AccessDenied", "Access Denied")
        args = list(rest[0]) if rest else []
        kwargs = dict(rest[1]) if len(rest) > 1 else {}
        if (model, method) == ("res.company", "write") and kwargs.keys() & {"vals", "values"} - {
            self.played.company_values
        }:
            raise OdooError(200, "builtins.TypeError", "write() got an unexpected keyword argument")
        context = kwargs.pop("context", {})
        if model not in _known_models() | {"account.chart.template"}:
            raise OdooError(200, "odoo.exceptions.UserError", f"Object {model} doesn't exist")
        ids = None
        names = _POSITIONAL.get(method)
        if names is None:
            ids = _ids_of(method, args)
            names = _AFTER_IDS.get(method, ())
        return self._call(
            uid, model, method, ids, context, {**dict(zip(names, args, strict=False)), **kwargs}
        )

    def _check(self, uid: Any, password: str) -> int | None:
        if self.service.holder(password) == uid:
            return int(uid)
        user = self.service.world.table("res.users").get(uid)
        return int(uid) if user and password and user["password"] == password else None

    def _owner(self, login: str, key: str) -> int | None:
        uid = self.service.holder(key)
        return uid if uid and self.service.world.table("res.users")[uid]["login"] == login else None

    def _common(self, method: str, arguments: list[Any]) -> Any:
        if method == "version":
            return self._version
        if method in ("login", "authenticate"):
            if arguments[0] != self.database:
                # The registry of a database that is not there cannot be made.
                text = f'connection to server failed: FATAL:  database "{arguments[0]}" does not exist'
                raise OdooError(200, "psycopg2.OperationalError", text)
            # A key stands for the password of whoever has it.
            user = self.service.login(arguments[1], arguments[2]) or self._owner(arguments[1], arguments[2])
            return user or False
        raise OdooError(200, "builtins.KeyError", method)

    def _jsonrpc(self, call: dict[str, Any]) -> Answer:
        head = {"jsonrpc": "2.0", "id": call.get("id")}
        params = call.get("params", {})
        service, method, arguments = params.get("service"), params.get("method"), params.get("args")
        try:
            if service == "common":
                result = self._common(method, arguments)
            elif service == "object":
                result = self._execute(arguments)
            else:
                raise OdooError(200, "builtins.KeyError", str(service))
        except OdooError as error:
            return Answer(200, _json(head | {"error": _rpc_error(error)}))
        return Answer(200, _json(head if result is None else head | {"result": result}))

    def _xmlrpc(self, path: str, body: bytes) -> Answer:
        arguments, method = xmlrpc.client.loads(body)
        try:
            if path.endswith("common"):
                result = self._common(str(method), list(arguments))
            else:
                result = self._execute(list(arguments))
            text = xmlrpc.client.dumps((json.loads(_json(result)),), methodresponse=True)
        except OdooError as error:
            text = xmlrpc.client.dumps(_xml_fault(error), methodresponse=True)
        except TypeError as error:
            # None cannot be marshalled; what was done stays done.
            fault = xmlrpc.client.Fault(1, f"TypeError: {error}")
            text = xmlrpc.client.dumps(fault, methodresponse=True)
        return Answer(200, text.encode(), "text/xml")

    # the web routes that make an API key

    def _authenticate(self, call: dict[str, Any]) -> Answer:
        params = call["params"]
        head = {"jsonrpc": "2.0", "id": call.get("id")}
        if params.get("db", self.database) != self.database:
            missing = OdooError(200, "odoo.exceptions.AccessError", "Database not found.")
            return Answer(200, _json(head | {"error": _rpc_error(missing)}))
        uid = self.service.login(params["login"], params["password"])
        if uid is None:
            error = OdooError(200, "odoo.exceptions.AccessDenied", "Access Denied")
            return Answer(200, _json(head | {"error": _rpc_error(error)}))
        session = self._token(16)
        self._sessions[session] = uid
        result = {"uid": uid, "username": params["login"], "is_admin": uid == 2, "is_system": uid == 2}
        cookie = {"set-cookie": f"session_id={session}; Path=/; HttpOnly"}
        return Answer(200, _json(head | {"result": result}), headers=cookie)

    def _call_kw(self, headers: dict[str, str], call: dict[str, Any]) -> Answer:
        head = {"jsonrpc": "2.0", "id": call.get("id")}
        cookie = headers.get("cookie", "").split("session_id=")[-1].split(";")[0]
        uid = self._sessions.get(cookie)
        params = call["params"]
        if uid is None:
            expired = OdooError(200, "odoo.http.SessionExpiredException", "Session expired")
            return Answer(200, _json(head | {"error": _rpc_error(expired)}))
        what = (params["model"], params["method"])
        if what == ("res.users.apikeys.description", "create"):
            values = params["args"][0][0]
            if float(values.get("duration") or 0) > 90 and uid != 2:
                error = OdooError(200, "odoo.exceptions.ValidationError", "You cannot exceed 90.0 days.")
                return Answer(200, _json(head | {"error": _rpc_error(error)}))
            request = len(self._requests) + 1
            self._requests[request] = values.get("name", ""), float(values.get("duration") or 0)
            return Answer(200, _json(head | {"result": [request]}))
        if what == ("res.users.apikeys.description", "make_key"):
            result: Any = {
                "type": "ir.actions.act_window",
                "res_model": "res.users.identitycheck",
                "res_id": params["args"][0][0],
                "name": "Access Control",
            }
            return Answer(200, _json(head | {"result": result}))
        if what == ("res.users.identitycheck", "write"):
            self._said[params["args"][0][0]] = params["args"][1].get("password", "")
            return Answer(200, _json(head | {"result": True}))
        if what == ("res.users.identitycheck", "run_check"):
            given = params["kwargs"].get("context", {}).get("password", "")
            if self.played.password_by == "record":
                given = self._said.pop(params["args"][0][0], "")
            if self._check(uid, given) is None:
                error = OdooError(200, "odoo.exceptions.UserError", "Incorrect Password")
                return Answer(200, _json(head | {"error": _rpc_error(error)}))
            name, days = self._requests[max(self._requests)]
            key = self.service.make_key(uid, name=name, days=days if self.keys_end else 0)
            result = {
                "type": "ir.actions.act_window",
                "res_model": "res.users.apikeys.show",
                "context": {"default_key": key},
            }
            return Answer(200, _json(head | {"result": result}))
        arguments = params.get("args") or []
        kwargs = dict(params.get("kwargs") or {})
        result = self._execute_as(uid, params["model"], params["method"], arguments, kwargs)
        return Answer(200, _json(head | {"result": result}))

    def _execute_as(self, uid: int, model: str, method: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        context = kwargs.pop("context", {})
        names = _POSITIONAL.get(method)
        ids = None
        if names is None:
            ids = _ids_of(method, args)
            names = _AFTER_IDS.get(method, ())
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        return self._call(uid, model, method, ids, context, given)


def _ids_of(method: str, args: list[Any]) -> Any:
    """The ids that stand first in a call by place of a method of records, taken off its arguments; None of one that looks at
    no record. Without them Odoo breaks (observed)."""
    if not args:
        raise OdooError(200, "builtins.IndexError", "tuple index out of range")
    found = args.pop(0)
    return None if method == "try_loading" else found


def _known_models() -> set[str]:
    from tieout_sandbox.simulators.odoo.schema import MODELS

    return set(MODELS)


_POSITIONAL: dict[str, tuple[str, ...]] = {
    "search": ("domain", "offset", "limit", "order"),
    "search_count": ("domain",),
    "search_read": ("domain", "fields", "offset", "limit", "order"),
    "create": ("vals_list",),
    "load": ("fields", "data"),
    "formatted_read_group": ("domain", "groupby", "aggregates"),
    "read_group": ("domain", "fields", "groupby"),
    "fields_get": ("allfields", "attributes"),
    "default_get": ("fields",),
    "context_get": (),
    "check_object_reference": ("module", "xml_id"),
    "get_param": ("key",),
}
_AFTER_IDS: dict[str, tuple[str, ...]] = {
    "read": ("fields",),
    "write": ("vals",),
    "has_access": ("operation",),
    "has_group": ("group_ext_id",),
    "js_remove_outstanding_partial": ("partial_id",),
    "try_loading": ("template_code", "company"),
}


def _rpc_fault(fault: str) -> Answer:
    """An error as JSON-RPC tells it: with status 200, whatever happened."""
    error = OdooError(200, "odoo.exceptions.AccessDenied", "Access Denied")
    if fault == "serialization":
        text = "could not serialize access due to concurrent update"
        error = OdooError(200, "psycopg2.errors.SerializationFailure", text)
    return Answer(200, _json({"jsonrpc": "2.0", "id": None, "error": _rpc_error(error)}))


def _rpc_error(error: OdooError) -> dict[str, Any]:
    return {"code": 0, "message": "Odoo Server Error", "data": error.body()}


def _xml_fault(error: OdooError) -> xmlrpc.client.Fault:
    if error.name == "odoo.exceptions.AccessDenied":
        return xmlrpc.client.Fault(3, "Access Denied")
    if error.name.startswith("builtins."):
        return xmlrpc.client.Fault(1, f"{error.name.removeprefix('builtins.')}: {error.message}")
    return xmlrpc.client.Fault(2, error.message)
