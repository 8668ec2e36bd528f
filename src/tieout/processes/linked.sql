-- name: linked
-- The effect by which a payout, a credit note or a charge is booked; the last where there are several.
select d.link_key, v.external_id, v.effect,
    v.body as effect_body, v.system as effect_system, v.external_id as effect_id, v.document_id as effect_document,
    v.requires as effect_requires, v.stamp as effect_stamp,
    v.body::jsonb #>> '{counterparts,0,match}' as line_match,
    v.body::jsonb #>> '{counterparts,0,account}' as counter,
    (v.body::jsonb ->> 'amount')::numeric as amount,
    (v.body::jsonb ->> 'company')::numeric as company
from tieout.document d join tieout.delivery v using (document_id)
where d.entity = %(entity)s and d.link_key <> '' and d.link_key = any(%(keys)s)
  and v.effect in ('payout', 'credit_note', 'charge')
order by v.delivery_id

-- name: refunds_told
-- Refunds that their shop told of: by their credit notes, booked or not.
select link_key, min(source_key) as source_key from tieout.document
where entity = %(entity)s and kind = 'credit_note' and link_key <> '' and link_key = any(%(keys)s)
group by link_key

-- name: refunds_of_order
-- The credit notes of orders and the movements by which money went back of them, in the order in which they came; `note` is the
-- effect by which a credit note is booked. A provider's file knows an order by its number and its shop by a key: either finds what the
-- other names, as long as one order alone has that number.
with asked as (
    select unnest(%(keys)s::text[]) as key
), sold as (
    select a.key, i.order_key, i.link_key from asked a
    join tieout.document i on i.entity = %(entity)s and i.kind = 'customer_invoice' and i.state <> 'superseded'
        and i.link_key <> '' and a.key = 'number:' || i.link_key
    union
    select a.key, i.order_key, i.link_key from asked a
    join tieout.document i on i.entity = %(entity)s and i.kind = 'customer_invoice' and i.state <> 'superseded'
        and i.order_key <> '' and i.order_key = a.key
), other as (
    select s.key, x.name from sold s
    cross join lateral (values (s.order_key), ('number:' || s.link_key)) as x (name)
    where x.name not in ('', 'number:', s.key) and not exists (
        select 1 from tieout.document t where t.entity = %(entity)s and t.kind = 'customer_invoice' and t.state <> 'superseded'
            and t.link_key <> '' and t.link_key = s.link_key and t.order_key <> s.order_key)
), named as (
    select key, key as name from asked union select key, name from other
)
select named.key as order_key, d.kind, d.content, d.interface, d.source_key, d.revision, d.message_id, d.stamp,
    n.external_id as note,
    n.body as effect_body, n.system as effect_system, n.external_id as effect_id, n.document_id as effect_document,
    n.requires as effect_requires, n.stamp as effect_stamp
from named join tieout.document d on d.entity = %(entity)s and d.order_key <> '' and d.order_key = named.name
left join lateral (
    select v.external_id, v.body, v.system, v.document_id, v.requires, v.stamp from tieout.delivery v
    where v.document_id = d.document_id and v.effect = 'credit_note' order by v.delivery_id limit 1
) n on true
where d.kind in ('credit_note', 'provider_movement') and d.state <> 'superseded'
order by d.document_id
