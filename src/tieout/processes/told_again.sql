-- name: told_elsewhere
-- Bank lines of the entity that are booked, of a day, an amount and a currency.
select a.key, d.source_key, d.interface, d.revision, d.message_id, d.content, d.stamp
from (select k as key, split_part(k, ' ', 1)::date as booked_on, split_part(k, ' ', 2)::numeric as amount,
        split_part(k, ' ', 3) as currency from unnest(%(keys)s::text[]) k) a
join tieout.document d on d.entity = %(entity)s and d.kind = 'statement_line'
    and d.occurred_at = (a.booked_on + time '12:00') at time zone 'UTC'
    and d.measure_debit - d.measure_credit = a.amount and d.currency = a.currency
where d.state in ('planned', 'posted')
order by a.key, d.document_id
