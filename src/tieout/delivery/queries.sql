-- name: lanes
-- Lanes with something that may go now: close-critical ones first.
select d.system, d.lane, bool_or(d.urgent) as urgent from tieout.delivery d
where d.state in ('waiting', 'attempting', 'unknown')
  and not exists (select 1 from tieout.paused u where u.interface = d.interface)
  and (d.requires is null or not exists (
    select 1 from unnest(d.requires) r
    where not exists (select 1 from tieout.delivery p
        where p.external_id = r and p.state = 'confirmed')))
group by d.system, d.lane order by bool_or(d.urgent) desc, d.lane

-- name: claim
-- No more bytes than %(bytes)s after the first, as a batch is held in memory and sent in a few calls.
with next as (
select d.delivery_id, d.document_id, d.interface, d.entity, d.system, d.lane, d.effect, d.external_id, d.ledger,
    d.body, d.state, d.account, d.requires, d.attempts, d.stamp, o.source_key
from tieout.delivery d join tieout.document o using (document_id)
where d.system = %(system)s and d.lane = %(lane)s
  and d.state in ('waiting', 'attempting', 'unknown') and d.external_id <> all(%(waiting)s::text[])
  and not exists (select 1 from tieout.paused u where u.interface = d.interface)
  and (d.requires is null or not exists (
    select 1 from unnest(d.requires) r
    where not exists (select 1 from tieout.delivery p
        where p.external_id = r and p.state = 'confirmed')))
order by d.delivery_id limit %(limit)s
)
select * from (select next.*, coalesce(sum(length(body)) over (
    order by delivery_id rows between unbounded preceding and 1 preceding), 0) as before from next) s
where before < %(bytes)s order by delivery_id

-- name: targets
select external_id, target_id, target_model, read_back from tieout.delivery
where external_id = any(%(ids)s) and state = 'confirmed'

-- name: attempting
-- Of what was claimed a moment ago only what still waits: a person may have left its document out meanwhile.
update tieout.delivery set state = 'attempting', attempts = attempts + 1
where delivery_id = any(%(ids)s) and state = 'waiting'
returning delivery_id

-- name: add_attempt
insert into tieout.attempt (system, lane, worker, external_ids, started_at)
values (%(system)s, %(lane)s, %(worker)s, %(external_ids)s, %(at)s) returning attempt_id

-- name: end_attempt
update tieout.attempt set finished_at = %(at)s, outcome = %(outcome)s, detail = %(detail)s
where attempt_id = %(attempt_id)s

-- name: set_state
update tieout.delivery set state = %(state)s where delivery_id = any(%(ids)s)

-- name: confirm
update tieout.delivery d set state = 'confirmed', target_model = v.model, target_id = v.target_id,
    read_back = v.read_back, measure = v.measure, confirmed_at = %(at)s, changed = d.changed or v.changed
from unnest(%(id)s::bigint[], %(model)s::text[], %(target_id)s::bigint[], %(read_back)s::text[],
    %(measure)s::numeric[], %(changed)s::boolean[]) as v (id, model, target_id, read_back, measure, changed)
where d.delivery_id = v.id

-- name: lock_documents
-- One worker at a time decides whether a document is posted: of two that confirm its last effects
-- in two lanes at once, neither would see the other's.
select document_id from tieout.document where document_id = any(%(ids)s)
order by document_id for update

-- name: post_documents
-- A document is posted once every ledger delivery of it is confirmed.
update tieout.document d set state = 'posted', posted_at = %(at)s
where d.document_id = any(%(ids)s) and d.state = 'planned'
  and not exists (select 1 from tieout.delivery v
    where v.document_id = d.document_id and v.ledger and v.state <> 'confirmed')
returning d.document_id, d.entity, d.interface, d.source_key

-- name: refuse_document
update tieout.document set state = 'refused', reason = 'ledger_refused'
where document_id = %(id)s and state = 'planned'

-- name: hold_document
-- One whose effect something speaks against: a document without an entry of its own counts as posted once it is planned.
update tieout.document set state = 'refused', reason = %(reason)s, posted_at = null
where document_id = %(id)s and state in ('planned', 'posted')

-- name: documents_of
select document_id, interface, entity, period, source_key, currency, measure_debit, measure_credit
from tieout.document where document_id = any(%(ids)s)

