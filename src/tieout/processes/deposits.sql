-- name: unapplied_payments
-- Payments that wait for these orders, and what was given back of them.
select d.order_key, d.link_key, d.source_key, d.unapplied_account, d.accounting_on, d.external_id, d.effect, d.amount,
    d.company_amount as company
from tieout.v_effect_payment d
where d.entity = %(entity)s and d.unapplied_account <> '' and (d.order_key = any(%(orders)s)
    -- a refund may name its charge alone
    or (d.link_key <> '' and d.link_key in (select p.link_key from tieout.document p
        where p.entity = %(entity)s and p.order_key = any(%(orders)s) and p.parked_account <> '')))
order by d.document_id
