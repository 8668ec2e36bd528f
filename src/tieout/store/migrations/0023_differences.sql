-- Reconciliation: what was booked of a difference, of what kind, with whom and on which day: no part payment, and
-- nothing that was undone. Limits of a month are held against it.
create view tieout.v_reconciliation_difference with (security_invoker = true) as
select d.document_id, d.interface, d.entity, d.source_key, d.revision, d.state, d.currency,
    d.content::jsonb ->> 'explained_as' as kind,
    coalesce(d.content::jsonb #>> '{due,0,party}', '') as party,
    (d.content::jsonb ->> 'booked_on')::date as booked_on,
    abs((d.content::jsonb #>> '{difference,value}')::numeric) as amount
from tieout.document d
where d.kind = 'reconciliation' and d.content::jsonb ->> 'difference_account' <> ''
  and not (d.content::jsonb ->> 'undone')::bool
  and not exists (select 1 from tieout.document n where n.interface = d.interface
      and n.source_key = d.source_key and n.revision > d.revision);
