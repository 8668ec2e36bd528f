"""The declaration of the SMTP connector."""

from __future__ import annotations

from tieout.connector_api import ConfigField, Connector
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
    ),
    open=open_session,
    can=("write", "look_up"),
    limits="one message at a time; an unknown outcome cannot be looked up and becomes a case",
)
