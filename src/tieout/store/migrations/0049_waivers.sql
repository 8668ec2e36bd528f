-- What of a document's effects stands in its ledger, or may: what was deleted or reversed there does not, until the ledger
-- agrees again.
create view tieout.v_effect_standing with (security_invoker = true) as
select v.delivery_id, v.document_id, v.interface, v.entity, v.external_id, v.effect, v.state, v.target_model, v.target_id
from tieout.delivery v
where v.ledger and v.state in ('attempting', 'unknown', 'confirmed')
  and not (v.changed and exists (select 1 from tieout.cases g
    where g.document_id = v.document_id and g.cause in ('deleted_in_ledger', 'reversed_in_ledger')
      and g.resolution <> 'the ledger agrees again'));

-- A match that one person may not apply alone waits for another one, and counts with what they decide alone.
alter table tieout.decided_alone drop constraint decided_alone_kind_check;
alter table tieout.decided_alone add constraint decided_alone_kind_check
    check (kind in ('exclude', 'accept', 'write_off', 'match'));
