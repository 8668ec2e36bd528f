-- name: cases
select case_id, cause, interface, entity, period, document_id, source_key, amount, currency, blocking, recovery,
    detail, owner, state, opened_at, due_at, solved_at, resolution, solved_by, accepted, revision, group_key as "group",
    made_journal, made_user, made_kind, made_accounts
from tieout.cases
where (%(state)s::text is null or state = %(state)s)
  and (%(entities)s::text[] is null or entity = any(%(entities)s))
  and (%(cause)s::text is null or cause = %(cause)s)
  and (%(interface)s::text is null or interface = %(interface)s)
  and (%(period)s::text is null or period = %(period)s)
  and (%(owner)s::text is null or owner = %(owner)s)
  and (%(mine)s::text[] is null or owner = any(%(mine)s))
  and (%(workers)s::text[] is null or not exists (select from unnest(%(workers)s::text[], %(of)s::text[]) w (name, entity)
    where w.name = owner and w.entity in ('*', cases.entity)))
  and (%(source_key)s::text is null or source_key = %(source_key)s)
  and (%(group)s::text is null or group_key = %(group)s)
  and (%(amount)s::numeric is null or (amount, -case_id) < (%(amount)s::numeric, -%(case_id)s::bigint))
order by amount desc, case_id limit %(limit)s

-- name: case
select case_id, cause, interface, entity, period, document_id, source_key, amount, currency, blocking, recovery,
    detail, owner, state, opened_at, due_at, solved_at, resolution, solved_by, accepted, revision, group_key as "group",
    made_journal, made_user, made_kind, made_accounts
from tieout.cases where case_id = %(case_id)s

-- name: causes
select cause, entity, currency, count(*)::int as count, sum(amount) as amount, min(due_at) as due_at, min(recovery) as recovery,
    case when min(interface) = max(interface) then min(interface) end as interface
from tieout.cases
where state = 'open' and (%(entities)s::text[] is null or entity = any(%(entities)s))
group by cause, entity, currency order by sum(amount) desc, cause, entity, currency

-- name: cases_in_exception
-- Open cases that hold a document in exception, by their month and currency as the tie-out counts them.
select d.period, d.currency, count(*)::int as count from tieout.cases c join tieout.document d using (document_id)
where c.state = 'open' and c.blocking and d.state not in ('superseded', 'excluded')
  and (%(entities)s::text[] is null or d.entity = any(%(entities)s))
  and (%(interface)s::text is null or d.interface = %(interface)s)
  and (%(period)s::text is null or d.period = %(period)s)
group by d.period, d.currency

-- name: groups
select * from (
    select group_key as "group", min(cause) as cause, min(entity) as entity, min(interface) as interface,
        min(period) as period, min(currency) as currency, min(made_journal) as made_journal, min(made_user) as made_user,
        min(made_kind) as made_kind, min(made_accounts) as made_accounts, count(*)::int as count, sum(amount) as amount,
        min(due_at) as due_at, min(recovery) as recovery
    from tieout.cases
    where state = 'open' and (%(entities)s::text[] is null or entity = any(%(entities)s))
      and (%(cause)s::text is null or cause = %(cause)s)
      and (%(interface)s::text is null or interface = %(interface)s)
      and (%(period)s::text is null or period = %(period)s)
      and (%(group)s::text is null or group_key = %(group)s)
    group by group_key
) g
where %(amount)s::numeric is null or g.amount < %(amount)s::numeric
    or (g.amount = %(amount)s::numeric and g."group" > %(key)s::text)
order by g.amount desc, g."group" limit %(limit)s

-- name: group_cases
select case_id, revision from tieout.cases
where state = 'open' and group_key = %(group)s and (%(entities)s::text[] is null or entity = any(%(entities)s))
order by amount desc, case_id limit %(most)s

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

-- name: documents_of_month
-- Months are not spread evenly over the numbers: asked so, only the index by month gives the order.
select document_id, interface, entity, kind, source_key, revision, occurred_at, accounting_on, period, currency,
    measure_count, measure_debit, measure_credit, state, reason, posted_at
from tieout.document
where (%(entities)s::text[] is null or entity = any(%(entities)s))
  and (%(interface)s::text is null or interface = %(interface)s)
  and period >= %(period)s and period <= %(period)s
  and (%(state)s::text is null or state = %(state)s)
  and (%(kind)s::text is null or kind = %(kind)s)
  and (%(source_key)s::text is null or source_key = %(source_key)s)
  and (%(document_id)s::bigint is null or document_id < %(document_id)s)
