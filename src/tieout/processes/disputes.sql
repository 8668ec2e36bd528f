-- name: disputed_sale
-- The orders that disputed payments paid, where they are billed, and what was given back of them.
select p.link_key as payment, d.interface, d.source_key, d.revision, d.message_id, d.stamp, d.content
from tieout.document p
join tieout.document d on d.entity = p.entity and d.kind in ('customer_invoice', 'credit_note')
    and d.state in ('planned', 'posted')
    and (d.order_key = p.order_key
        or d.kind = 'customer_invoice' and d.link_key <> '' and p.order_key = 'number:' || d.link_key)
where p.entity = %(entity)s and p.kind = 'provider_movement' and p.order_key <> '' and p.link_key = any(%(keys)s)
    and p.state <> 'superseded'
order by p.document_id, d.document_id
