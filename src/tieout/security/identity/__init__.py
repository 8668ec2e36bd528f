"""How people and service accounts prove who they are: credentials, sessions, keys."""

from tieout.security.identity.credentials import Credential
from tieout.security.identity.model import (
    HALF,
    IDLE,
    WHOLE,
    Origin,
    Session,
    SignedIn,
    SignInError,
    ThrottledError,
)
from tieout.security.identity.passkeys import Site
from tieout.security.identity.passwords import PasswordError
from tieout.security.identity.service import Identity
from tieout.security.identity.servicekeys import (
    ServiceKey,
    end_service_key,
    make_service_key,
    service_key_of,
    service_keys,
)
from tieout.security.identity.sessions import csrf_of, drop_old, end_session, session_of
from tieout.security.identity.throttle import count_wrong_key

__all__ = [
    "HALF",
    "IDLE",
    "WHOLE",
    "Credential",
    "Identity",
    "Origin",
    "PasswordError",
    "ServiceKey",
    "Session",
    "SignInError",
    "SignedIn",
    "Site",
    "ThrottledError",
    "count_wrong_key",
    "csrf_of",
    "drop_old",
    "end_service_key",
    "end_session",
    "make_service_key",
    "service_key_of",
    "service_keys",
    "session_of",
]