order by period desc, document_id desc limit %(limit)s

-- name: document
select document_id, interface, entity, kind, source_key, revision, occurred_at, accounting_on, period, currency,
    measure_count, measure_debit, measure_credit, state, reason, posted_at, message_id, release,
    encode(content_sha256, 'hex') as content_sha256
from tieout.document where document_id = %(document_id)s

-- name: deliveries
select delivery_id, system, effect, external_id, state, attempts, target_model, target_id, confirmed_at, changed, plan_no
from tieout.delivery where document_id = %(document_id)s order by delivery_id

-- name: deliveries_listed
-- In the order of their documents, which have the indexes of what a list is filtered by.
select v.delivery_id, v.document_id, d.interface, d.entity, d.kind, d.source_key, d.accounting_on, d.currency, d.measure_debit,
    d.measure_credit, v.system, v.effect, v.external_id, v.state, v.attempts, v.next_attempt_at, v.target_model, v.target_id,
    v.confirmed_at, v.changed
from tieout.document d join tieout.delivery v using (document_id)
where (%(entities)s::text[] is null or d.entity = any(%(entities)s))
  and (%(interface)s::text is null or d.interface = %(interface)s)
  and (%(period)s::text is null or d.period = %(period)s)
  and (%(state)s::text is null or v.state = %(state)s)
  and (%(document_id)s::bigint is null or (d.document_id, v.delivery_id) < (%(document_id)s::bigint, %(delivery_id)s::bigint))
order by d.document_id desc, v.delivery_id desc limit %(limit)s

-- name: deliveries_left
-- Those that are not read back have indexes of their own, and are few beside the others.
with left_over as (
    select delivery_id from tieout.delivery
    where state in ('waiting', 'attempting', 'unknown') and state = %(state)s::text
    union all
    select delivery_id from tieout.delivery where state = 'refused' and %(state)s::text = 'refused')
select v.delivery_id, v.document_id, d.interface, d.entity, d.kind, d.source_key, d.accounting_on, d.currency, d.measure_debit,
    d.measure_credit, v.system, v.effect, v.external_id, v.state, v.attempts, v.next_attempt_at, v.target_model, v.target_id,
    v.confirmed_at, v.changed
from left_over join tieout.delivery v using (delivery_id) join tieout.document d using (document_id)
where (%(entities)s::text[] is null or d.entity = any(%(entities)s))
  and (%(interface)s::text is null or d.interface = %(interface)s)
  and (%(period)s::text is null or d.period = %(period)s)
  and (%(document_id)s::bigint is null or (d.document_id, v.delivery_id) < (%(document_id)s::bigint, %(delivery_id)s::bigint))
order by d.document_id desc, v.delivery_id desc limit %(limit)s

-- name: lines
select v.external_id, p.line_no, p.accounting_on, p.account, p.currency, p.amount, p.company_amount
from tieout.delivery v join tieout.posting_line p on p.external_id = v.external_id and p.plan_no = v.plan_no
where v.document_id = %(document_id)s order by v.delivery_id, p.line_no

-- name: cases_of_document
select case_id from tieout.cases where document_id = %(document_id)s order by case_id

-- name: requests
select request_id, entity, subject, amount, due_at, state from tieout.approval_request
where (%(every)s or state = 'open')
  and (%(entities)s::text[] is null or entity = any(%(entities)s))
  and (%(interface)s::text is null or interface = %(interface)s)
  and (%(request_id)s::bigint is null or request_id > %(request_id)s)
order by request_id limit %(limit)s

-- name: lock_once
select pg_try_advisory_xact_lock(%(lock)s) as mine

-- name: known_once
select request_sha256, status, content_type, body, made_at from tieout.idempotency where scope = %(scope)s and key = %(key)s

-- name: keep_once
insert into tieout.idempotency (scope, key, request_sha256, made_at, status, content_type, body)
values (%(scope)s, %(key)s, %(sha)s, %(now)s, %(status)s, %(content_type)s, %(body)s)

-- name: drop_old
-- Of two that tidy up neither waits for the other.
delete from tieout.idempotency where ctid = any(array(
    select ctid from tieout.idempotency where made_at < %(before)s limit 1000 for update skip locked))

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

-- name: pulse
select coalesce((select max(evidence_id) from tieout.evidence), 0) as top,
    (select array_agg(distinct split_part(action, '.', 1)) from (
        select action from tieout.evidence where evidence_id > greatest(%(after)s, 0) order by evidence_id desc limit 2000) e)
    as kinds

