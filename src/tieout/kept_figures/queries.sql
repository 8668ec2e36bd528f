-- name: watermark
-- What people did past evidence; numbers are given before they commit, so that a smaller one may come to light later: evidence
-- is looked at by its mark, which holds who was open (`evidence/marks.py`).
select coalesce((select max(document_id) from tieout.document), 0) || '.'
    || coalesce((select max(case_id) from tieout.cases), 0) || '.'
    || coalesce((select max(taken_at)::text from tieout.control_total), '') as mark

-- name: kept
select content, watermark, as_of, took_ms from tieout.kept_figure where name = %(name)s

-- name: kept_marks
select name, watermark, as_of from tieout.kept_figure

-- name: keep
insert into tieout.kept_figure (name, content, watermark, as_of, took_ms)
values (%(name)s, %(content)s, %(watermark)s, %(as_of)s, %(took_ms)s)
on conflict (name) do update set content = excluded.content, watermark = excluded.watermark,
    as_of = excluded.as_of, took_ms = excluded.took_ms

-- name: flows
select interface, count(*)::int as documents, (count(*) filter (where state = 'posted'))::int as posted,
    (count(*) filter (where state in ('normalised', 'planned')))::int as waiting,
    (count(*) filter (where state = 'refused'))::int as held
from tieout.document where state <> 'superseded' group by interface order by interface

-- name: volumes
select interface, to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD') as day, count(*)::int as documents
from tieout.document
where state <> 'superseded' and occurred_at between %(now)s - interval '62 days' and %(now)s
group by 1, 2 order by 1, 2

-- name: matching
select entity, period, (count(*) filter (where decided_by like 'policy:%%'))::int as by_policy,
    (count(*) filter (where decided_by not like 'policy:%%'))::int as by_people
from tieout.v_reconciliation where state = 'posted'
group by entity, period order by entity, period

-- name: payouts
select entity, currency, count(*)::int as count, sum(measure_debit - measure_credit) as amount,
    (count(*) filter (where accounting_on > (%(now)s::timestamptz - interval '31 days')::date))::int as lately
from tieout.v_provider_movement
where category = 'payout' and state <> 'superseded'
group by entity, currency order by entity, currency

-- name: calls
select system, coalesce(outcome, 'under way') as outcome, count(*)::int as count from tieout.attempt
group by 1, 2 order by 1, 2

-- name: backlog
-- Each stage by its own index; the oldest of it by its message.
select interface, 'received' as stage, count(*)::int as count, min(received_at) as oldest_at from tieout.message
where state = 'received' group by interface
union all
select p.interface, 'planned', p.count, m.received_at from (
    select interface, count(*)::int as count, min(message_id) as message_id from tieout.document
    where state = 'planned' group by interface) p join tieout.message m using (message_id)
union all
select p.interface, 'normalised', p.count, m.received_at from (
    select interface, count(*)::int as count, min(message_id) as message_id from tieout.document
    where state = 'normalised' group by interface) p join tieout.message m using (message_id)

-- name: latency
select i.interface, count(*)::int as documents,
    round(percentile_cont(0.5) within group (order by x.took)::numeric, 1) as median_s,
    round(percentile_cont(0.95) within group (order by x.took)::numeric, 1) as p95_s
from (select distinct interface from tieout.poll_cursor union select distinct interface from tieout.control_total) i
cross join lateral (
    select extract(epoch from d.posted_at - m.received_at) as took from tieout.document d
    join tieout.message m using (message_id)
    where d.interface = i.interface and d.state = 'posted' and d.posted_at is not null
    order by d.document_id desc limit 2000) x
group by i.interface order by i.interface
