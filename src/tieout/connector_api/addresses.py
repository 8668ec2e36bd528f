"""Which addresses this server may be sent to: what anybody enters must never lead it into its own network.

A name is looked up once, every address that it has is looked at, and what is connected to is one of those: a name that
leads elsewhere a moment later (DNS rebinding) changes nothing. Redirects are not followed.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LONGEST = 2000


class AddressError(ValueError):
    """An address that is not gone to: why, and what to do."""


@dataclass(frozen=True)
class Reached:
    """Where a URL leads: `host` and `port` as they are named, `ip` as what is connected to."""

    url: str
    host: str
    port: int
    ip: str
    secure: bool

    @property
    def direct(self) -> str:
        """The URL with the address in place of the name."""
        parts = urlsplit(self.url)
        host = f"[{self.ip}]" if ":" in self.ip else self.ip
        return parts._replace(netloc=f"{host}:{self.port}").geturl()


def look_up(host: str, port: int) -> list[str]:
    """Every address of a name. Raises OSError."""
    return sorted({str(x[4][0]) for x in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)})


def reach(
    url: str, private: Sequence[Network] = (), resolve: Callable[[str, int], list[str]] = look_up
) -> Reached:
    """Where a URL leads, if this server may go there: by https to public addresses, and into the `private` networks
    that the project's file names (by http, too). Raises AddressError."""
    if len(url) > _LONGEST or any(ord(c) <= 32 or ord(c) == 127 for c in url):
        raise AddressError("an address has no blanks or control characters, and 2000 characters at most")
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host = parts.hostname or ""
    except ValueError:
        raise AddressError(f"{url!r} is no address, such as https://example.com/hook") from None
    if parts.scheme not in ("https", "http") or not host or "\\" in url:
        raise AddressError(f"{url!r} is no address, such as https://example.com/hook")
    if parts.username is not None or parts.password is not None:
        raise AddressError("an address holds no name or password")
    if parts.fragment:
        raise AddressError("an address that is sent to has no part behind #")
    try:
        found = [ipaddress.ip_address(x.partition("%")[0]) for x in resolve(host, port)]
    except (OSError, ValueError, UnicodeError):
        raise AddressError(f"{host} is not known: no address was found for it") from None
    if not found:
        raise AddressError(f"{host} is not known: no address was found for it")
    for each in found:
        if not _may(each, parts.scheme == "https", private):
            raise AddressError(
                f"{host} leads to {each}, which is not public (or not by https). {_instead(each)}"
            )
    return Reached(url, host, port, str(found[0]), parts.scheme == "https")


def in_the_clear(url: str, resolve: Callable[[str, int], list[str]] = look_up) -> str:
    """The public address to which a URL leads by http, where whoever is on the way reads what is sent and its key; "" where it is sealed,
    leads into a network of one's own, or leads nowhere."""
    try:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            return ""
        found = [ipaddress.ip_address(x.partition("%")[0]) for x in resolve(parts.hostname, parts.port or 80)]
    except (OSError, ValueError, UnicodeError):
        return ""
    return next((str(each) for each in found if any(m.is_global for m in _meant(each))), "")


def _may(address: Address, secure: bool, private: Sequence[Network]) -> bool:
    """Whether every address that this one stands for may be gone to."""
    meant = _meant(address)
    if all(any(m.version == n.version and m in n for n in private) for m in meant):
        return True
    return secure and all(m.is_global and not m.is_multicast and not m.is_reserved for m in meant)


def _instead(address: Address) -> str:
    """What to do about an address that may not be gone to."""
    meant = _meant(address)
    if all(m.is_global for m in meant):
        return "Write https:// in front of it"
    own = ", ".join(f'"{m}/{m.max_prefixlen}"' for m in meant)
    return (
        f"Where that is a network of your own, write private = [{own}] under [telling] in tieout.toml, "
        "and start Tieout again"
    )


def _meant(address: Address) -> list[Address]:
    """The address, and the IPv4 one that it carries along (mapped, 6to4, Teredo, NAT64): that is where it leads."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    carried: list[Address] = []
    if address.sixtofour is not None:
        carried.append(address.sixtofour)
    if address.teredo is not None:
        carried += address.teredo
    if address in _NAT64:
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    return [address, *carried]
