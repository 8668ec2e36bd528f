-- name: changes
select no, at, made_by, content, stamp from tieout.authority order by no

-- name: last_change
select no, stamp from tieout.authority order by no desc limit 1

-- name: changes_in_evidence
-- Whoever takes the last changes back must take evidence back too, and that is sealed.
select count(*) from tieout.evidence where action like 'authority.%%' and action <> 'authority.refused'

-- name: one_at_a_time
select pg_advisory_xact_lock(7402, 1)

-- name: add_change
insert into tieout.authority (no, at, made_by, content, stamp)
values (%(no)s, %(at)s, %(made_by)s, %(content)s, %(stamp)s)

-- name: end_sessions
update tieout.session set ended_at = %(now)s, ended_why = %(why)s where person = %(person)s and ended_at is null

-- name: end_credentials
update tieout.credential set ended_at = %(now)s where person = %(person)s and ended_at is null

-- name: documents_written
-- Page by page, each by an index (here document_entity): one query for all three would read the whole table once a page.
select document_id, interface, source_key, revision, message_id, content, stamp, currency,
    abs(measure_debit - measure_credit) as amount, state = 'refused' and reason = 'not_made_by_tieout' as told
from tieout.document
where entity = %(entity)s and state <> 'superseded' and document_id > %(after)s
order by document_id limit %(limit)s

-- name: documents_written_of
-- By document_kind.
select document_id, interface, source_key, revision, message_id, content, stamp, currency,
    abs(measure_debit - measure_credit) as amount, state = 'refused' and reason = 'not_made_by_tieout' as told
from tieout.document
where entity = %(entity)s and kind = %(kind)s and state <> 'superseded' and document_id > %(after)s
order by document_id limit %(limit)s

-- name: documents_written_among
select document_id, interface, source_key, revision, message_id, content, stamp, currency,
    abs(measure_debit - measure_credit) as amount, state = 'refused' and reason = 'not_made_by_tieout' as told
from tieout.document
where entity = %(entity)s and document_id = any(%(documents)s) and state <> 'superseded'
order by document_id

-- name: effects_written
-- A refused effect was never sent, nor will be.
select delivery_id, document_id, system, external_id, requires, body, stamp from tieout.delivery
where document_id = any(%(documents)s) and state <> 'refused' order by delivery_id

-- name: made_a_key
-- An account of these of which somebody made a key.
select subject from tieout.evidence
where subject = any(%(accounts)s::text[]) and action = 'identity.key_made' and actor = %(who)s order by evidence_id limit 1

-- name: token_kept
select sealed, asked_at from tieout.access_token where system = %(system)s and grant_stamp = %(stamp)s

-- name: alone_with_token
-- Held until the connection ends, and so given up by whoever is killed.
select pg_advisory_lock(hashtextextended('token ' || encode(%(stamp)s, 'hex'), 7404))

-- name: token_asked
insert into tieout.access_token (system, grant_stamp, asked_at) values (%(system)s, %(stamp)s, %(now)s)
on conflict (system, grant_stamp) do update set asked_at = excluded.asked_at

-- name: token_refused
update tieout.access_token set asked_at = null where system = %(system)s and grant_stamp = %(stamp)s

-- name: keep_token
insert into tieout.access_token (system, grant_stamp, sealed, got_at, ends_at)
values (%(system)s, %(stamp)s, %(sealed)s, %(got_at)s, %(ends_at)s)
on conflict (system, grant_stamp) do update
    set sealed = excluded.sealed, got_at = excluded.got_at, ends_at = excluded.ends_at, asked_at = null

-- name: forget_tokens
-- No refresh token of any provider that is known here serves after a year without use.
delete from tieout.access_token where system = %(system)s and coalesce(got_at, asked_at) < %(now)s - interval '400 days'