-- name: suggestions
select suggestion_id, entity, currency, amount, difference, explained_as, rule, confidence, rank, why, state, decided_by,
    reason, proposed_at, content
from tieout.suggestion
where state in ('open', 'to_approve') and (%(state)s::text is null or state = %(state)s)
  and (%(entities)s::text[] is null or entity = any(%(entities)s))
  and (%(confidence)s::numeric is null or (confidence, -suggestion_id) < (%(confidence)s::numeric, -%(id)s::bigint))
order by confidence desc, suggestion_id limit %(limit)s

-- name: suggestion
select suggestion_id, entity, currency, amount, difference, explained_as, rule, confidence, rank, why, state, decided_by,
    reason, proposed_at, content
from tieout.suggestion where suggestion_id = %(id)s

-- name: matches
select d.document_id, d.source_key, d.state, d.entity, d.content, d.currency, d.accounting_on
from tieout.document d
where d.kind = 'reconciliation' and (%(entities)s::text[] is null or d.entity = any(%(entities)s))
  and (%(document_id)s::bigint is null or d.document_id < %(document_id)s)
  and not exists (select 1 from tieout.document n where n.interface = d.interface
      and n.source_key = d.source_key and n.revision > d.revision and n.state <> 'superseded')
order by d.document_id desc limit %(limit)s

-- name: match_entity
select entity from tieout.document where kind = 'reconciliation' and source_key = %(key)s limit 1

-- name: behind_posted
select d.document_id, d.interface, d.entity, d.kind, d.source_key, d.revision, d.occurred_at, d.accounting_on, d.period,
    d.currency, d.measure_count, d.measure_debit, d.measure_credit, d.state, d.reason, d.posted_at
from tieout.v_document d
where d.interface = %(interface)s and d.entity = %(entity)s and d.currency = %(currency)s and d.state = 'posted'
  and (d.measure_count <> 0 or d.measure_debit <> 0 or d.measure_credit <> 0)
  and d.occurred_at between %(since)s and %(until)s
  and to_char(coalesce(d.stated_on, (d.occurred_at at time zone %(zone)s)::date), 'YYYY-MM') = %(period)s
  and not exists (select 1 from tieout.cases c where c.document_id = d.document_id and c.state = 'open' and c.blocking)
  and (%(at)s::timestamptz is null or (d.occurred_at, d.document_id) < (%(at)s::timestamptz, %(id)s::bigint))
order by d.occurred_at desc, d.document_id desc limit %(limit)s

-- name: behind_waiting
select d.document_id, d.interface, d.entity, d.kind, d.source_key, d.revision, d.occurred_at, d.accounting_on, d.period,
    d.currency, d.measure_count, d.measure_debit, d.measure_credit, d.state, d.reason, d.posted_at
from tieout.v_document d
where d.interface = %(interface)s and d.entity = %(entity)s and d.currency = %(currency)s
  and (d.state = 'normalised' or d.state = 'planned')
  and (d.measure_count <> 0 or d.measure_debit <> 0 or d.measure_credit <> 0)
  and to_char(coalesce(d.stated_on, (d.occurred_at at time zone %(zone)s)::date), 'YYYY-MM') = %(period)s
  and not exists (select 1 from tieout.cases c where c.document_id = d.document_id and c.state = 'open' and c.blocking)
  and (%(at)s::timestamptz is null or (d.occurred_at, d.document_id) < (%(at)s::timestamptz, %(id)s::bigint))
order by d.occurred_at desc, d.document_id desc limit %(limit)s

-- name: behind_excluded
select d.document_id, d.interface, d.entity, d.kind, d.source_key, d.revision, d.occurred_at, d.accounting_on, d.period,
    d.currency, d.measure_count, d.measure_debit, d.measure_credit, d.state, d.reason, d.posted_at
from tieout.v_document d
where d.interface = %(interface)s and d.entity = %(entity)s and d.currency = %(currency)s and d.state = 'excluded'
  and (d.measure_count <> 0 or d.measure_debit <> 0 or d.measure_credit <> 0)
  and to_char(coalesce(d.stated_on, (d.occurred_at at time zone %(zone)s)::date), 'YYYY-MM') = %(period)s
  and (%(at)s::timestamptz is null or (d.occurred_at, d.document_id) < (%(at)s::timestamptz, %(id)s::bigint))
order by d.occurred_at desc, d.document_id desc limit %(limit)s

