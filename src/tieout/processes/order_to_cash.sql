-- name: refunds
-- The account that each refund of these orders went out of.
select d.content, d.interface, d.source_key, d.revision, d.message_id, d.stamp,
    v.body::jsonb #>> '{counterparts,0,account}' as account,
    v.body as effect_body, v.system as effect_system, v.external_id as effect_id, v.document_id as effect_document,
    v.requires as effect_requires, v.stamp as effect_stamp
from tieout.document d
join tieout.delivery v on v.document_id = d.document_id and v.effect = 'refund'
where d.entity = %(entity)s and d.order_key = any(%(orders)s) and d.kind = 'provider_movement'
order by v.delivery_id
