"""*You* and the API: a person chooses how they are told, confirms an address by the link that came, and sees what was not taken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import httpx2
import pytest

from tests.integration.office import Office
from tests.integration.test_work_api import Front, operator
from tests.stages import step
from tieout.cases import Told, tell
from tieout.console import pages
from tieout.notifying import GatheringStage, SendingStage, posts_of
from tieout.settings import AlertSettings
from tieout_sandbox.ports import free_port
from tieout_sandbox.simulators.smtp import MailServer

pytestmark = pytest.mark.long


@dataclass
class Settings:
    alerts: AlertSettings = field(default_factory=AlertSettings)


@dataclass
class Project:
    """As much of an open project as these requests ask for."""

    settings: Settings = field(default_factory=Settings)

    def away(self, system: str) -> str:
        return ""


@dataclass
class Desk:
    site: Front
    project: Project
    mail: MailServer

    def send(self) -> None:
        """What the worker does, two minutes later."""
        office, c = self.site.office, self.site.c
        office.clock.at += timedelta(minutes=2)
        posts = posts_of(self.project.settings.alerts, [ip_network("127.0.0.0/8")])
        step(GatheringStage(office.clock, office.clock, 0), c, office.clock)
        stage = SendingStage(posts, "Test", self.site.base, office.clock, office.clock, 0)
        step(stage, c, office.clock)

    def page(self, http: httpx2.Client, query: str = "") -> str:
        reply = http.get(f"{self.site.base}/me{query}")
        assert reply.status_code == 200, reply.text
        return reply.text

    def act(self, http: httpx2.Client, act: str, **typed: str) -> httpx2.Response:
        form = {"csrf": http.headers["x-tieout-csrf"], "act": act, **typed}
        return http.post(f"{self.site.base}/me", data=form)


@pytest.fixture
def desk(office: Office) -> Iterator[Desk]:
    office.let_in()
    operator(office, "otto", "US")
    project: Any = Project()
    site = Front(office, project, pages("Test", "test", False, lambda: True))
    mail, port = MailServer(), free_port()
    mail.start(port)
    project.settings.alerts = AlertSettings(smtp=f"127.0.0.1:{port}", mail_from="tieout@co.example")
    yield Desk(site, project, mail)
    site.stop()
    mail.stop()


def test_a_person_confirms_an_address_chooses_and_is_told(desk: Desk) -> None:
    otto = desk.site.sign_in("otto", second_factor=False)
    assert 'name="pace"' not in desk.page(otto) and 'name="address"' in desk.page(otto)
    assert desk.act(otto, "address", channel="mail", address="otto@co.example").status_code == 303
    assert "open the link that is sent there" in desk.page(otto)
    refused = otto.put("/me/notices", json={"pace": "at_once"})
    assert refused.status_code == 422 and "confirmed yet" in refused.json()["detail"]
    desk.send()
    (letter,) = desk.mail.letters
    (token,) = re.findall(r"/me\?confirm=(\S+)", letter.text)
    # Whoever else opens the link confirms nothing by it.
    carl = desk.site.sign_in("carl")
    assert carl.post("/me/notices/address/confirm", json={"token": token}).status_code == 422
    assert f'name="token" value="{token}"' in desk.page(otto, f"?confirm={token}")
    assert desk.act(otto, "confirm", token=token).status_code == 303
    assert "confirmed</span>" in desk.page(otto)
    chosen = {"pace": "daily", "channel": "mail", "hour": "7", "weekday": "1", "time_zone": "Europe/Berlin"}
    assert "is no time zone" in desk.act(otto, "notices", **{**chosen, "time_zone": "Bonn"}).text
    assert desk.act(otto, "notices", **chosen).status_code == 303
    assert "07:00</time> (Europe/Berlin)" in desk.page(otto)
    told = otto.get("/me/notices").json()
    assert (told["pace"], told["hour"], told["offered"]) == ("daily", 7, ["mail"]) and told["next_at"]
    assert desk.act(otto, "notices", **{**chosen, "pace": "at_once"}).status_code == 303
    case = desk.site.case("10.00")
    tell(desk.site.c, [(case, "otto")], Told.MENTIONED, "k", desk.site.office.clock.now(), "carl")
    desk.mail.refused["otto@co.example"] = "550 5.1.1 <b>nobody</b>"
    desk.send()
    shown = desk.page(otto)
    assert "not taken" in shown and "&lt;b&gt;nobody" in shown
    desk.mail.refused.clear()
    tell(desk.site.c, [(case, "otto")], Told.NOTED, "k2", desk.site.office.clock.now(), "carl")
    desk.send()
    assert desk.mail.letters[-1].subject == f"[Tieout Test] case {case}: carl commented"
    assert desk.act(otto, "forget", channel="mail").status_code == 303
    assert otto.get("/me/notices").json()["addresses"] == []


def test_a_project_that_sends_nothing_offers_nothing(desk: Desk) -> None:
    desk.project.settings.alerts = AlertSettings()
    otto = desk.site.sign_in("otto", second_factor=False)
    assert "nowhere else" in desk.page(otto) and 'name="address"' not in desk.page(otto)
    refused = otto.put("/me/notices/address", json={"channel": "mail", "address": "otto@co.example"})
    assert refused.status_code == 422 and "sends no mail" in refused.json()["detail"]
    assert otto.put("/me/notices", json={"pace": "none"}).json()["pace"] == "none"
    for wrong in ({"hour": 24}, {"weekday": 0}, {"pace": "often"}, {"time_zone": "../x"}, {"channel": "fax"}):
        assert otto.put("/me/notices", json={"pace": "none", **wrong}).status_code == 422


def test_who_is_half_signed_in_sees_and_changes_nothing_of_it(desk: Desk) -> None:
    cora = desk.site.sign_in("cora", second_factor=False)
    assert cora.get("/me/notices").status_code == 403
    assert cora.put("/me/notices", json={"pace": "none"}).status_code == 403
    assert (
        cora.put("/me/notices/address", json={"channel": "mail", "address": "a@b.example"}).status_code == 403
    )
    assert cora.delete("/me/notices/address/mail").status_code == 403
    assert cora.post("/me/notices/address/confirm", json={"token": "x"}).status_code == 403
