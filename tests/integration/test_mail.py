"""Mail over real lines: encrypted as declared, to servers that are who they say, one message to one address."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.published.replay import Replay
from tieout.alerting.channels import ChannelError, Mail
from tieout.connector_api import OutcomeStatus, Sending, SetupError, SystemConfig, TransientError
from tieout.documents import MailOut
from tieout.operations.discover import discover
from tieout.settings import AlertSettings
from tieout_sandbox.ports import free_port

NAME = "localhost"


@dataclass
class Box:
    """What a server took, and whom and what it refuses."""

    mails: list[Any] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    sender: str = ""
    data: str = ""
    tokens: set[str] = field(default_factory=set)
    signed: list[tuple[str, bool]] = field(default_factory=list)

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.sender:
            return self.sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.data:
            return self.data
        self.mails.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=default)))
        return "250 OK"

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        said = base64.b64decode(args[1]).decode()
        user, _, token = said.removeprefix("user=").partition("\1auth=Bearer ")
        good = token.removesuffix("\1\1") in self.tokens
        self.signed.append((user, good))
        if good:
            return AuthResult(success=True)
        # As Gmail and Exchange refuse: the reason as a challenge, an empty answer, 535.
        reason = base64.b64encode(b'{"status":"401","schemes":"bearer","scope":"x"}').decode()
        answer = await server.challenge_auth(reason, encode_to_b64=False)
        assert answer in (b"", None) or not answer
        return AuthResult(success=False, handled=False)


def _certificate(folder: Path, name: str) -> tuple[Path, Path, Path]:
    """A certificate for a name with its key, and who signed it."""
    now, made = datetime.now(UTC), []
    signer: Any = None
    for subject, is_ca in (("Test CA", True), (name, False)):
        key = ec.generate_private_key(ec.SECP256R1())
        title = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)])
        issuer, by = signer or (title, key)
        cert = (
            x509.CertificateBuilder()
            .subject_name(title)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(subject.replace(" ", "-"))]), False)
            .sign(by, hashes.SHA256())
        )
        signer = (title, key)
        path = folder / f"{len(made)}.pem"
        path.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
        made.append(path)
    secret = folder / "key.pem"
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return made[1], secret, made[0]


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's certificate for `localhost`, which this machine trusts."""
    cert, key, ca = _certificate(tmp_path, NAME)
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(cert, key)
    return made


@contextmanager
def serving(
    box: Box, *, tls: ssl.SSLContext | None = None, implicit: bool = False, **given: Any
) -> Iterator[int]:
    """A server's port. With `tls` it offers STARTTLS, or speaks it from the first byte."""
    port = free_port()
    if implicit:
        given["ssl_context"] = tls
    elif tls is not None:
        given["tls_context"] = tls
    server = Controller(box, hostname="127.0.0.1", port=port, **given)
    server.start()
    try:
        yield port
    finally:
        server.stop()


def session_of(port: int, **changes: str) -> Any:
    given = {"host": NAME, "port": str(port), "sender": "Tieout <books@meridian.example>", **changes}
    return discover()["smtp"].open(SystemConfig("mail", "smtp", "test", given))


def mail(number: int, to: str = "ada@customer.example", subject: str = "Thank you") -> Sending:
    return Sending(f"tieout.m_{number}", MailOut(to=to, subject=subject, text="It came."))


