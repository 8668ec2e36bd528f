-- name: entries_booked
-- The entry of each revision of a match that was planned, as it was booked.
select d.source_key, v.external_id,
    v.body as effect_body, v.system as effect_system, v.external_id as effect_id, v.document_id as effect_document,
    v.requires as effect_requires, v.stamp as effect_stamp
from tieout.document d join tieout.delivery v using (document_id)
where d.interface = %(interface)s and d.source_key = any(%(keys)s) and v.effect = 'apply'
order by v.delivery_id
