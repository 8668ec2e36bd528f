-- name: statements_there
-- Statements of the entity that stand at these places (account, currency, day), whichever interface they came by.
select n.name as place, min(d.source_key) as source_key
from tieout.document_name n join tieout.document d using (document_id)
where n.entity = %(entity)s and n.name = any(%(keys)s) and d.kind = 'statement' and d.state in ('planned', 'posted')
group by n.name
