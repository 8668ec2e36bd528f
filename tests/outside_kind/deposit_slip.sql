-- name: till_days
-- Slips of these tills' days that stand.
select d.content, d.interface, d.source_key, d.revision, d.message_id, d.stamp
from tieout.document_name n join tieout.document d using (document_id)
where n.entity = %(entity)s and n.name = any(%(keys)s) and d.kind = 'deposit_slip' and d.state in ('planned', 'posted')
order by d.document_id
