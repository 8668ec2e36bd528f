"""The web side: signed webhooks, uploads, a plain status page, metrics, health."""

from tieout.api.bodies import Limits
from tieout.api.server import Services, serve

__all__ = ["Limits", "Services", "serve"]
