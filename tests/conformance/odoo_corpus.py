"""Plays the recorded traffic of a real Odoo against a simulator and compares the answers.

Ids are compared by a two-way map a model, amounts within half a cent, rates within 1e-9,
digits in error texts masked; times are not compared.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, dumps, loads

from tieout.connectors.odoo.versions import V19
from tieout_sandbox.simulators.odoo import Odoo

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "data" / "odoo-19"


def pointer(value: Any, path: str) -> Any:
    """The value at a JSON pointer; KeyError where there is none."""
    for part in path.split("/")[1:]:
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (IndexError, ValueError, TypeError) as error:
            raise KeyError(path) from error
    return value


@dataclass
class Result:
    scenario: str
    step: int
    why: str
    method: str
    agrees: bool
    not_simulated: bool
    difference: str = ""


@dataclass
class Player:
    """One scenario against one fresh simulator."""

    scenario: dict[str, Any]
    bound: dict[str, Any] = field(default_factory=dict)
    forward: dict[tuple[str, Any], Any] = field(default_factory=dict)
    backward: dict[tuple[str, Any], Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._now = datetime.fromisoformat(self.scenario["clock"]).replace(hour=12, tzinfo=UTC)
        self.odoo = Odoo(lambda: self._now, V19, database="conf", admin_password="admin-pass")
        self.keys = {"admin": self.odoo.service.make_key(2)}
        self.cookies: dict[str, str] = {}
        self.bound |= {"db": "conf", "admin_login": "admin", "admin_password": "admin-pass"}

    def play(self) -> list[Result]:
        return [self._step(step) for step in self.scenario["steps"]]

    def _fill(self, value: Any) -> Any:
        if isinstance(value, dict):
            if set(value) == {"$ref"}:
                return self.bound[value["$ref"]]
            return {self._fill(k): self._fill(v) for k, v in value.items()}
        if isinstance(value, list):
            return [self._fill(v) for v in value]
        if isinstance(value, str):
            return re.sub(r"\$\{(\w+)\}", lambda m: str(self.bound[m[1]]), value)
        return value

    def _send(self, step: dict[str, Any]) -> tuple[int, Any]:
        request = step["request"]
        if wait := request.get("wait_s_before"):
            from datetime import timedelta

            self._now += timedelta(seconds=wait)
        auth = request.get("auth", "admin")
        headers = {"x-odoo-database": "conf"}
        if auth == "bad":
            headers["authorization"] = "bearer " + "0" * 40
        elif auth.startswith("session:"):
            headers["cookie"] = self.cookies.get(auth.partition(":")[2], "")
        elif auth != "none":
            headers["authorization"] = f"bearer {self.keys.get(auth, '?')}"
        if "xmlrpc" in request:
            call = self._fill(request["xmlrpc"])
            raw = dumps(tuple(call["params"]), call["methodName"]).encode()
        else:
            raw = json.dumps(self._fill(request.get("body"))).encode() if "body" in request else b""
        answer = self.odoo.answer(request["method"], request["path"], "", headers, raw)
        if "set-cookie" in answer.headers and auth.startswith("session:"):
            self.cookies[auth.partition(":")[2]] = answer.headers["set-cookie"].split(";")[0]
        if "xmlrpc" in request:
            try:
                return answer.status, {"value": loads(answer.body)[0][0]}
            except Fault as fault:
                return answer.status, {
                    "fault": {"faultCode": fault.faultCode, "faultString": fault.faultString}
                }
        return answer.status, json.loads(answer.body)

    def _step(self, step: dict[str, Any]) -> Result:
        request, response = step["request"], step["response"]
        result = Result(
            self.scenario["scenario"],
            step["n"],
            step["why"],
            request["path"].replace("/json/2/", ""),
            False,
            False,
        )
        try:
            status, body = self._send(step)
        except KeyError as error:
            result.difference = f"needs {error}, which an earlier step did not give"
            return result
        except Exception as error:  # noqa: BLE001 - a difference of that step
            result.difference = f"the simulator broke: {error!r}"
            return result
        result.not_simulated = status == 501
        for name, path in (step.get("binds") or {}).items():
            try:
                self.bound[name] = pointer(body, path)
            except KeyError:
                pass
        for name, path in (step.get("binds_key") or {}).items():
            try:
                self.keys[name] = pointer(body, path)
            except KeyError:
                pass
        if status != response["status"]:
            result.difference = f"status {status}, recorded {response['status']}: {body}"
            return result
        expected = response.get("body", response.get("xmlrpc"))
        ids = {tuple(p.split("/")[1:]): m for p, m in (step.get("id_at") or {}).items()}
        left_out = set(response.get("left_out") or [])
        result.difference = self._compare(expected, body, ids, (), left_out)
        result.agrees = not result.difference
        return result

    def _same_id(self, model: str, recorded: Any, ours: Any) -> str:
        prefix = ""
        if model == "(matching number)":
            if isinstance(recorded, str) and recorded.startswith("I"):
                return "" if recorded == ours else f"{ours!r} for {recorded!r}"
            if str(recorded)[:1] == "P" or str(ours)[:1] == "P":
                if str(recorded)[:1] != str(ours)[:1]:
                    return f"{ours!r} for {recorded!r}"
                prefix = "P"
        if bool(recorded) != bool(ours):
            return f"{ours!r} for {recorded!r}"
        key = (model + prefix, recorded)
        if self.forward.setdefault(key, ours) != ours:
            return f"id {ours} for {model} {recorded}, earlier {self.forward[key]}"
        if self.backward.setdefault((model + prefix, ours), recorded) != recorded:
            return f"id {ours} stands for two of {model}"
        return ""

    def _compare(  # noqa: C901 - flat: a branch a shape of values
        self,
        recorded: Any,
        ours: Any,
        ids: dict[tuple[str, ...], str],
        at: tuple[str, ...],
        left_out: set[str],
    ) -> str:
        where = "/" + "/".join(at)
        if at in ids:
            problem = self._same_id(ids[at], recorded, ours)
            return f"{where}: {problem}" if problem else ""
        if recorded in ("<datetime>", "<api key svc>"):
            return ""
        if isinstance(recorded, dict):
            if not isinstance(ours, dict):
                return f"{where}: {ours!r} for an object"
            if any(k.isdigit() for k in recorded):
                mine = sorted(ours.values(), key=str)
                return "" if sorted(recorded.values(), key=str) == mine else f"{where}: {ours}"
            missing = [k for k in recorded if k not in ours and k not in left_out]
            extra = [k for k in ours if k not in recorded and k not in left_out]
            if missing or extra:
                return f"{where}: missing {missing}, extra {extra}"
            for key, value in recorded.items():
                if key in left_out:
                    continue
                problem = self._compare(value, ours[key], ids, (*at, key), left_out)
                if problem:
                    return problem
            return ""
        if isinstance(recorded, list):
            if not isinstance(ours, list) or len(recorded) != len(ours):
                return f"{where}: {ours!r} for {recorded!r}"
            for index, (a, b) in enumerate(zip(recorded, ours, strict=True)):
                problem = self._compare(a, b, ids, (*at, str(index)), left_out)
                if problem:
                    return problem
            return ""
        if isinstance(recorded, bool) or isinstance(ours, bool):
            return "" if recorded is ours else f"{where}: {ours!r} for {recorded!r}"
        if isinstance(recorded, int | float) and isinstance(ours, int | float):
            near = 1e-9 if "rate" in where else 0.005
            return "" if abs(recorded - ours) < near else f"{where}: {ours} for {recorded}"
        if isinstance(recorded, str) and isinstance(ours, str):
            masked = [re.sub(r"\d+", "#", t) for t in (recorded, ours)]
            long = len(recorded) > 40 or "#" in masked[0]
            same = (
                masked[0] == masked[1] if long and not re.match(r"^\S*/\S*$", recorded) else recorded == ours
            )
            return "" if same else f"{where}: {ours!r} for {recorded!r}"
        return "" if recorded == ours else f"{where}: {ours!r} for {recorded!r}"


def play_all() -> list[Result]:
    results = []
    for path in sorted(CORPUS.glob("*.json")):
        results += Player(json.loads(path.read_text())).play()
    return results


if __name__ == "__main__":
    played = play_all()
    for r in played:
        if not r.agrees:
            print(f"{r.scenario} #{r.step} {r.why} [{r.method}]: {r.difference[:260]}")
    print(sum(r.agrees for r in played), "of", len(played))
