"""The declaration of the CloudEvents connector."""

from __future__ import annotations

from datetime import date

from tieout.connector_api import ApiVersion, ConfigField, Connector, Verified
from tieout.connectors.cloudevents.client import open_session

CONNECTOR = Connector(
    name="cloudevents",
    title="CloudEvents webhook",
    version="1",
    config=(
        ConfigField("url", "where events are posted to"),
        ConfigField(
            "secret",
            "signing secret as Standard Webhooks has it: whsec_ and base64; another text is the key itself",
            secret=True,
        ),
        ConfigField("source", "the events' source URI", required=False, default="urn:tieout"),
    ),
    open=open_session,
    can=("write", "look_up"),
    api=ApiVersion(
        "CloudEvents 1.0, Standard Webhooks v1", "https://cloudevents.io, https://www.standardwebhooks.com"
    ),
    verified=(
        Verified(
            date(2026, 11, 30),
            "the reference library's vector, and its verifier over whatever is signed (standardwebhooks 1.1.0)",
            "github:standard-webhooks/standard-webhooks",
        ),
        Verified(
            date(2026, 11, 30),
            "structured mode as the SDK reads it (cloudevents 2.2.0)",
            "github:cloudevents/sdk-python",
        ),
    ),
    not_covered=("binary and batched mode", "asymmetric signatures (v1a)"),
    limits="the receiver knows a repeated event by its id, as the CloudEvents specification asks",
)
