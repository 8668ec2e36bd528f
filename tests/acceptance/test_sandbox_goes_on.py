"""A company on the sandbox goes on after its process was killed: the same outside, the same ledger. Who looks around is one of two
people, each one click away, and nobody without the link is either."""

from __future__ import annotations

import shutil
import signal
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.acceptance.commands import run_tieout
from tests.acceptance.companies import Up, up
from tieout_sandbox.demo.living import Living

pytestmark = pytest.mark.long


def held(folder: Path, copy: Path) -> str:
    """What the ledgers of a company hold, lived through again from a copy of what is kept."""
    shutil.copytree(folder / ".sandbox", copy / ".sandbox")
    living = Living.take_up(copy)
    try:
        return str(living.scenario.oracle().held().sha256)
    finally:
        living.stop()


def tied_out(running: Up) -> list[dict[str, Any]]:
    """The tie-out's rows, as the accountant is told them."""
    base = running.said(r"Tieout is up: (http://localhost:\d+)/")[1]
    with httpx2.Client(follow_redirects=True, timeout=60) as http:
        http.get(running.link)
        rows: list[dict[str, Any]] = http.get(f"{base}/api/v1/tie-out?exact=true").json()["rows"]
        return rows


def days_over(folder: Path) -> int:
    diary = folder / ".sandbox" / "diary"
    return diary.read_text().count('"over":') if diary.exists() else 0


@pytest.mark.parametrize("company", ["distributor", "services"])
def test_a_company_that_is_killed_goes_on_and_has_the_same_ledger(tmp_path: Path, company: str) -> None:
    quiet, shaken = tmp_path / "quiet", tmp_path / "shaken"
    with up(quiet, "--scenario", company) as running:
        running.said("month is over")
        rows = tied_out(running)
    # Its sources were asked for their own figures on the way: nobody sees a month of which nothing is proven.
    october = [r for r in rows if r["period"] == "2026-10"]
    assert {r["interface"] for r in october if r["source"] is None} == set()
    assert sum(r["proven"] for r in october) > len(october) / 2
    for until in (3, 12, 30):
        with up(shaken, "--scenario", company) as running:
            running.link  # noqa: B018 - it is up
            while days_over(shaken) < until:
                assert running.process.poll() is None, running.log.read_text()[-3000:]
                time.sleep(0.02)
            running.end(signal.SIGKILL)
    with up(shaken) as running:
        running.said("goes on")
        running.said("month is over")
    assert "could not do something" not in running.log.read_text()
    assert held(shaken, tmp_path / "again") == held(quiet, tmp_path / "once")


def test_two_people_are_one_click_away_for_whoever_has_the_link_alone(tmp_path: Path) -> None:
    folder = tmp_path / "books"
    with up(folder) as running, httpx2.Client(follow_redirects=True, timeout=60) as http:
        base = running.said(r"Tieout is up: (http://localhost:\d+)/")[1]
        link = running.link
        desk = link.partition("/enter")[0]
        # Without the link nobody is anybody, and a wrong key is no key.
        for address in (
            f"{desk}/",
            f"{desk}/continue?as=approver&back=/",
            f"{desk}/throw-away",
            f"{desk}/enter?key=x",
        ):
            reply = httpx2.get(address)
            assert reply.status_code == 403 and "set-cookie" not in reply.headers, address
        page = http.get(link)
        assert page.url.path == "/start" and "Continue as the approver" in page.text
        assert http.get(f"{base}/api/v1/session").json()["person"] == "alex"
        page = http.get(f"{desk}/continue?as=approver&back=/approvals?x=1")
        assert str(page.url) == f"{base}/approvals?x=1" and "Continue as the accountant" in page.text
        assert http.get(f"{base}/api/v1/session").json()["person"] == "robin"
        # Again and again, with no wait for another code; the evidence has both by name.
        for name in ("accountant", "approver", "accountant"):
            http.get(f"{desk}/continue?as={name}&back=/")
        assert http.get(f"{base}/api/v1/session").json()["person"] == "alex"
        # Nobody else, nowhere else, and not from another site.
        for wrong in (
            "as=ann&back=/",
            "as=approver&back=//evil.example",
            "as=approver&back=https://evil.example",
        ):
            assert http.get(f"{desk}/continue?{wrong}").status_code == 404
        key = {"cookie": f"tieout_sandbox={link.partition('key=')[2]}"}
        elsewhere = httpx2.get(f"{desk}/", headers={**key, "host": "evil.example"})
        assert elsewhere.status_code == 403
        strange = httpx2.post(
            f"{desk}/throw-away",
            headers={**key, "origin": "http://evil.example"},
            data={"company": "services"},
        )
        assert strange.status_code == 403
        # The company's people do something outside, as its button says.
        done = http.post(f"{desk}/do", headers={"origin": desk}, data={"what": "lock", "case": ""})
        assert done.status_code == 200 and "October is locked in Odoo" in done.text
        assert (
            http.post(f"{desk}/do", headers={"origin": desk}, data={"what": "rob", "case": ""}).status_code
            == 404
        )
        # What it knows them by is read by its owner alone.
        for path in (folder / ".sandbox").iterdir():
            if path.is_file() and path.name != "clock":
                assert path.stat().st_mode & 0o077 == 0, path
        assert (folder / ".sandbox").stat().st_mode & 0o077 == 0
        # One is thrown away, and the other company begins.
        asked = http.get(f"{desk}/throw-away").text
        assert str(folder) in asked and "cannot be brought back" in asked
        thrown = http.post(f"{desk}/throw-away", headers={"origin": desk}, data={"company": "services"})
        assert thrown.status_code == 200 and "being set up" in thrown.text
        running.said(r"(?s)is set up in it.*is set up in it.*Tieout is up")
        assert "Northwind" in (folder / "tieout.toml").read_text()
        assert http.get(f"{desk}/continue?as=accountant&back=/start").url.path == "/start"


def test_it_is_thrown_away_by_a_command_that_asks_first_and_nothing_else_is(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    assert run_tieout("init", str(mine)).returncode == 0
    done = run_tieout("up", "--dir", str(mine), "--anew", "--yes")
    assert done.returncode == 2 and "nothing is thrown away" in done.stderr
    (mine / ".sandbox").mkdir()
    done = run_tieout("up", "--dir", str(mine), "--anew", "--yes")
    assert done.returncode == 2 and (mine / "tieout.toml").exists()
    unknown = run_tieout("up", "--dir", str(tmp_path / "x"), "--scenario", "bakery")
    assert unknown.returncode == 2 and "distributor and services" in unknown.stderr


def test_a_page_of_the_sandbox_is_named_on_a_sandbox_alone(tmp_path: Path) -> None:
    """Elsewhere such a setting is refused, and Tieout itself has no way to be somebody else."""
    assert run_tieout("init", str(tmp_path / "mine")).returncode == 0
    path = tmp_path / "mine" / "tieout.toml"
    text = path.read_text()
    assert "[project]" in text
    for address in ("http://localhost:9000", "http://evil.example"):
        path.write_text(text.replace("[project]", f'[project]\nsandbox = "{address}"', 1))
        done = run_tieout("check", "--dir", str(tmp_path / "mine"))
        assert done.returncode == 2 and "sandbox" in done.stderr, done.stderr
