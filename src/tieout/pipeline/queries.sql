-- name: accept
-- Messages, their bytes and their evidence in one statement. A key that is known already is
-- skipped: the first message of a key is the message. What only wakes its interface's polls makes
-- them due in the same statement, which is a transaction by itself: a push is one way to the database.
with given as (
    select * from unnest(%(stream)b::text[], %(dedupe_key)b::text[], %(source_key)b::text[],
        %(sha)b::bytea[], %(salt)b::bytea[], %(body)b::bytea[], %(hash)b::bytea[],
        %(stamp)b::bytea[]) as g (stream, dedupe_key, source_key, sha, salt, body, hash, stamp)
), new as (
    insert into tieout.message
        (interface, stream, dedupe_key, source_key, transport, body_sha256, received_at, state,
        submitted_by, stamp)
    select %(interface)s, stream, dedupe_key, source_key, %(transport)s, sha, %(at)s, %(state)s,
        %(submitted_by)s, stamp
    from given
    on conflict (interface, dedupe_key) do nothing
    returning message_id, dedupe_key
), bodies as (
    insert into tieout.message_body (message_id, received_at, salt, body)
    select n.message_id, %(at)s, g.salt, g.body from new n join given g using (dedupe_key)
), testimony as (
    insert into tieout.evidence (at, actor, action, subject, detail, content_hash)
    select %(at)s, %(transport)s, 'message.received', %(interface)s || ':' || n.dedupe_key,
        '{"message_id": ' || n.message_id || ', "state": "' || %(state)s || '"}', g.hash
    from new n join given g using (dedupe_key)
), asked as (
    update tieout.poll_cursor set due_at = least(due_at, %(at)s), asked = polling
    where %(wakes)s and interface = %(interface)s and (due_at > %(at)s or (polling and not asked))
)
select count(*) as new, pg_notify('tieout_wake', '') from new

-- name: interfaces_with_work
-- Nothing of what is paused.
select interface from (
    select interface from tieout.message where state = 'received' group by interface
    union
    select interface from tieout.document
    where state = 'normalised' and retry_at <= %(now)s group by interface) w
where not exists (select 1 from tieout.paused p where p.interface = w.interface)

-- name: under_way
-- Whether anything of these interfaces is not where it ends yet: taken in, planned or delivered.
select 1 from (
    (select 1 from tieout.message where interface = any(%(interfaces)s) and state = 'received' limit 1)
    union all
    (select 1 from tieout.document where interface = any(%(interfaces)s) and state = 'normalised'
        and retry_at <= %(now)s limit 1)
    union all
    (select 1 from tieout.delivery where interface = any(%(interfaces)s) and ledger
        and state in ('waiting', 'attempting', 'unknown') limit 1)
) x limit 1

-- name: claim_messages
-- As many as there may be, and no more bytes than %(bytes)s after the first: memory does not grow
-- with what a source sends.
with next as (
    select m.*, b.salt, b.body, coalesce(sum(octet_length(b.body)) over (
        order by m.message_id rows between unbounded preceding and 1 preceding), 0) as before
    from (select * from tieout.message where interface = %(interface)s and state = 'received'
          and received_at <= %(until)s and not ('message ' || message_id) = any(%(waiting)s::text[])
        order by message_id limit %(limit)s) m
    join tieout.message_body b using (message_id, received_at)
)
select message_id, stream, source_key, received_at, dedupe_key, transport, submitted_by, stamp, salt, body
from next where before < %(bytes)s order by message_id

-- name: due_documents
select d.*, b.salt, m.submitted_by, m.received_at from tieout.document d
join tieout.message m using (message_id)
join tieout.message_body b on b.message_id = m.message_id and b.received_at = m.received_at
where d.interface = %(interface)s and d.state = 'normalised' and d.retry_at <= %(now)s
  and not ('document ' || d.document_id) = any(%(waiting)s::text[])
order by d.document_id limit %(limit)s

-- name: settle_messages
update tieout.message m set state = v.state, note = v.note
from unnest(%(id)s::bigint[], %(state)s::text[], %(note)s::text[]) as v (id, state, note)
where m.message_id = v.id

