"""One message a sending, with a Message-ID that is its external id (RFC 5321, RFC 5322)."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage

from tieout.connector_api import Outcome, OutcomeStatus, Sending, SystemConfig
from tieout.connector_api.mail import Line, MailServer, close_line, message_of, open_line
from tieout.connector_api.tokens import ClientCredentials, RefreshToken, token_auth
from tieout.documents import MailOut


def open_session(config: SystemConfig) -> SmtpSession:
    """A session for one mail server. No line is opened yet."""
    server = MailServer(
        config.text("host"),
        int(config.text("port", "25") or 25),
        config.text("user"),
        config.text("password"),
        config.text("tls"),
        _token(config),
    )
    return SmtpSession(server, config.text("sender"))


def _token(config: SystemConfig) -> Callable[[str], str] | None:
    """What gives access tokens, where the user signs in by one."""
    if not config.text("oauth_url"):
        return None
    given = (config.text("oauth_url"), config.text("client_id"), config.text("client_secret"))
    refresh = config.text("refresh_token")
    grant = RefreshToken(*given, refresh) if refresh else ClientCredentials(*given, config.text("scope"))
    auth = token_auth(config, grant)
    return lambda refused: auth.token(refused).access


class SmtpSession:
    """Writer. A cut after the message was handed over cannot be looked up: undecided."""

    def __init__(self, server: MailServer, sender: str) -> None:
        self._server, self._sender = server, sender

    def check(self) -> str:
        """What answers, in a line. Raises ConnectorError where it cannot be used."""
        close_line(open_line(self._server))
        how = {"none": "not encrypted"}.get(self._server.secured, "encrypted, its certificate verified")
        return f"mail server {self._server.host}:{self._server.port}, {how}"

    def send(self, batch: Sequence[Sending]) -> list[Outcome]:
        """Each message by itself: one that cannot be written, or is put off, keeps none from going. After a line that
        was cut the rest waits."""
        outcomes: list[Outcome] = []
        line = open_line(self._server)
        try:
            for sending in batch:
                line.handed = False
                outcome, goes_on = self._one(line, sending)
                outcomes.append(outcome)
                if not goes_on:
                    break
        finally:
            close_line(line)
        return outcomes + [Outcome(s.external_id, OutcomeStatus.UNSENT) for s in batch[len(outcomes) :]]

    def _one(self, line: Line, sending: Sending) -> tuple[Outcome, bool]:
        """What became of a message, and whether the line is there for the next."""
        try:
            message = self._message(sending)
        except Exception as error:  # noqa: BLE001 - that one message is refused
            # Whatever is wrong with one message (a line break in its address, say), nothing of it was sent.
            return Outcome(
                sending.external_id, OutcomeStatus.REFUSED, error=f"it is no message: {error}"
            ), True
        try:
            line.send_message(message)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:
            return _refused(sending.external_id, error)
        except (ValueError, smtplib.SMTPNotSupportedError) as error:
            # Addresses that cannot be told to the server (RFC 6531): found before anything of it goes out.
            return Outcome(
                sending.external_id, OutcomeStatus.REFUSED, error=f"it is no message: {error}"
            ), True
        except OSError as error:
            # smtplib's own errors are among these. Before the text went out nothing can have been taken.
            cut = f"the line was cut: {error!r}"
            status = OutcomeStatus.UNDECIDED if line.handed else OutcomeStatus.UNSENT
            return Outcome(sending.external_id, status, error=cut), False
        return Outcome(sending.external_id, OutcomeStatus.CONFIRMED, None, "mail"), True

    def _message(self, sending: Sending) -> EmailMessage:
        body = sending.body
        assert isinstance(body, MailOut)
        now = datetime.now(UTC)
        return message_of(self._sender, (body.to,), body.subject, body.text, now=now, key=sending.external_id)

    def look_up(self, batch: Sequence[Sending]) -> list[Outcome]:
        """Nothing can be asked of a mail server: a person decides."""
        why = "it may have been handed over before the line was cut"
        return [Outcome(s.external_id, OutcomeStatus.UNDECIDED, error=why) for s in batch]

    def close(self) -> None:
        """Connections do not outlive a batch."""


def _refused(
    external_id: str, error: smtplib.SMTPRecipientsRefused | smtplib.SMTPResponseException
) -> tuple[Outcome, bool]:
    """What a refusal means: 4yz passes by itself, 5yz does not (RFC 5321, 4.2.1); 421 ends the line (3.8). A refused sender
    is the account's fault, not the message's: it waits until the account is mended."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))[0], "address refused"
    else:
        code, said = error.smtp_code, "refused"
    if 400 <= code < 500:
        why = f"the mail server puts it off ({code})"
        return Outcome(external_id, OutcomeStatus.UNSENT, error=why), code != 421
    if isinstance(error, smtplib.SMTPSenderRefused):
        why = f"the mail server does not take mail from {error.sender} ({code}): let the account send as this address"
        return Outcome(external_id, OutcomeStatus.UNSENT, error=why), True
    return Outcome(external_id, OutcomeStatus.REFUSED, error=f"{said} ({code})"), True
