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

-- name: known_frames
-- Everything that bears one of these keys, or is found by one of these names.
select source_key, revision, content, message_id, stamp, state from tieout.document
where interface = %(interface)s and source_key = any(%(keys)s)
union
select d.source_key, d.revision, d.content, d.message_id, d.stamp, d.state
from tieout.document_name n join tieout.document d using (document_id)
where n.entity = %(entity)s and d.interface = %(interface)s and n.name = any(%(names)s)
order by source_key, revision

-- name: known_lines
select source_key, revision, content, message_id, stamp, state, measure_count from tieout.document
where interface = %(interface)s and source_key = any(%(keys)s)

-- name: lines_around
-- Lines of exports of some days, as they were told last: a statement's own are named by their places in it.
select distinct on (source_key) source_key, revision, content, message_id, stamp, state from tieout.document
where interface = %(interface)s and occurred_at between %(since)s and %(until)s and kind = any(%(kinds)s)
  and source_key !~ ':[0-9]{5}$' and state <> 'superseded'
order by source_key, revision desc

-- name: body_of
select m.message_id, m.stream, m.dedupe_key, m.transport, m.submitted_by, m.stamp, b.body
from tieout.message m join tieout.message_body b using (message_id, received_at)
where m.message_id = %(message_id)s

-- name: take_up_held
-- What is held because of another document, once that went on or came to stand beside it.
update tieout.document set state = 'normalised', retry_at = %(now)s
where state = 'refused' and interface = %(interface)s and reason = any(%(reasons)s)
  and document_id <> all(%(planned)s::bigint[]) and document_id in (
    select document_id from tieout.document_name where entity = %(entity)s and name = any(%(names)s))

-- name: known_revisions
select document_id, source_key, revision, version, content, content_sha256, state,
    measure_count, measure_debit, measure_credit
from tieout.document
where interface = %(interface)s and source_key = any(%(keys)s)
order by source_key, revision

-- name: revisions_before
-- What was planned before of documents that were told again.
select d.source_key, d.content, d.message_id, d.stamp from tieout.document d
join unnest(%(keys)s::text[], %(revisions)s::int[]) as u (key, revision)
    on d.source_key = u.key and d.revision = u.revision
where d.interface = %(interface)s

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

-- name: held_with
-- How much is held because of a document, whatever the signs.
select coalesce(sum(abs(d.measure_debit - d.measure_credit)), 0) as amount
from tieout.document_name n join tieout.document d using (document_id)
where n.entity = %(entity)s and n.name = %(name)s and d.interface = %(interface)s and d.state = 'refused'
  and d.reason = any(%(reasons)s)

-- name: take_up
update tieout.document set retry_at = %(now)s where reason = %(reason)s and state = 'normalised'

-- name: turn_down
update tieout.document set state = 'refused', reason = 'approval_rejected', retry_at = null
where reason = %(reason)s and state = 'normalised'
returning document_id, period

-- name: lock_held_back
-- Documents are locked before the requests about them, by everybody.
select document_id from tieout.document where reason = any(%(reasons)s) and state = 'normalised'
order by document_id for update

-- name: lock_waiting
-- Of what was due a moment ago what waits still: a person may have turned it down, or left it out, meanwhile.
select document_id from tieout.document where document_id = any(%(ids)s) and state = 'normalised'
order by document_id for update

-- name: set_aside
update tieout.document set state = 'refused', reason = %(reason)s, retry_at = null
where document_id = %(id)s

-- name: replanned
update tieout.document d set state = v.state, reason = v.reason, retry_at = v.retry_at,
    parked_account = v.unapplied, facts = v.facts, facts_sha256 = v.facts_sha, release = v.release,
    posted_at = v.posted_at, accounting_on = v.accounting_on
from unnest(%(id)s::bigint[], %(state)s::text[], %(reason)s::text[], %(retry_at)s::timestamptz[],
    %(unapplied)s::text[], %(facts)s::text[], %(facts_sha)s::bytea[], %(release)s::text[],
    %(posted_at)s::timestamptz[], %(accounting_on)s::date[])
    as v (id, state, reason, retry_at, unapplied, facts, facts_sha, release, posted_at, accounting_on)
where d.document_id = v.id

-- name: applied
update tieout.document set parked_account = '' where entity = %(entity)s
  and order_key = any(%(orders)s) and parked_account <> ''
returning document_id

-- name: hurry
-- What waited for one of these keys, or nobody can say for what (`kinds`), is planned again at once; what was planned
-- just now is not.
update tieout.document set retry_at = %(now)s
where state = 'normalised' and entity = %(entity)s and retry_at > %(now)s
  and document_id <> all(%(planned)s::bigint[])
  and ((order_key <> '' and order_key = any(%(orders)s)) or kind = any(%(kinds)s)
    or document_id in (select document_id from tieout.document_name
        where entity = %(entity)s and name = any(%(names)s)))

