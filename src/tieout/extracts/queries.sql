-- name: sources
-- Which document is behind each record of the ledger.
select v.target_model, v.target_id, d.interface, d.source_key, d.revision, v.effect, v.external_id
from tieout.delivery v join tieout.document d using (document_id)
where v.system = %(system)s and v.ledger and v.state = 'confirmed' and v.target_id is not null

-- name: documents
-- What was posted of a period when it was closed: late data comes after that and is none of it.
select interface, source_key, revision, kind, accounting_on, currency, control_group, measure_count,
    measure_debit, measure_credit, encode(content_sha256, 'hex') as content_sha256
from tieout.document
where entity = %(entity)s and period = %(period)s and state = 'posted' and posted_at <= %(until)s
order by interface, source_key, revision

-- name: made_before
select detail from tieout.evidence where action = 'extract.made' and subject = %(subject)s
order by evidence_id limit 1