-- name: known_revisions
select document_id, source_key, revision, version, content, content_sha256, state,
    measure_count, measure_debit, measure_credit
from tieout.document
where interface = %(interface)s and source_key = any(%(keys)s)
order by source_key, revision

-- name: lock_orders
-- In one order for everybody; few enough for the lock table, whatever the batch.
select pg_advisory_xact_lock(7401, slot) from (
    select distinct hashtext(%(entity)s || ':' || o) & 1023 as slot
    from unnest(%(orders)s::text[]) o order by slot) s

-- name: next_ids
select nextval('tieout.document_document_id_seq') as id from generate_series(1, %(count)s)

-- name: supersede
update tieout.document set state = 'superseded', retry_at = null,
    measure_count = 0, measure_debit = 0, measure_credit = 0
where document_id = any(%(ids)s)

-- name: held_by
select d.*, c.amount from tieout.cases c join tieout.document d using (document_id)
where c.case_id = %(case_id)s and c.state = 'open' and d.state = 'refused'

-- name: take_up
update tieout.document set retry_at = %(now)s where reason = %(reason)s and state = 'normalised'

-- name: turn_down
update tieout.document set state = 'refused', reason = 'approval_rejected', retry_at = null
where reason = %(reason)s and state = 'normalised'

-- name: set_aside
update tieout.document set state = 'refused', reason = %(reason)s, retry_at = null
where document_id = %(id)s

-- name: replanned
update tieout.document d set state = v.state, reason = v.reason, retry_at = v.retry_at,
    parked_account = v.parked, facts = v.facts, facts_sha256 = v.facts_sha, release = v.release,
    posted_at = v.posted_at, accounting_on = v.accounting_on
from unnest(%(id)s::bigint[], %(state)s::text[], %(reason)s::text[], %(retry_at)s::timestamptz[],
    %(parked)s::text[], %(facts)s::text[], %(facts_sha)s::bytea[], %(release)s::text[],
    %(posted_at)s::timestamptz[], %(accounting_on)s::date[])
    as v (id, state, reason, retry_at, parked, facts, facts_sha, release, posted_at, accounting_on)
where d.document_id = v.id

-- name: unpark
update tieout.document set parked_account = '' where entity = %(entity)s
  and order_key = any(%(orders)s) and parked_account <> ''
returning document_id

-- name: hurry
-- What waited for one of these keys is planned again at once; what was planned just now is not.
update tieout.document set retry_at = %(now)s
where state = 'normalised' and entity = %(entity)s and retry_at > %(now)s
  and document_id <> all(%(planned)s::bigint[])
  and ((order_key <> '' and order_key = any(%(orders)s)) or kind = 'statement_line'
    or document_id in (select document_id from tieout.document_name
        where entity = %(entity)s and name = any(%(names)s)))