-- name: behind_in_exception
-- What is refused; and what an open case holds though it is not. Both are few, and are found by that.
with held as materialized (
    select distinct c.document_id from tieout.cases c
    where c.state = 'open' and c.blocking and c.document_id is not null
), found as (
    select d.* from tieout.v_document d where d.state = 'refused'
    union all
    select d.* from held cross join lateral (select * from tieout.v_document x
        where x.document_id = held.document_id and x.state not in ('refused', 'superseded', 'excluded') offset 0) d
)
select d.document_id, d.interface, d.entity, d.kind, d.source_key, d.revision, d.occurred_at, d.accounting_on, d.period,
    d.currency, d.measure_count, d.measure_debit, d.measure_credit, d.state, d.reason, d.posted_at
from found d
where d.interface = %(interface)s and d.entity = %(entity)s and d.currency = %(currency)s
  and (d.measure_count <> 0 or d.measure_debit <> 0 or d.measure_credit <> 0)
  and to_char(coalesce(d.stated_on, (d.occurred_at at time zone %(zone)s)::date), 'YYYY-MM') = %(period)s
  and (%(at)s::timestamptz is null or (d.occurred_at, d.document_id) < (%(at)s::timestamptz, %(id)s::bigint))
order by d.occurred_at desc, d.document_id desc limit %(limit)s

-- name: payout_parts
select i.movement_key, d.document_id, d.interface, d.state, d.category, d.gross, d.fee, d.net,
    (select sum(v.measure) from tieout.delivery v where v.document_id = d.document_id
        and v.ledger and v.state = 'confirmed') as in_ledger,
    (select bool_and(v.state = 'confirmed') from tieout.delivery v where v.document_id = d.document_id) as matched,
    exists (select 1 from tieout.cases c where c.document_id = d.document_id and c.state = 'open') as in_case
from tieout.payout_item i
left join tieout.v_provider_movement d on d.entity = i.entity and d.source_key = i.movement_key
    and d.state <> 'superseded'
where i.entity = %(entity)s and i.payout_key = %(payout)s order by i.movement_key limit 5000

-- name: ageing
-- Open cases by how long they have been open, in days.
select entity, currency, case when age < 1 then 'less than a day' when age < 3 then '1 to 3 days'
        when age < 7 then '3 to 7 days' when age < 30 then '7 to 30 days' else 'more than 30 days' end as age,
    min(case when age < 1 then 0 when age < 3 then 1 when age < 7 then 3 when age < 30 then 7 else 30 end)::int as from_day,
    count(*)::int as count, sum(amount) as amount, (count(*) filter (where due_at < %(now)s))::int as overdue
from (select *, extract(epoch from (%(now)s::timestamptz - opened_at)) / 86400 as age from tieout.cases
    where state = 'open' and (%(entities)s::text[] is null or entity = any(%(entities)s))) c
group by 1, 2, 3 order by 1, 2, 4

-- name: paused
select interface, since, by, reason from tieout.paused order by interface

-- name: stuck
select interface, max(error) as last_error from tieout.interface_failure where failures > 0 group by interface order by interface

-- name: failed
select cause, entity, currency, count(*)::int as count, sum(amount) as amount,
    (count(*) filter (where blocking))::int as blocking, (count(*) filter (where due_at < %(now)s))::int as overdue,
    min(due_at) as due_at, min(opened_at) as oldest, min(recovery) as recovery,
    array_agg(distinct interface) as interfaces, array_agg(distinct owner) as owners,
    case when count(*) = 1 then min(case_id) end as only
from tieout.cases
where state = 'open' and (%(entities)s::text[] is null or entity = any(%(entities)s))
  and (%(mine)s::text[] is null or owner = any(%(mine)s))
  and (%(workers)s::text[] is null or not exists (select from unnest(%(workers)s::text[], %(of)s::text[]) w (name, entity)
    where w.name = owner and w.entity in ('*', cases.entity)))
group by cause, entity, currency order by sum(amount) desc, cause, entity, currency

-- name: impact
select entity, period, currency, count(*)::int as count, sum(amount) as amount from tieout.cases
where state = 'open' and (%(entities)s::text[] is null or entity = any(%(entities)s))
  and (%(mine)s::text[] is null or owner = any(%(mine)s))
  and (%(workers)s::text[] is null or not exists (select from unnest(%(workers)s::text[], %(of)s::text[]) w (name, entity)
    where w.name = owner and w.entity in ('*', cases.entity)))
group by entity, period, currency order by entity, period desc, currency

