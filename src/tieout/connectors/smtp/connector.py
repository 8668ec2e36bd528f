"""The declaration of the SMTP connector."""

from __future__ import annotations

from datetime import date

from tieout.connector_api import ConfigField, Connector, NeededRight, Verified
from tieout.connectors.smtp.client import open_session

CONNECTOR = Connector(
    name="smtp",
    title="Mail (SMTP)",
    version="1",
    config=(
        ConfigField("host", "mail server"),
        ConfigField("port", "its port", required=False, default="25"),
        ConfigField(
            "tls",
            "starttls, tls (from the first byte) or none; by default tls on port 465, starttls on 587 or with a user",
            required=False,
        ),
        ConfigField("sender", "the From address"),
        ConfigField("user", "log-in name, if any", required=False),
        ConfigField("password", "its password", secret=True, required=False),
        ConfigField(
            "oauth_url",
            "token endpoint, where the user signs in by OAuth 2 (XOAUTH2) instead of a password, such as "
            "https://login.microsoftonline.com/TENANT/oauth2/v2.0/token or https://oauth2.googleapis.com/token",
            required=False,
        ),
        ConfigField("client_id", "the app's client id there", required=False),
        ConfigField("client_secret", "the app's client secret", secret=True, required=False),
        ConfigField(
            "refresh_token",
            "a refresh token that the user's consent gave, if any",
            secret=True,
            required=False,
        ),
        ConfigField(
            "scope",
            "the scope without one, such as https://outlook.office365.com/.default",
            required=False,
        ),
    ),
    open=open_session,
    can=("write", "look_up"),
    verified=(
        Verified(
            date(2026, 11, 30),
            "STARTTLS, TLS, PLAIN and XOAUTH2 with a server that speaks RFC 5321 by aiosmtpd",
            "github:aio-libs/aiosmtpd",
        ),
        Verified(
            date(2026, 11, 30),
            "the SASL exchange of XOAUTH2, refusals among it",
            "https://developers.google.com/gmail/imap/xoauth2-protocol",
        ),
    ),
    rights=(
        NeededRight(
            "SMTP.SendAsApp",
            "Exchange Online, by client credentials: sending as the mailbox that is named for the app",
        ),
        NeededRight("https://mail.google.com/", "Gmail, by a refresh token: sending over SMTP"),
    ),
    not_covered=("what comes back (bounces) is not read",),
    limits="one message at a time; an unknown outcome cannot be looked up and becomes a case",
)
