"""One call of Odoo, whichever version answers: sent once, paced, and its failures told apart.

Reference: Odoo's external JSON-2 API (19 and newer), and its JSON-RPC (18). What differs between versions is in `versions`,
the two ways on the wire in `transports`, what a failure means in `answers`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2

from tieout.connector_api import (
    SetupError,
    SystemConfig,
    TransientError,
    UnknownOutcomeError,
    http_client,
    patiently,
    wait_asked,
)
from tieout.connector_api.asking import Asking
from tieout.connector_api.pace import Budget, Pace
from tieout.connectors.odoo.answers import Failure, KeyRefusedError, TooLargeError, error_of
from tieout.connectors.odoo.hosting import HOSTED, is_hosted
from tieout.connectors.odoo.transports import Body, Call, Json2, JsonRpc, Transport
from tieout.connectors.odoo.versions import (
    JSONRPC,
    Chosen,
    Differences,
    as_its_fields_say,
    choose,
    told_fields,
)

T = TypeVar("T")
# Below Odoo's shipped limit_time_real of 120 s: past it a worker is killed and nothing is made.
_TIMEOUT = httpx2.Timeout(connect=5.0, read=110.0, write=30.0, pool=5.0)
# What a server, or the proxy before it, answers while it cannot serve.
_BUSY = (429, 502, 503, 504)
# Odoo takes 128 MiB (read in the source of 19), and would work on it for longer than its own limits of time.
_MOST_BYTES = 32 << 20
# A copy of the database that readings are answered from lags by far less, while it is well.
_MOMENT_S = 0.15
# Names of taxes, accounts and journals are translated: all are read, and named in tables, as they are in English.
_LANGUAGE = "en_US"


def _may_always() -> None:
    """Whoever is no system of a project has no hours."""


@dataclass(frozen=True)
class Server:
    """Where a database of Odoo is, and who asks it. `login` is asked for where the version cannot do without; `company` 0
    is the user's own; `hosted` None: as the address says."""

    url: str
    database: str
    key: str
    company: int = 0
    login: str = ""
    hosted: bool | None = None


def _unreached(url: str, error: Exception) -> str:
    return (
        f"Odoo at {url} cannot be reached: {error}. See that it is on, and that this is its address and port"
    )


def _told_version(said: Any) -> str:
    """What an answer says that the server's version is; "" where it says nothing of the kind, whatever it is."""
    told = said if isinstance(said, dict) else {}
    result = told.get("result")
    found = told.get("version") or (result.get("server_version") if isinstance(result, dict) else "")
    return found if isinstance(found, str) else ""


