"""Concur's financial documents, held against the postings that SAP's own use cases state, and what is refused.

Source: developer.concur.com, Financial Integration Service Use Cases (the posting record of each example).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.published.concur.take import SETTINGS, head
from tests.published.payloads import FOLDER
from tests.published.replay import Answer, Replay
from tieout.connector_api import SetupError, SystemConfig, Trail, TransientError
from tieout.connectors.concur.client import lives_elsewhere
from tieout.connectors.concur.connector import CONNECTOR
from tieout.connectors.concur.normalise import report, sides
from tieout.documents import JournalEntry

_REPORTS = "/api/v3.0/expense/reports"
_DOCUMENTS = "/financialintegration/fi/v4/companies/transactiontypes/expense/transactions"
_TOKEN = b'{"access_token": "t", "expires_in": "3600", "refresh_token": "r2", "token_type": "Bearer"}'
NOW = datetime(2019, 7, 20, 12, tzinfo=UTC)
Body = dict[str, Any]

# By account, what SAP's posting record has, a debit positive. What the employee and the cards are owed is summed. 5.2.1's record
# has the advance among its debits, where it does not balance: 5.2.2's has it among the credits.
POSTINGS: Mapping[str, Mapping[str, str]] = {
    "1.2": {"TAGFE": "-50", "paid_by.employee": "50"},
    "1.3": {"MILEG": "24.30", "paid_by.employee": "-24.30"},
    "2.1": {"LNDRY": "8.40", "tax.VA": "1.60", "paid_by.employee": "-10"},
    "2.2": {"GASXX": "100", "paid_by.employee": "-100"},
    "2.4": {"PAGER": "51.83", "tax.JC1E": "1.22", "tax.JC2T": "1.95", "paid_by.employee": "-55"},
    "2.5": {"LODNG": "60.24", "LODTX": "20.08", "paid_by.ibcp": "-80.32"},
    "3.1": {"LODNG": "250", "LODTX": "50", "BRKFT": "25", "paid_by.copd": "-325"},
    "5.2.1": {"CARRT": "245", "DINNR": "60", "PARKG": "10", "cash_advance": "-300", "paid_by.employee": "-15"},
    "5.2.2": {"CARRT": "245", "DINNR": "60", "PARKG": "10", "cash_advance": "-400", "paid_by.employee": "85"},
    "6.1.2": {"CARRT": "56.10", "POSTG": "23", "paid_by.ibcp": "-56.10", "paid_by.employee": "-23"},
    "6.1.3": {"AIRFR": "-349", "paid_by.copd": "349"},
    "6.1.6": {"LODNG": "250", "DINNR": "20", "TAXIX": "35", "paid_by.ibcp": "-270", "paid_by.employee": "-35"},
    "6.1.6-with-offsetting": {"LODNG": "250", "DINNR": "20", "TAXIX": "35", "paid_by.ibcp": "-284", "paid_by.employee": "-21"},
    "6.1.7-with-offsetting": {"LODNG": "250", "DINNR": "20", "PARKG": "5", "paid_by.ibcp": "-275"},
    "6.2.1": {"paid_by.employee": "81", "paid_by.cbcp": "-49", "paid_by.copd": "-32"},
    "6.2.3": {"DINNR": "700", "paid_by.employee": "300", "paid_by.cbcp": "-1000"},
    "6.2.4": {"LODNG": "250", "DINNR": "20", "TAXIX": "35", "paid_by.employee": "-21", "paid_by.cbcp": "-284"},
}  # fmt: skip


def told(name: str) -> Body:
    found = json.loads((FOLDER / "concur" / f"reports.{name}.json").read_text(), parse_float=Decimal)
    body: Body = found["fIDocuments"][0]
    return body


def entry(name: str, options: Mapping[str, Any] | None = None, changed: Body | None = None) -> JournalEntry:
    document = changed or told(name)
    raw = json.dumps({"report": head(document), "document": document["document"]}, default=str).encode()
    (made,) = report(raw, options or {})
    assert isinstance(made, JournalEntry)
    return made


def by_account(made: JournalEntry) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for line in made.lines:
        found[line.account] = found.get(line.account, Decimal(0)) + line.amount.value
    return {k: v for k, v in found.items() if v}


@pytest.mark.parametrize("name", POSTINGS)
def test_a_document_is_posted_as_sap_posts_it(name: str) -> None:
    made = entry(name)
    assert by_account(made) == {k: Decimal(v) for k, v in POSTINGS[name].items()}
    assert made.imbalance.value == 0


def test_account_codes_may_be_the_keys() -> None:
    made = entry("5.2.2", {"accounts_by": "account_code"})
    assert set(by_account(made)) == {"109", "105", "130", "CADV", "paid_by.employee"}
    with pytest.raises(ValueError, match="no account code"):
        entry("9.9", {"accounts_by": "account_code"}, without_code())


def without_code() -> Body:
    changed = told("1.3")
    changed["document"]["expenseEntry"][0]["allocation"][0]["journal"][0]["journalAccountCode"] = ""
    return changed


def test_allocations_have_their_own_cost_centres_and_are_never_guessed() -> None:
    made = entry("4.1", {"allocation_field": "Custom4"})
    breakfast = [x for x in made.lines if x.account == "BRKFT"]
    assert [(x.amount.value, x.dimensions["cost_centre"]) for x in breakfast] == [
        (Decimal("12.50"), "21-BELLEV1"), (Decimal("12.50"), "1000"),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="allocation_field"):
        entry("4.1")


def test_a_credit_keeps_its_cost_centre() -> None:
    spent, owed = entry("1.2").lines
    assert spent.dimensions == {"cost_centre": "Q16CLNT500"} and not owed.dimensions


def test_the_day_is_that_of_the_zone_that_is_said() -> None:
    # Submitted on 4 July at 07:10 UTC, which is still the third in Honolulu.
    assert str(entry("2.3").booked_on) == "2019-07-04"
    assert str(entry("2.3", {"time_zone": "Pacific/Honolulu"}).booked_on) == "2019-07-03"


@pytest.mark.parametrize(
    ("name", "where", "value", "said"),
    [
        ("2.1", "tax", "1.50", "its taxes reclaim"),
        ("2.1", "approved", 11, "11.00 was approved"),
        ("2.1", "payee", "COMP", "one side is the company"),
        ("2.1", "other report", "X", "financial document is of report X"),
        ("2.1", "total", 12, "it says 12"),
        ("5.2.1", "advance", 1, "transaction type 1"),
        ("2.1", "finer", "10.001", "10.001"),
    ],
)
def test_what_does_not_add_up_is_refused_with_words(name: str, where: str, value: Any, said: str) -> None:
    changed = told(name)
    document = changed["document"]
    first = document["expenseEntry"][0]
    share = first["allocation"][0]
    listed = head(changed)
    if where == "tax":
        share["tax"][0]["amountReclaim"] = value
    elif where == "approved":
        first["entryApprovedAmount"] = value
    elif where == "payee":
        share["journal"][0]["journalPayee"] = value
    elif where == "other report":
        document["report"]["reportId"] = value
    elif where == "total":
        listed["TotalApprovedAmount"] = value
    elif where == "advance":
        document["cashAdvanceApplication"][0]["cashAdvanceTransactionType"] = value
    else:
        share["journal"][0]["amountGross"] = value
    raw = json.dumps({"report": listed, "document": document}, default=str).encode()
    with pytest.raises(ValueError, match=said):
        report(raw, {})


def test_a_long_report_is_one_entry_whose_sides_stay() -> None:
    changed = told("1.3")
    document = changed["document"]
    first = document["expenseEntry"][0]
    document["expenseEntry"] = [copy.deepcopy(first) for _ in range(130)]
    document["report"].pop("totalApprovedAmount", None)
    made = entry("1.3", changed=changed)
    assert by_account(made) == {"MILEG": Decimal("3159.00"), "paid_by.employee": Decimal("-3159.00")}
    assert len(made.lines) == 2
    assert sides(head(changed), document) == (Decimal("3159.00"), Decimal("3159.00"))


def test_a_message_of_before_is_read_with_the_code_of_its_organisation_unit() -> None:
    fixture = FOLDER.parents[1] / "src/tieout/connectors/concur/fixtures/reports.trip.invented.json"
    before = json.loads(fixture.read_text())
    (as_text,) = report(json.dumps(before).encode(), {})
    before["report"]["OrgUnit1"] = {"Type": "List", "Value": "Sales", "Code": "100", "ListItemID": "L"}
    (as_code,) = report(json.dumps(before).encode(), {})
    assert as_text == as_code


class TestOnTheWire:
    """Over real HTTP, as Concur answers."""

    def session(self, there: Replay) -> Any:
        return CONNECTOR.open(SystemConfig("concur", "concur", "test", {**SETTINGS, "url": there.url}))

    def answers(self, *names: str, documents: Any = None) -> dict[tuple[str, str], Any]:
        rows = [head(told(n)) for n in names]
        listed = json.dumps({"Items": rows, "NextPage": None}, default=str).encode()
        found = json.dumps({"fIDocuments": [told(n) for n in names]}, default=str).encode()
        return {("POST", "/oauth2/v0/token"): _TOKEN, ("GET", _REPORTS): listed, ("GET", _DOCUMENTS): documents or found}  # fmt: skip

    def test_a_report_whose_document_is_not_made_yet_is_asked_about_again(self) -> None:
        none = b'{"content": [], "links": []}'
        found = json.dumps({"fIDocuments": [told("2.5")]}, default=str).encode()
        with Replay(self.answers("2.5", documents=[none, found])) as there:
            session = self.session(there)
            waits = session.poll("reports", {}, NOW)
            # Approved on 17 July: it waits, and the next poll begins before it.
            assert not waits.items and waits.cursor["since"].startswith("2019-07-17T16:43")
            (item,) = session.poll("reports", waits.cursor, NOW).items
            assert json.loads(item.body)["document"]
        with Replay(self.answers("2.5", documents=none)) as there:
            (item,) = self.session(there).poll("reports", {}, NOW + timedelta(days=1)).items
            with pytest.raises(ValueError, match="no financial document"):
                report(item.body, {})

    def test_the_last_revision_of_a_document_is_taken(self) -> None:
        first, second = told("1.3"), told("1.3")
        second["document"]["report"]["revisionNumber"] = "2"
        both = json.dumps({"content": [second, first]}, default=str).encode()
        with Replay(self.answers("1.3", documents=both)) as there:
            (item,) = self.session(there).poll("reports", {}, NOW).items
        assert json.loads(item.body)["document"]["report"]["revisionNumber"] == "2"

    def page(self, number: int, *listed: Body, ahead: str = "", whole: int | None = None) -> bytes:
        """A page as the reference has it: its links name another host, and its number begins at 0."""
        links = [{"rel": "self", "href": f"https://fiserviceurlhere/fi/v4/x?limit=25&page={number}&size=25"}]
        links += [{"rel": "next", "href": ahead}] if ahead else []
        told_page = {
            "size": 25,
            "totalElements": len(listed) if whole is None else whole,
            "totalPages": 2,
            "number": number,
        }
        return json.dumps({"links": links, "content": list(listed), "page": told_page}, default=str).encode()

    def test_a_revision_on_a_further_page_is_the_documents_last_one(self) -> None:
        first, second = told("1.3"), told("1.3")
        second["document"]["report"]["revisionNumber"] = "2"
        onward = "https://elsewhere.example/fi/v4/x?limit=25&page=1&size=25"
        pages = [self.page(0, first, ahead=onward, whole=2), self.page(1, second, whole=2)]
        with Replay(self.answers("1.3", documents=pages)) as there:
            (item,) = self.session(there).poll("reports", {}, NOW).items
            asked = [dict(a.query) for a in there.asked if a.path == _DOCUMENTS]
        assert json.loads(item.body)["document"]["report"]["revisionNumber"] == "2"
        assert [a.get("page") for a in asked] == [None, "1"] and all(
            a["docId"] == asked[0]["docId"] for a in asked
        )

    @pytest.mark.parametrize(
        ("pages", "said"),
        [
            ([("", 2)], "says that there are 2 documents, and lists 1"),
            ([("https://x.example/fi?page=1", 3), ("", 3)], "says that there are 3 documents, and lists 2"),
            ([("https://x.example/fi?page=1", 2), ("https://x.example/fi?page=1", 2)], "lead back to one"),
            ([("https://x.example/fi", 2)], "nothing says where"),
        ],
    )
    def test_a_list_of_documents_that_loses_some_is_not_believed(
        self, pages: list[tuple[str, int]], said: str
    ) -> None:
        bodies = [self.page(n, told("1.3"), ahead=to, whole=whole) for n, (to, whole) in enumerate(pages)]
        with Replay(self.answers("1.3", documents=bodies)) as there:
            session = self.session(there)
            with pytest.raises(TransientError, match=said):
                session.poll("reports", {}, NOW)

    def test_another_host_is_never_asked_and_pages_end(self) -> None:
        answers = self.answers("1.3")
        page = json.loads(answers["GET", _REPORTS])
        page["NextPage"] = "https://elsewhere.example/api/v3.0/expense/reports?offset=abc&limit=50"
        answers["GET", _REPORTS] = json.dumps(page).encode()
        with Replay(answers) as there:
            session = self.session(there)
            first = session.poll("reports", {}, NOW)
            assert first.more and first.cursor["next"] == "abc"
            again = session.poll("reports", first.cursor, NOW)
            with pytest.raises(TransientError, match="leads to itself"):
                Trail().after("concur: reports", first.cursor, again)
            assert any(("offset", "abc") in asked.query for asked in there.asked)

    def test_what_is_asked_and_how_it_is_signed(self) -> None:
        with Replay(self.answers("1.3")) as there:
            session = self.session(there)
            session.poll("reports", {"since": "2019-07-01T00:00:00+00:00"}, NOW)
            token, listed, document = there.asked
            assert b"grant_type=refresh_token" in token.body and token.path == "/oauth2/v0/token"
            assert dict(listed.query) | {"modifiedDateAfter": "2019-06-30T22:00:00.000"} == dict(listed.query)
            assert dict(document.query) == {"docId": head(told("1.3"))["ID"], "ignoreDocumentStatus": "yes"}
            assert {x.headers["authorization"] for x in (listed, document)} == {"Bearer t"}

    def test_control_totals_are_the_sides_of_what_was_submitted(self) -> None:
        names = ("6.2.3", "2.1", "1.2")
        with Replay(self.answers(*names)) as there:
            found = self.session(there).control_totals(["reports"], NOW - timedelta(days=30), NOW, "UTC")
        made = {(t.currency, t.count): (t.debit, t.credit) for t in found}
        # 700 of the company and 300 personal; 10; 50 that came back: both sides of each entry.
        assert made == {("USD", 2): (Decimal(1050), Decimal(1050)), ("EUR", 1): (Decimal(10), Decimal(10))}
        for name in names:
            measure = entry(name).measure()
            assert (measure.debit, measure.credit) == sides(head(told(name)), told(name)["document"])

    def test_tutorials_24124_reports_of_all_users_are_asked_for_and_not_those_of_the_token_s_own(
        self,
    ) -> None:
        with Replay(self.answers("1.3")) as there:
            session = self.session(there)
            session.poll("reports", {}, NOW)
            list(session.control_totals(["reports"], NOW - timedelta(days=30), NOW, "UTC"))
            listed = [asked for asked in there.asked if asked.path == _REPORTS]
        assert len(listed) == 2 and all(("user", "ALL") in asked.query for asked in listed)

    def test_developer_concur_com_1544_a_report_is_told_once_whatever_becomes_of_its_payment(self) -> None:
        """Its payment's state goes on to extracted, and to confirmed where a bank pays: each is another change of it."""
        made = []
        for state in ("P_NOTP", "P_PROC", "P_PAID"):
            answers = self.answers("1.3")
            page = json.loads(answers["GET", _REPORTS], parse_float=Decimal)
            page["Items"][0]["PaymentStatusCode"] = state
            answers["GET", _REPORTS] = json.dumps(page, default=str).encode()
            with Replay(answers) as there:
                (item,) = self.session(there).poll("reports", {}, NOW).items
                (listed,) = [asked for asked in there.asked if asked.path == _REPORTS]
            assert "paymentStatusCode" not in dict(listed.query)
            made.append(report(item.body, {}))
        assert made[0] == made[1] == made[2]

    @pytest.mark.parametrize("told", [None, "soon"])
    def test_a_report_without_its_time_of_change_ends_no_poll(self, told: str | None) -> None:
        """It used to, at each try; and nothing of its page was taken."""
        answers = self.answers("1.3")
        page = json.loads(answers["GET", _REPORTS], parse_float=Decimal)
        page["Items"][0]["LastModifiedDate"] = told
        answers["GET", _REPORTS] = json.dumps(page, default=str).encode()
        with Replay(answers) as there:
            found = self.session(there).poll("reports", {"since": "2019-07-01T00:00:00+00:00"}, NOW)
        (item,) = found.items
        assert found.cursor == {"since": "2019-07-01T00:00:00+00:00"}
        assert report(item.body, {})

    def test_developer_concur_com_2778_the_refresh_token_that_came_last_is_sent_next(self) -> None:
        answers = self.answers("1.3")
        with Replay(answers) as there:
            session = self.session(there)
            session.poll("reports", {}, NOW)
            session._auth.token(refused="t")
            first, second = [asked for asked in there.asked if asked.path == "/oauth2/v0/token"]
        assert b"refresh_token=r2" not in first.body and b"refresh_token=r2" in second.body

    def test_a_refresh_token_that_ended_is_for_a_person(self) -> None:
        refused = Answer(b'{"code": 108, "error": "invalid_grant", "error_description": "bad or expired refresh token"}', 400)  # fmt: skip
        with Replay({("POST", "/oauth2/v0/token"): refused}) as there, pytest.raises(SetupError, match="refresh token"):  # fmt: skip
            self.session(there).check()


