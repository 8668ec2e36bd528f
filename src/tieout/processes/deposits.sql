-- name: unapplied_payments
-- Payments that wait for these orders, and what was given back of them.
select d.order_key, d.link_key, d.source_key, d.parked_account as unapplied_account, d.accounting_on, v.external_id, v.effect,
    (v.body::jsonb ->> 'amount')::numeric as amount, (v.body::jsonb ->> 'company')::numeric as company,
    v.body as effect_body, v.system as effect_system, v.external_id as effect_id, v.document_id as effect_document,
    v.requires as effect_requires, v.stamp as effect_stamp
from tieout.document d join tieout.delivery v using (document_id)
where v.effect in ('charge', 'refund', 'capture_reversal') and d.entity = %(entity)s and d.parked_account <> '' and (d.order_key = any(%(orders)s)
    -- a refund may name its charge alone
    or (d.link_key <> '' and d.link_key in (select p.link_key from tieout.document p
        where p.entity = %(entity)s and p.order_key = any(%(orders)s) and p.parked_account <> '')))
order by d.document_id
