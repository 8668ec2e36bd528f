"""The declaration of the CloudEvents connector."""

from __future__ import annotations

from tieout.connector_api import ConfigField, Connector
from tieout.connectors.cloudevents.client import open_session

CONNECTOR = Connector(
    name="cloudevents",
    title="CloudEvents webhook",
    version="1",
    config=(
        ConfigField("url", "where events are posted to"),
        ConfigField("secret", "signing secret as Standard Webhooks has it: whsec_ and base64; another text is the key itself", secret=True),
        ConfigField("source", "the events' source URI", required=False, default="urn:tieout"),
    ),
    open=open_session,
    can=("write", "look_up"),
    limits="the receiver knows a repeated event by its id, as the CloudEvents specification asks",
)
