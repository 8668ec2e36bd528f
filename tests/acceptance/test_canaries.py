"""Fifty secrets that are nowhere but where they belong: not in logs, metrics, packs, exports, answers or tracebacks."""

from __future__ import annotations

import io
import secrets
import zipfile
from pathlib import Path

import httpx2
import pyotp
import pytest

from tests.simulation.house import PASSWORD, House
from tieout.security.identity import Origin

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def house(busy_house: House) -> House:
    for role in ("controller", "auditor", "integrator", "administrator"):
        busy_house.grant("cora", role)
    return busy_house


def canary(prefix: str = "") -> str:
    return f"{prefix}canary{secrets.token_hex(12)}"


def plant(house: House) -> dict[str, str]:
    """Secrets by what they are: those that the project has, and those that people and programs send."""
    found = {f"secret of {name}": value for name, value in house.demo_world.secrets.items() if len(value) > 7}
    signed = house.identity.accept(house.identity.invite("cora", "ann"), f"{PASSWORD} cora", Origin("test"))
    totp, _ = house.identity.offer_totp(signed.session)
    code = pyotp.TOTP(totp).at(house.now())
    signed, recovery = house.identity.confirm_totp(signed.session, code, Origin("test"))
    found |= {"password": f"{PASSWORD} cora", "totp": totp, "session": signed.token}
    found |= {f"recovery code {n}": code for n, code in enumerate(recovery)}
    http = httpx2.Client(base_url=house.base, timeout=120)
    for number in range(6):
        wrong = canary("wrong-password-")
        http.post(
            "/api/v1/sign-in",
            json={"name": f"who{number}", "password": wrong},
            headers={"origin": house.base},
        )
        found[f"wrong password {number}"] = wrong
        key = canary("tieout_sk_")
        http.get("/api/v1/today", headers={"authorization": f"Bearer {key}"})
        found[f"wrong key {number}"] = key
        body = canary("card 4242424242424242 ")
        http.post("/webhooks/stripe", content=body, headers={"stripe-signature": canary("t=1,v1=")})
        found[f"refused push {number}"] = body.partition(" 4242424242424242 ")[2]
        link = canary("link-")
        http.post(
            "/api/v1/welcome", json={"token": link, "password": PASSWORD}, headers={"origin": house.base}
        )
        found[f"wrong link {number}"] = link
        # What breaks a handler must not be told with what was sent.
        http.post(
            "/api/v1/cases/solve",
            content=b"{" + canary("x").encode(),
            headers={"content-type": "application/json"},
        )
    found["card"] = "4242424242424242"
    return found


def test_no_secret_is_where_it_does_not_belong(house: House) -> None:
    house.demo_world = house.scenario._world
    planted = plant(house)
    assert len(planted) >= 50, len(planted)
    token = planted["session"]
    http = httpx2.Client(base_url=house.base, timeout=60, headers={"cookie": f"tieout={token}"})
    places: dict[str, bytes] = {}
    for path in (*house.project.settings.state.glob("*.log"), house.project.settings.witness):
        places[path.name] = path.read_bytes()
    for path in ("/metrics", "/status", "/api/v1/openapi.json", "/api/v1/evidence?limit=200", "/api/v1/systems",
                 "/api/v1/series/volumes/csv", "/api/v1/series/ageing/csv", "/api/v1/mappings/accounts/csv",
                 "/api/v1/access/people", "/api/v1/access/service-keys", "/api/v1/today", "/api/v1/cases?limit=200",
                 "/", "/systems", "/evidence", "/access", "/documents"):  # fmt: skip
        reply = http.get(path)
        assert reply.status_code == 200, (path, reply.status_code)
        places[path] = reply.content
    with zipfile.ZipFile(io.BytesIO(http.get("/api/v1/evidence/pack").content)) as pack:
        places |= {f"pack {name}": pack.read(name) for name in pack.namelist()}
    # What a stolen database would hold: secrets there are hashes or sealed.
    for table in (
        "evidence",
        "credential",
        "session",
        "service_key",
        "once",
        "subscription",
        "cases",
        "alert",
        "poll_cursor",
    ):
        rows = house.connection.execute(f"select to_jsonb(t)::text as t from tieout.{table} t".encode())
        places[f"table {table}"] = "\n".join(r["t"] for r in rows).encode()
    assert sum(len(v) for v in places.values()) > 100_000
    found = [
        (what, place)
        for what, secret in planted.items()
        for place, held in places.items()
        if secret.encode() in held
    ]
    assert found == []
    # The search would find one that is there.
    assert house.project.settings.name.encode() in places["/"]


def test_project_files_on_disk_keep_secrets_to_their_owner(house: House) -> None:
    for path in house.project.settings.state.rglob("*.key"):
        assert path.stat().st_mode & 0o077 == 0, path
    secrets_folder = [
        p
        for p in Path(house.project.settings.folder).rglob("*")
        if p.is_file() and "secret" in p.parts[-2:][0]
    ]
    assert all(p.stat().st_mode & 0o077 == 0 for p in secrets_folder)
