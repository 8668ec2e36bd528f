-- Reconciliation: also what of an exchange difference was accepted. The ledger books it itself, so that a match says it
-- apart: its kind's limit of a month is held against it as against any other.
create or replace view tieout.v_reconciliation_difference with (security_invoker = true) as
select d.document_id, d.interface, d.entity, d.source_key, d.revision, d.state, d.currency,
    case when d.content::jsonb ->> 'difference_account' <> '' then d.content::jsonb ->> 'explained_as'
        else 'exchange' end as kind,
    coalesce(d.content::jsonb #>> '{due,0,party}', '') as party,
    (d.content::jsonb ->> 'booked_on')::date as booked_on,
    abs(case when d.content::jsonb ->> 'difference_account' <> '' then (d.content::jsonb #>> '{difference,value}')::numeric
        else (d.content::jsonb #>> '{exchange,value}')::numeric end) as amount
from tieout.document d
where d.kind = 'reconciliation'
  and (d.content::jsonb ->> 'difference_account' <> '' or d.content::jsonb #>> '{exchange,value}' is not null)
  and not (d.content::jsonb ->> 'undone')::bool
  and not exists (select 1 from tieout.document n where n.interface = d.interface
      and n.source_key = d.source_key and n.revision > d.revision);
