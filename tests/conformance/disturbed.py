"""Somebody between a connector and its system who turns the pages of every list wrongly.

A list is asked for by a cursor that its answers hand out, by a number, or by the last row of the page before. What stands between knows how
each vendor writes that, and nothing else of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2

from tests.published.replay import Answer, Asked, Replay

# What is done to each list: the first page for ever; its second twice; an empty one in the middle; ever new empty ones.
WAYS = ("same", "again", "empty", "endless")
_NOT_PASSED = ("host", "content-length", "connection", "accept-encoding", "transfer-encoding")


@dataclass
class Shown:
    """A page: the answer that it came in, its rows, and what leads on (a cursor, or how many pages there are), "" for nothing."""

    answer: Any
    rows: list[Any]
    ahead: str
    headers: dict[str, str] = field(default_factory=dict)


class Shape:
    """How a vendor turns pages: by a cursor, unless a subclass says otherwise."""

    by: ClassVar[str] = "cursor"
    name: ClassVar[str] = ""
    # Whether its cursors are addresses of their own; whether nothing says that there is more than a full page.
    locates: ClassVar[bool] = False
    silent: ClassVar[bool] = False

    def question(self, asked: Asked) -> str:
        """Which list is asked for, whatever page; "" where it is none."""
        raise NotImplementedError

    def place(self, asked: Asked) -> str:
        """Which page; "" for the first."""
        return dict(asked.query).get(self.name, "")

    def to(self, asked: Asked, place: str) -> Asked:
        """The same question for another page."""
        return replace(asked, query=[(k, v) for k, v in asked.query if k != self.name] + [(self.name, place)])

    def read(self, answer: Any, headers: dict[str, str]) -> Shown:
        raise NotImplementedError

    def written(self, shown: Shown, rows: list[Any], ahead: str) -> tuple[Any, dict[str, str]]:
        raise NotImplementedError

    def without(self, asked: Asked) -> str:
        """A question's own text: its path and what is asked, without the page."""
        return asked.path + "?" + urlencode([(k, v) for k, v in asked.query if k != self.name])


class Chargebee(Shape):
    name = "offset"

    def question(self, asked: Asked) -> str:
        return self.without(asked) if asked.path.count("/") == 3 else ""

    def read(self, answer: Any, headers: dict[str, str]) -> Shown:
        return Shown(answer, answer["list"], answer.get("next_offset") or "")

    def written(self, shown: Shown, rows: list[Any], ahead: str) -> tuple[Any, dict[str, str]]:
        told = {"list": rows, "next_offset": ahead} if ahead else {"list": rows}
        return told, {}


class Concur(Shape):
    name = "offset"

    def question(self, asked: Asked) -> str:
        return self.without(asked) if asked.path.endswith("/expense/reports") else ""

    def read(self, answer: Any, headers: dict[str, str]) -> Shown:
        ahead = parse_qs(urlsplit(answer["NextPage"] or "").query).get("offset", [""])[0]
        return Shown(answer, answer["Items"], ahead)

    def written(self, shown: Shown, rows: list[Any], ahead: str) -> tuple[Any, dict[str, str]]:
        told = f"https://www.concursolutions.com/api/v3.0/expense/reports?offset={ahead}" if ahead else None
        return {"Items": rows, "NextPage": told}, {}


class Gusto(Shape):
    by, name = "number", "page"

    def question(self, asked: Asked) -> str:
        return self.without(asked) if "/companies/" in asked.path and "page" in dict(asked.query) else ""

    def read(self, answer: Any, headers: dict[str, str]) -> Shown:
        return Shown(answer, self._rows(answer), headers["x-total-pages"])

    def written(self, shown: Shown, rows: list[Any], ahead: str) -> tuple[Any, dict[str, str]]:
        if isinstance(shown.answer, list):
            return rows, {"x-total-pages": ahead}
        return {**shown.answer, self._of(shown.answer): rows}, {"x-total-pages": ahead}

    def _rows(self, answer: Any) -> list[Any]:
        rows: list[Any] = answer if isinstance(answer, list) else answer[self._of(answer)]
        return rows

    def _of(self, answer: dict[str, Any]) -> str:
        return "contractor_payments" if "contractor_payments" in answer else "employee_compensations"


class Paypal(Shape):
    by, name = "number", "page"

    def question(self, asked: Asked) -> str:
        return self.without(asked) if asked.path.endswith("/transactions") else ""

    def read(self, answer: Any, headers: dict[str, str]) -> Shown:
        return Shown(answer, answer["transaction_details"], str(max(answer["total_pages"], 1)))

    def written(self, shown: Shown, rows: list[Any], ahead: str) -> tuple[Any, dict[str, str]]:
        return {**shown.answer, "transaction_details": rows, "total_pages": int(ahead)}, {}


