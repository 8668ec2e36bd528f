"""The files of deploy/proxy in front of a web side: names, addresses, cookies, what is pushed, uploaded and streamed pass as they should.

Skipped where the machine has no such proxy (Debian: nginx, caddy).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.architecture.reading import ROOT
from tests.integration.office import key_of, person
from tests.integration.served import SECRET, Served
from tests.integration.test_identity import GOOD
from tieout.api import Limits
from tieout.security import GrantRole
from tieout_sandbox.ports import free_port

pytestmark = pytest.mark.long

PROXIES = ROOT / "deploy" / "proxy"
NAME = "books.example.com"


@dataclass
class Proxy:
    """A proxy that runs: its ports for http and https, and whom its certificate is believed from."""

    http: int
    https: int
    trusted: ssl.SSLContext

    def ask(self, method: str, path: str, *, plain: bool = False, **given: Any) -> httpx2.Response:
        """What somebody is answered who comes by its name, by https or `plain` http."""
        with self.open(method, path, plain=plain, **given) as reply:
            reply.read()
            return reply

    @contextmanager
    def open(self, method: str, path: str, *, plain: bool = False, **given: Any) -> Iterator[httpx2.Response]:
        """The same, its body not read yet."""
        url = f"http://127.0.0.1:{self.http}" if plain else f"https://127.0.0.1:{self.https}"
        headers = {"host": NAME, **given.pop("headers", {})}
        asked = {"headers": headers, "extensions": {"sni_hostname": NAME}, **given}
        with (
            httpx2.Client(verify=self.trusted, timeout=30) as client,
            client.stream(method, url + path, **asked) as reply,
        ):
            yield reply


def nginx(folder: Path, port: int, made: Proxy) -> list[str]:
    """nginx's file with ports and a certificate of this machine, in the frame that a package gives it."""
    certificate(folder)
    told = (PROXIES / "nginx.conf").read_text()
    for old, new in (
        ("listen 80;", f"listen 127.0.0.1:{made.http};"), ("listen 443 ssl;", f"listen 127.0.0.1:{made.https} ssl;"),
        ("/etc/ssl/books.example.com/fullchain.pem", f"{folder}/chain.pem"),
        ("/etc/ssl/books.example.com/privkey.pem", f"{folder}/key.pem"), ("127.0.0.1:8080", f"127.0.0.1:{port}"),
    ):  # fmt: skip
        assert old in told
        told = told.replace(old, new)
    temporary = "".join(
        f"{n}_temp_path {folder}/{n};" for n in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "whole.conf").write_text(
        f"user root; pid {folder}/pid; error_log {folder}/errors.log; events {{}} http {{ access_log off; {temporary}\n{told}\n}}"
    )
    return [
        str(shutil.which("nginx")),
        "-p",
        str(folder),
        "-c",
        str(folder / "whole.conf"),
        "-g",
        "daemon off;",
    ]


def caddy(folder: Path, port: int, made: Proxy) -> list[str]:
    """Caddy's file with ports of this machine and the certificate that nginx gets: the name is nobody's who could be asked for one."""
    certificate(folder)
    told = (PROXIES / "Caddyfile").read_text()
    told = told.replace("127.0.0.1:8080", f"127.0.0.1:{port}").replace(
        "{\n", f"{{\n\tbind 127.0.0.1\n\ttls {folder}/chain.pem {folder}/key.pem\n", 1
    )
    (folder / "Caddyfile").write_text(
        f"{{\n\tadmin off\n\thttp_port {made.http}\n\thttps_port {made.https}\n\tstorage file_system {folder}\n}}\n{told}"
    )
    return [
        str(shutil.which("caddy")),
        "run",
        "--config",
        str(folder / "Caddyfile"),
        "--adapter",
        "caddyfile",
    ]


