-- name: unsealed
-- Rows between two snapshots' xmin: whatever commits later has a higher xid, so leaf numbers
-- need no gap for it. An identity column alone would skip late commits.
select e.*, pg_snapshot_xmin(pg_current_snapshot())::text as below from tieout.evidence e
where e.xid >= %(low)s::xid8
  and e.xid < pg_snapshot_xmin(pg_current_snapshot())
  and not exists (select 1 from tieout.evidence_leaf l where l.evidence_id = e.evidence_id)
order by e.evidence_id limit %(limit)s

-- name: lowest_unsealed
-- Never above the oldest running transaction: what it wrote is not visible yet.
select least(min(e.xid), pg_snapshot_xmin(pg_current_snapshot()))::text as low
from tieout.evidence e
where not exists (select 1 from tieout.evidence_leaf l where l.evidence_id = e.evidence_id)

-- name: last_head
select tree_size, root_hash, peaks from tieout.evidence_head order by tree_size desc limit 1

-- name: add_head
insert into tieout.evidence_head (tree_size, root_hash, signed_at, key_id, signature, peaks)
values (%(tree_size)s, %(root_hash)s, %(signed_at)s, %(key_id)s, %(signature)s, %(peaks)s)

-- name: leaves
select l.leaf_no, l.leaf_hash, e.* from tieout.evidence_leaf l
join tieout.evidence e using (evidence_id) where l.leaf_no < %(size)s order by l.leaf_no

-- name: all_heads
select tree_size, root_hash, signed_at, key_id, signature
from tieout.evidence_head order by tree_size

-- name: mark
-- The highest number, and who is open, of one instant.
select coalesce((select max(evidence_id) from tieout.evidence), 0) as top, pg_current_snapshot()::text as seen

-- name: came_since
-- Above the highest, or of a transaction that was open then, or began after: each by its index, however long one is open. Of
-- another server's numbers, which a restore brings, none is counted that this one has not reached. The first number from one
-- on is asked for, and not whether one is there: where a million entries came in one transaction, as a load makes them, that
-- would be answered by reading them all.
select coalesce((select max(evidence_id) from tieout.evidence), 0) > %(top)s
  or exists (
    select 1 from pg_snapshot_xip(%(seen)s::pg_snapshot) open (xid)
    where open.xid = (select e.xid from tieout.evidence e where e.xid >= open.xid order by e.xid limit 1))
  or coalesce((
    select e.xid from tieout.evidence e where e.xid >= pg_snapshot_xmax(%(seen)s::pg_snapshot) order by e.xid limit 1)
    < pg_snapshot_xmax(pg_current_snapshot()), false) as came

-- name: add_sheet
insert into tieout.close_sheet (entity, period, kept_at, body, sha256)
values (%(entity)s, %(period)s, %(kept_at)s, %(body)s, %(sha256)s) returning sheet_no

-- name: sheet
select body from tieout.close_sheet where sheet_no = %(sheet_no)s

-- name: of_close
select * from tieout.evidence where subject = %(subject)s and action = any(%(actions)s) order by evidence_id

-- name: gone
-- How many entries the last head seals on top of the last one of before a day, and how many of them are there.
with heads as (
    select coalesce(max(tree_size), 0) as last, coalesce(max(tree_size) filter (where signed_at < %(since)s), 0) as first
    from tieout.evidence_head)
select h.last - h.first as sealed, (select count(*) from tieout.evidence_leaf l join tieout.evidence e using (evidence_id)
    where l.leaf_no >= h.first and l.leaf_no < h.last) as there
from heads h
