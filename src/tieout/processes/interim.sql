-- name: statements_there
-- Statements of the entity that tell of these places (account, currency, day), whichever interface they came by. Most banks date a
-- statement's opening balance by the day before: it tells of its last day, and of each that it has a line of.
select n.name as place, min(d.source_key) as source_key
from tieout.document_name n join tieout.document d using (document_id)
where n.entity = %(entity)s and n.name = any(%(keys)s) and d.kind = 'statement' and d.state in ('planned', 'posted')
  and (d.occurred_at = (right(n.name, 10)::date + time '12:00') at time zone 'UTC'
    or exists (select 1 from tieout.document x where x.entity = d.entity and x.kind = 'statement_line'
        and x.occurred_at = (right(n.name, 10)::date + time '12:00') at time zone 'UTC'
        and x.interface = d.interface and left(x.source_key, length(d.source_key) + 1) = d.source_key || ':'))
group by n.name