-- name: given_back
-- What waited for an order that never came and was given back whole: nothing of it is left; as far as all of it is as it was
-- written.
update tieout.document set parked_account = '' where document_id in (
    select d.document_id from tieout.document d
    where d.entity = %(entity)s and d.link_key = any(%(links)s) and d.parked_account <> ''
      and not exists (select 1 from tieout.document n
        where n.entity = d.entity and n.link_key = d.link_key and n.document_id = any(%(changed)s))
      and (select sum(x.amount) from tieout.v_effect_payment x
        where x.entity = d.entity and x.link_key = d.link_key and x.state in ('planned', 'posted')) = 0)
returning document_id

-- name: linked_to
-- What came and went of payments of which something still waits for an order.
select document_id from tieout.document
where entity = %(entity)s and link_key = any(%(links)s) and state in ('planned', 'posted')

-- name: add_names
insert into tieout.document_name (entity, name, document_id)
select %(entity)s, * from unnest(%(names)s::text[], %(ids)s::bigint[])
on conflict do nothing

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

-- name: lock_held
-- A document is locked before its case, by everybody.
select document_id from tieout.document
where document_id = (select document_id from tieout.cases where case_id = %(case_id)s) for update

-- name: to_accept
select c.cause, c.entity, c.recovery, c.document_id, c.made_user, d.state, d.content, d.facts from tieout.cases c
left join tieout.document d using (document_id)
where c.case_id = %(case_id)s and c.state = 'open' for update of c

-- name: to_act
-- A late event's number is its document's.
select c.case_id, c.cause, c.recovery, c.interface, c.entity, c.period, c.amount, d.state, coalesce(c.document_id::text, '') as number,
  exists (select 1 from tieout.poll_cursor p where p.interface = c.interface and left(p.stream, 1) <> '#') as polled,
  exists (select 1 from tieout.delivery v where v.document_id = c.document_id
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
    and (%(entity)s::text is null or entity = %(entity)s::text)
    and (%(case_id)s::bigint is null or case_id = %(case_id)s::bigint))
returning document_id

-- name: read_again
-- Messages of open cases that hold no document: a case names its message by its source key, or by its number.
update tieout.message m set state = 'received', note = null
from tieout.cases c
where c.state = 'open' and c.document_id is null
  and (%(cause)s::text is null or c.cause = %(cause)s::text)
  and (%(entity)s::text is null or c.entity = %(entity)s::text)
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

-- name: send_again
-- Effects that their targets refused and that hold no document: a message, a match.
update tieout.delivery set state = 'waiting'
where state = 'refused' and not ledger and document_id in (
    select document_id from tieout.cases where state = 'open'
    and (%(cause)s::text is null or cause = %(cause)s::text)
    and (%(entity)s::text is null or entity = %(entity)s::text)
    and (%(case_id)s::bigint is null or case_id = %(case_id)s::bigint))
returning external_id

-- name: exclude
update tieout.document d set state = 'excluded', reason = %(reason)s, retry_at = null
from tieout.cases c
where c.case_id = %(case_id)s and c.document_id = d.document_id and d.state = 'refused'
returning d.document_id, d.source_key, d.entity, d.interface

-- name: stands_in_ledger
-- Effects of a case's document that its ledger has, or may have: those that were deleted or reversed there are gone.
select v.external_id, v.state, v.target_model, v.target_id
from tieout.cases c join tieout.v_effect_standing v using (document_id)
where c.case_id = %(case_id)s
order by v.delivery_id limit 1

-- name: undecided
select 1 from tieout.cases c join tieout.cases u using (document_id)
where c.case_id = %(case_id)s and u.state = 'open' and u.blocking and u.cause = %(cause)s

-- name: never_sent
-- Of what is excluded nothing is sent any more.
update tieout.delivery set state = 'refused' where document_id = %(id)s and state = 'waiting'

-- name: lock_bulk
select pg_advisory_xact_lock(%(key)s)

-- name: known_bulk
select bulk, at, person, action, reason, asked_sha256, outcomes from tieout.bulk_decision where bulk = %(bulk)s

-- name: keep_bulk
insert into tieout.bulk_decision (bulk, at, person, action, reason, asked_sha256, outcomes)
values (%(bulk)s, %(at)s, %(person)s, %(action)s, %(reason)s, %(asked)s, %(outcomes)s)

