"""polars, imported when the first table is matched: every worker and every web side holds this room, most of them for days
before they match anything, and the import takes a fifth of their start and 25 MiB of their memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl
else:
    from importlib import import_module

    class _Polars:
        """Stands for the module: whatever is asked of it is asked of polars, and kept."""

        def __getattr__(self, name: str) -> Any:
            found = getattr(import_module("polars"), name)
            setattr(self, name, found)
            return found

    pl = _Polars()

__all__ = ["pl"]
