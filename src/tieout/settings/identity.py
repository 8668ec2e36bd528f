"""Reads [identity] of tieout.toml: under which address people come, and the company's own sign-on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tieout.settings.tomlfile import TomlFile

_IDENTITY = {"url", "sso"}
_SSO = {"issuer", "client_id", "client_secret", "groups", "groups_claim", "second_factor"}
_ROLE = re.compile(r"[a-z][a-z0-9 _-]*(:[A-Za-z0-9_-]+)?")


@dataclass(frozen=True)
class SignOn:
    """The company's provider (OpenID Connect): `groups` give (role, entity), "*" for every one. Where
    `second_factor` is false its word on a second factor is not taken."""

    issuer: str
    client_id: str
    client_secret: str
    groups: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    groups_claim: str = "groups"
    second_factor: bool = True

    def says(self) -> tuple[tuple[str, str], ...]:
        """Whose word it is, and what each group gives: for the record of what changed. Without the secret."""
        given = {
            g: ", ".join(f"{role}:{entity}" for role, entity in pairs) for g, pairs in self.groups.items()
        }
        own = {
            "issuer": self.issuer,
            "client": self.client_id,
            "claim": self.groups_claim,
            "factor": str(self.second_factor),
        }
        return (*sorted(own.items()), *sorted((f"group {g}", roles) for g, roles in given.items()))


@dataclass(frozen=True)
class IdentitySettings:
    """`url` is the address in people's browsers, without a slash at its end."""

    url: str
    sign_on: SignOn | None = None

    @property
    def host(self) -> str:
        """The name by which people come, without its port: passkeys are bound to it."""
        return urlsplit(self.url).hostname or ""

    @property
    def secure(self) -> bool:
        """Whether people come by https: cookies are for it alone then."""
        return self.url.startswith("https://")


def read_identity(
    file: TomlFile, host: str, port: int, entities: Mapping[str, Any], secret: Callable[..., Any]
) -> IdentitySettings:
    """`secret` resolves env:NAME and file:PATH. Raises ProjectError."""
    table = file.data.get("identity", {})
    file.check_keys(table, _IDENTITY, "identity")
    # A browser keeps passkeys for a name, and 127.0.0.1 is none.
    local = "localhost" if host in ("127.0.0.1", "::1", "0.0.0.0") else host
    url = str(table.get("url", f"http://{local}:{port}")).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
        raise file.fail("url", "identity", f"{url!r} is no address, such as https://books.example.com")
    if parts.scheme == "http" and parts.hostname != local:
        raise file.fail("url", "identity", f"{url}: other machines come by https alone, never by http")
    return IdentitySettings(url, _sign_on(file, table["sso"], entities, secret) if "sso" in table else None)


def _sign_on(
    file: TomlFile, table: dict[str, Any], entities: Mapping[str, Any], secret: Callable[..., Any]
) -> SignOn:
    section = "identity.sso"
    file.check_keys(table, _SSO, section)
    issuer = file.need(table, "issuer", str, section)
    if not re.match(r"https://|http://(127\.0\.0\.1|localhost)(:|/|$)", issuer):
        raise file.fail("issuer", section, f"{issuer!r}: an address with https was expected")
    groups: dict[str, tuple[tuple[str, str], ...]] = {}
    for group, listed in table.get("groups", {}).items():
        if not isinstance(listed, list) or not all(isinstance(x, str) and _ROLE.fullmatch(x) for x in listed):
            raise file.fail(
                group, f"{section}.groups", 'roles were expected, such as ["viewer", "controller:US"]'
            )
        pairs = []
        for text in listed:
            role, _, entity = text.partition(":")
            if role == "administrator":
                raise file.fail(
                    group, f"{section}.groups", "administrators are made by two, never by a group"
                )
            if entity and entity not in entities:
                raise file.fail(group, f"{section}.groups", f"no entity is named {entity!r}")
            pairs.append((role, entity or "*"))
        groups[group] = tuple(pairs)
    return SignOn(
        issuer=issuer,
        client_id=file.need(table, "client_id", str, section),
        client_secret=str(secret(section, "client_secret", file.need(table, "client_secret", str, section))),
        groups=groups,
        groups_claim=str(table.get("groups_claim", "groups")),
        second_factor=bool(table.get("second_factor", True)),
    )
