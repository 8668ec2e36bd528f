"""The declaration of the Gusto connector."""

from __future__ import annotations

from tieout.connector_api import ConfigField, Connector, Option, Stream
from tieout.connectors.gusto.client import VERSION, open_session
from tieout.connectors.gusto.normalise import payroll

CONNECTOR = Connector(
    name="gusto",
    title="Gusto (payroll)",
    version="1",
    config=(
        ConfigField("url", "its address, such as https://api.gusto.com"),
        ConfigField("company", "the company's uuid"),
        ConfigField("token", "access token of the app for this company", secret=True),
    ),
    open=open_session,
    can=("poll", "control_totals"),
    options=(
        Option("accounts_table", "the table of mappings/ that gives the ledger's account of a component"),
        Option("require", "beginning of a ledger account's code to the dimensions that it needs", table=True),
    ),
    streams=(
        Stream(
            "payrolls",
            "processed payrolls: totals by department; what persons earn stays in the vault",
            payroll,
            "a payroll that is read again with other figures is told again",
        ),
    ),
    limits="200 requests a minute; 25 payrolls a page",
    assumed=(
        f"API version {VERSION}: amounts are decimal texts, taxes say whether the employer owes them",
        "the pages' count comes in the header X-Total-Pages",
        "start_date and end_date choose payrolls by their pay period",
        "an employee's department stands in the list of employees",
    ),
)
