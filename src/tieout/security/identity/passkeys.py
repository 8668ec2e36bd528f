"""Passkeys (WebAuthn Level 3): made by somebody who is signed in, and then enough by themselves, since the
authenticator asks for a finger or a PIN.

The library is imported by what uses it: every process imports this module, and few ever see a passkey."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tieout.security.identity.credentials import Credential, by_handle, count_up, credentials_of, keep
from tieout.security.identity.model import SignInError
from tieout.security.identity.one_time_tokens import make_once, take_once
from tieout.store import Connection

_SPAN = timedelta(minutes=5)
_REFUSED = "this passkey was not taken: try again, or use another way"


@dataclass(frozen=True)
class Site:
    """What a passkey is bound to: the host name, and the address of the pages (scheme, host, port)."""

    host: str
    origin: str
    name: str


def offer_making(connection: Connection, site: Site, person: str, now: datetime) -> tuple[str, str]:
    """(question, options as JSON) for a person who is signed in."""
    from webauthn import base64url_to_bytes, generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    known = [c for c in credentials_of(connection, person) if c.kind == "passkey"]
    options = generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_name=person,
        user_id=person.encode(),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(c.handle)) for c in known],
    )
    question = make_once(connection, "passkey.make", person, options.challenge, person, now, _SPAN)
    return question, options_to_json(options)


def keep_made(
    connection: Connection,
    site: Site,
    person: str,
    question: str,
    answer: dict[str, Any],
    label: str,
    now: datetime,
) -> int:
    """Keep the passkey that an authenticator made. Raises SignInError."""
    from webauthn import verify_registration_response
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.exceptions import WebAuthnException

    asked = take_once(connection, "passkey.make", question, now)
    if asked is None or asked.person != person:
        raise SignInError(_REFUSED)
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=asked.content,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise SignInError(_REFUSED) from error
    handle = bytes_to_base64url(made.credential_id)
    if by_handle(connection, "passkey", handle) is not None:
        raise SignInError("this passkey is known already")
    return keep(
        connection, person, "passkey", made.credential_public_key, now, handle=handle, label=label or "passkey",
        counter=made.sign_count,
    )  # fmt: skip


def offer_use(connection: Connection, site: Site, now: datetime) -> tuple[str, str]:
    """(question, options as JSON) for whoever wants in: the authenticator knows who that is."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(
        rp_id=site.host, user_verification=UserVerificationRequirement.REQUIRED
    )
    question = make_once(connection, "passkey.use", "", options.challenge, "", now, _SPAN)
    return question, options_to_json(options)


def used(
    connection: Connection, site: Site, question: str, answer: dict[str, Any], now: datetime
) -> Credential:
    """The passkey that answered. Raises SignInError; StampError where it was not made by us."""
    from webauthn import verify_authentication_response
    from webauthn.helpers.exceptions import WebAuthnException

    asked = take_once(connection, "passkey.use", question, now)
    found = by_handle(connection, "passkey", str(answer.get("id", "")))
    if asked is None or found is None:
        raise SignInError(_REFUSED)
    try:
        shown = verify_authentication_response(
            credential=json.dumps(answer),
            expected_challenge=asked.content,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=found.secret,
            credential_current_sign_count=found.counter,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise SignInError(_REFUSED) from error
    # Most authenticators do not count; of one that does a copy is behind.
    if shown.new_sign_count and not count_up(connection, found.id, shown.new_sign_count):
        raise SignInError(_REFUSED)
    return found