-- name: changed
select kind, currency, count(*)::int as count, sum(amount) as amount from (
    select 'opened' as kind, currency, amount, entity from tieout.cases where opened_at > %(since)s
    union all
    select 'solved', currency, amount, entity from tieout.cases where solved_at > %(since)s) c
where %(entities)s::text[] is null or entity = any(%(entities)s)
group by kind, currency order by kind, currency

-- name: near
(select 'case' as kind, case_id as number, cause || ': ' || source_key as what, entity, due_at, amount, currency
from tieout.cases where state = 'open' and due_at < %(near)s
  and (%(entities)s::text[] is null or entity = any(%(entities)s)) and (%(mine)s::text[] is null or owner = any(%(mine)s))
order by amount desc, case_id limit 8)
union all
(select 'approval', request_id, subject, entity, due_at, amount, currency from tieout.approval_request
where state = 'open' and due_at < %(near)s and (%(entities)s::text[] is null or entity = any(%(entities)s))
  and %(mine)s::text[] is null
order by due_at limit 8)
order by due_at, number

-- name: asked
select entity, currency, count(*) as count, sum(amount) as amount, min(due_at) as due_at from tieout.approval_request
where state = 'open' and (%(entities)s::text[] is null or entity = any(%(entities)s))
group by entity, currency order by entity, currency

-- name: source_of
select m.message_id, m.interface, m.stream, m.transport, m.received_at, m.submitted_by, m.dedupe_key,
    encode(m.body_sha256, 'hex') as body_sha256, octet_length(b.body) as bytes, substring(b.body for %(most)s) as body
from tieout.document d join tieout.message m using (message_id)
left join tieout.message_body b on b.message_id = m.message_id and b.received_at = m.received_at
where d.document_id = %(document_id)s

-- name: keys_of
-- What documents are known by where they came from; one so long is no thing that has a page.
select document_id, interface, kind, source_key, content from tieout.document
where document_id = any(%(ids)s) and octet_length(content) <= 65536

-- name: content_of
select content from tieout.document where document_id = %(document_id)s

-- name: revisions
select document_id, revision, state, occurred_at, posted_at, measure_count, measure_debit, measure_credit
from tieout.document where interface = %(interface)s and source_key = %(source_key)s order by revision, document_id

-- name: bulk_cases
select case_id, entity from tieout.cases where case_id = any(%(ids)s) and state = 'open' order by case_id

-- name: entities_of_cases
select case_id, entity from tieout.cases where case_id = any(%(ids)s)

-- name: polls
select interface, max(p.polled_at) as polled_at, max(f.error) filter (where f.failures > 0) as last_error,
    max(f.error) filter (where f.failures = 0 and f.next_at > clock_timestamp() - interval '1 minute') as waits
from tieout.poll_cursor p
left join tieout.interface_failure f using (interface) group by interface

-- name: open_by_interface
select interface, count(*)::int as open_cases from tieout.cases where state = 'open' group by interface

-- name: story_nodes
-- What relates documents: their order, what others name them by, their key.
select document_id, interface, entity, kind, source_key, order_key, link_key from tieout.document
where document_id = any(%(ids)s) and state <> 'superseded'

-- name: story_by_order
-- What is of the same order; payments may know it by its number, which is what its invoice is called.
select document_id from tieout.document
where entity = %(entity)s and state <> 'superseded' and order_key <> '' and order_key = any(%(orders)s)
union
select document_id from tieout.document
where entity = %(entity)s and state <> 'superseded' and link_key <> '' and link_key = any(%(links)s)
limit %(most)s

-- name: story_by_payout
-- The payout that paid a movement out.
select p.document_id from tieout.payout_item i
join tieout.document p on p.entity = i.entity and p.link_key = i.payout_key and p.kind = 'provider_movement'
    and p.state <> 'superseded'
where i.entity = %(entity)s and i.movement_key = any(%(keys)s) limit %(most)s

-- name: story_by_name
-- What procurement calls by one name: orders with their receipts and bills, payments with what the bank says of them.
select o.document_id from tieout.document_name n
join tieout.document_name o on o.entity = n.entity and o.name = n.name
where n.document_id = any(%(ids)s) and o.document_id <> n.document_id
  and (n.name like 'order:%%' or n.name like 'payment:%%') limit %(most)s

