-- name: related
-- Every document of these names, with the names that it was found by and its main effect.
select d.document_id, d.interface, d.source_key, d.revision, d.kind, d.state, d.content, d.message_id,
    d.stamp, d.accounting_on, d.posted_at, n.names, coalesce(v.external_id, '') as effect
from (select document_id, array_agg(name order by name) as names from tieout.document_name
    where entity = %(entity)s and name = any(%(names)s) group by document_id) n
join tieout.document d using (document_id)
left join lateral (select external_id from tieout.delivery v where v.document_id = d.document_id
    and v.effect in ('bill', 'vendor_credit', 'payment') limit 1) v on true
where d.state <> 'superseded'
order by d.document_id
