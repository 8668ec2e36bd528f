-- name: credentials
select credential_id, person, kind, handle, label, secret, made_at, confirmed_at, counter, stamp
from tieout.credential where person = %(person)s and ended_at is null
order by credential_id

-- name: by_handle
select credential_id, person, kind, handle, label, secret, made_at, confirmed_at, counter, stamp
from tieout.credential where kind = %(kind)s and handle = %(handle)s and ended_at is null

-- name: add_credential
insert into tieout.credential (person, kind, handle, label, secret, made_at, confirmed_at, counter, stamp)
values (%(person)s, %(kind)s, %(handle)s, %(label)s, %(secret)s, %(made_at)s, %(confirmed_at)s, %(counter)s, %(stamp)s)
returning credential_id

-- name: end_credentials
update tieout.credential set ended_at = %(now)s
where person = %(person)s and ended_at is null and kind = any(%(kinds)s) and credential_id <> all(%(keep)s)
returning kind

-- name: end_credential
update tieout.credential set ended_at = %(now)s
where credential_id = %(id)s and person = %(person)s and ended_at is null returning kind

-- name: confirm_credential
update tieout.credential set confirmed_at = %(now)s where credential_id = %(id)s and confirmed_at is null

-- name: count_up
-- Of several at once one counts: whoever comes second finds the counter moved.
update tieout.credential set counter = %(counter)s
where credential_id = %(id)s and ended_at is null and counter < %(counter)s returning credential_id

-- name: add_session
insert into tieout.session (token_sha256, person, level, second_factor, via, made_at, seen_at, address, agent, stamp)
values (%(token)s, %(person)s, %(level)s, %(second_factor)s, %(via)s, %(now)s, %(now)s, %(address)s, %(agent)s, %(stamp)s)

-- name: session
select * from tieout.session where token_sha256 = %(token)s and ended_at is null

-- name: sessions
select * from tieout.session where person = %(person)s and ended_at is null order by made_at desc

-- name: seen
update tieout.session set seen_at = %(now)s where token_sha256 = %(token)s and ended_at is null

-- name: end_session
update tieout.session set ended_at = %(now)s, ended_why = %(why)s
where token_sha256 = %(token)s and ended_at is null returning person

-- name: end_sessions
update tieout.session set ended_at = %(now)s, ended_why = %(why)s
where person = %(person)s and ended_at is null and token_sha256 <> %(but)s

-- name: drop_sessions
delete from tieout.session where greatest(made_at, coalesce(ended_at, made_at)) < %(before)s

-- name: drop_once
delete from tieout.once where expires_at < %(before)s

-- name: drop_throttle
delete from tieout.throttle where last_at < %(before)s and until < %(before)s

-- name: tries
-- Counted before anything is checked, so that tries at the same time count each.
insert into tieout.throttle as t (subject, failures, first_at, last_at, until)
values (%(subject)s, 1, %(now)s, %(now)s, %(now)s)
on conflict (subject) do update set
    failures = case when t.last_at < %(forget)s then 1 else t.failures + 1 end,
    first_at = case when t.last_at < %(forget)s then %(now)s else t.first_at end,
    last_at = %(now)s
returning failures, until

-- name: throttled
select subject, until from tieout.throttle where subject = any(%(subjects)s) and until > %(now)s
order by until desc limit 1

-- name: hold_back
update tieout.throttle set until = %(until)s where subject = %(subject)s

-- name: let_go
delete from tieout.throttle where subject = %(subject)s

-- name: take_back
update tieout.throttle set failures = greatest(failures - 1, 0) where subject = %(subject)s

-- name: add_once
insert into tieout.once (token_sha256, purpose, person, content, made_by, made_at, expires_at, stamp)
values (%(token)s, %(purpose)s, %(person)s, %(content)s, %(made_by)s, %(now)s, %(expires_at)s, %(stamp)s)

-- name: end_once
update tieout.once set used_at = %(now)s where purpose = %(purpose)s and person = %(person)s and used_at is null

-- name: take_once
update tieout.once set used_at = %(now)s
where token_sha256 = %(token)s and purpose = %(purpose)s and used_at is null and expires_at > %(now)s
returning person, content, made_by, made_at, expires_at, stamp

-- name: look_once
select person, content, made_by, made_at, expires_at, stamp from tieout.once
where token_sha256 = %(token)s and purpose = %(purpose)s and used_at is null and expires_at > %(now)s

-- name: add_service_key
insert into tieout.service_key (key_sha256, key_id, person, label, scopes, entities, made_by, made_at, expires_at, stamp)
values (%(key)s, %(key_id)s, %(person)s, %(label)s, %(scopes)s, %(entities)s, %(made_by)s, %(now)s, %(expires_at)s, %(stamp)s)

-- name: service_key
select * from tieout.service_key where key_sha256 = %(key)s and ended_at is null

-- name: service_keys
select key_id, person, label, scopes, entities, made_by, made_at, expires_at, ended_at, used_at
from tieout.service_key order by made_at desc, key_id

-- name: end_service_key
update tieout.service_key set ended_at = %(now)s where key_id = %(key_id)s and ended_at is null returning person

-- name: used_service_key
update tieout.service_key set used_at = %(now)s where key_sha256 = %(key)s and ended_at is null