class Salesforce(Shape):
    locates = True

    def question(self, asked: Asked) -> str:
        return self.without(asked) if asked.path.endswith(("/query", "/queryAll")) else ""

    def place(self, asked: Asked) -> str:
        return asked.path.partition("~")[0] if "~" in asked.path else ""

    def read(self, answer: Any, headers: dict[str, str]) -> Shown:
        return Shown(answer, answer["records"], answer.get("nextRecordsUrl") or "")

    def written(self, shown: Shown, rows: list[Any], ahead: str) -> tuple[Any, dict[str, str]]:
        told = {**shown.answer, "records": rows, "done": not ahead}
        told.pop("nextRecordsUrl", None)
        return {**told, "nextRecordsUrl": ahead} if ahead else told, {}


class Shopify(Shape):
    def question(self, asked: Asked) -> str:
        if not asked.path.endswith("graphql.json"):
            return ""
        told = json.loads(asked.body)
        given = {k: v for k, v in told["variables"].items() if k not in ("after", "first", "nested")}
        return json.dumps([told["query"], given]) if "$after" in told["query"] else ""

    def place(self, asked: Asked) -> str:
        return json.loads(asked.body)["variables"].get("after") or ""

    def to(self, asked: Asked, place: str) -> Asked:
        told = json.loads(asked.body)
        told["variables"]["after"] = place or None
        return replace(asked, body=json.dumps(told).encode())

    def read(self, answer: Any, headers: dict[str, str]) -> Shown:
        found = self._connection(answer)
        info = found["pageInfo"] if found else {}
        return Shown(
            answer, found["nodes"] if found else [], info["endCursor"] if info.get("hasNextPage") else ""
        )

    def written(self, shown: Shown, rows: list[Any], ahead: str) -> tuple[Any, dict[str, str]]:
        told = json.loads(json.dumps(shown.answer))
        if found := self._connection(told):
            found |= {"nodes": rows, "pageInfo": {"hasNextPage": bool(ahead), "endCursor": ahead or None}}
        return told, {}

    def _connection(self, told: Any) -> dict[str, Any] | None:
        """The outermost connection of an answer."""
        found = told.get("data") or {}
        while isinstance(found, dict) and "pageInfo" not in found:
            found = next((v for v in found.values() if isinstance(v, dict)), None)
        return found if isinstance(found, dict) else None


class Stripe(Shape):
    by, name = "row", "starting_after"

    def question(self, asked: Asked) -> str:
        lists = ("/balance_transactions", "/payouts", "/disputes", "/events")
        return self.without(asked) if asked.method == "GET" and asked.path.endswith(lists) else ""

    def read(self, answer: Any, headers: dict[str, str]) -> Shown:
        return Shown(answer, answer["data"], "more" if answer["has_more"] else "")

    def written(self, shown: Shown, rows: list[Any], ahead: str) -> tuple[Any, dict[str, str]]:
        return {**shown.answer, "data": rows, "has_more": bool(ahead)}, {}


class Coupa(Shape):
    """A page that is full has another behind it: nothing says so, and an empty one is the last."""

    by, silent = "row", True

    def question(self, asked: Asked) -> str:
        moves = ("offset", "updated-at[gt_or_eq]", "id[gt]")
        kept = [(k, v) for k, v in asked.query if k not in moves]
        return f"{asked.path}?{urlencode(kept)}" if asked.path.startswith("/api/") else ""

    def place(self, asked: Asked) -> str:
        given = dict(asked.query)
        found = [given.get(k, "") for k in ("offset", "updated-at[gt_or_eq]", "id[gt]")]
        return "" if found[0] in ("", "0") and not found[1] and found[2] in ("", "0") else "|".join(found)

    def read(self, answer: Any, headers: dict[str, str]) -> Shown:
        return Shown(answer, answer, "more" if len(answer) == 50 else "")

    def written(self, shown: Shown, rows: list[Any], ahead: str) -> tuple[Any, dict[str, str]]:
        return rows, {}


SHAPES: dict[str, Callable[[], Shape]] = {
    "chargebee": Chargebee,
    "concur": Concur,
    "coupa": Coupa,
    "gusto": Gusto,
    "paypal": Paypal,
    "salesforce": Salesforce,
    "shopify": Shopify,
    "stripe": Stripe,
}


