"""Who may not be gone to is told what to do about it, and what is written so lets them be gone to."""

from __future__ import annotations

import ipaddress
import re

import pytest

from tieout.connector_api import AddressError
from tieout.connector_api.addresses import reach


@pytest.mark.parametrize("ip", ["10.1.2.3", "127.0.0.1", "fd00::7", "::ffff:192.168.1.4"])
def test_of_an_address_of_ones_own_network_it_says_what_to_write(ip: str) -> None:
    def resolve(host: str, port: int) -> list[str]:
        return [ip]

    with pytest.raises(AddressError) as told:
        reach("http://books.intern:8069", (), resolve)
    written = re.search(r'write private = \["(\S+)"\] under \[telling\] in tieout\.toml', str(told.value))
    assert written is not None, str(told.value)
    reached = reach("http://books.intern:8069", [ipaddress.ip_network(written[1])], resolve)
    assert ipaddress.ip_address(reached.ip) == ipaddress.ip_address(ip)


def test_a_public_address_is_gone_to_by_https() -> None:
    def resolve(host: str, port: int) -> list[str]:
        return ["93.184.215.14"]

    with pytest.raises(AddressError, match=r"Write https:// in front of it$"):
        reach("http://books.example.com", (), resolve)
    assert reach("https://books.example.com", (), resolve).secure
