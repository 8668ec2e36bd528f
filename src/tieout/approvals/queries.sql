-- name: standing
select * from tieout.approval_request
where action = %(action)s and subject = %(subject)s
  and (state = 'open' or (state = 'approved' and revision = %(revision)s))
  and revision <= %(revision)s
for update

-- name: add_request
insert into tieout.approval_request (action, subject, revision, document_id, case_id, interface, entity,
    batch, summary, content, content_sha256, currency, amount, company_amount, worth_known, asked_by, bulk,
    makers, policies, steps, escalate_to, requested_at, due_at, stamp)
values (%(action)s, %(subject)s, %(revision)s, %(document_id)s, %(case_id)s, %(interface)s, %(entity)s,
    %(batch)s, %(summary)s, %(content)s, %(content_sha256)s, %(currency)s, %(amount)s,
    %(company_amount)s, %(worth_known)s, %(asked_by)s, %(bulk)s, %(makers)s, %(policies)s, %(steps)s, %(escalate_to)s, %(requested_at)s,
    %(due_at)s, %(stamp)s)
returning request_id

-- name: approved
select * from tieout.approval_request
where action = %(action)s and subject = %(subject)s and revision = %(revision)s
  and content_sha256 = %(sha)s and state = 'approved'
order by request_id desc limit 1

-- name: request
select * from tieout.approval_request where request_id = %(id)s

-- name: lock_request
select * from tieout.approval_request where request_id = %(id)s for update

-- name: decisions
select * from tieout.approval_decision where request_id = %(id)s order by at, person

-- name: asked_before
-- What the same person asked to let pass before; of one decision of many once, since each of it says what all come to.
select coalesce(sum(t.most), 0) as sum from (
    select max(r.company_amount) as most from tieout.approval_request r
    where r.entity = %(entity)s and r.action <> 'post' and r.asked_by = %(by)s and r.request_id < %(id)s
      and r.requested_at >= %(since)s and r.state in ('open', 'approved') and (r.bulk = '' or r.bulk <> %(bulk)s)
    group by case when r.bulk = '' then r.request_id::text else r.bulk end) t

-- name: add_decision
insert into tieout.approval_decision (request_id, content_sha256, makers, step, person, authority,
    verdict, reason, completes, at, stamp)
values (%(request_id)s, %(content_sha256)s, %(makers)s, %(step)s, %(person)s, %(authority)s,
    %(verdict)s, %(reason)s, %(completes)s, %(at)s, %(stamp)s)

-- name: close
update tieout.approval_request set state = %(state)s, closed_at = %(now)s, reason = %(reason)s
where request_id = %(id)s

-- name: of_documents
select request_id, subject, entity from tieout.approval_request
where document_id = any(%(documents)s) and action = 'post' and state = 'open' for update

-- name: of_batch
select request_id from tieout.approval_request
where interface = %(interface)s and batch = %(batch)s and state = 'open' order by request_id

-- name: list
select * from tieout.approval_request
where (%(every)s or state = 'open') and (%(entity)s::text is null or entity = %(entity)s)
order by case when %(every)s then -request_id end, due_at, request_id limit %(limit)s

-- name: overdue
select r.* from tieout.approval_request r
where r.state = 'open' and r.due_at <= %(now)s
  and not exists (select 1 from tieout.cases c
    where c.state = 'open' and c.cause = 'approval_overdue' and c.source_key = r.subject)

-- name: settled
select c.case_id from tieout.cases c
where c.state = 'open' and c.cause = 'approval_overdue' and not exists (
    select 1 from tieout.approval_request r
    where r.subject = c.source_key and r.state = 'open' and r.due_at <= %(now)s)
