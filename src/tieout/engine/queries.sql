-- name: failing_lanes
select lane, failures, next_at, error from tieout.failure where stage = %(stage)s and item = ''

-- name: failing_now
select lane, failures, next_at, error from tieout.failure
where stage = %(stage)s and item = '' and (lane = %(lane)s::text[] or lane = %(other)s::text[])

-- name: failing_items
select item, failures, next_at, error from tieout.failure
where stage = %(stage)s and lane = %(lane)s::text[] and item <> '' order by next_at desc limit %(most)s

-- name: failed
insert into tieout.failure (stage, lane, item, failures, error, since, failed_at, next_at)
values (%(stage)s, %(lane)s::text[], %(item)s, %(failures)s, %(error)s, %(now)s, %(now)s, %(next_at)s)
on conflict (stage, lane, item) do update set failures = excluded.failures, error = excluded.error,
    failed_at = excluded.failed_at, next_at = excluded.next_at

-- name: waits
-- Nothing was tried: what failed before stays counted, and what did not is at none.
insert into tieout.failure (stage, lane, item, failures, error, since, failed_at, next_at)
values (%(stage)s, %(lane)s::text[], '', 0, %(error)s, %(now)s, %(now)s, %(next_at)s)
on conflict (stage, lane, item) do update set error = excluded.error, failed_at = excluded.failed_at, next_at = excluded.next_at
returning failures

-- name: forget_old
-- Of what is there no more: whatever is there was tried again since.
delete from tieout.failure where next_at < %(before)s

-- name: worked
delete from tieout.failure where stage = %(stage)s and lane = %(lane)s::text[] and item = any(%(items)s)
