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

-- name: excluded
-- Every document that was left out, by a person or by nobody here.
select d.kind, d.interface, d.source_key, d.link_key, d.accounting_on, d.currency,
    d.measure_debit - d.measure_credit as amount, d.reason,
    exists (select 1 from tieout.cases c where c.document_id = d.document_id and c.state = 'solved'
        and starts_with(c.resolution, 'excluded: ')) as by_people
from tieout.document d
where d.entity = %(entity)s and d.period = %(period)s and d.state = 'excluded'
order by d.kind, d.currency, d.accounting_on, d.interface, d.source_key, d.document_id

-- name: locks
select at, actor, detail from tieout.evidence
where action = 'close.locked' and subject = %(subject)s
order by evidence_id
