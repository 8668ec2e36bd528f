"""Setting a project of one's own up: from an empty project to its first figure, a page a step.

Which steps are done is seen by what is there: whoever comes back goes on where it stopped, and goes back to any of them.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from tieout.console.asking import AnswerError
from tieout.console.language import _, counted
from tieout.console.rendering import Page, Renderer
from tieout.console.views.connecting import connect_entered, works
from tieout.console.views.declaring import answers_of, entered, free_name, in_force
from tieout.console.views.proving import net_of
from tieout.processes.causes import UNMAPPED_ACCOUNT

_ROLE, _BANK = "role.", "bank"


class SetUp:
    """The steps, and the page of the one that is looked at."""

    def __init__(self, renderer: Renderer) -> None:
        self._r = renderer

    async def view(self, page: Page) -> Response:
        """A step's page; without one that of the first step that is not done."""
        how = await page.api.get("/set-up")
        keys = [s["key"] for s in how["steps"]]
        wanted = page.request.path_params.get("step", "")
        if wanted not in keys:
            first = next((s["key"] for s in how["steps"] if not s["done"]), keys[-1])
            return RedirectResponse(f"/set-up/{first}", 303)
        # Whoever may not do a step is told so, and sees no button that would refuse.
        shown = await getattr(self, f"_{wanted}")(page)
        steps = [{**s, "now": s["key"] == wanted} for s in how["steps"]]
        following = keys[keys.index(wanted) + 1] if wanted != keys[-1] else ""
        return self._r.render(
            page, f"set_up_{wanted}.html", how=how, steps=steps, following=following, step=wanted,
            done=next(s["done"] for s in steps if s["now"]), may_set_up=page.may("systems:write"), **shown,
        )  # fmt: skip

    async def act(self, page: Page) -> str | None:
        """Do what the step's form asks; what became of it, and where it goes on."""
        step = page.request.path_params.get("step", "")
        acts = {
            "roles": self._let_in, "odoo": self._connect_odoo, "company": self._enter, "accounts": self._choose,
            "source": self._connect_source, "interface": self._declare, "figure": self._prove,
        }  # fmt: skip
        if step not in acts:
            return "/set-up "
        return await acts[step](page)

    # who

    async def _roles(self, page: Page) -> dict[str, Any]:
        people = await page.api.maybe("/access/people") or []
        waits = await page.api.maybe("/access/changes") or []
        return {"people": [p for p in people if p["human"] and p["active"]], "waits": waits}

    async def _let_in(self, page: Page) -> str | None:
        if page.typed.get("act") == "take":
            taken = await page.api.post("/set-up/roles")
            return "/set-up " + _("you hold %(roles)s, by your own word", roles=", ".join(taken["roles"]))
        name, role = page.typed.get("name", "").strip(), page.typed.get("role", "")
        path = f"/access/people/{quote(name, safe='') or '-'}"
        people = await page.api.get("/access/people")
        waits = False
        if not any(p["name"] == name for p in people):
            waits = (await page.api.post("/access/people", {"name": name}))["waits"]
        if waits:
            return _(
                "%(name)s is let in once another administrator confirms it, on Access; then the role %(role)s is given the same way",
                name=name,
                role=role,
            )
        made = await page.api.post("/access/grants", {"name": name, "role": role, "entity": "*"})
        invited = await page.api.post(f"{path}/invitation")
        page.shown["link"] = {"name": name, "link": invited["link"], "waits": made["waits"]}
        return None

    # Odoo

    async def _odoo(self, page: Page) -> dict[str, Any]:
        kinds = await page.api.get("/systems/kinds")
        systems = [s for s in await page.api.get("/systems") if "read_back" in s["can"]]
        return {"kind": next(k for k in kinds if k["connector"] == "odoo"), "ledgers": systems}

    async def _connect_odoo(self, page: Page) -> str | None:
        if page.typed.get("act") == "test":
            name = page.typed.get("system", "")
            page.shown["steps"] = await page.api.post(f"/systems/{quote(name, safe='')}/test")
            return None
        settings = {k.removeprefix("set."): v.strip() for k, v in page.typed.items() if k.startswith("set.")}
        given: dict[str, Any] = {"connector": "odoo", "settings": {k: v for k, v in settings.items() if v}}
        if not settings.get("company", "").strip("0"):
            # Of several none is guessed there: the first is worked in until one is chosen at the next step.
            found = await page.api.post("/set-up/companies/try", given)
            given["settings"]["company"] = str(found[0]["company"])
        name = page.typed.get("name", "").strip() or "odoo"
        count = await connect_entered(page, name, given)
        return "/set-up/company " + works(name, count)

    # companies

    async def _company(self, page: Page) -> dict[str, Any]:
        ledgers = [s["system"] for s in await page.api.get("/systems") if "read_back" in s["can"]]
        found: list[tuple[str, dict[str, Any]]] = []
        trouble = ""
        for system in ledgers:
            try:
                told = await page.api.get("/set-up/companies", system=system)
            except AnswerError as error:
                trouble = error.detail
                continue
            known = {(c["company"], c["name"]) for _, c in found}
            found += [(system, c) for c in told if (c["company"], c["name"]) not in known]
        return {"companies": found, "trouble": trouble, "ledgers": ledgers, "first": f"{page.now[:7]}-01"}

    async def _enter(self, page: Page) -> str | None:
        code = page.typed.get("code", "").strip()
        given = {
            "system": page.typed.get("system", ""), "company": int(page.typed.get("company") or 0),
            "time_zone": page.typed.get("time_zone", "").strip(), "begins_on": page.day("begins_on") or None,
            "posts": page.typed.get("posts") == "yes", "seen": page.typed.get("seen", ""),
        }  # fmt: skip
        made = await page.api.post(f"/set-up/entities/{quote(code, safe='') or '-'}", given, "PUT")
        said = "" if made["posts"] else _(": its sources are read and proven, and nothing is posted")
        return "/set-up/company " + _("%(code)s is entered", code=code) + said

    # accounts

    async def _accounts(self, page: Page) -> dict[str, Any]:
        entities = await self._entities(page)
        entity = page.typed.get("entity") or page.arg("entity") or (entities[0] if entities else "")
        if not entity:
            return {"choices": None, "entities": [], "entity": "", "trouble": "", "banks": []}
        banks = [b.strip().replace(" ", "") for b in [page.arg("bank"), *page.values("banks")] if b.strip()]
        choices, trouble = None, ""
        try:
            choices = await page.api.get("/set-up/accounts", entity=entity, bank=banks)
        except AnswerError as error:
            trouble = error.detail
        return {
            "choices": choices,
            "entities": entities,
            "entity": entity,
            "trouble": trouble,
            "banks": banks,
        }

    async def _choose(self, page: Page) -> str | None:
        chosen = {k.removeprefix(_ROLE): v for k, v in page.typed.items() if k.startswith(_ROLE)}
        given = {
            "entity": page.typed.get("entity", ""), "chosen": chosen, "banks": page.values("banks"),
            "seen": page.typed.get("seen", ""),
        }  # fmt: skip
        made = await page.api.post("/set-up/accounts", given, "PUT")
        roles = counted("%(count)s role has an account", "%(count)s roles have an account", made["added"])
        said = f"/set-up/source {roles}"
        again = await self._reprocess(page) if made["added"] else 0
        return (
            _("%(said)s; %(again)s that waited for it are reprocessed", said=said, again=again)
            if again
            else said
        )

    async def _reprocess(self, page: Page) -> int:
        """Let what was held for want of an account be planned again: it was picked, and nobody looks for another button. 0 where whoever
        picks may not, and whoever may finds the cases."""
        if not page.may("interfaces:replay"):
            return 0
        try:
            done = await page.api.post("/cases/replay", {"cause": UNMAPPED_ACCOUNT.name})
        except AnswerError:
            return 0
        return int(done["replayed"])

    # a source, and what is read of it

    async def _source(self, page: Page) -> dict[str, Any]:
        kinds = [k for k in await page.api.get("/systems/kinds") if k["streams"] and k["by_browser"]]
        kinds = [k for k in kinds if "read_back" not in k["can"]]
        wanted = page.typed.get("connector") or page.arg("kind")
        systems = [s for s in await page.api.get("/systems") if "read_back" not in s["can"]]
        return {
            "kinds": kinds,
            "kind": next((k for k in kinds if k["connector"] == wanted), None),
            "sources": systems,
        }

    async def _connect_source(self, page: Page) -> str | None:
        settings = {
            k.removeprefix("set."): v.strip()
            for k, v in page.typed.items()
            if k.startswith("set.") and v.strip()
        }
        name = page.typed.get("name", "").strip()
        given = {"connector": page.typed.get("connector", ""), "settings": settings}
        count = await connect_entered(page, name, given)
        return f"/set-up/interface?system={quote(name)} " + works(name, count)

    async def _interface(self, page: Page) -> dict[str, Any]:
        sources = [s for s in await page.api.get("/systems") if "read_back" not in s["can"]]
        flows = await page.api.maybe("/interfaces") or []
        names = [s["system"] for s in sources]
        system = page.typed.get("system") or page.arg("system")
        if not system:
            unread = [s for s in names if not any(f["system"] == s for f in flows)]
            system = unread[0] if unread else ""
        form, name = None, ""
        if system in names:
            name = page.typed.get("name") or free_name(system, flows)
            form = await page.api.get(f"/interfaces/{quote(name, safe='')}/form", system=system)
        answers = answers_of(page, form) if form else {}
        mine = [f for f in flows if f["system"] in names]
        return {"form": form, "name": name, "answers": answers, "sources": names, "flows": mine,
                "entities": await self._entities(page)}  # fmt: skip

    async def _declare(self, page: Page) -> str | None:
        name = page.typed.get("name", "").strip()
        path = f"/interfaces/{quote(name, safe='') or '-'}/form"
        given = entered(page)
        page.shown["tried"] = await page.api.post(f"{path}/try", given)
        if page.typed.get("act") == "try":
            return None
        await page.api.post(path, {**given, "seen": page.typed.get("seen", ""), "reason": "set up"}, "PUT")
        return "/set-up/figure " + in_force(name)

    # the first figure

    async def _figure(self, page: Page) -> dict[str, Any]:
        systems = {s["system"]: s for s in await page.api.maybe("/systems") or []}
        flows = [
            f for f in await page.api.maybe("/interfaces") or []
            if "read_back" not in systems.get(f["system"], {"can": []})["can"]
        ]  # fmt: skip
        told = await page.api.maybe("/tie-out", exact="true")
        mine = {f["interface"] for f in flows}
        rows = sorted(
            (r for r in (told["rows"] if told else []) if r["interface"] in mine),
            key=lambda r: (r["period"], r["interface"]), reverse=True,
        )  # fmt: skip
        latest = {r["interface"]: r["period"] for r in reversed(rows)}
        months = {
            f["interface"]: page.typed.get("period") or latest.get(f["interface"], page.now[:7])
            for f in flows
        }
        return {"flows": flows, "rows": rows, "months": months, "net_of": net_of}

    async def _prove(self, page: Page) -> str | None:
        name, period = page.typed.get("interface", ""), page.typed.get("period", "")
        if page.typed.get("act") == "run":
            await page.api.post(f"/interfaces/{quote(name, safe='')}/run")
            return "/set-up/figure " + _("its source is asked now")
        rows = await page.api.post("/tie-out/take", {"interface": name, "period": period})
        if not rows:
            return "/set-up/figure " + _("its source states no figure of that month")
        return "/set-up/figure " + _(
            "the figure of the source itself is taken: it stands beside what was read"
        )

    async def _entities(self, page: Page) -> list[str]:
        """The entities that were entered, as the companies' systems know them."""
        return list((await page.api.get("/set-up"))["entities"])
