-- name: revoked
select task, prepared_by, signed_by, signed_at, revoked_at, revoked_why from tieout.signature
where entity = %(entity)s and period = %(period)s and revoked_at is not null
order by revoked_at, signature_id

-- name: cases
-- Of the period, and whatever of before is open still.
select cause, interface, source_key, period, currency, amount, owner, opened_at, detail, state, solved_at, solved_by,
    resolution
from tieout.cases
where entity = %(entity)s and (period = %(period)s or (period < %(period)s and state = 'open'))
order by state, cause, currency, amount desc, case_id

-- name: exclusions
select kind, interface, source_key, link_key, accounting_on, currency, measure_debit - measure_credit as amount, reason
from tieout.document
where entity = %(entity)s and period = %(period)s and state = 'excluded'
order by kind, currency, accounting_on, interface, source_key, document_id

-- name: locks
select at, actor, detail from tieout.evidence
where action = 'close.locked' and subject = %(subject)s
order by evidence_id
