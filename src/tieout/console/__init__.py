"""Pages for people: server-rendered, loading nothing from other hosts."""

from tieout.console.pages import CONTENT_POLICY, pages

__all__ = ["CONTENT_POLICY", "pages"]
