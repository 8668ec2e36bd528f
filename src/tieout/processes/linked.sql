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
