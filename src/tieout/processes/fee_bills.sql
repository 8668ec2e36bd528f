-- name: fee_bills
-- What was withheld as fees in these times and is in the ledger or on its way there; and what bills took of it.
with asked as (
    select k as asked, string_to_array(split_part(k, '|', 1), ',') as interfaces, split_part(k, '|', 2) as currency,
        split_part(k, '|', 3)::timestamptz as since, split_part(k, '|', 4)::timestamptz as until
    from unnest(%(keys)s::text[]) k)
select a.asked, v.effect, '' as bill,
    v.body as effect_body, v.system as effect_system, v.external_id as effect_id, v.document_id as effect_document,
    v.requires as effect_requires, v.stamp as effect_stamp
from asked a
join tieout.document d on d.entity = %(entity)s and d.kind = 'provider_movement' and d.interface = any(a.interfaces)
    and d.currency = a.currency and d.occurred_at >= a.since and d.occurred_at < a.until
join tieout.delivery v using (document_id)
where v.effect ~ '^fee_(withheld_)?(domestic_vat|reverse_charge|exempt)$' and v.state <> 'refused'
union all
select a.asked, v.effect, d.interface || ' ' || d.source_key as bill,
    v.body, v.system, v.external_id, v.document_id, v.requires, v.stamp
from asked a
join tieout.document d on d.entity = %(entity)s and d.kind = 'vendor_bill' and d.currency = a.currency
    and d.state <> 'excluded'
join tieout.delivery v using (document_id)
where v.effect = 'fees_settled'
order by effect_id
