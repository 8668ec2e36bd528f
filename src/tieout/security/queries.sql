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