class OdooClient:
    """One database of one server, one key, one company."""

    def __init__(self, server: Server, config: SystemConfig | None = None) -> None:
        headers = {"Authorization": f"bearer {server.key}"}
        # One server may hold several databases: without the header the host's name chooses one.
        if server.database:
            headers["X-Odoo-Database"] = server.database
        self.url, self.company = server.url.rstrip("/"), server.company
        self._server, self.database = server, server.database
        self._chosen: Chosen | None = None
        self._transport: Transport | None = None
        self._http = http_client(base_url=self.url, headers=headers, timeout=_TIMEOUT)
        host = httpx2.URL(self.url).host
        hosted = is_hosted(host) if server.hosted is None else server.hosted
        self._pace, self._let_ask = Pace(self.url, HOSTED if hosted else Budget()), _may_always
        if config is not None:
            # Systems of several companies are one server: they share its pace.
            asking = Asking(config, HOSTED if hosted else Budget(), key=self.url)
            self._pace, self._let_ask = asking.pace, asking.let_ask
        self._may_change: Callable[[str], bool] = lambda version: False

    # which version

    @property
    def chosen(self) -> Chosen:
        """The record of this server, asked for once; a server that was away may come back as another version, and is asked
        again. Raises SetupError, TransientError."""
        return self._chosen or patiently(self._choose)

    @property
    def differs(self) -> Differences:
        """What is so in this server's version. Raises as `chosen`."""
        return self.chosen.differs

    def choose_anew(self) -> Chosen:
        """The record of this server, asked for now. Raises as `chosen`."""
        self._chosen = self._transport = None
        return self.chosen

    def let_change(self, qualified: Callable[[str], bool]) -> None:
        """Let what changes something pass on a version that is newer than any that is known, where `qualified` says so."""
        self._may_change = qualified

    def _choose(self) -> Chosen:
        found = self._chosen
        if found is None:
            found = choose(self.version())
            if found.asked:
                wanted = {"allfields": told_fields(), "attributes": ["type"]}
                call = Call("account.move", "fields_get", None, {}, wanted)
                found = as_its_fields_say(
                    found, set(self._ask(self._way(found.differs), call, found.differs))
                )
            self._chosen = found
        return found

    def version(self) -> str:
        """The server's version, such as "19.0"; needs no key. Raises TransientError, SetupError."""
        reply = self._asked(lambda: self._http.get("/web/version"))
        if reply.status_code == 404:
            # Odoo 18 and older tell it here.
            reply = self._asked(
                lambda: self._http.post("/web/webclient/version_info", json={"jsonrpc": "2.0", "method": "call", "params": {}})
            )  # fmt: skip
        if to := reply.headers.get("location", ""):
            asked = httpx2.URL(str(reply.request.url))
            there = asked.join(to)
            if (there.scheme, there.netloc) == (asked.scheme, asked.netloc):
                # Odoo sends whoever asks for a page of its own to its door.
                raise SetupError(
                    f"{self.url} is no Odoo to be called: it leads on to {there.path[:200]}: check url, without a path behind it"
                )
            raise SetupError(
                f"{self.url} leads on to {to[:200]}: put the address there that it ends at as url"
            )
        try:
            said = reply.json() if reply.status_code == 200 else {}
        except ValueError:
            said = {}
        found = _told_version(said)
        if not found:
            raise SetupError(
                f"{self.url} is no Odoo 18.0, 19.0 or newer: asked for its version it answers {reply.status_code}: check url, "
                "without a path behind it, and the proxy before it"
            )
        return found

    def page(self, path: str) -> str:
        """What this server shows to anybody who has no key; "" where it shows nothing there, or leads elsewhere twice."""
        headers = {"X-Odoo-Database": self.database} if self.database else {}
        try:
            with http_client(base_url=self.url, headers=headers, timeout=_TIMEOUT) as stranger:
                reply = self._asked(lambda: stranger.get(path))
                if (to := reply.headers.get("location", "")).startswith("/") and not to.startswith("//"):
                    reply = self._asked(lambda: stranger.get(to))
                return reply.text if reply.status_code == 200 else ""
        except TransientError:
            return ""

    def _asked(self, ask: Callable[[], httpx2.Response]) -> httpx2.Response:
        self._let_ask()
        try:
            with self._pace.turn():
                reply = ask()
        except httpx2.HTTPError as error:
            raise TransientError(_unreached(self.url, error)) from None
        if reply.status_code in _BUSY:
            asked = wait_asked(reply.headers)
            if reply.status_code == 429:
                self._pace.turned_away(asked)
            raise TransientError(f"Odoo at {self.url}: status {reply.status_code}", asked)
        return reply

    # calls

    def call(
        self,
        model: str,
        method: str,
        ids: list[int] | None = None,
        context: dict[str, Any] | None = None,
        **arguments: Any,
    ) -> Any:
        """Run a method and give its result.

        Raises TransientError (nothing happened), UnknownOutcomeError (a write whose answer did
        not come), RefusedError (said no), SetupError (key, rights, database).
        """
        merged = {"lang": _LANGUAGE, **(context or {})}
        if self.company:
            # The first of them is the current company; without it a create goes to the user's default one,
            # and reads see all that the user may see.
            merged.setdefault("allowed_company_ids", [self.company])
        if not merged.get("allowed_company_ids", True):
            # Asked of the account itself, in no company.
            del merged["allowed_company_ids"]
        call = Call(model, method, ids, merged, arguments)
        return patiently(lambda: self._once(call))

    def bare(self, model: str, method: str, **arguments: Any) -> Any:
        """A read (`read`, `search_read`) whose relations are ids alone, 0 or false for none. Odoo makes a name for each record that
        a relation leads to (`load` of `search_read` in its ORM): for thousands of journal items that is most of such a call."""
        return self.call(model, method, load="", **arguments)

    def grouped(
        self,
        model: str,
        domain: list[Any],
        groupby: list[str],
        aggregates: list[str],
        context: dict[str, Any] | None = None,
    ) -> list[dict[str, Any]]:
        """Sums by group, in one shape: a row has each of `groupby` (a relation as [id, name]) and each of `aggregates`,
        such as "debit:sum" or "__count". Amounts in currency are summed by currency: older versions blank them else."""
        if "amount_currency:sum" in aggregates and "currency_id" not in groupby:
            raise ValueError("amounts of several currencies have no sum")
        method = self.differs.grouping
        if method == "formatted_read_group":
            found: list[dict[str, Any]] = self.call(
                model, method, context=context, domain=domain, groupby=groupby, aggregates=aggregates
            )
            return found
        sums = [a for a in aggregates if a != "__count"]
        rows = self.call(
            model, method, context=context, domain=domain, fields=sums, groupby=groupby, lazy=False
        )
        # The older one calls a sum by its field, and counts in any case.
        return [{name: row[name.partition(":")[0]] for name in (*groupby, *aggregates)} for row in rows]

    def once_more(
        self, look: Callable[[], T], unsure: Callable[[T], bool], again: Callable[[T], T] | None = None
    ) -> T:
        """What `look` finds; where that leaves us `unsure`, and a copy that lags may have answered, what it finds a moment
        later, or what `again` makes of what it found: nothing is called absent or a draft on one look."""
        found = look()
        if unsure(found) and self.differs.replicas:
            time.sleep(_MOMENT_S)
            found = look() if again is None else again(found)
        return found

    def _once(self, call: Call) -> Any:
        chosen = self._choose()
        if chosen.newer and not call.reading and not self._may_change(chosen.version):
            raise SetupError(chosen.warning)
        transport = self._transport or self._way(chosen.differs)
        self._transport = transport
        return self._ask(transport, call, chosen.differs)

    def _way(self, differs: Differences) -> Transport:
        if differs.transport != JSONRPC:
            return Json2()
        given = {"database": self._server.database, "login": self._server.login}
        missing = [name for name in differs.needs if not given[name]]
        if missing:
            raise SetupError(
                f"Odoo {differs.series} cannot do without {' and '.join(missing)}: put {'them' if missing[1:] else 'it'} "
                "beside url and key (login: what the service account signs in with)"
            )
        path, body = JsonRpc.signing_in(self._server.database, self._server.login, self._server.key)
        call = Call("common", "authenticate", None, {}, {})
        reply = self._posted(path, body, call)
        user = self._understood(JsonRpc(self._server.database, 0, ""), reply, call, differs)
        if not user:
            raise KeyRefusedError(
                f"Odoo refuses the login {self._server.login!r} in the database {self._server.database!r} with this key: "
                f"check all three; {differs.key_hint}",
                f"the login {self._server.login!r} with it",
                differs.key_hint,
            )
        return JsonRpc(self._server.database, int(user), self._server.key)

    def _ask(self, transport: Transport, call: Call, differs: Differences) -> Any:
        path, body = transport.request(call)
        return self._understood(transport, self._posted(path, body, call), call, differs)

    def _posted(self, path: str, body: Body, call: Call) -> httpx2.Response:
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        if len(content) > _MOST_BYTES:
            raise TooLargeError(
                f"{call.what}: {len(content)} bytes at once, and {_MOST_BYTES} are sent at most"
            )
        self._let_ask()
        try:
            with self._pace.turn():
                return self._http.post(path, content=content, headers={"Content-Type": "application/json"})
        # No line was opened, so nothing was sent: a write may be tried again.
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            self._chosen = self._transport = None
            raise TransientError(_unreached(self.url, error)) from None
        except httpx2.HTTPError as error:
            # A call goes on in Odoo after its client has gone: 40 invoices were seen to appear 9 s later,
            # and a search in between found none. So a write without an answer is unknown, and never
            # "failed".
            what = f"{call.what}: the answer did not come ({error!r})"
            if call.reading:
                raise TransientError(what) from None
            raise UnknownOutcomeError(what) from None

    def _understood(
        self, transport: Transport, reply: httpx2.Response, call: Call, differs: Differences
    ) -> Any:
        found = transport.result(reply)
        if reply.status_code == 429:
            self._pace.turned_away(wait_asked(reply.headers))
        else:
            self._pace.taken()
        if isinstance(found, Failure):
            raise error_of(
                found, call.what, reading=call.reading, key_hint=differs.key_hint if differs.key_scope else ""
            )
        return found

    def close(self) -> None:
        """Close the connections; the client is not used again."""
        self._http.close()
