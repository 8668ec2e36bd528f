"""One message a sending, with a Message-ID that is its external id (RFC 5321, RFC 5322)."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from email.message import EmailMessage

from tieout.connector_api import (
    Outcome,
    OutcomeStatus,
    Sending,
    SetupError,
    SystemConfig,
    TransientError,
)
from tieout.documents import MailOut


def open_session(config: SystemConfig) -> SmtpSession:
    """A session for one mail server. No line is opened yet."""
    return SmtpSession(config)


class SmtpSession:
    """Writer. A cut after the message was handed over cannot be looked up: undecided."""

    def __init__(self, config: SystemConfig) -> None:
        self._host, self._port = config.text("host"), int(config.text("port", "25"))
        self._sender = config.text("sender")
        self._user, self._password = config.text("user"), config.text("password")

    def _connect(self) -> smtplib.SMTP:
        try:
            server = smtplib.SMTP(self._host, self._port, timeout=20)
            if self._user:
                server.starttls()
                server.login(self._user, self._password)
            return server
        except smtplib.SMTPAuthenticationError as error:
            raise SetupError(f"the mail server refuses user {self._user}: {error!r}") from None
        except (OSError, smtplib.SMTPException) as error:
            raise TransientError(f"mail server {self._host}: {error!r}") from None

    def check(self) -> str:
        """What answers, in a line. Raises ConnectorError where it cannot be used."""
        self._connect().quit()
        return f"mail server {self._host}:{self._port}"

    def send(self, batch: Sequence[Sending]) -> list[Outcome]:
        """Each message by itself: one that cannot be written, or is put off, keeps none from going. After a line that
        was cut the rest waits."""
        outcomes: list[Outcome] = []
        server = self._connect()
        try:
            for sending in batch:
                outcomes.append(self._one(server, sending))
                if outcomes[-1].status == OutcomeStatus.UNDECIDED:
                    break
        finally:
            try:
                server.quit()
            except (OSError, smtplib.SMTPException):
                pass
        return outcomes + [Outcome(s.external_id, OutcomeStatus.UNSENT) for s in batch[len(outcomes) :]]

    def _one(self, server: smtplib.SMTP, sending: Sending) -> Outcome:
        try:
            message = self._message(sending)
        except Exception as error:  # noqa: BLE001 - that one message is refused
            # Whatever is wrong with one message (a line break in its address, say), nothing of it was sent.
            return Outcome(sending.external_id, OutcomeStatus.REFUSED, error=f"it is no message: {error}")
        try:
            server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            # RFC 5321, 4.2.1: 4yz passes by itself, 5yz does not.
            if 400 <= code < 500:
                return Outcome(
                    sending.external_id, OutcomeStatus.UNSENT, error=f"the mail server puts it off ({code})"
                )
            return Outcome(sending.external_id, OutcomeStatus.REFUSED, error=f"address refused ({code})")
        except smtplib.SMTPResponseException as error:
            if 400 <= error.smtp_code < 500:
                why = f"the mail server puts it off ({error.smtp_code})"
                return Outcome(sending.external_id, OutcomeStatus.UNSENT, error=why)
            return Outcome(sending.external_id, OutcomeStatus.REFUSED, error=repr(error))
        except ValueError as error:
            # Addresses that cannot be told to the server (RFC 6531): found before anything of it goes out.
            return Outcome(sending.external_id, OutcomeStatus.REFUSED, error=f"it is no message: {error}")
        except (OSError, smtplib.SMTPServerDisconnected) as error:
            return Outcome(sending.external_id, OutcomeStatus.UNDECIDED, error=f"the line was cut: {error!r}")
        return Outcome(sending.external_id, OutcomeStatus.CONFIRMED, None, "mail")

    def _message(self, sending: Sending) -> EmailMessage:
        body = sending.body
        assert isinstance(body, MailOut)
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, body.to, body.subject
        message["Message-ID"] = f"<{sending.external_id}@tieout>"
        message.set_content(body.text)
        return message

    def look_up(self, batch: Sequence[Sending]) -> list[Outcome]:
        """Nothing can be asked of a mail server: a person decides."""
        why = "it may have been handed over before the line was cut"
        return [Outcome(s.external_id, OutcomeStatus.UNDECIDED, error=why) for s in batch]

    def close(self) -> None:
        """Connections do not outlive a batch."""
