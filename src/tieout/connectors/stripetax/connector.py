"""The declaration of the Stripe Tax connector."""

from __future__ import annotations

from tieout.connector_api import ConfigField, Connector
from tieout.connectors.stripetax.client import open_session

CONNECTOR = Connector(
    name="stripetax",
    title="Stripe Tax (tax engine)",
    version="1",
    config=(
        ConfigField("url", "such as https://api.stripe.com"),
        ConfigField("key", "a restricted key with the right to write tax calculations", secret=True),
    ),
    open=open_session,
    can=("tax",),
    limits="one call a document; a calculation is no transaction until somebody makes it one",
    assumed=("purchases are asked about as if their seller sold them to the entity through Stripe",),
)
