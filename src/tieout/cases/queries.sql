-- name: add
insert into tieout.cases (fingerprint, cause, interface, entity, period, document_id, source_key,
    amount, currency, blocking, recovery, detail, owner, opened_at, due_at,
    made_journal, made_user, made_kind, made_accounts)
select %(fingerprint)s, %(cause)s, %(interface)s, %(entity)s, %(period)s, %(document_id)s::bigint,
    %(source_key)s, %(amount)s, %(currency)s, %(blocking)s, %(recovery)s, %(detail)s, %(owner)s,
    %(opened_at)s, %(due_at)s, %(made_journal)s, %(made_user)s, %(made_kind)s, %(made_accounts)s
-- The last word of a person holds: what they accepted before they accepted another amount is told again.
where not (%(standing)s and exists (select 1 from (select amount, currency from tieout.cases
        where fingerprint = %(fingerprint)s and accepted order by case_id desc limit 1) last
    where last.amount = %(amount)s and last.currency = %(currency)s))
on conflict (fingerprint) where state = 'open' do update set amount = excluded.amount,
    currency = excluded.currency, recovery = excluded.recovery, detail = excluded.detail,
    made_journal = excluded.made_journal, made_user = excluded.made_user, made_kind = excluded.made_kind,
    made_accounts = excluded.made_accounts, revision = cases.revision + 1
where (cases.amount, cases.currency, cases.recovery, cases.detail, cases.made_journal, cases.made_user,
        cases.made_kind, cases.made_accounts)
    is distinct from (excluded.amount, excluded.currency, excluded.recovery, excluded.detail, excluded.made_journal,
        excluded.made_user, excluded.made_kind, excluded.made_accounts)
returning case_id, period, blocking, xmax = 0 as fresh

-- name: beside_others
select pg_advisory_xact_lock_shared(7403, 0)

-- name: go_alone
select pg_advisory_xact_lock(7403, 0)

-- name: lock_known
-- What is open already of these: the oldest first, for whoever locks several.
select case_id from tieout.cases where state = 'open' and fingerprint = any(%(fingerprints)s)
order by case_id for update

-- name: solve
update tieout.cases set state = 'solved', solved_at = %(at)s, resolution = %(resolution)s, solved_by = %(by)s
where state = 'open' and document_id = any(%(documents)s)
  and (%(causes)s::text[] is null or cause = any(%(causes)s::text[]))
  and (%(keys)s::text[] is null or source_key = any(%(keys)s::text[]))
returning case_id, cause, source_key, entity

-- name: solve_others
update tieout.cases c set state = 'solved', solved_at = %(at)s, resolution = %(resolution)s, solved_by = %(by)s
from unnest(%(documents)s::bigint[], %(keys)s::text[], %(causes)s::text[]) as v (document_id, key, causes)
where c.state = 'open' and c.document_id = v.document_id and c.source_key = v.key
  and c.cause <> all(string_to_array(v.causes, ','))
returning case_id, cause, c.source_key, entity

-- name: solve_by_key
update tieout.cases set state = 'solved', solved_at = %(at)s, resolution = %(resolution)s, solved_by = %(by)s
where state = 'open' and cause = %(cause)s and source_key = %(key)s
returning case_id, cause, source_key, entity

-- name: solve_case
update tieout.cases set state = 'solved', solved_at = %(at)s, resolution = %(resolution)s, solved_by = %(by)s,
    accepted = %(accepted)s
where state = 'open' and case_id = %(case_id)s
returning case_id, cause, source_key, entity

-- name: open
select * from tieout.cases where state = 'open'
  and (%(cause)s::text is null or cause = %(cause)s::text)
  and (%(entity)s::text is null or entity = %(entity)s)
  and (%(interface)s::text is null or interface = %(interface)s)
  and (%(period)s::text is null or period = %(period)s)
  and (%(group)s::text is null or group_key = %(group)s)
  and (%(ids)s::bigint[] is null or case_id = any(%(ids)s))
  and (%(owners)s::text[] is null or owner = any(%(owners)s))
  and (%(workers)s::text[] is null or not exists (select from unnest(%(workers)s::text[], %(of)s::text[]) w (name, entity)
    where w.name = owner and w.entity in ('*', cases.entity)))
order by amount desc, case_id

-- name: groups
select group_key as "group", min(cause) as cause, min(entity) as entity, min(interface) as interface,
    min(period) as period, min(currency) as currency, min(made_journal) as made_journal, min(made_user) as made_user,
    min(made_kind) as made_kind, min(made_accounts) as made_accounts, count(*)::int as count, sum(amount) as amount,
    min(due_at) as due_at, min(recovery) as recovery
