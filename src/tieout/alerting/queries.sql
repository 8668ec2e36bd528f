-- name: clusters
select cause, entity, currency, count(*)::int as count, sum(amount) as amount, min(recovery) as recovery, max(recovery) as last_recovery,
    min(opened_at) as opened_at, min(due_at) as due_at
from tieout.cases where state = 'open' group by cause, entity, currency

-- name: failing_polls
select f.interface, max(f.error) as error, max(p.polled_at) as polled_at from tieout.interface_failure f
left join tieout.poll_cursor p using (interface)
where f.stage in ('poll', 'fetch') and f.item = '' and f.failures > 0 and f.next_at > clock_timestamp() - interval '1 hour'
  and f.interface not in (select interface from tieout.paused) group by f.interface

-- name: failing_lanes
-- What has failed so often in a row that somebody should look, and is tried still; by the machine's clock.
select stage, lane, max(failures) as failures, max(error) as error, min(since) as since from tieout.failure
where stage not in ('poll', 'fetch', 'telling') and failures >= %(most)s and lane[1] is distinct from ''
  and next_at > clock_timestamp() - interval '1 hour'
group by stage, lane order by stage, lane

-- name: paused
select interface from tieout.paused

-- name: unsealed
select count(*)::int as count, min(at) as since, min(evidence_id) as first from (
    select e.at, e.evidence_id from tieout.evidence e
    where e.evidence_id > coalesce((select max(evidence_id) - 20000 from tieout.evidence), 0)
      and not exists (select 1 from tieout.evidence_leaf l where l.evidence_id = e.evidence_id)) u

-- name: failing_subscriptions
select subscription_id, url, last_status, coalesce(last_at, made_at) as last_at from tieout.subscription
where ended_at is null and failures >= %(most)s

-- name: ending_keys
select system, ends_at, said from tieout.key_end where ends_at < %(until)s order by system

-- name: people_not_told
-- By the machine's clock, as messages go by it.
select channel, count(*)::int as people, min(ended_at) as since from (
    select distinct on (d.person, d.channel) d.person, d.channel, d.state, d.ended_at
    from tieout.dispatch d join tieout.notice_choice c on c.person = d.person and c.pace <> 'none'
    where d.state in ('sent', 'failed') and d.kind <> 'address' and d.ended_at > now() - interval '7 days'
    order by d.person, d.channel, d.dispatch_id desc) d
where state = 'failed' group by channel order by channel

-- name: known
select key, count, amount, level from tieout.alert where cleared_at is null

-- name: raise
insert into tieout.alert (key, kind, cause, entity, count, amount, currency, action, path, level, raised_at)
values (%(key)s, %(kind)s, %(cause)s, %(entity)s, %(count)s, %(amount)s, %(currency)s, %(action)s, %(path)s, %(level)s,
    %(now)s)
on conflict (key) where cleared_at is null do update set count = excluded.count, amount = excluded.amount,
    action = excluded.action, level = excluded.level, path = excluded.path
returning alert_id

-- name: told
with t as (
    insert into tieout.alert_told (channel, key, alert_id, told_at, told_level, told_count)
    values (%(channel)s, %(key)s, %(alert_id)s, %(now)s, %(level)s, %(count)s)
    on conflict (channel, key) do update set alert_id = excluded.alert_id, told_at = excluded.told_at,
        told_level = excluded.told_level, told_count = excluded.told_count
)
update tieout.alert set told_at = %(now)s where alert_id = %(alert_id)s

-- name: told_of
select key, alert_id, told_level, told_count from tieout.alert_told where channel = %(channel)s

-- name: told_settled
delete from tieout.alert_told where channel = %(channel)s and key = any(%(keys)s)

-- name: clear
update tieout.alert set cleared_at = %(now)s where key = %(key)s and cleared_at is null

-- name: open
select alert_id, key, kind, cause, entity, count, amount, currency, action, path, level, raised_at, told_at
from tieout.alert where cleared_at is null order by level desc, amount desc, key

-- name: overdue_cases
-- Past their time, of a person who was not told so yet.
select distinct on (c.due_at, c.case_id) c.case_id, c.source_key, c.entity, c.owner, c.due_at, p.person,
    'overdue ' || extract(epoch from c.due_at)::bigint as step
from tieout.cases c
join unnest(%(names)s::text[], %(people)s::text[], %(of)s::text[]) p (name, person, entity)
  on p.name = c.owner and p.entity in ('*', c.entity)
where c.state = 'open' and c.due_at < %(now)s
  and not exists (select from tieout.notice n where n.person = p.person
    and n.key = c.case_id || ':overdue ' || extract(epoch from c.due_at)::bigint)
order by c.due_at, c.case_id limit %(most)s

-- name: ignored_cases
-- Told to whoever has them (or nobody has them), and nothing was done since: no comment, no other owner, no other time.
select c.case_id, c.source_key, c.entity, c.owner, c.due_at, 'escalated ' || extract(epoch from c.due_at)::bigint as step
from tieout.cases c
left join lateral (select p.person from unnest(%(names)s::text[], %(people)s::text[], %(of)s::text[]) p (name, person, entity)
    where p.name = c.owner and p.entity in ('*', c.entity) limit 1) p on true
where c.state = 'open' and c.due_at < %(before)s and (c.entity = any(%(controlled)s) or '*' = any(%(controlled)s))
  and not exists (select from tieout.notice n where n.case_id = c.case_id and n.kind = 'escalated'
    and n.key = c.case_id || ':escalated ' || extract(epoch from c.due_at)::bigint)
  and (p.person is null or exists (select from tieout.notice n where n.person = p.person and n.at <= %(before)s
    and n.key = c.case_id || ':overdue ' || extract(epoch from c.due_at)::bigint))
  and not exists (select from tieout.case_note o where o.case_id = c.case_id and o.at > %(before)s)
order by c.due_at, c.case_id limit %(most)s
