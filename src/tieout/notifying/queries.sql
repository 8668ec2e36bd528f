-- name: choice
select pace, channel, hour, weekday, time_zone, next_at from tieout.notice_choice where person = %(person)s

-- name: choose
-- What was told before a choice of another way is not sent after it.
insert into tieout.notice_choice as c (person, pace, channel, hour, weekday, time_zone, after_notice, next_at, changed_at)
values (%(person)s, %(pace)s, %(channel)s, %(hour)s, %(weekday)s, %(time_zone)s,
    (select coalesce(max(notice_id), 0) from tieout.notice where person = %(person)s), %(next_at)s, %(now)s)
on conflict (person) do update set pace = excluded.pace, channel = excluded.channel, hour = excluded.hour, weekday = excluded.weekday,
    time_zone = excluded.time_zone, next_at = excluded.next_at, changed_at = excluded.changed_at,
    after_notice = case when c.pace = 'none' then excluded.after_notice else c.after_notice end

-- name: addresses
select channel, address, asked_at, confirmed_at, stamp from tieout.notice_address where person = %(person)s order by channel

-- name: ask
-- Another address is unconfirmed until it is confirmed; the same one stays as it is.
insert into tieout.notice_address as a (person, channel, address, asked_at) values (%(person)s, %(channel)s, %(address)s, %(now)s)
on conflict (person, channel) do update set address = excluded.address, asked_at = excluded.asked_at,
    confirmed_at = case when a.address = excluded.address then a.confirmed_at end,
    stamp = case when a.address = excluded.address then a.stamp end

-- name: confirm
update tieout.notice_address set confirmed_at = %(now)s, stamp = %(stamp)s
where person = %(person)s and channel = %(channel)s and address = %(address)s

-- name: remove_address
delete from tieout.notice_address where person = %(person)s and channel = %(channel)s

-- name: asked_lately
select count(*)::int as count from tieout.dispatch where person = %(person)s and kind = 'address' and made_at > %(since)s

-- name: drop_waiting
update tieout.dispatch set state = 'dropped', ended_at = %(now)s, said = %(said)s
where person = %(person)s and channel = %(channel)s and state = 'waiting' and (kind = 'address') = %(address)s

-- name: add
insert into tieout.dispatch (person, channel, kind, made_at, next_at) values (%(person)s, %(channel)s, %(kind)s, %(now)s, %(now)s)
on conflict (person, channel, (kind = 'address')) where state = 'waiting' do nothing
returning dispatch_id

-- name: last_dispatches
select dispatch_id, channel, kind, state, tries, made_at, next_at, ended_at, said from tieout.dispatch
where person = %(person)s order by dispatch_id desc limit %(limit)s

-- name: due_at_once
-- Whoever has news that no message tells yet, had none within the last minute, and has none waiting.
select c.person from tieout.notice_choice c
where c.pace = 'at_once'
  and exists (select from tieout.notice n where n.person = c.person and n.notice_id > c.after_notice
    and n.notice_id > coalesce((select upto from tieout.notice_seen s where s.person = c.person), 0)
    and not exists (select from tieout.dispatch_notice d where d.notice_id = n.notice_id))
  and not exists (select from tieout.dispatch d where d.person = c.person and d.kind <> 'address'
    and (d.made_at > %(since)s or d.state = 'waiting'))
order by c.person limit %(limit)s

-- name: due_digests
select c.person from tieout.notice_choice c
where c.next_at <= %(now)s
  and not exists (select from tieout.dispatch d where d.person = c.person and d.kind <> 'address'
    and (d.made_at > %(since)s or d.state = 'waiting'))
order by c.next_at, c.person limit %(limit)s

-- name: lock_choice
select * from tieout.notice_choice where person = %(person)s for update

-- name: unmake
-- There was nothing to say.
delete from tieout.dispatch where dispatch_id = %(id)s

-- name: take
-- Every notice that no message tells yet, of cases that may be seen, up to a limit; how many.
with n as (select n.notice_id from tieout.notice n join tieout.cases k using (case_id)
    where n.person = %(person)s and n.notice_id > %(after)s
      and n.notice_id > coalesce((select upto from tieout.notice_seen where person = %(person)s), 0)
      and (%(entities)s::text[] is null or k.entity = any(%(entities)s))
      and not exists (select from tieout.dispatch_notice d where d.notice_id = n.notice_id)
    order by n.notice_id limit %(limit)s),
i as (insert into tieout.dispatch_notice (notice_id, dispatch_id) select notice_id, %(dispatch)s from n
    on conflict do nothing returning notice_id)
select count(*)::int as count from i

-- name: moved_on
-- What is below the newest notice of messages that were made long ago is looked at no more: whatever was told before it is committed by now.
update tieout.notice_choice c set next_at = %(next_at)s, after_notice = greatest(c.after_notice, coalesce(
    (select max(n.notice_id) from tieout.dispatch d join tieout.dispatch_notice n using (dispatch_id)
        where d.person = c.person and d.made_at between %(from)s and %(before)s), 0))
where c.person = %(person)s

-- name: times
-- Of the cases that are somebody's and that they may see: how many are past their time, and how many are due until then.
select count(*) filter (where due_at < %(now)s)::int as overdue,
    count(*) filter (where due_at >= %(now)s and due_at < %(until)s)::int as due_today
from tieout.cases where state = 'open' and owner = any(%(owners)s)
  and (%(entities)s::text[] is null or entity = any(%(entities)s)) and due_at < %(until)s

-- name: waiting_ways
select distinct channel from tieout.dispatch where state = 'waiting' and next_at <= %(now)s order by channel

-- name: to_send
select dispatch_id, key, person, channel, kind, tries from tieout.dispatch
where state = 'waiting' and channel = %(channel)s and next_at <= %(now)s order by next_at, dispatch_id limit %(limit)s

-- name: begun
-- Before it is sent, so that a try counts even where the process dies in it.
update tieout.dispatch set tries = tries + 1, next_at = %(next_at)s
where dispatch_id = %(id)s and state = 'waiting' and tries = %(tries)s
returning dispatch_id

-- name: said
update tieout.dispatch set said = %(said)s where dispatch_id = %(id)s and state = 'waiting'

-- name: ended
update tieout.dispatch set state = %(state)s, ended_at = %(now)s, said = %(said)s where dispatch_id = %(id)s and state = 'waiting'

-- name: way_gone
update tieout.dispatch set state = 'failed', ended_at = %(now)s, said = %(said)s where channel = any(%(ways)s) and state = 'waiting'

-- name: news
-- By case, the one of which something happened last first: what happened last, and how much in all.
select case_id, kind, by, count, count(*) over ()::int as cases from (
    select distinct on (n.case_id) n.case_id, n.kind, n.by, n.notice_id, count(*) over (partition by n.case_id)::int as count
    from tieout.dispatch_notice d join tieout.notice n using (notice_id) join tieout.cases k using (case_id)
    where d.dispatch_id = %(id)s and (%(entities)s::text[] is null or k.entity = any(%(entities)s))
    order by n.case_id, n.notice_id desc) f
order by notice_id desc limit %(limit)s

-- name: language
select language from tieout.preference where person = %(person)s
