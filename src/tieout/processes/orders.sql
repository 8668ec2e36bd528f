-- name: orders
-- Orders by their keys and numbers, in the order that they were told; `invoice` is the first that was planned of one.
select d.order_key, d.link_key, d.state, d.revision, d.document_id, d.currency, d.interface, d.reason,
    d.content, d.source_key, d.message_id, d.stamp,
    v.body as effect_body, v.system as effect_system, v.external_id as effect_id, v.document_id as effect_document,
    v.requires as effect_requires, v.stamp as effect_stamp,
    v.external_id as invoice, v.body::jsonb ->> 'partner' as partner,
    v.body::jsonb ->> 'match' as match, v.body::jsonb ->> 'on' as invoice_on,
    exists (select 1 from tieout.document p
        join tieout.payout_item i on i.entity = p.entity and i.movement_key = p.source_key
        where p.entity = d.entity and p.order_key = d.order_key and p.order_key <> '') as paid_out
from tieout.document d
left join lateral (
    select v.body, v.system, v.external_id, v.document_id, v.requires, v.stamp from tieout.delivery v
    join tieout.document o on o.document_id = v.document_id
    where o.interface = d.interface and o.source_key = d.source_key and v.effect = 'invoice'
    order by o.revision limit 1
) v on true
where d.entity = %(entity)s and d.kind = 'customer_invoice' and d.state <> 'superseded'
  and ((d.order_key <> '' and d.order_key = any(%(orders)s))
    or (d.link_key <> '' and d.link_key = any(%(references)s)))
order by d.order_key, d.revision
