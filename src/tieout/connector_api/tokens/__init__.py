"""Access tokens of OAuth 2: got by a grant, kept by a keeper, renewed before their end by one worker at a time, never told."""

from tieout.connector_api.tokens.auth import TokenAuth, token_auth
from tieout.connector_api.tokens.grants import ClientCredentials, Grant, JwtBearer, RefreshToken
from tieout.connector_api.tokens.keeping import IN_MEMORY, MemoryTokens, Renewal, Token, TokenKeeper

__all__ = [
    "IN_MEMORY",
    "ClientCredentials",
    "Grant",
    "JwtBearer",
    "MemoryTokens",
    "RefreshToken",
    "Renewal",
    "Token",
    "TokenAuth",
    "TokenKeeper",
    "token_auth",
]