-- name: story_by_effect
-- What was matched with what: a payout's arrival with its bank line, and the other way; what a document matches itself.
with mine as (
    select v.system, v.external_id, v.document_id from tieout.delivery v where v.document_id = any(%(ids)s)
), sides as (
    select m.left_effect, m.right_effect, m.document_id from tieout.v_effect_match m where m.document_id = any(%(ids)s)
)
select m.document_id from tieout.v_effect_match m join mine on m.left_effect = mine.external_id
where m.effect in ('match_bank_line', 'match_payout_reversal')
union
select v.document_id from sides s join tieout.delivery v on v.external_id in (s.left_effect, s.right_effect)
    and v.system in (select system from mine)
union
select d.document_id from mine join tieout.match_line x on x.effect = mine.external_id and x.effect <> ''
join tieout.document d on d.interface = x.interface and d.source_key = x.source_key and d.state <> 'superseded'
limit %(most)s

-- name: story_by_match
-- Both sides of a match.
select v.document_id from tieout.document d
join tieout.match_line x on x.interface = d.interface and x.source_key = d.source_key and x.effect <> ''
join tieout.delivery v on v.external_id = x.effect and v.entity = x.entity
where d.document_id = any(%(ids)s) and d.kind = 'reconciliation'
union
select c.document_id from tieout.document d
join tieout.match_name n on n.interface = d.interface and n.source_key = d.source_key and n.name like 'document:%%'
join tieout.document c on c.source_key = substring(n.name from 'document:[^:]*:(.*)') and c.interface = split_part(n.name, ':', 2)
where d.document_id = any(%(ids)s) and d.kind = 'reconciliation' and c.state <> 'superseded'
limit %(most)s

-- name: story_documents
select d.document_id, d.interface, d.source_key, d.state, d.accounting_on, d.currency,
    (select array_agg(c.case_id order by c.case_id) from tieout.cases c where c.document_id = d.document_id
        and c.state = 'open') as cases
from tieout.document d
where d.document_id = any(%(ids)s) and d.state <> 'superseded'
  and (%(entities)s::text[] is null or d.entity = any(%(entities)s))

-- name: story_people
-- Who brought it, who asked for an approval and who decided it, who wrote something about its cases.
select who, what, at, request_id from (
    select m.submitted_by as who, 'brought ' || d.source_key as what, m.received_at as at, null::bigint as request_id
    from tieout.document d join tieout.message m using (message_id)
    where d.document_id = any(%(ids)s) and m.submitted_by <> ''
    union all
    select r.asked_by, 'asked for an approval: ' || r.summary, r.requested_at, r.request_id
    from tieout.approval_request r where r.document_id = any(%(ids)s) and r.asked_by <> ''
    union all
    select x.person, case x.verdict when 'approve' then 'approved: ' else 'rejected: ' end || r.summary, x.at, r.request_id
    from tieout.approval_request r join tieout.approval_decision x using (request_id) where r.document_id = any(%(ids)s)
    union all
    select n.person, 'wrote about case ' || c.case_id, n.at, null
    from tieout.cases c join tieout.case_note n using (case_id) where c.document_id = any(%(ids)s)
) hands order by at desc, who limit %(most)s

-- name: views
select view_id, page, name, asked, shared, role, person, made_at from tieout.saved_view
where page = %(page)s and (person = %(person)s or (shared and (role = '' or role = any(%(roles)s))))
order by person <> %(person)s, name, view_id limit %(most)s

-- name: keep_view
insert into tieout.saved_view (person, page, name, asked, shared, role, made_at)
select %(person)s, %(page)s, %(name)s, %(asked)s, %(shared)s, %(role)s, %(now)s
where (select count(*) from tieout.saved_view where person = %(person)s and page = %(page)s and name <> %(name)s) < %(most)s
on conflict (person, page, name) do update set asked = excluded.asked, shared = excluded.shared, role = excluded.role,
    made_at = excluded.made_at
returning view_id, page, name, asked, shared, role, person, made_at

-- name: forget_view
delete from tieout.saved_view where view_id = %(view_id)s and person = %(person)s

-- name: case_of_number
select case_id, cause, entity, interface, source_key, amount, currency, state, opened_at from tieout.cases
where case_id = %(case)s and (%(entities)s::text[] is null or entity = any(%(entities)s))

-- name: preferences
select language, forms, entity from tieout.preference where person = %(person)s

-- name: keep_preferences
insert into tieout.preference (person, language, forms, entity, changed_at)
values (%(person)s, %(language)s, %(forms)s, %(entity)s, %(now)s)
on conflict (person) do update set language = excluded.language, forms = excluded.forms, entity = excluded.entity,
    changed_at = excluded.changed_at
