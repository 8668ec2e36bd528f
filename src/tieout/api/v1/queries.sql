-- name: cases
select case_id, cause, interface, entity, period, document_id, source_key, amount, currency, blocking, recovery,
    detail, owner, state, opened_at, due_at, solved_at, resolution, solved_by, accepted
from tieout.cases
where (%(state)s::text is null or state = %(state)s)
  and (%(entities)s::text[] is null or entity = any(%(entities)s))
  and (%(cause)s::text is null or cause = %(cause)s)
  and (%(interface)s::text is null or interface = %(interface)s)
  and (%(period)s::text is null or period = %(period)s)
  and (%(owner)s::text is null or owner = %(owner)s)
  and (%(amount)s::numeric is null or (amount, -case_id) < (%(amount)s::numeric, -%(case_id)s::bigint))
order by amount desc, case_id limit %(limit)s

-- name: case
select case_id, cause, interface, entity, period, document_id, source_key, amount, currency, blocking, recovery,
    detail, owner, state, opened_at, due_at, solved_at, resolution, solved_by, accepted
from tieout.cases where case_id = %(case_id)s

-- name: causes
select cause, entity, currency, count(*)::int as count, sum(amount) as amount, min(due_at) as due_at, min(recovery) as recovery
from tieout.cases
where state = 'open' and (%(entities)s::text[] is null or entity = any(%(entities)s))
group by cause, entity, currency order by sum(amount) desc, cause, entity, currency

-- name: documents
select document_id, interface, entity, kind, source_key, revision, occurred_at, accounting_on, period, currency,
    measure_count, measure_debit, measure_credit, state, reason, posted_at
from tieout.document
where (%(entities)s::text[] is null or entity = any(%(entities)s))
  and (%(interface)s::text is null or interface = %(interface)s)
  and (%(period)s::text is null or period = %(period)s)
  and (%(state)s::text is null or state = %(state)s)
  and (%(kind)s::text is null or kind = %(kind)s)
  and (%(source_key)s::text is null or source_key = %(source_key)s)
  and (%(document_id)s::bigint is null or document_id < %(document_id)s)
order by document_id desc limit %(limit)s

-- name: document
select document_id, interface, entity, kind, source_key, revision, occurred_at, accounting_on, period, currency,
    measure_count, measure_debit, measure_credit, state, reason, posted_at, message_id, release,
    encode(content_sha256, 'hex') as content_sha256
from tieout.document where document_id = %(document_id)s

-- name: deliveries
select delivery_id, system, effect, external_id, state, attempts, target_model, target_id, confirmed_at, changed, plan_no
from tieout.delivery where document_id = %(document_id)s order by delivery_id

-- name: lines
select v.external_id, p.line_no, p.accounting_on, p.account, p.currency, p.amount, p.company_amount
from tieout.delivery v join tieout.posting_line p on p.external_id = v.external_id and p.plan_no = v.plan_no
where v.document_id = %(document_id)s order by v.delivery_id, p.line_no

-- name: cases_of_document
select case_id from tieout.cases where document_id = %(document_id)s order by case_id

-- name: requests
select request_id from tieout.approval_request
where (%(every)s or state = 'open')
  and (%(entities)s::text[] is null or entity = any(%(entities)s))
  and (%(request_id)s::bigint is null or request_id > %(request_id)s)
order by request_id limit %(limit)s

-- name: begin_once
insert into tieout.idempotency (scope, key, request_sha256, made_at) values (%(scope)s, %(key)s, %(sha)s, %(now)s)
on conflict (scope, key) do nothing returning scope

-- name: known_once
select request_sha256, status, content_type, body, made_at from tieout.idempotency where scope = %(scope)s and key = %(key)s

-- name: keep_once
update tieout.idempotency set status = %(status)s, content_type = %(content_type)s, body = %(body)s
where scope = %(scope)s and key = %(key)s

-- name: drop_once
delete from tieout.idempotency where scope = %(scope)s and key = %(key)s and status is null

-- name: drop_old
delete from tieout.idempotency where made_at < %(before)s

-- name: polled
select 1 from tieout.poll_cursor where interface = %(interface)s and left(stream, 1) <> '#' limit 1

-- name: evidence
select evidence_id, at, actor, action, subject, entity, detail from tieout.evidence
where (%(entities)s::text[] is null or entity = any(%(entities)s))
  and (%(actor)s::text is null or actor = %(actor)s)
  and (%(subject)s::text is null or subject = %(subject)s)
  and (%(action)s::text is null or action = %(action)s or action like %(begins)s)
  and (%(evidence_id)s::bigint is null or evidence_id < %(evidence_id)s)
order by evidence_id desc limit %(limit)s
