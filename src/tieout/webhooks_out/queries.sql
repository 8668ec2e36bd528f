-- name: subscribe
insert into tieout.subscription (url, types, entity, secret, made_by, made_at, position, next_at)
values (%(url)s, %(types)s, %(entity)s, %(secret)s, %(by)s, %(now)s,
    (select coalesce(max(leaf_no), -1) from tieout.evidence_leaf), %(now)s)
returning *

-- name: keep_secret
update tieout.subscription set secret = %(secret)s where subscription_id = %(id)s

-- name: end
update tieout.subscription set ended_at = %(now)s where subscription_id = %(id)s and ended_at is null

-- name: subscriptions
select s.*, coalesce(f.next_at, s.next_at) as again_at from tieout.subscription s
left join tieout.failure f on f.stage = 'telling' and f.lane = array[s.subscription_id::text] and f.item = ''
where ended_at is null order by subscription_id

-- name: due
select subscription_id from tieout.subscription where ended_at is null
  and position < (select coalesce(max(leaf_no), -1) from tieout.evidence_leaf)
order by subscription_id

-- name: one
select * from tieout.subscription where subscription_id = %(id)s and ended_at is null

-- name: top
select coalesce(max(leaf_no), -1) as top from tieout.evidence_leaf

-- name: next_events
-- By their numbers in the sealed log, which has no gaps and no late comers.
select l.leaf_no, e.at, e.actor, e.action, e.subject, e.entity, e.detail
from tieout.evidence_leaf l join tieout.evidence e using (evidence_id)
where l.leaf_no > %(position)s and e.action = any(%(types)s)
  and (%(entity)s = '*' or e.entity in (%(entity)s, ''))
order by l.leaf_no limit %(limit)s

-- name: moved
update tieout.subscription set position = greatest(position, %(position)s), failures = 0, next_at = %(now)s,
    last_status = case when %(status)s = '' then last_status else %(status)s end,
    last_at = case when %(status)s = '' then last_at else %(now)s::timestamptz end
where subscription_id = %(id)s

-- name: failed
update tieout.subscription set position = greatest(position, %(position)s), failures = failures + 1,
    last_status = %(status)s, last_at = %(now)s
where subscription_id = %(id)s
