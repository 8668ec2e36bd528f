"""What a connector is: its declaration, its capabilities as separate protocols, its errors."""

from tieout.connect.capabilities import (
    ControlTotal,
    ControlTotals,
    FileReader,
    Item,
    LedgerFacts,
    LedgerReader,
    Outcome,
    Page,
    Poller,
    Sending,
    WebhookReceiver,
    Writer,
)
from tieout.connect.declaration import (
    ConfigField,
    Connector,
    ConnectorRegistry,
    Option,
    Stream,
    SystemConfig,
)
from tieout.connect.errors import (
    ConnectorError,
    FileRefusedError,
    RefusedError,
    SetupError,
    SignatureError,
    TransientError,
    UnknownOutcomeError,
)
from tieout.connect.retry import patiently

__all__ = [
    "ConfigField",
    "Connector",
    "ConnectorError",
    "ConnectorRegistry",
    "ControlTotal",
    "ControlTotals",
    "FileReader",
    "FileRefusedError",
    "Item",
    "LedgerFacts",
    "LedgerReader",
    "Option",
    "Outcome",
    "Page",
    "Poller",
    "RefusedError",
    "Sending",
    "SetupError",
    "SignatureError",
    "Stream",
    "SystemConfig",
    "TransientError",
    "UnknownOutcomeError",
    "WebhookReceiver",
    "Writer",
    "patiently",
]