def taken(user: str, password: str) -> Callable[..., AuthResult]:
    def look(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        good = (data.login, data.password) == (user.encode(), password.encode())
        return AuthResult(success=good, handled=False)

    return look


class TestEncryption:
    def test_a_user_signs_in_after_starttls_alone(self, context: ssl.SSLContext) -> None:
        box = Box()
        with serving(box, tls=context, authenticator=taken("u", "p"), auth_require_tls=True) as port:
            session = session_of(port, user="u", password="p")
            assert session.check().endswith("encrypted, its certificate verified")
            (outcome,) = session.send([mail(1)])
            with pytest.raises(SetupError, match="refuses user u"):
                session_of(port, user="u", password="q").check()
        assert outcome.status == OutcomeStatus.CONFIRMED and len(box.mails) == 1

    def test_tls_from_the_first_byte(self, context: ssl.SSLContext) -> None:
        box = Box()
        with serving(box, tls=context, implicit=True) as port:
            (outcome,) = session_of(port, tls="tls").send([mail(1)])
        assert outcome.status == OutcomeStatus.CONFIRMED and len(box.mails) == 1

    @pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "tls"])
    def test_a_certificate_that_nobody_here_trusts_is_refused_before_anything_is_said(
        self, context: ssl.SSLContext, implicit: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        other = tmp_path / "other"
        other.mkdir()
        monkeypatch.setenv("SSL_CERT_FILE", str(_certificate(other, NAME)[2]))
        box = Box()
        with serving(box, tls=context, implicit=implicit) as port:
            session = session_of(port, tls="tls" if implicit else "starttls")
            with pytest.raises(SetupError, match="certificate that is not believed"):
                session.send([mail(1)])
        assert not box.mails

    def test_another_names_certificate_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cert, key, ca = _certificate(tmp_path, "mail.elsewhere.example")
        monkeypatch.setenv("SSL_CERT_FILE", str(ca))
        theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        theirs.load_cert_chain(cert, key)
        with (
            serving(Box(), tls=theirs) as port,
            pytest.raises(SetupError, match="not believed: Hostname mismatch"),
        ):
            session_of(port, tls="starttls").check()

    def test_a_server_that_offers_no_encryption_gets_no_password(self) -> None:
        box = Box()
        with serving(box, authenticator=taken("u", "p"), auth_require_tls=False) as port:
            with pytest.raises(SetupError, match="does not offer"):
                session_of(port, user="u", password="p").send([mail(1)])
            with pytest.raises(SetupError, match="over an encrypted line alone"):
                session_of(port, user="u", password="p", tls="none").send([mail(1)])
        assert not box.mails

    def test_alerts_go_the_same_way(self, context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
        box = Box()
        with serving(box, tls=context, authenticator=taken("u", "p"), auth_require_tls=True) as port:
            settings = AlertSettings(
                smtp=f"{NAME}:{port}", smtp_user="u", smtp_password="p", mail_to=("fin@co.example",)
            )
            channel = Mail(settings, "Meridian", "https://books.example")
            channel.tell([], ["case:y"], False)
            monkeypatch.setenv("SSL_CERT_FILE", "/nowhere")
            with pytest.raises(ChannelError, match="not believed"):
                channel.tell([], ["case:z"], False)
        ((to, message),) = box.mails
        assert to == ["fin@co.example"] and message["Date"]


class TestTokens:
    def _session(self, port: int, url: str, **changes: str) -> Any:
        given = {
            "user": "books@meridian.example", "oauth_url": f"{url}/token", "client_id": "app", "client_secret": "secret-of-the-app",
            "scope": "https://outlook.office365.com/.default", **changes,
        }  # fmt: skip
        return session_of(port, **given)

    @staticmethod
    def _answers(*tokens: str) -> list[bytes]:
        return [b'{"access_token":"%s","token_type":"Bearer","expires_in":3599}' % t.encode() for t in tokens]

    def test_a_user_signs_in_by_a_token(self, context: ssl.SSLContext) -> None:
        box = Box(tokens={"t-1"})
        with (
            Replay({("POST", "/token"): self._answers("t-1")}) as endpoint,
            serving(box, tls=context, auth_require_tls=True) as port,
        ):
            session = self._session(port, endpoint.url)
            outcomes = [*session.send([mail(1)]), *session.send([mail(2)])]
        assert [o.status for o in outcomes] == [OutcomeStatus.CONFIRMED] * 2
        assert len(endpoint.asked) == 1 and b"grant_type=client_credentials" in endpoint.asked[0].body
        assert box.signed == [("books@meridian.example", True)] * 2

    def test_a_token_that_was_revoked_is_renewed_once(self, context: ssl.SSLContext) -> None:
        box = Box(tokens={"t-2"})
        with (
            Replay({("POST", "/token"): self._answers("t-1", "t-2")}) as endpoint,
            serving(box, tls=context, auth_require_tls=True) as port,
        ):
            (outcome,) = self._session(port, endpoint.url).send([mail(1)])
        assert outcome.status == OutcomeStatus.CONFIRMED
        assert [good for _, good in box.signed] == [False, True] and len(endpoint.asked) == 2

    def test_one_that_is_never_taken_is_for_a_person_and_is_not_told(self, context: ssl.SSLContext) -> None:
        box = Box()
        with (
            Replay({("POST", "/token"): self._answers("t-1", "t-2")}) as endpoint,
            serving(box, tls=context, auth_require_tls=True) as port,
            pytest.raises(SetupError, match=r"refuses user books@meridian\.example") as refused,
        ):
            self._session(port, endpoint.url).send([mail(1)])
        assert "t-1" not in str(refused.value) and not box.mails

    def test_a_server_without_it_is_named(self, context: ssl.SSLContext) -> None:
        with (
            Replay({("POST", "/token"): self._answers("t-1")}) as endpoint,
            serving(Box(), tls=context, auth_exclude_mechanism=["XOAUTH2"]) as port,
            pytest.raises(SetupError, match="XOAUTH2 is not among what it offers"),
        ):
            self._session(port, endpoint.url).check()


class TestMessages:
    def test_a_message_has_its_date_and_an_id_of_the_senders_domain(self) -> None:
        box = Box()
        with serving(box) as port:
            session_of(port).send([mail(7)])
        ((to, message),) = box.mails
        assert to == ["ada@customer.example"] and message["Message-ID"] == "<tieout.m_7@meridian.example>"
        told = parsedate_to_datetime(str(message["Date"]))
        assert abs(datetime.now(UTC) - told) < timedelta(minutes=5)
        assert message["From"] == "Tieout <books@meridian.example>"

    @pytest.mark.parametrize(
        "to",
        ["a@x.example, b@x.example", "a@x.example\nBcc: b@x.example", "Doe, Jane <j@x.example>", "nobody", "", "a@",
         "team: a@x.example, b@x.example;", "a@x.example;b@x.example", "a@x.example b@x.example"],
    )  # fmt: skip
    def test_what_is_no_single_address_is_refused_and_keeps_none_from_going(self, to: str) -> None:
        box = Box()
        with serving(box) as port:
            outcomes = session_of(port).send([mail(1), mail(2, to), mail(3)])
        assert [o.status for o in outcomes] == [
            OutcomeStatus.CONFIRMED,
            OutcomeStatus.REFUSED,
            OutcomeStatus.CONFIRMED,
        ]
        assert (
            "it is no message" in outcomes[1].error
            and [m[0] for m in box.mails] == [["ada@customer.example"]] * 2
        )

    @pytest.mark.parametrize(
        ("to", "rcpt"),
        [('"Doe, Jane" <j@x.example>', "j@x.example"), ("k@m\u00fcller.example", "k@xn--mller-kva.example"),
         ("Jos\u00e9 <jose@x.example>", "jose@x.example")],
    )  # fmt: skip
    def test_a_name_with_a_comma_or_a_domain_of_other_letters_is_one_address(
        self, to: str, rcpt: str
    ) -> None:
        box = Box()
        with serving(box) as port:
            (outcome,) = session_of(port).send([mail(1, to)])
        assert outcome.status == OutcomeStatus.CONFIRMED and box.mails[0][0] == [rcpt]

    def test_a_subject_of_two_lines_is_refused(self) -> None:
        with serving(Box()) as port:
            (outcome,) = session_of(port).send([mail(1, subject="a\nBcc: b@x.example")])
        assert outcome.status == OutcomeStatus.REFUSED

    def test_each_refusal_is_that_messages(self) -> None:
        box = Box(refused={"full@x.example": "452 4.2.2 full", "gone@x.example": "550 5.1.1 unknown"})
        with serving(box) as port:
            outcomes = session_of(port).send([mail(1, "full@x.example"), mail(2, "gone@x.example"), mail(3)])
        assert [o.status for o in outcomes] == [
            OutcomeStatus.UNSENT,
            OutcomeStatus.REFUSED,
            OutcomeStatus.CONFIRMED,
        ]
        assert "452" in outcomes[0].error and "550" in outcomes[1].error

    def test_a_sender_that_is_refused_is_the_accounts_fault(self) -> None:
        with serving(Box(sender="550 5.7.60 not allowed to send as this sender")) as port:
            outcomes = session_of(port).send([mail(1), mail(2)])
        assert [o.status for o in outcomes] == [OutcomeStatus.UNSENT] * 2
        assert "let the account send as this address" in outcomes[0].error

    def test_letters_that_the_server_cannot_take_are_refused_and_not_undecided(self) -> None:
        box = Box()
        with serving(box, enable_SMTPUTF8=False) as port:
            outcomes = session_of(port).send([mail(1, "jos\u00e9@x.example"), mail(2)])
        assert [o.status for o in outcomes] == [OutcomeStatus.REFUSED, OutcomeStatus.CONFIRMED]


class TestCuts:
    """A server of a few words, which hangs up at one of them."""

    @staticmethod
    def _until(word: bytes) -> tuple[int, threading.Thread]:
        listener = socket.create_server(("127.0.0.1", 0))

        def serve() -> None:
            line, _ = listener.accept()
            with line, line.makefile("rwb") as talk:
                talk.write(b"220 here\r\n")
                talk.flush()
                in_text = False
                while said := talk.readline():
                    if (in_text and said == b".\r\n" and word == b".") or said.upper().startswith(word):
                        return
                    if in_text:
                        continue
                    in_text = said.upper().startswith(b"DATA")
                    talk.write(b"354 go on\r\n" if in_text else b"250 OK\r\n")
                    talk.flush()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        return listener.getsockname()[1], thread

    @pytest.mark.parametrize(
        ("word", "status"), [(b"MAIL", OutcomeStatus.UNSENT), (b"RCPT", OutcomeStatus.UNSENT), (b".", OutcomeStatus.UNDECIDED)]
    )  # fmt: skip
    def test_before_the_text_nothing_went_and_after_it_nobody_knows(
        self, word: bytes, status: OutcomeStatus
    ) -> None:
        port, thread = self._until(word)
        first, second = session_of(port).send([mail(1), mail(2)])
        thread.join(5)
        assert first.status == status and second.status == OutcomeStatus.UNSENT
        assert "the line was cut" in first.error

    def test_nobody_there_is_tried_again(self) -> None:
        with pytest.raises(TransientError):
            session_of(free_port()).check()
