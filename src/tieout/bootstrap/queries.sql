-- name: lock_changes
-- One at a time: of two changes that are good alone and not together the second is refused.
select pg_advisory_xact_lock(7402, 0)

-- name: changes
select change_id, path, staged from tieout.file_change order by change_id

-- name: add_change
insert into tieout.file_change (path, staged, decided_at) values (%(path)s, %(staged)s, %(at)s)

-- name: end_changes
delete from tieout.file_change where change_id = any(%(ids)s)