class Between(Replay):
    """Answers as the system at `target` does, its pages turned in one of WAYS or "plain"ly. `turned` counts the pages that it answered
    wrongly."""

    def __init__(self, target: str, shape: Shape) -> None:
        super().__init__({})
        self._target, self._shape = target, shape
        self._http = httpx2.Client(timeout=40)
        self.turning("plain")

    def turning(self, way: str) -> None:
        """Begin anew, in this way."""
        self._way, self.turned, self.asked = way, 0, []
        self._count: dict[str, int] = {}
        self._first: dict[str, Shown] = {}
        self._kept: dict[str, Shown] = {}
        self._lists: list[str] = []

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        question = self._question(asked)
        if not question:
            return self._passed(asked)
        if self._shape.place(asked) in ("", "1"):
            self._count[question] = 0
        turn = self._count.get(question, 0)
        self._count[question] = turn + 1
        if turn == 0:
            shown = self._first[question] = self._page(asked)
            if not shown.rows:
                return self._told(question, shown, [], shown.ahead)
        made: Answer = getattr(self, f"_{self._way}")(asked, question, turn)
        return made

    def _question(self, asked: Asked) -> str:
        """A locator says nothing of its list: those that are handed out here do."""
        if "~" in asked.path:
            return self._lists[int(asked.path.partition("~")[2])]
        return self._shape.question(asked)

    def _passed(self, asked: Asked) -> Answer:
        headers = {k: v for k, v in asked.headers.items() if k not in _NOT_PASSED}
        path = asked.path.partition("~")[0]
        told = self._http.request(
            asked.method, self._target + path, params=list(asked.query), headers=headers, content=asked.body
        )
        body = told.content.replace(self._target.encode(), self.url.encode())
        kept = {k: v for k, v in told.headers.items() if k in ("content-type", "x-total-pages")}
        if dates := told.headers.get_list("date"):
            # What time it is there, and not what the server under it says.
            kept["date"] = dates[-1]
        return Answer(body, told.status_code, kept)

    def _told(self, question: str, shown: Shown, rows: list[Any], ahead: str) -> Answer:
        if self._shape.locates and ahead and "~" not in ahead:
            if question not in self._lists:
                self._lists.append(question)
            ahead = f"{ahead}~{self._lists.index(question)}"
        body, headers = self._shape.written(shown, rows, ahead)
        return Answer(json.dumps(body).encode(), 200, {**shown.headers, **headers})

    def _page(self, asked: Asked) -> Shown:
        told = self._passed(asked)
        assert told.status == 200, (asked, told)
        shown = self._shape.read(json.loads(told.body), dict(told.headers))
        shown.headers = dict(told.headers)
        return shown

    def _ahead(self, turn: int) -> str:
        """What leads to a page that there is not."""
        return str(turn + 2) if self._shape.by == "number" else f"/services/data/v66.0/query/turn-{turn}"

    def _plain(self, asked: Asked, question: str, turn: int) -> Answer:
        shown = self._page(asked) if turn else self._first[question]
        return self._told(question, shown, shown.rows, shown.ahead)

    def _same(self, asked: Asked, question: str, turn: int) -> Answer:
        self.turned += bool(turn)
        shown = self._first[question]
        return self._told(question, shown, shown.rows, self._ahead(turn))

    def _endless(self, asked: Asked, question: str, turn: int) -> Answer:
        if turn == 0:
            return self._same(asked, question, turn)
        self.turned += 1
        return self._told(question, self._first[question], [], self._ahead(turn))

    def _again(self, asked: Asked, question: str, turn: int) -> Answer:
        number, late = self._shape.by == "number", turn > 2
        if turn == 2:
            self.turned += 1
            shown = self._kept[question]
            return self._told(
                question, shown, shown.rows, str(int(shown.ahead) + 1) if number else shown.ahead
            )
        if number and late:
            asked = self._shape.to(asked, str(int(self._shape.place(asked)) - 1))
        shown = self._page(asked) if turn else self._first[question]
        if turn == 1:
            self._kept[question] = shown
            return self._told(
                question, shown, shown.rows, str(int(shown.ahead) + 1) if number else self._ahead(9_000)
            )
        if number:
            # A list of one page has no second one that could come again.
            more = int(shown.ahead) > 1
            return self._told(question, shown, shown.rows, str(int(shown.ahead) + more))
        return self._told(question, shown, shown.rows, shown.ahead)

    def _empty(self, asked: Asked, question: str, turn: int) -> Answer:
        number = self._shape.by == "number"
        shown = self._first[question]
        if turn == 0:
            return self._told(
                question, shown, shown.rows, str(int(shown.ahead) + 1) if number else self._ahead(9_000)
            )
        if turn == 1:
            self.turned += 1
            pages = max(int(shown.ahead) + 1, 3) if number else 0
            return self._told(
                question, shown, [], str(pages) if number else shown.ahead or self._ahead(9_001)
            )
        if self._shape.place(asked).startswith(self._ahead(9_001)) and not number:
            return self._told(question, shown, [], "")
        if number:
            page = int(self._shape.place(asked)) - 1
            if page > int(shown.ahead):
                return self._told(question, shown, [], str(page + 1))
            moved = self._page(self._shape.to(asked, str(page)))
            return self._told(question, moved, moved.rows, str(int(moved.ahead) + 1))
        later = self._page(asked)
        return self._told(question, later, later.rows, later.ahead)
