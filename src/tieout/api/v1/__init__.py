"""The API, version 1: JSON over HTTP, described by OpenAPI 3.1 at /api/v1/openapi.json."""

from tieout.api.v1.application import build

__all__ = ["build"]
