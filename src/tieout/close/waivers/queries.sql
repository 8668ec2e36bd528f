-- name: excluded_by_people
-- What people excluded of a period, each with the case by which they did and the approval that it waited for.
select d.interface, d.kind, d.source_key, d.currency, d.measure_debit, d.measure_credit, d.content, d.facts, d.accounting_on,
    c.cause, c.amount as at_risk, c.solved_at, c.solved_by, c.resolution, r.asked, r.makers
from tieout.document d
join lateral (select * from tieout.cases c
    where c.document_id = d.document_id and c.state = 'solved' and starts_with(c.resolution, 'excluded: ')
    order by c.case_id desc limit 1) c on true
left join lateral (
    select r.content as asked, array_to_string(r.makers, ', ') as makers from tieout.approval_request r
    where r.document_id = d.document_id and r.action = 'exclude' and r.state = 'approved'
    order by r.request_id desc limit 1) r on true
where d.entity = %(entity)s and d.period = %(period)s and d.state = 'excluded'
order by d.document_id

-- name: excluded_otherwise
-- What nobody here excluded: its source or a rule left it out.
select d.interface, d.reason, d.currency, count(*)::int as count,
    sum(greatest(abs(d.measure_debit), abs(d.measure_credit))) as amount
from tieout.document d
where d.entity = %(entity)s and d.period = %(period)s and d.state = 'excluded'
  and not exists (select 1 from tieout.cases c
    where c.document_id = d.document_id and c.state = 'solved' and starts_with(c.resolution, 'excluded: '))
group by 1, 2, 3 order by 1, 2, 3

-- name: accepted
-- Cases of a period that a person accepted, but explanations of the list itself.
select c.cause, c.interface, c.source_key, c.amount, c.currency, c.solved_at, c.solved_by, c.resolution, d.facts,
    d.content, r.asked, r.makers
from tieout.cases c left join tieout.document d using (document_id)
left join lateral (
    select r.content as asked, array_to_string(r.makers, ', ') as makers from tieout.approval_request r
    where r.action = 'accept' and r.subject = 'case ' || c.case_id and r.state = 'approved'
    order by r.request_id desc limit 1) r on true
where c.entity = %(entity)s and c.period = %(period)s and c.state = 'solved' and c.accepted
  and c.cause <> all(%(own)s)
order by c.case_id

-- name: booked_differences
-- What matches of a period booked of differences, or let the ledger book.
select v.kind, v.amount, v.currency, v.interface, v.source_key, d.facts, r.decided_by, r.why, s.reason, m.received_at
from tieout.v_reconciliation_difference v
join tieout.document d using (document_id)
join tieout.v_reconciliation r using (document_id)
left join tieout.message m on m.message_id = d.message_id
left join lateral (select s.reason from tieout.suggestion s
    where s.interface = v.interface and s.content_sha256 = d.content_sha256 and s.reason <> '' limit 1) s on true
where v.entity = %(entity)s and v.booked_on between %(first)s and %(last)s
  and v.state in ('normalised', 'planned', 'posted') and v.amount <> 0
order by v.document_id

-- name: paid_for_others
-- Matches of a period that people made, and that stand, each with what they were told when they decided: also of what one partner's
-- money pays of another's debt, whatever of names was taught since.
select e.detail, r.currency, r.interface, r.source_key, d.facts, r.decided_by, r.why, s.reason, m.received_at
from tieout.v_reconciliation r
join tieout.document d using (document_id)
left join tieout.message m on m.message_id = d.message_id
join lateral (select e.detail from tieout.evidence e
    where e.subject = r.source_key and e.entity = r.entity and e.action in ('match.made', 'suggestion.accepted')
    order by e.evidence_id desc limit 1) e on e.detail like '%%paid_for_others%%'
left join lateral (select s.reason from tieout.suggestion s
    where s.interface = r.interface and s.content_sha256 = d.content_sha256 and s.reason <> '' limit 1) s on true
where r.entity = %(entity)s and r.accounting_on between %(first)s and %(last)s
  and r.state in ('normalised', 'planned', 'posted') and not r.undone
  and not exists (select 1 from tieout.document n
    where n.interface = r.interface and n.source_key = r.source_key and n.revision > r.revision)
order by r.document_id

-- name: sold
-- What was sold in a period and is booked, or on its way.
select interface, content, facts, currency, accounting_on from tieout.document
where entity = %(entity)s and period = %(period)s and kind = any(%(kinds)s) and state in ('planned', 'posted')

-- name: explained
-- Why so much revenue was left out, of exactly these documents.
select solved_by, resolution from tieout.cases
where entity = %(entity)s and period = %(period)s and cause = %(cause)s and source_key = %(key)s and accepted
order by case_id desc limit 1

-- name: open_told
select source_key from tieout.cases
where entity = %(entity)s and period = %(period)s and cause = %(cause)s and state = 'open'

-- name: told_last
select detail from tieout.evidence where subject = %(subject)s and action = %(action)s
order by evidence_id desc limit 1
