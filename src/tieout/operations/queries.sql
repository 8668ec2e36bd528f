-- name: lock_changes
-- One at a time: of two changes that are good alone and not together the second is refused.
select pg_advisory_xact_lock(7402, 0)

-- name: changes
select change_id, path, staged from tieout.file_change order by change_id

-- name: add_change
insert into tieout.file_change (path, staged, decided_at) values (%(path)s, %(staged)s, %(at)s)

-- name: end_changes
delete from tieout.file_change where change_id = any(%(ids)s)

-- name: others
-- Whoever else is at this database: of a project that runs, its workers and web sides.
select count(*) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'

-- name: last_entries
-- The last restore, and whether anything happened since it but what every start writes.
select r.detail, exists (
    select from tieout.evidence e where e.evidence_id > r.evidence_id and e.action not in ('release.activated', 'origin.declared', 'origin.changed', 'origin.ended')
) as later
from tieout.evidence r where r.action = %(action)s order by r.evidence_id desc limit 1

-- name: last_head
select tree_size, root_hash, key_id from tieout.evidence_head order by tree_size desc limit 1

-- name: jump
select setval(pg_get_serial_sequence('tieout.evidence', 'evidence_id'),
    (select coalesce(max(evidence_id), 0) + %(by)s from tieout.evidence))

-- name: has_table
select to_regclass(%(name)s) is not null as found

-- name: stamped_message
select interface, stream, dedupe_key, transport, submitted_by, body_sha256, stamp from tieout.message
where stamp is not null order by message_id desc limit 1

-- name: end_sessions
update tieout.session set ended_at = %(at)s, ended_why = 'the database was restored' where ended_at is null

-- name: activate_release
insert into tieout.release (sha256, activated_at) values (%(sha256)s, %(now)s) on conflict do nothing

-- name: pinned
select fingerprint from tieout.pinned_system where system = %(system)s

-- name: pin
insert into tieout.pinned_system (system, environment, fingerprint, pinned_at)
values (%(system)s, %(environment)s, %(found)s, %(now)s) on conflict do nothing

-- name: pin_company
-- What was pinned first stays, whoever comes at the same time.
insert into tieout.pinned_company (system, company, pinned_at) values (%(system)s, %(company)s, %(now)s)
on conflict (system) do nothing

-- name: pinned_company
select company from tieout.pinned_company where system = %(system)s

-- name: keep_key_end
insert into tieout.key_end (system, ends_at, said, asked_at) values (%(system)s, %(ends_at)s, %(said)s, %(now)s)
on conflict (system) do update set ends_at = excluded.ends_at, said = excluded.said, asked_at = excluded.asked_at

-- name: forget_key_ends
delete from tieout.key_end where system <> all(%(systems)s)

-- name: is_qualified
select exists (
    select 1 from tieout.qualified_version
    where system = %(system)s and version = %(version)s and address = %(address)s and database_name = %(database)s
) as qualified

-- name: keep_qualified
-- The first report of a version stands; what came of later ones is in the evidence.
insert into tieout.qualified_version
    (system, version, address, database_name, report_sha256, qualified_by, qualified_at, report)
values
    (%(system)s, %(version)s, %(address)s, %(database)s, %(sha256)s, %(who)s, %(now)s, %(report)s)
on conflict do nothing

-- name: forget_trouble
delete from tieout.unpinned_system where system = %(system)s

-- name: note_trouble
-- Since when it is refused, or does not answer, is kept while that lasts; nothing comes back where nothing changed.
insert into tieout.unpinned_system (system, refused, why, since) values (%(system)s, %(refused)s, %(why)s, %(now)s)
on conflict (system) do update set refused = excluded.refused, why = excluded.why,
  since = case when unpinned_system.refused = excluded.refused then unpinned_system.since else excluded.since end
where (unpinned_system.refused, unpinned_system.why) is distinct from (excluded.refused, excluded.why)
returning system

-- name: first_figure
-- The first figure of a source that was taken.
select interface, period from tieout.control_total order by taken_at, interface, period limit 1

-- name: take_up_read
-- What waited while nothing was posted to its books is planned again once something is.
update tieout.document set retry_at = %(now)s
where state = 'normalised' and reason = %(reason)s and entity = any(%(entities)s) and retry_at > %(now)s

-- name: lock_origins
-- Several processes see a change at the same time: one of them records it.
select pg_advisory_xact_lock(7402, 2)

-- name: standing_origins
select entity, name, content from tieout.declared_origin where ended_at is null

-- name: end_origin
update tieout.declared_origin set ended_at = %(now)s
where entity = %(entity)s and name = %(name)s and ended_at is null

-- name: begin_origin
insert into tieout.declared_origin (entity, name, content, release, recorded_at)
values (%(entity)s, %(name)s, %(content)s, %(release)s, %(now)s)

-- name: origins
-- Those in force first, then the latest that ended.
select name, content, release, recorded_at, ended_at from tieout.declared_origin
where entity = %(entity)s order by ended_at is not null, coalesce(ended_at, recorded_at) desc, name limit 500

-- name: says_the_same
-- The open cases that ask for the very same as one of them, as far as one deed goes; `of` is how many there are.
select o.case_id, o.entity, o.cause, o.recovery, count(*) over () as of from tieout.cases c
join tieout.cases o on o.state = 'open' and o.cause = c.cause and o.recovery = c.recovery
where c.case_id = %(case_id)s and c.state = 'open'
order by o.case_id <> c.case_id, o.case_id limit 500

-- name: document_of_case
select d.interface, d.entity, d.source_key from tieout.cases c join tieout.document d using (document_id)
where c.case_id = %(case_id)s and c.state = 'open'

-- name: came_of
-- How cases and what they held stand now: a document may be held for something else meanwhile.
with mine as (select case_id, state, document_id from tieout.cases where case_id = any(%(ids)s)),
documents as (select d.document_id, d.state from tieout.document d where d.document_id in (select document_id from mine))
select (select count(*) from mine where state = 'solved') as solved, (select count(*) from mine where state <> 'solved') as open,
  (select count(*) from documents where state = 'refused') as held,
  (select count(*) from documents where state = 'normalised') as on_its_way,
  coalesce((select c.detail from tieout.cases c join documents d using (document_id) where c.state = 'open' and d.state = 'refused'
    order by c.case_id limit 1), '') as why
