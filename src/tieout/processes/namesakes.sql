-- name: namesakes
-- Statements that stand under these names, whether they bear them or share them, or at these places.
select x.name, d.source_key, d.interface, d.revision, d.message_id, d.content, d.stamp
from (select k as name, d.document_id from unnest(%(keys)s::text[]) k
        join tieout.document d on d.interface = %(interface)s and d.source_key = k
      union select substring(n.name from 7), n.document_id from tieout.document_name n
        where n.entity = %(entity)s and n.name in (select 'frame:' || k from unnest(%(keys)s::text[]) k)
      union select n.name, n.document_id from tieout.document_name n
        where n.entity = %(entity)s and n.name = any(%(keys)s)) x
join tieout.document d using (document_id)
where d.interface = %(interface)s and d.kind = 'statement' and d.state in ('planned', 'posted')
order by x.name, d.document_id

-- name: its_statement
-- How the statements of lines stand.
select source_key, state, reason from tieout.document
where interface = %(interface)s and kind = 'statement' and source_key = any(%(keys)s)