@pytest.mark.parametrize(
    ("url", "told", "elsewhere"),
    [
        ("https://us.api.concursolutions.com", "https://eu2.api.concursolutions.com", True),
        ("https://us.api.concursolutions.com", "https://us.api.concursolutions.com/", False),
        ("https://us.api.concursolutions.com", "https://www-us.api.concursolutions.com", False),
        ("https://us.api.concursolutions.com", "", False),
        ("https://us.api.concursolutions.com", "https://elsewhere.example", False),
        ("http://127.0.0.1:8080", "https://us2.api.concursolutions.com", False),
    ],
)
def test_developer_concur_com_2778_a_company_that_is_kept_elsewhere_is_said_with_its_address(
    url: str, told: str, elsewhere: bool
) -> None:
    assert lives_elsewhere(url, told) == (told if elsewhere else "")


def test_a_check_says_where_the_company_is_kept() -> None:
    answer = json.loads(_TOKEN) | {"geolocation": "https://eu2.api.concursolutions.com"}
    with Replay({("POST", "/oauth2/v0/token"): json.dumps(answer).encode()}) as there:
        session: Any = CONNECTOR.open(
            # A client of its own: a token that another test's client was given at this port is another one.
            SystemConfig(
                "concur", "concur", "test", {**SETTINGS, "url": there.url, "client_id": "of this test"}
            )
        )
        session._url = "https://us.api.concursolutions.com"
        with pytest.raises(SetupError, match="put that address as url"):
            session.check()
        assert [asked.path for asked in there.asked] == ["/oauth2/v0/token"]
