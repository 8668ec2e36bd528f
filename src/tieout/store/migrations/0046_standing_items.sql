-- What stands on accounts that are itemised at a period's end, item by item, as it was read last.
create table tieout.standing_items (
    entity text not null,
    period text not null,
    figures jsonb not null,
    read_at timestamptz not null,
    primary key (entity, period)
);

-- What documents are called beside others of the same matter: a payout, a payment with its refunds and disputes, an order;
-- else each by itself.
create view tieout.v_matter with (security_invoker = true) as
select d.document_id, d.interface, d.entity, d.kind, d.source_key,
    coalesce(nullif(d.link_key, ''), case when d.kind = 'dispute' then d.content::jsonb ->> 'payment_key' end,
        d.source_key) as matter
from tieout.document d;
