-- A bank statement is found by its name and by where it stands (account, currency, day): one that comes again under
-- another name says the very same there. Those that came before are found as those that come.
insert into tieout.document_name (entity, name, document_id)
select entity, 'frame:' || source_key, document_id from tieout.v_statement
union all
select entity, 'statement:' || account || ':' || currency || ':' || to_char(to_on, 'YYYY-MM-DD'), document_id
from tieout.v_statement
on conflict do nothing;