-- name: orders_by_key
select d.order_key, d.link_key, d.state, d.revision, d.document_id, d.currency, d.interface,
    d.reason, d.content::jsonb ->> 'party' as party,
    (d.content::jsonb #>> '{total,value}')::numeric as total,
    v.external_id as invoice, v.body::jsonb ->> 'partner' as partner,
    v.body::jsonb ->> 'match' as match, v.body::jsonb ->> 'on' as invoice_on
from tieout.document d
left join lateral (
    select external_id, body from tieout.delivery v
    join tieout.document o on o.document_id = v.document_id
    where o.interface = d.interface and o.source_key = d.source_key and v.effect = 'invoice'
    order by o.revision limit 1
) v on true
where d.entity = %(entity)s and d.kind = 'customer_invoice' and d.state <> 'superseded'
  and ((d.order_key <> '' and d.order_key = any(%(orders)s))
    or (d.link_key <> '' and d.link_key = any(%(references)s)))
order by d.order_key, d.revision

-- name: paid_out_orders
select distinct d.order_key from tieout.document d
join tieout.payout_item i on i.entity = d.entity and i.movement_key = d.source_key
where d.entity = %(entity)s and d.order_key = any(%(orders)s)

-- name: linked_effects
select d.link_key, d.kind, v.external_id, v.effect, v.account, v.body::jsonb ->> 'match' as match,
    v.body::jsonb #>> '{counterparts,0,match}' as line_match,
    v.body::jsonb #>> '{counterparts,0,account}' as counter,
    (v.body::jsonb ->> 'amount')::numeric as amount,
    (v.body::jsonb ->> 'company')::numeric as company
from tieout.document d join tieout.delivery v using (document_id)
where d.entity = %(entity)s and d.link_key <> '' and d.link_key = any(%(links)s)
  and v.effect in ('payout', 'credit_note', 'charge')

-- name: parked
select d.order_key, d.link_key, d.source_key, d.parked_account, d.accounting_on, v.external_id,
    v.effect, (v.body::jsonb ->> 'amount')::numeric as amount,
    (v.body::jsonb ->> 'company')::numeric as company
from tieout.document d
join tieout.delivery v on v.document_id = d.document_id
  and v.effect in ('charge', 'refund', 'capture_reversal')
where d.entity = %(entity)s and d.parked_account <> '' and (d.order_key = any(%(orders)s)
    -- a refund may name its charge alone
    or (d.link_key <> '' and d.link_key in (select p.link_key from tieout.document p
        where p.entity = %(entity)s and p.order_key = any(%(orders)s) and p.parked_account <> '')))
order by d.document_id

-- name: given_back
-- What waited for an order that never came and was given back whole: nothing of it is left.
update tieout.document set parked_account = '' where document_id in (
    select d.document_id from tieout.document d
    where d.entity = %(entity)s and d.link_key = any(%(links)s) and d.parked_account <> ''
      and (select sum((v.body::jsonb ->> 'amount')::numeric) from tieout.document x
        join tieout.delivery v on v.document_id = x.document_id
          and v.effect in ('charge', 'refund', 'capture_reversal')
        where x.entity = d.entity and x.link_key = d.link_key and x.state in ('planned', 'posted')) = 0)
returning document_id

-- name: tellings
select distinct on (source_key) source_key, content::jsonb ->> 'whole' as whole from tieout.document
where interface = %(interface)s and source_key = any(%(keys)s) and kind = 'journal_entry'
  and state in ('planned', 'posted')
order by source_key, revision desc

-- name: add_names
insert into tieout.document_name (entity, name, document_id)
select %(entity)s, * from unnest(%(names)s::text[], %(ids)s::bigint[])
on conflict do nothing

-- name: related
-- Every document of these names, with the names that it was found by and its main effect.
select d.document_id, d.interface, d.source_key, d.revision, d.kind, d.state, d.content, d.message_id,
    d.stamp, d.accounting_on, d.posted_at, n.names, coalesce(v.external_id, '') as effect
from (select document_id, array_agg(name order by name) as names from tieout.document_name
    where entity = %(entity)s and name = any(%(names)s) group by document_id) n
join tieout.document d using (document_id)
left join lateral (select external_id from tieout.delivery v where v.document_id = d.document_id
    and v.effect in ('bill', 'vendor_credit', 'payment') limit 1) v on true
where d.state <> 'superseded'
order by d.document_id

-- name: twins
-- What is refused or excluded is nobody's twin.
select distinct on (link_key) link_key, document_id, source_key from tieout.document
where entity = %(entity)s and link_key = any(%(links)s) and state in ('normalised', 'planned', 'posted')
order by link_key, document_id

-- name: refunds
select d.content::jsonb ->> 'refund_key' as refund_key,
    v.body::jsonb #>> '{counterparts,0,account}' as account
from tieout.document d
join tieout.delivery v on v.document_id = d.document_id and v.effect = 'refund'
where d.entity = %(entity)s and d.order_key = any(%(orders)s) and d.kind = 'provider_movement'

-- name: known_effects
select external_id from tieout.delivery where system = %(system)s and external_id = any(%(ids)s)

-- name: add_payout_items
insert into tieout.payout_item (entity, payout_key, movement_key)
select %(entity)s, * from unnest(%(payouts)s::text[], %(movements)s::text[])
on conflict do nothing

-- name: add_deliveries
insert into tieout.delivery (document_id, interface, entity, system, lane, effect, external_id,
    ledger, body, body_sha256, account, requires, urgent, stamp)
select u.document_id, %(interface)s, %(entity)s, u.system, u.lane, u.effect, u.external_id,
    u.ledger, u.body, u.sha, u.account, string_to_array(nullif(u.requires, ''), ' '), %(urgent)s,
    u.stamp
from unnest(%(document_id)s::bigint[], %(system)b::text[], %(lane)b::text[], %(effect)b::text[],
    %(external_id)b::text[], %(ledger)s::bool[], %(body)b::text[], %(sha)b::bytea[],
    %(account)b::text[], %(requires)b::text[], %(stamp)b::bytea[])
    as u (document_id, system, lane, effect, external_id, ledger, body, sha, account, requires, stamp)
-- An effect that its target refused never happened: it may be planned anew under its own id.
on conflict (system, external_id) do update set state = 'waiting', lane = excluded.lane,
    body = excluded.body, body_sha256 = excluded.body_sha256, account = excluded.account,
    requires = excluded.requires, stamp = excluded.stamp, plan_no = delivery.plan_no + 1
    where delivery.state = 'refused' and delivery.document_id = excluded.document_id
returning external_id, plan_no

-- name: due_polls
select interface, stream from tieout.poll_cursor where due_at <= %(now)s and left(stream, 1) <> '#'
  and interface not in (select interface from tieout.paused) order by due_at

-- name: begin_poll
-- Whoever asks from here on asks for another one.
update tieout.poll_cursor set polling = true, asked = false
where interface = %(interface)s and stream = %(stream)s and due_at <= %(now)s
  and interface not in (select interface from tieout.paused)
returning position

-- name: ensure_cursor
insert into tieout.poll_cursor (interface, stream, due_at) values (%(interface)s, %(stream)s, %(now)s)
on conflict do nothing

-- name: move_cursor
-- From the position that it was at: where somebody let it start again meanwhile, that holds, and no row is changed.
update tieout.poll_cursor set position = %(position)s, polled_at = %(now)s, polling = %(more)s,
    due_at = case when asked then %(now)s else %(due_at)s::timestamptz end
where interface = %(interface)s and stream = %(stream)s and position = %(was)s

-- name: remember_position
update tieout.poll_cursor set position = %(position)s
where interface = %(interface)s and stream = %(stream)s and position = %(was)s

-- name: pull_again
update tieout.poll_cursor set position = '{}', due_at = %(now)s where interface = %(interface)s

-- name: poll_now
-- What `accept` does for a push that wakes.
update tieout.poll_cursor set due_at = least(due_at, %(now)s), asked = polling
where interface = %(interface)s and (due_at > %(now)s or (polling and not asked))

-- name: to_accept
select c.cause, c.entity, c.recovery, c.document_id, d.state from tieout.cases c
left join tieout.document d using (document_id)
where c.case_id = %(case_id)s and c.state = 'open' for update of c

-- name: to_act
select c.cause, d.state, exists (select 1 from tieout.delivery v where v.document_id = c.document_id
    and v.state = 'refused' and not v.ledger)
  or (c.document_id is null and exists (select 1 from tieout.message m where m.state = 'failed'
    and m.note is distinct from %(not_ours)s and m.interface = c.interface
    and c.source_key in (m.source_key, 'message ' || m.message_id))) as unsent
from tieout.cases c left join tieout.document d using (document_id)
where c.case_id = %(case_id)s and c.state = 'open'

-- name: go_on
update tieout.document set state = 'normalised', retry_at = %(now)s
where document_id = %(id)s and state = 'refused'

-- name: accepted
select document_id, array_agg(distinct cause order by cause) as causes from tieout.cases
where document_id = any(%(ids)s) and accepted group by document_id

-- name: replay
update tieout.document set state = 'normalised', retry_at = %(now)s
where state = 'refused' and document_id in (
    select document_id from tieout.cases where state = 'open'
    and (%(cause)s::text is null or cause = %(cause)s::text)
    and (%(case_id)s::bigint is null or case_id = %(case_id)s::bigint))
returning document_id

-- name: read_again
-- Messages of open cases that hold no document: a case names its message by its source key, or by its number.
update tieout.message m set state = 'received', note = null
from tieout.cases c
where c.state = 'open' and c.document_id is null
  and (%(cause)s::text is null or c.cause = %(cause)s::text)
  and (%(case_id)s::bigint is null or c.case_id = %(case_id)s::bigint)
  and m.state = 'failed' and m.note is distinct from %(not_ours)s and m.interface = c.interface
  and c.source_key in (m.source_key, 'message ' || m.message_id)
returning c.case_id, c.entity, m.interface, m.dedupe_key

-- name: replay_range
-- What is held of an interface and was accounted for in these days; each entity's own.
update tieout.document set state = 'normalised', retry_at = %(now)s
where state = 'refused' and interface = %(interface)s and accounting_on between %(since)s and %(until)s
  and exists (select 1 from tieout.cases c where c.document_id = document.document_id and c.state = 'open')
returning document_id

-- name: documents_to_try
select d.*, b.salt, m.submitted_by, m.received_at from tieout.document d
join tieout.message m using (message_id)
join tieout.message_body b on b.message_id = m.message_id and b.received_at = m.received_at
where d.document_id = any(%(ids)s) order by d.document_id

-- name: tried
select document_id, source_key, entity, currency, state, reason, measure_debit, measure_credit
from tieout.document where document_id = any(%(ids)s) order by document_id

-- name: tried_lines
select v.document_id, v.effect, p.accounting_on, p.account, p.currency, p.amount, p.company_amount
from tieout.delivery v join tieout.posting_line p on p.external_id = v.external_id and p.plan_no = v.plan_no
where v.document_id = any(%(ids)s) and v.state <> 'confirmed' order by v.document_id, v.delivery_id, p.line_no

-- name: tried_cases
select document_id, cause, amount, currency, recovery, detail from tieout.cases
where document_id = any(%(ids)s) and state = 'open' order by case_id

-- name: in_range
-- How many documents of the range stand how: only what is held is planned again.
select state, currency, count(*)::int as count, sum(measure_debit) as debit, sum(measure_credit) as credit
from tieout.document
where interface = %(interface)s and accounting_on between %(since)s and %(until)s and state <> 'superseded'
group by state, currency order by state, currency

-- name: pause
insert into tieout.paused (interface, since, by, reason) values (%(interface)s, %(now)s, %(by)s, %(reason)s)
on conflict (interface) do nothing

-- name: resume
delete from tieout.paused where interface = %(interface)s

-- name: is_paused
select 1 from tieout.paused where interface = %(interface)s

-- name: send_again
-- Effects that their targets refused and that hold no document: a message, a match.
update tieout.delivery set state = 'waiting'
where state = 'refused' and not ledger and document_id in (
    select document_id from tieout.cases where state = 'open'
    and (%(cause)s::text is null or cause = %(cause)s::text)
    and (%(case_id)s::bigint is null or case_id = %(case_id)s::bigint))
returning external_id

-- name: exclude
update tieout.document d set state = 'excluded', reason = %(reason)s, retry_at = null
from tieout.cases c
where c.case_id = %(case_id)s and c.document_id = d.document_id and d.state = 'refused'
returning d.document_id, d.source_key, d.entity

-- name: never_sent
-- Of what is excluded nothing is sent any more.
update tieout.delivery set state = 'refused' where document_id = %(id)s and state = 'waiting'

-- name: details
select m.stream, m.dedupe_key, m.transport, m.submitted_by, m.stamp, b.body from tieout.message m
join tieout.message_body b using (message_id, received_at)
where m.interface = %(interface)s and m.stream = 'details' order by m.message_id

-- name: waiting_file
select stamp, first_at, unchanged_since, why, told from tieout.waiting_file
where interface = %(interface)s and name = %(name)s

-- name: waiting_files_of
select name from tieout.waiting_file where interface = %(interface)s

-- name: put_waiting_file
insert into tieout.waiting_file (interface, name, stamp, first_at, unchanged_since, why, told)
values (%(interface)s, %(name)s, %(stamp)s, %(first_at)s, %(unchanged_since)s, %(why)s, %(told)s)
on conflict (interface, name) do update set stamp = excluded.stamp, unchanged_since = excluded.unchanged_since,
    why = excluded.why, told = excluded.told

-- name: forget_waiting_files
delete from tieout.waiting_file where interface = %(interface)s and name = any(%(names)s) returning name, told
