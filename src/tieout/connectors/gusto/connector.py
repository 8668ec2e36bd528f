"""The declaration of the Gusto connector."""

from __future__ import annotations

from datetime import date

from tieout.connector_api import (
    ApiVersion,
    Budget,
    ConfigField,
    Connector,
    NeededRight,
    Option,
    Stream,
    Verified,
)
from tieout.connectors.gusto.client import VERSION, open_session
from tieout.connectors.gusto.contractors import contractor_payment
from tieout.connectors.gusto.normalise import payroll

_ON = date(2026, 11, 30)

CONNECTOR = Connector(
    name="gusto",
    title="Gusto (payroll)",
    version="1",
    config=(
        ConfigField("url", "its address, such as https://api.gusto.com"),
        ConfigField("company", "the company's uuid"),
        ConfigField("client_id", "the app's client id", required=False),
        ConfigField("client_secret", "the app's client secret", secret=True, required=False),
        ConfigField(
            "refresh_token",
            "the refresh token that connecting the app to this company gave: it is used once, and the one after it is kept here",
            secret=True,
            required=False,
        ),
        ConfigField("redirect_uri", "the app's redirect URI, as its portal has it", required=False),
        ConfigField(
            "token",
            "in the place of these three an access token that somebody else renews: it ends after 2 hours",
            secret=True,
            required=False,
        ),
        ConfigField(
            "external",
            "yes: payrolls that were run elsewhere and entered at Gusto are booked too, which were booked then",
            required=False,
        ),
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
            "processed payrolls, regular and off-cycle: totals by department; what persons earn stays in the vault",
            payroll,
            "a payroll that is read again with other figures is told again",
        ),
        Stream(
            "contractor_payments",
            "payments to contractors, an entry each, without names",
            contractor_payment,
            "a payment that is read again with other figures is told again",
        ),
    ),
    pace=Budget(a_second=200 / 60),
    limits="200 requests in 60 seconds of one connection (docs.gusto.com/app-integrations/docs/rate-limits); 25 payrolls and 100 persons a page; a year at most between two days",
    api=ApiVersion(
        VERSION,
        "docs.gusto.com, version upgrade guide of 2026-09-23: stable, its end not set; a version lasts 12 months after the next one came",
    ),
    verified=(
        Verified(
            _ON,
            "operations, parameters and fields",
            "Gusto/gusto-python-client, gusto_app_int_v_2026_06_15, June 2026",
        ),
        Verified(
            _ON,
            "payrolls, contractor payments and errors of its examples and fixtures",
            "Gusto/gusto-python-client, Gusto/embedded-react-sdk",
        ),
        Verified(_ON, "tokens, pages, limits, versions", "docs.gusto.com, App Integrations"),
    ),
    rights=(
        NeededRight("payrolls:read", "payrolls and contractor payments"),
        NeededRight("employees:read", "the department of each employee"),
        NeededRight("employee_benefits:read", "what the company and employees pay for benefits"),
        NeededRight(
            "employee_benefits:read:phi",
            "benefits of health: without it a payroll that has any does not add up",
        ),
    ),
    not_covered=(
        "an app for one company of its own: Gusto gives access to apps of software's makers that it has approved, and to demo companies",
        "departments as they were: an employee's is the one of the day on which a payroll is first read",
        "owner's draw, payroll taxes that are deferred, taxes of all employees together: such a payroll is a case",
        "which reversal takes back which payroll: a reversal is a payroll of its own with negative amounts",
        "an entry of more than 200 lines, which is some fifty departments: a case",
        "payments to contractors that were made elsewhere (Historical Payment)",
        "webhooks: payrolls are polled",
    ),
    assumed=(
        "a payroll's own total of employer taxes holds those of the payroll as a whole (company_taxes)",
        "a payroll's own total of benefits holds imputed ones",
        "a payroll that may be called off before its pay day says so in payroll_status_meta.cancellable",
    ),
)
