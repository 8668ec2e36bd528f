-- name: deposit_taxes
-- What was booked of the taxes of deposits for these orders and payments.
select d.order_key, d.link_key,
    v.body as effect_body, v.system as effect_system, v.external_id as effect_id, v.document_id as effect_document,
    v.requires as effect_requires, v.stamp as effect_stamp
from tieout.document d join tieout.delivery v using (document_id)
where d.entity = %(entity)s and v.effect in ('deposit_tax', 'deposit_tax_back', 'deposit_tax_cleared')
  and ((d.order_key <> '' and d.order_key = any(%(keys)s))
    or (d.link_key <> '' and 'payment:' || d.link_key = any(%(keys)s)))
order by v.delivery_id