-- name: bulk_cases
-- In the order of their numbers, so that two who decide at once wait for each other and for nothing else.
select case_id, entity, cause, source_key, state, revision from tieout.cases
where case_id = any(%(ids)s) order by case_id for update

-- name: brought
-- Every revision of these, and who gave it.
select d.source_key, d.revision, d.content, d.message_id, d.stamp, m.stream, m.dedupe_key, m.transport,
    m.submitted_by, m.body_sha256, m.stamp as message_stamp
from tieout.document d join tieout.message m using (message_id)
where d.interface = %(interface)s and d.source_key = any(%(keys)s)

-- name: split_alone
-- What people bring for an entity is added up by one worker at a time.
select pg_advisory_xact_lock(7404, hashtext(%(entity)s))

-- name: pieces_before
-- What went before to one of these payees and still stands; of this very batch, what is about to be written.
select p.source_key, p.entire, p.interface, p.makers, p.payees, p.policies, p.currency, p.amount, p.company_amount
from tieout.prepared p left join tieout.document d using (document_id)
where p.entity = %(entity)s and p.kind = %(kind)s and p.payees && %(payees)s::text[]
  and (p.received_at > %(since)s or p.accounting_on between %(first)s and %(last)s)
  and p.document_id < %(document_id)s and not (p.interface = %(interface)s and p.entire = %(entire)s)
  and (d.document_id is null or d.state in ('normalised', 'planned', 'posted'))

-- name: keep_piece
insert into tieout.prepared (document_id, entity, interface, source_key, entire, kind, makers, payees, policies, currency,
    amount, company_amount, received_at, accounting_on)
values (%(document_id)s, %(entity)s, %(interface)s, %(source_key)s, %(entire)s, %(kind)s, %(makers)s, %(payees)s, %(policies)s,
    %(currency)s, %(amount)s, %(company)s, %(received_at)s, %(on)s)
on conflict (document_id) do update set makers = excluded.makers, policies = excluded.policies,
    amount = excluded.amount, company_amount = excluded.company_amount, accounting_on = excluded.accounting_on

-- name: rates_kept
-- Documents of a currency that may say what it was worth: the last ones until a day, then those after it.
(select facts from tieout.document
 where entity = %(entity)s and currency = %(currency)s and facts is not null and accounting_on <= %(until)s
 order by accounting_on desc, document_id desc limit 50)
union all
(select facts from tieout.document
 where entity = %(entity)s and currency = %(currency)s and facts is not null and accounting_on > %(until)s
 order by accounting_on, document_id limit 50)

-- name: rules_kept
-- What an entity's close went by, whenever it became something else.
select at, detail from tieout.evidence where subject = %(entity)s and action = 'close.rules' order by evidence_id

-- name: alone_at_a_time
select pg_advisory_xact_lock(7405, hashtext(%(entity)s || ':' || %(look)s))

-- name: alone_before
select coalesce(sum(company_amount), 0) as sum from tieout.decided_alone
where entity = %(entity)s and look = %(look)s and at > %(since)s

-- name: keep_alone
insert into tieout.decided_alone (at, entity, person, look, kind, subject, company_amount)
values (%(at)s, %(entity)s, %(person)s, %(look)s, %(kind)s, %(subject)s, %(company)s)

-- name: asked_to_accept
-- The case of a request, with the document that it holds.
select c.case_id, c.revision, c.cause, c.interface, c.entity, c.source_key, c.amount, c.currency, c.blocking, c.recovery, c.detail,
    c.document_id, c.made_user, d.state, d.content, d.facts, d.revision as told
from tieout.cases c left join tieout.document d using (document_id)
where c.case_id = %(case_id)s and c.state = 'open'

-- name: late_decided
-- What was decided last of each document: what a document says never changes, another revision is another one.
select distinct on (document_id) document_id, decision, reason, decided_by, decided_booked_on, decided_amount, stamp
from tieout.late_decision where document_id = any(%(ids)s) order by document_id, no desc

-- name: late_goes_on
update tieout.document set state = 'normalised', retry_at = %(now)s
where document_id = %(id)s and state = 'refused' and reason = 'late_event' returning document_id

-- name: not_late
delete from tieout.late_event where document_id = any(%(ids)s)

-- name: put_late
insert into tieout.late_event (document_id, entity, event_on, booked_on, lock, amount, currency, company_amount)
values (%(document_id)s, %(entity)s, %(event_on)s, %(booked_on)s, %(lock)s, %(amount)s, %(currency)s, %(company_amount)s)
on conflict (document_id) do update set event_on = excluded.event_on, booked_on = excluded.booked_on, lock = excluded.lock,
    amount = excluded.amount, currency = excluded.currency, company_amount = excluded.company_amount