from tieout.cases
where state = 'open' and (%(cause)s::text is null or cause = %(cause)s::text)
  and (%(entity)s::text is null or entity = %(entity)s)
  and (%(interface)s::text is null or interface = %(interface)s)
  and (%(period)s::text is null or period = %(period)s)
group by group_key order by sum(amount) desc, group_key

-- name: note
with c as (select case_id, source_key, entity from tieout.cases where case_id = %(case_id)s),
n as (insert into tieout.case_note (case_id, at, person, text)
    select case_id, %(at)s, %(person)s, %(text)s from c returning note_id)
select c.source_key, c.entity, n.note_id from c, n

-- name: notes
select at, person, text from tieout.case_note where case_id = %(case_id)s order by note_id

-- name: entities
-- Of which entities open cases are, of some.
select distinct entity from tieout.cases where case_id = any(%(ids)s) and state = 'open' order by entity

-- name: assign
-- With what they were before: who had them is told.
with before as (select case_id, owner from tieout.cases where case_id = any(%(ids)s) and state = 'open'
    order by case_id for update)
update tieout.cases c set owner = %(owner)s, due_at = coalesce(%(due_at)s::timestamptz, due_at), revision = revision + 1
from before where c.case_id = before.case_id
returning c.case_id, c.source_key, c.entity, c.revision, before.owner as before

-- name: entity_of
select entity from tieout.cases where case_id = %(case_id)s

-- name: watch
-- Nothing where it is so already.
with c as (select case_id, source_key, entity from tieout.cases where case_id = %(case_id)s
    and %(watching)s is distinct from coalesce((select w.watching from tieout.case_watch w
        where w.case_id = %(case_id)s and w.person = %(person)s order by w.watch_id desc limit 1), false)),
w as (insert into tieout.case_watch (case_id, person, watching, at, by)
    select case_id, %(person)s, %(watching)s, %(at)s, %(by)s from c)
select source_key, entity from c

-- name: begin_watching
insert into tieout.case_watch (case_id, person, watching, at, by)
select v.case_id, v.person, true, %(at)s, %(by)s from unnest(%(cases)s::bigint[], %(people)s::text[]) v (case_id, person)
where not coalesce((select w.watching from tieout.case_watch w where w.case_id = v.case_id and w.person = v.person
    order by w.watch_id desc limit 1), false)

-- name: watchers
select person from (select distinct on (person) person, watching from tieout.case_watch
    where case_id = %(case_id)s order by person, watch_id desc) w
where watching order by person

-- name: tell
insert into tieout.notice (person, case_id, kind, by, at, key)
select v.person, v.case_id, %(kind)s, %(by)s, %(at)s, v.case_id || ':' || %(key)s::text
from unnest(%(cases)s::bigint[], %(people)s::text[]) v (case_id, person)
on conflict (person, key) do nothing

-- name: tell_watchers
insert into tieout.notice (person, case_id, kind, by, at, key)
select w.person, w.case_id, %(kind)s, %(by)s, %(at)s, w.case_id || ':' || %(key)s::text
from (select distinct on (case_id, person) case_id, person, watching from tieout.case_watch
    where case_id = any(%(cases)s) order by case_id, person, watch_id desc) w
where w.watching and w.person <> all(%(but)s)
on conflict (person, key) do nothing

-- name: told_to
select n.notice_id, n.kind, n.by, n.at, n.case_id, c.cause, c.entity, c.amount, c.currency, c.state, c.due_at, c.owner,
    n.notice_id > coalesce((select upto from tieout.notice_seen where person = %(person)s), 0) as new
from tieout.notice n join tieout.cases c using (case_id)
where n.person = %(person)s and (%(entities)s::text[] is null or c.entity = any(%(entities)s))
order by n.notice_id desc limit %(limit)s

-- name: count_new
select count(*)::int as count from (select from tieout.notice n join tieout.cases c using (case_id)
    where n.person = %(person)s and (%(entities)s::text[] is null or c.entity = any(%(entities)s))
      and n.notice_id > coalesce((select upto from tieout.notice_seen where person = %(person)s), 0)
    limit %(limit)s) found

-- name: look
insert into tieout.notice_seen (person, upto, at)
select %(person)s, least(%(upto)s::bigint, coalesce(max(notice_id), 0)), %(at)s from tieout.notice where person = %(person)s
on conflict (person) do update set upto = greatest(notice_seen.upto, excluded.upto), at = excluded.at

-- name: reminders
select person, kind, at from tieout.notice where case_id = %(case_id)s and kind in ('overdue', 'escalated')
order by notice_id limit %(limit)s