-- name: to_verify
-- What was posted, and what was matched: unless the match was undone by ourselves.
select v.delivery_id, v.document_id, v.external_id, v.body, v.account, v.target_id, v.read_back,
    v.requires, v.system, v.changed, d.interface, d.entity, d.period, d.source_key, d.currency
from tieout.delivery v join tieout.document d using (document_id)
where v.system = %(system)s and (v.ledger or v.effect like 'match%%') and v.state = 'confirmed'
  and v.delivery_id > %(after)s
  and (v.effect not like 'match%%' or v.external_id not in (select r from tieout.delivery u, unnest(u.requires) r
    where u.effect like 'unmatch%%' and u.state <> 'refused' and r is not null))
order by v.delivery_id limit %(limit)s

-- name: to_verify_month
-- The same of one entity and month: what is booked in it, and what its source dates in it.
select v.delivery_id, v.document_id, v.external_id, v.body, v.account, v.target_id, v.read_back,
    v.requires, v.system, v.changed, d.interface, d.entity, d.period, d.source_key, d.currency
from tieout.delivery v join tieout.v_document d using (document_id)
where v.system = %(system)s and (v.ledger or v.effect like 'match%%') and v.state = 'confirmed'
  and v.delivery_id > %(after)s and d.entity = %(entity)s
  and (d.period = %(period)s
    or to_char(coalesce(d.stated_on, (d.occurred_at at time zone %(zone)s)::date), 'YYYY-MM') = %(period)s)
  and (v.effect not like 'match%%' or v.external_id not in (select r from tieout.delivery u, unnest(u.requires) r
    where u.effect like 'unmatch%%' and u.state <> 'refused' and r is not null))
order by v.delivery_id limit %(limit)s

-- name: to_verify_documents
-- The same of some documents of an entity, and of whoever made some records of its ledger.
select v.delivery_id, v.document_id, v.external_id, v.body, v.account, v.target_id, v.read_back,
    v.requires, v.system, v.changed, d.interface, d.entity, d.period, d.source_key, d.currency
from (
    select document_id from tieout.document where interface = any(%(interfaces)s) and source_key = any(%(keys)s)
    union
    select m.document_id from unnest(%(models)s::text[], %(ids)s::bigint[]) as w (model, id)
    join tieout.delivery m on m.target_model = w.model and m.target_id = w.id
    where m.system = %(system)s and m.entity = %(entity)s) found
join tieout.document d using (document_id) join tieout.delivery v using (document_id)
where v.system = %(system)s and (v.ledger or v.effect like 'match%%') and v.state = 'confirmed'
  and v.delivery_id > %(after)s and d.entity = %(entity)s
  and (v.effect not like 'match%%' or v.external_id not in (select r from tieout.delivery u, unnest(u.requires) r
    where u.effect like 'unmatch%%' and u.state <> 'refused' and r is not null))
order by v.delivery_id limit %(limit)s

-- name: others_changed
select 1 from tieout.delivery where document_id = %(document_id)s and delivery_id <> %(delivery_id)s and changed limit 1

-- name: told
-- Whether a difference is told: its case is open, or a person accepted it.
select 1 from (
    select state, accepted from tieout.cases where document_id = %(document_id)s and cause = %(cause)s
    order by case_id desc limit 1) last
where state = 'open' or accepted

-- name: mark_changed
update tieout.delivery set changed = %(changed)s, measure = %(measure)s, read_back = %(read_back)s
where delivery_id = %(id)s

-- name: ensure_verification
insert into tieout.poll_cursor (interface, stream, due_at) values (%(system)s, '#verify', %(next)s)
on conflict do nothing

-- name: due_verification
select 1 from tieout.poll_cursor where interface = %(system)s and stream = '#verify' and due_at <= %(now)s

-- name: verifying
-- Due as before, and by a time by which it is seen whether somebody asks for another one meanwhile.
update tieout.poll_cursor set due_at = %(now)s where interface = %(system)s and stream = '#verify'

-- name: verified
update tieout.poll_cursor set due_at = case when due_at = %(now)s then %(next)s else due_at end, polled_at = %(now)s
where interface = %(system)s and stream = '#verify'

-- name: verify_now
update tieout.poll_cursor set due_at = '-infinity' where stream = '#verify'

-- name: still_waiting
select external_id from tieout.delivery where delivery_id = any(%(ids)s) and state = 'waiting'
