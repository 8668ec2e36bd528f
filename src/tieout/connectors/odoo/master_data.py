"""Master data: partners and products, which postings name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tieout.connector_api import Outcome, OutcomeStatus, RefusedError, Sending
from tieout.connectors.odoo.client import OdooClient
from tieout.connectors.odoo.loading import Loader
from tieout.connectors.odoo.models import PARTNER, PRODUCT
from tieout.connectors.odoo.rows import PARTNER_FIELDS, PRODUCT_FIELDS, partner_rows
from tieout.documents import PartnerRecord, PartnerUpdate, ProductRecord


def send_partners(loader: Loader, batch: Sequence[Sending]) -> list[Outcome]:
    """Partners by their external ids: one that is there stays as it is."""
    outcomes: list[Outcome] = []
    for chunk in loader.chunks(batch):
        done, refused = loader.load_some(
            PARTNER,
            PARTNER_FIELDS,
            chunk,
            lambda s: partner_rows(s.external_id, s.body) if isinstance(s.body, PartnerRecord) else [],
        )
        outcomes += refused
        outcomes += [Outcome(s.external_id, OutcomeStatus.CONFIRMED, i, PARTNER) for s, i in done]
    return outcomes


def send_products(client: OdooClient, loader: Loader, batch: Sequence[Sending]) -> list[Outcome]:
    """A product that Odoo has under its number is used as it is; others are made."""
    numbers = sorted({s.body.sku for s in batch if isinstance(s.body, ProductRecord)})
    rows = client.call(
        PRODUCT,
        "search_read",
        domain=[["default_code", "in", numbers]],
        fields=["default_code"],
        order="id",
    )
    # Of several under one number the oldest: rows come by id, and the last one that is put here stays.
    known = {r["default_code"]: r["id"] for r in reversed(rows)}
    outcomes: list[Outcome] = []
    missing: list[Sending] = []
    for sending in batch:
        assert isinstance(sending.body, ProductRecord)
        found = known.get(sending.body.sku)
        if found is None:
            missing.append(sending)
        else:
            outcomes.append(Outcome(sending.external_id, OutcomeStatus.CONFIRMED, found, PRODUCT))
    for chunk in loader.chunks(missing):
        done, refused = loader.load_some(
            PRODUCT,
            PRODUCT_FIELDS,
            chunk,
            lambda s: [[s.external_id, s.body.name, s.body.sku]] if isinstance(s.body, ProductRecord) else [],
        )
        outcomes += refused
        outcomes += [Outcome(s.external_id, OutcomeStatus.CONFIRMED, i, PRODUCT) for s, i in done]
    return outcomes


def update_partners(client: OdooClient, batch: Sequence[Sending], quiet: dict[str, Any]) -> list[Outcome]:
    """Set the fields that are given, and read them back. The same once more changes nothing."""
    outcomes = []
    for sending in batch:
        partner, body = _partner_of(sending)
        try:
            client.call(PARTNER, "write", ids=[partner], vals=body.fields(), context=quiet)
            outcomes.append(_updated(client, sending, OutcomeStatus.REFUSED))
        except RefusedError as error:
            outcomes.append(
                Outcome(sending.external_id, OutcomeStatus.REFUSED, partner, PARTNER, error=str(error))
            )
    return outcomes


def look_up_updates(client: OdooClient, batch: Sequence[Sending]) -> list[Outcome]:
    """Confirmed where a partner's fields hold what was sent, absent where they do not."""
    return [_updated(client, sending, OutcomeStatus.ABSENT) for sending in batch]


def _partner_of(sending: Sending) -> tuple[int, PartnerUpdate]:
    body = sending.body
    assert isinstance(body, PartnerUpdate)
    return sending.targets[body.partner][1], body


def _updated(client: OdooClient, sending: Sending, otherwise: OutcomeStatus) -> Outcome:
    partner, body = _partner_of(sending)
    wanted = body.fields()

    def look() -> dict[str, str]:
        rows = client.call(PARTNER, "read", ids=[partner], fields=sorted(wanted))
        return {name: rows[0][name] or "" for name in wanted} if rows else {}

    shown = client.once_more(look, lambda found: found != wanted)
    if shown == wanted:
        return Outcome(sending.external_id, OutcomeStatus.CONFIRMED, partner, PARTNER, read_back=shown)
    why = f"partner {partner} holds {shown or 'nothing: it is gone'}"
    return Outcome(sending.external_id, otherwise, partner, PARTNER, read_back=shown, error=why)
