"""Odoo's own hosting: Odoo Online and Odoo.sh accept about one call a second, not sustained, and none in parallel
(https://www.odoo.com/acceptable-use, of 2025-05-07). That a server is hosted is declared, or told by its address."""

from __future__ import annotations

from tieout.connector_api.pace import Budget

HOSTED = Budget(a_second=1.0, alone=True)
_HOSTS = (".odoo.com",)


def is_hosted(host: str) -> bool:
    """Whether an address is one of Odoo's own hosting (Online and Odoo.sh)."""
    return host.endswith(_HOSTS)
