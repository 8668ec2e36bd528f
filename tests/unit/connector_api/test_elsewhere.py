"""Addresses of things in other systems lead where they say, and nowhere else."""

from __future__ import annotations

import pytest

from tieout.connector_api import Connector, Named, SystemConfig, address, host_of, web_address


@pytest.mark.parametrize(
    ("key", "part"),
    [
        ("a/b", "a%2Fb"),
        ("../../evil", "..%2F..%2Fevil"),
        ("x?y=1#z", "x%3Fy%3D1%23z"),
        ('"><script>', "%22%3E%3Cscript%3E"),
        ("ä b", "%C3%A4%20b"),
        ("@evil.example", "%40evil.example"),
    ],
)
def test_a_key_stays_one_part_of_the_address(key: str, part: str) -> None:
    assert address("https://books.example.com/", "odoo", key) == f"https://books.example.com/odoo/{part}"


@pytest.mark.parametrize("key", ["", ".", ".."])
def test_what_would_lead_elsewhere_has_no_address(key: str) -> None:
    assert address("https://books.example.com", "odoo", key) == ""


@pytest.mark.parametrize(
    "base",
    [
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://books.example.com",
        "//books.example.com",
        "books.example.com",
        "https://",
        "https://anna:secret@books.example.com",
        "https://anna@books.example.com",
        "https://books.example.com:x",
        "https://[::1",
        "https://books.example.com\\@evil.example",
        'https://books.example.com/"onclick=',
        "https://books.example.com/" + "x" * 500,
    ],
)
def test_only_plain_addresses_of_the_web_are_shown(base: str) -> None:
    assert web_address(base) == "" and address(base, "x") == "" and host_of(base) == ""


def test_what_stands_behind_the_path_is_left_out() -> None:
    assert web_address("http://127.0.0.1:8069/?db=books#top") == "http://127.0.0.1:8069"
    assert host_of("HTTPS://Books.Example.com:443/x") == "books.example.com"


def test_a_connector_that_says_no_address_or_fails_has_none() -> None:
    def of(page: object) -> Connector:
        return Connector(name="x", title="X", version="1", config=(), open=lambda c: None, can=(), page=page)  # type: ignore[arg-type]

    config, named = SystemConfig("x", "x", "test", {}), Named("thing", "1")
    assert of(None).page_of(config, named) == ""
    assert of(lambda c, n: "javascript:alert(1)").page_of(config, named) == ""
    assert of(lambda c, n: {}["missing"]).page_of(config, named) == ""
    assert of(lambda c, n: f"https://x.example/{n.key}").page_of(config, named) == "https://x.example/1"


def test_of_a_document_only_keys_that_are_text_are_taken() -> None:
    told = {"order_key": "5000", "payment_key": 7, "payout_key": None}
    assert Named.of("customer_invoice", "order:5000", told) == Named("customer_invoice", "order:5000", "5000")
