"""Pages for people: rendered here, of what the API answers to whoever is signed in. No page knows more, or lets do
more, than the API does."""

from tieout.console.routes import pages

__all__ = ["pages"]
