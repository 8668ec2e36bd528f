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

-- name: pause
insert into tieout.paused (interface, since, by, reason) values (%(interface)s, %(now)s, %(by)s, %(reason)s)
on conflict (interface) do nothing

-- name: resume
delete from tieout.paused where interface = %(interface)s

-- name: is_paused
select 1 from tieout.paused where interface = %(interface)s

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

-- name: lock_stream
-- One after the other hands on what was worked out for a stream.
select pg_advisory_xact_lock(7462, hashtext(%(interface)s || ':' || %(stream)s))

-- name: last_told
select coalesce(max(message_id), 0) as last from tieout.message
where interface = %(interface)s and stream = %(stream)s

-- name: stand
-- How documents stand, in one statement and so at one instant.
select coalesce(md5(string_agg(document_id || ' ' || state, ',' order by document_id)), '') as mark from tieout.document
where entity = %(entity)s and kind = any(%(kinds)s) and accounting_on <= %(until)s