def certificate(folder: Path) -> None:
    """A key and a certificate of the name, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2)).add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "chain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


@contextmanager
def running(begin: Callable[[Path, int, Proxy], list[str]], folder: Path, port: int) -> Iterator[Proxy]:
    folder.mkdir()
    trusted = ssl.create_default_context()
    made = Proxy(free_port(), free_port(), trusted)
    command = begin(folder, port, made)
    trusted.load_verify_locations(folder / "chain.pem")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        for _ in range(200):
            try:
                made.ask("GET", "/healthz")
                break
            except httpx2.HTTPError:
                assert process.poll() is None, (folder / "log").read_text()
                time.sleep(0.05)
        yield made
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def served(databases: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    database = databases.lend()
    made = Served(tmp_path_factory.mktemp("proxied") / "books", database, "http://127.0.0.1:9").let_in()
    made.confirmed(person("pat"))
    made.confirmed(GrantRole(name="pat", role="preparer", entity="US", limit=None))
    toml = made.folder / "tieout.toml"
    toml.write_text(f'{toml.read_text()}\n[identity]\nurl = "https://{NAME}"\n')
    made.start()
    yield made
    made.kill()
    databases.give_back(database)


@pytest.fixture(scope="module", params=[nginx, caddy], ids=lambda begin: begin.__name__)
def proxy(
    request: pytest.FixtureRequest, served: Served, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    if shutil.which(request.param.__name__) is None:
        pytest.skip(f"no {request.param.__name__} on this machine")
    with running(request.param, tmp_path_factory.mktemp("proxy") / "its", served.port) as made:
        yield made


def test_who_comes_by_http_is_sent_to_https(proxy: Proxy) -> None:
    answer = proxy.ask("GET", "/cases?cause=unknown_tax", plain=True)
    assert answer.status_code in (301, 308)
    assert answer.headers["location"].startswith(f"https://{NAME}") and answer.headers["location"].endswith(
        "/cases?cause=unknown_tax"
    )


def test_its_health_is_told_and_another_name_is_not_known(proxy: Proxy) -> None:
    assert [proxy.ask("GET", f"/{what}").status_code for what in ("healthz", "readyz")] == [200, 200]
    page = proxy.ask("GET", "/")
    assert page.status_code == 303 and page.headers["location"].endswith("/sign-in")


def test_people_sign_in_and_their_cookie_is_for_https_alone(proxy: Proxy, served: Served) -> None:
    if not served.database.rows("select 1 from tieout.session"):
        served.sign_in("carl").close()
    given = {"name": "carl", "password": f"{GOOD} carl"}
    wrong = proxy.ask("POST", "/api/v1/sign-in", json=given, headers={"origin": "https://elsewhere.example"})
    assert wrong.status_code == 403 and "another site" in wrong.text
    # Nobody says themselves where they come from, or how.
    headers = {"origin": f"https://{NAME}", "x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "http"}
    signed = proxy.ask("POST", "/api/v1/sign-in", json=given, headers=headers)
    assert signed.status_code == 200, signed.text
    cookie = signed.headers["set-cookie"]
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=lax")), cookie
    found = served.database.rows("select address from tieout.session order by made_at desc limit 1")
    assert found[0]["address"] == "127.0.0.1"


def test_a_signed_push_comes_as_it_was_sent(proxy: Proxy, served: Served) -> None:
    kept = "select count(*) as n from tieout.message where transport = 'webhook'"
    before = served.database.rows(kept)[0]["n"]
    raw = f'{{"id":  {proxy.https}, "note": "\u00e9 \\u00e9"}}'.encode()
    digest = base64.b64encode(hmac.new(SECRET.encode(), raw, hashlib.sha256).digest()).decode()
    headers = {"x-shopify-hmac-sha256": digest, "x-shopify-topic": "orders/create"}
    answer = proxy.ask("POST", "/webhooks/shop", content=raw, headers=headers)
    assert answer.status_code == 200, answer.text
    assert served.database.rows(kept)[0]["n"] == before + 1
    assert proxy.ask("POST", "/webhooks/shop", content=raw + b" ", headers=headers).status_code == 401


def test_as_much_of_a_file_is_let_through_as_tieout_takes(proxy: Proxy) -> None:
    headers = {"authorization": f"Bearer {key_of('pat')}"}
    most = Limits().upload_bytes
    # What is no statement is refused by Tieout, once it has all of it.
    whole = proxy.ask("PUT", f"/files/bank/{proxy.https}.xml", content=b" " * most, headers=headers)
    assert (whole.status_code, "the file is empty" in whole.text) == (422, True), whole.text
    larger = proxy.ask("PUT", "/files/bank/larger.xml", content=b" " * (most + (1 << 20)), headers=headers)
    assert larger.status_code == 413


def test_what_happens_is_told_as_it_happens(proxy: Proxy) -> None:
    """Nothing else comes before the stream ends, three seconds later: what was collected first would come with its end."""
    headers = {"authorization": f"Bearer {key_of('pat')}"}
    begun = time.monotonic()
    with proxy.open("GET", "/api/v1/events?seconds=20", headers=headers) as reply:
        assert reply.status_code == 200
        first = next(reply.iter_raw())
        assert first and time.monotonic() - begun < 15
