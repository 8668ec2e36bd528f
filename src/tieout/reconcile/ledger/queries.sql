-- name: bank_lines
-- What the bank said of lines that we booked, by the external id of their effect.
select v.external_id, d.content from tieout.delivery v join tieout.document d using (document_id)
where v.external_id = any(%(effects)s) and d.kind = 'statement_line'

-- name: payouts_named
-- What providers call their payouts in transit, by the external id of their effect.
select v.external_id, d.link_key, d.provider
from tieout.delivery v join tieout.v_provider_movement d using (document_id)
where v.external_id = any(%(effects)s) and d.link_key <> ''

-- name: busy_effects
-- Effects whose lines are not free: a match of them is on its way, an entry that a match booked was taken from what
-- it pays, or what they paid in waits for the order that they name, and nobody was asked whose it is.
select distinct r as effect from tieout.delivery v, unnest(v.requires) r
where v.entity = %(entity)s and v.effect like 'match%%'
  and (v.state in ('waiting', 'attempting', 'unknown') or (v.changed and exists (
    select 1 from tieout.delivery e join tieout.document d using (document_id)
    where e.external_id = r and d.kind = 'reconciliation')))
union
select v.external_id from tieout.delivery v join tieout.document d using (document_id)
where v.entity = %(entity)s and d.parked_account <> '' and d.order_key <> ''
  and not exists (select 1 from tieout.cases c where c.document_id = d.document_id and c.state = 'open')
union
select v.external_id from tieout.delivery v join tieout.document d using (document_id)
where v.entity = %(entity)s and d.kind = 'reconciliation' and v.changed

-- name: busy_lines
-- Lines of matches that are on their way or are held by a case, and of those whose entry somebody changed. What
-- somebody took apart is free for others: see taken_apart.
select distinct m.line from tieout.match_line m
left join tieout.document d on d.interface = m.interface and d.source_key = m.source_key
where m.entity = %(entity)s and (
    d.document_id is null or d.state in ('normalised', 'planned')
    or (d.state = 'refused' and exists (
        select 1 from tieout.cases c where c.document_id = d.document_id and c.state = 'open'))
    or (exists (select 1 from tieout.delivery v where v.document_id = d.document_id and v.changed
            and v.effect not like 'match%%')
        -- once it is undone, what somebody changed is settled
        and not exists (select 1 from tieout.document n where n.interface = d.interface
            and n.source_key = d.source_key and n.revision > d.revision and n.state = 'posted')))

-- name: taken_apart
-- Pairs of open lines that a match of ours joined: it reached the ledger, so that somebody took it apart.
with given as (
    select * from unnest(%(items)s::bigint[], %(names)s::text[]) as g (item, name)
    union all
    select g.item, 'document:' || d.interface || ':' || d.source_key
    from unnest(%(own)s::bigint[], %(effects)s::text[]) as g (item, effect)
    join tieout.delivery v on v.external_id = g.effect join tieout.document d using (document_id)
), hits as materialized (
    select distinct g.item::text as item, m.interface, m.source_key, m.side
    from given g join tieout.match_name m on m.entity = %(entity)s and m.name = g.name
    -- An entry or a document may have many lines (an opening, a payroll): of these only the one that was matched, or one that
    -- the ledger made after all of the match, was joined.
    where exists (select 1 from tieout.match_line l where l.interface = m.interface
            and l.source_key = m.source_key and l.line = g.item and l.side = m.side)
       or g.item > (select coalesce(max(l.line), 0) from tieout.match_line l where l.interface = m.interface
            and l.source_key = m.source_key)
), pairs as (
    select c.item as one, u.item as other, interface, source_key
    from hits c join hits u using (interface, source_key)
    where c.side = 'cash' and u.side = 'due' and c.item <> u.item
    union
    -- of what has one side alone any two
    select c.item, u.item, interface, source_key
    from hits c join hits u using (interface, source_key)
    where c.side = u.side and c.item < u.item and not exists (select 1 from tieout.match_name o
        where o.interface = c.interface and o.source_key = c.source_key and o.side <> c.side)
    union
    select c.item, a.name, interface, source_key
    from hits c join tieout.match_name a using (interface, source_key)
    where c.side = 'cash' and a.side = 'due' and a.name like 'account:%%'
)
select p.one, p.other, u.who, coalesce(u.at, s.at) as at, u.reason
from pairs p
left join lateral (select d.decided_by as who, d.posted_at as at, d.why as reason
    from tieout.v_reconciliation d where d.interface = p.interface and d.source_key = p.source_key and d.undone
    order by d.revision desc limit 1) u on true
left join lateral (select max(c.opened_at) as at from tieout.cases c
    join tieout.document d using (document_id)
    where d.interface = p.interface and d.source_key = p.source_key and c.cause = 'unreconciled_in_ledger') s on true
where exists (select 1 from tieout.delivery v join tieout.document d using (document_id)
    where d.interface = p.interface and d.source_key = p.source_key and v.state = 'confirmed'
      and v.effect like 'match%%' and v.effect not like 'match_back%%')
order by p.one, p.other, at desc nulls last

-- name: effects_taken_apart
-- The same of what was matched as it was booked: two effects of ours, and the one that matched them.
select min(g.item)::text as one, max(g.item)::text as other, null as who, max(c.opened_at) as at, null as reason
from unnest(%(own)s::bigint[], %(effects)s::text[]) as g (item, effect)
join (select v.delivery_id, v.document_id, r as effect from tieout.delivery v, unnest(v.requires) r
    where v.entity = %(entity)s and v.effect like 'match%%' and v.state = 'confirmed') m using (effect)
left join tieout.cases c on c.document_id = m.document_id and c.cause = 'unreconciled_in_ledger'
group by m.delivery_id having count(distinct g.item) = 2 and count(distinct g.effect) = 2

-- name: built_upon
-- Later matches that stand and hold the same two lines, or an entry that this one booked.
select distinct x.source_key from tieout.match_line x
join tieout.v_reconciliation d on d.interface = x.interface and d.source_key = x.source_key
where x.interface = %(interface)s and x.source_key <> %(key)s and d.document_id > %(document_id)s
  and not d.undone and d.state in ('normalised', 'planned', 'posted')
  and not exists (select 1 from tieout.v_reconciliation n where n.interface = d.interface
      and n.source_key = d.source_key and n.revision > d.revision and n.state <> 'superseded')
  and (x.effect in (select v.external_id from tieout.delivery v where v.document_id = %(document_id)s)
    or (x.side = 'due' and x.line in (select line from tieout.match_line
            where interface = %(interface)s and source_key = %(key)s and side = 'due')
        and exists (select 1 from tieout.match_line y join tieout.match_line m on m.line = y.line and m.side = 'cash'
            where y.interface = x.interface and y.source_key = x.source_key and y.side = 'cash'
              and m.interface = %(interface)s and m.source_key = %(key)s)))
order by 1

-- name: add_match_names
insert into tieout.match_name (entity, name, interface, source_key, side)
select %(entity)s, u.name, %(interface)s, u.key, u.side
from unnest(%(key)s::text[], %(side)s::text[], %(name)s::text[]) as u (key, side, name)
on conflict do nothing

-- name: add_match_documents
-- What lines of ours are called by the document behind them.
insert into tieout.match_name (entity, name, interface, source_key, side)
select distinct %(entity)s, 'document:' || d.interface || ':' || d.source_key, %(interface)s, u.key, u.side
from unnest(%(key)s::text[], %(side)s::text[], %(effect)s::text[]) as u (key, side, effect)
join tieout.delivery v on v.external_id = u.effect join tieout.document d using (document_id)
on conflict do nothing

-- name: revisions
-- How often each of these groups was told, and whether one of them stands: it was neither undone nor given up, nor
-- taken apart in the ledger, which a read-back has seen or its lines say that were open at `seen`.
select split_part(d.source_key, '~', 1) as key, count(distinct d.source_key)::int as times,
    bool_or(d.state not in ('superseded', 'excluded') and not exists (
        select 1 from tieout.v_reconciliation n where n.interface = d.interface
          and n.source_key = d.source_key and n.undone)
      and (d.posted_at is null or (d.posted_at >= coalesce(%(seen)s::timestamptz, '-infinity') and not exists (
        select 1 from tieout.delivery v where v.document_id = d.document_id and v.changed
          and v.effect like 'match%%')))) as stands
from tieout.document d
where d.interface = %(interface)s and d.kind = 'reconciliation'
  and split_part(d.source_key, '~', 1) = any(%(keys)s)
group by 1

-- name: give_up
-- Matches that the ledger refused before anything was booked for them: it is read again.
update tieout.document d set state = 'superseded', retry_at = null
where d.entity = %(entity)s and d.kind = 'reconciliation' and d.state = 'refused'
  and not exists (select 1 from tieout.delivery v where v.document_id = d.document_id
      and v.state <> 'refused' and (v.state = 'confirmed' or v.requires is null))
  and exists (select 1 from tieout.cases c where c.document_id = d.document_id and c.state = 'open'
      and c.cause = 'matched_otherwise')
  -- an undoing that was refused is asked for still: the match stands until it is done
  and not exists (select 1 from tieout.v_reconciliation n where n.document_id = d.document_id and n.undone)
returning d.document_id

-- name: drop_deliveries
update tieout.delivery set state = 'refused'
where document_id = any(%(ids)s) and state = 'waiting'

-- name: overlapping
update tieout.suggestion set state = 'gone', decided_at = %(now)s
where interface = %(interface)s and state = 'open' and lines && %(lines)s::bigint[]

-- name: add_match_lines
insert into tieout.match_line (interface, source_key, entity, line, side, effect)
select %(interface)s, u.key, %(entity)s, u.line, u.side, u.effect
from unnest(%(key)s::text[], %(line)s::bigint[], %(side)s::text[], %(effect)s::text[])
    as u (key, line, side, effect)
on conflict do nothing

-- name: unpark
-- What is matched does not wait for the order that it names any more.
update tieout.document d set parked_account = '' from tieout.delivery v
where v.document_id = d.document_id and v.external_id = any(%(effects)s) and d.parked_account <> ''

-- name: rejected
select lines_key from tieout.suggestion
where interface = %(interface)s and state = 'rejected' and lines_key = any(%(keys)s)

-- name: suggestions_gone
-- What is not proposed any more; what waits for an approval stays.
update tieout.suggestion set state = 'gone', decided_at = %(now)s
where interface = %(interface)s and state = 'open' and lines_key <> all(%(keys)s)
returning suggestion_id

-- name: propose
insert into tieout.suggestion (interface, entity, lines_key, lines, about, content, content_sha256,
    currency, amount, difference, explained_as, rule, confidence, rank, why, proposed_at)
values (%(interface)s, %(entity)s, %(lines_key)s, %(lines)s, %(about)s, %(content)s, %(sha)s, %(currency)s,
    %(amount)s, %(difference)s, %(explained_as)s, %(rule)s, %(confidence)s, %(rank)s, %(why)s, %(now)s)
on conflict (interface, lines_key) where state in ('open', 'to_approve')
do update set content = excluded.content, content_sha256 = excluded.content_sha256,
    amount = excluded.amount, difference = excluded.difference, rank = excluded.rank,
    explained_as = excluded.explained_as, rule = excluded.rule, confidence = excluded.confidence,
    why = excluded.why
where suggestion.state = 'open'

-- name: suggestions
select * from tieout.suggestion
where state in ('open', 'to_approve') and (%(entity)s::text is null or entity = %(entity)s)
order by about, rank, suggestion_id

-- name: suggestion_entity
select entity from tieout.suggestion where suggestion_id = %(id)s

-- name: suggestion
select * from tieout.suggestion where suggestion_id = %(id)s for update

-- name: decide
update tieout.suggestion set state = %(state)s, decided_at = %(now)s, decided_by = %(who)s,
    approved_by = %(approver)s, reason = %(reason)s, content = %(content)s,
    content_sha256 = %(sha)s, difference = %(difference)s, explained_as = %(explained_as)s
where suggestion_id = %(id)s

-- name: matched_cases
-- Cases of cash that a match has applied by now.
select distinct c.case_id from tieout.cases c
join tieout.delivery v on v.document_id = c.document_id
join tieout.match_line m on m.effect = v.external_id and m.side = 'cash'
join tieout.document d on d.interface = m.interface and d.source_key = m.source_key
where c.state = 'open' and c.cause = any(%(causes)s) and d.state = 'posted'
  and not exists (select 1 from tieout.document n where n.interface = d.interface
      and n.source_key = d.source_key and n.revision > d.revision)
union
-- What a payout left in transit: its own line is matched by now.
select distinct c.case_id from tieout.cases c
join tieout.delivery v on v.document_id = c.document_id, unnest(v.requires) r
join tieout.match_line m on m.effect = r and m.side = 'due'
join tieout.document d on d.interface = m.interface and d.source_key = m.source_key
where c.state = 'open' and c.cause = 'deposit_differs_from_payout' and d.state = 'posted'
  and not exists (select 1 from tieout.document n where n.interface = d.interface
      and n.source_key = d.source_key and n.revision > d.revision)

-- name: effect_cases
-- Effects whose document has an open case already, or is a match: what one leaves open is a partner's credit.
select distinct v.external_id from tieout.delivery v
left join tieout.cases c on c.document_id = v.document_id and c.state = 'open'
left join tieout.document d on d.document_id = v.document_id and d.kind = 'reconciliation'
where v.external_id = any(%(effects)s) and (c.document_id is not null or d.document_id is not null)

-- name: open_breaks
select source_key from tieout.cases
where state = 'open' and interface = %(interface)s and cause = %(cause)s

-- name: matches
select d.document_id, d.source_key, d.revision, d.state, d.entity, d.interface, d.content, d.currency,
    d.accounting_on, d.posted_at
from tieout.document d
where d.kind = 'reconciliation' and (%(key)s::text is null or d.source_key = %(key)s)
  and (%(entity)s::text is null or d.entity = %(entity)s)
  and not exists (select 1 from tieout.document n where n.interface = d.interface
      and n.source_key = d.source_key and n.revision > d.revision and n.state <> 'superseded')
order by d.document_id desc limit %(limit)s

-- name: differences_taken
-- By kind, partner and month: what was booked of differences since a day, or is on its way, in a case as well; of exchange
-- differences what was accepted, since the ledger books these itself. And the matches that are in the inbox. One statement, so one
-- instant.
select kind, party, to_char(booked_on, 'YYYY-MM') as month, currency, sum(amount) as amount, null::bytea as body
from tieout.v_reconciliation_difference d
where entity = %(entity)s and booked_on >= %(since)s and (state in ('normalised', 'planned', 'posted')
    or (state = 'refused' and exists (
        select 1 from tieout.cases c where c.document_id = d.document_id and c.state = 'open')))
group by 1, 2, 3, 4
union all
select null, null, null, null, null, b.body
from tieout.message m join tieout.message_body b using (message_id, received_at)
where m.interface = %(interface)s and m.stream = 'reconciliations' and m.state in ('received', 'failed')

-- name: lock_matches
-- One after the other hands matches of an entity on.
select pg_advisory_xact_lock(7463, hashtext(%(entity)s))

-- name: on_their_way
-- Matches that hold one of these lines and are on their way.
select distinct m.line, m.source_key from tieout.match_line m
left join tieout.document d on d.interface = m.interface and d.source_key = m.source_key
where m.entity = %(entity)s and m.line = any(%(lines)s::bigint[])
  and (d.document_id is null or d.state in ('normalised', 'planned'))
order by m.line, m.source_key

-- name: lessons_in_force
select kind, key, value from tieout.lesson
where interface = %(interface)s and state = 'approved' order by lesson_id

-- name: teach
-- What was proposed or decided before is not proposed again: what taught it is added.
insert into tieout.lesson (interface, entity, kind, key, value, learned_from, proposed_by, proposed_at)
values (%(interface)s, %(entity)s, %(kind)s, %(key)s, %(value)s, array[%(match)s::text], %(who)s, %(now)s)
on conflict (interface, kind, key, value)
do update set learned_from = lesson.learned_from || excluded.learned_from
where lesson.state = 'proposed' and not lesson.learned_from @> excluded.learned_from
returning lesson_id

-- name: lessons
select * from tieout.lesson
where (%(state)s::text is null or state = %(state)s) and (%(entity)s::text is null or entity = %(entity)s)
order by state, lesson_id

-- name: lesson
select * from tieout.lesson where lesson_id = %(id)s for update

-- name: rival
select lesson_id, value from tieout.lesson
where interface = %(interface)s and kind = %(kind)s and key = %(key)s and state = 'approved'

-- name: decide_lesson
update tieout.lesson set state = %(state)s, decided_by = %(who)s, decided_at = %(now)s, reason = %(reason)s
where lesson_id = %(id)s

-- name: ensure_schedule
insert into tieout.poll_cursor (interface, stream, due_at) values (%(interface)s, '#reconcile', %(next)s)
on conflict do nothing

-- name: due_schedule
select 1 from tieout.poll_cursor where interface = %(interface)s and stream = '#reconcile' and due_at <= %(now)s

-- name: end_schedule
update tieout.poll_cursor set due_at = %(next)s, polled_at = %(now)s
where interface = %(interface)s and stream = '#reconcile'

-- name: forget_lines
delete from tieout.open_line where entity = %(entity)s

-- name: copy_lines
copy tieout.open_line (entity, line, side, account, kind, booked_on, due_on, amount, currency, partner, number, text,
    read_at) from stdin

-- name: open_lines
select line, account, kind, booked_on, due_on, amount, currency, partner, number, text, read_at from tieout.open_line o
where entity = %(entity)s and side = %(side)s
  and (%(currency)s::text is null or currency = %(currency)s)
  and (%(amount)s::numeric is null or amount = %(amount)s)
  and (%(on)s::date is null or (booked_on, line) > (%(on)s::date, %(line)s::bigint))
  and not exists (select 1 from tieout.match_line m
    join tieout.document d on d.interface = m.interface and d.source_key = m.source_key
    where m.entity = o.entity and m.line = o.line
      and (d.state in ('normalised', 'planned') or (d.state = 'posted' and d.posted_at > o.read_at))
    -- asked for each line that is shown, whatever the planner thinks of all of them
    offset 0)
order by booked_on, line limit %(limit)s

-- name: open_lines_saying
-- Those in which words stand: all of them are looked through at once, not one by one in their order.
with found as materialized (
    select * from tieout.open_line
    where entity = %(entity)s and side = %(side)s and strpos(said, lower(%(words)s)) > 0
      and (%(currency)s::text is null or currency = %(currency)s)
      and (%(amount)s::numeric is null or amount = %(amount)s)
      and (%(on)s::date is null or (booked_on, line) > (%(on)s::date, %(line)s::bigint))
)
select line, account, kind, booked_on, due_on, amount, currency, partner, number, text, read_at from found o
where not exists (select 1 from tieout.match_line m
    join tieout.document d on d.interface = m.interface and d.source_key = m.source_key
    where m.entity = o.entity and m.line = o.line
      and (d.state in ('normalised', 'planned') or (d.state = 'posted' and d.posted_at > o.read_at))
    offset 0)
order by booked_on, line limit %(limit)s

-- name: sum_lines
insert into tieout.open_line_sum (entity, side, currency, count, amount, oldest, read_at)
select entity, side, currency, count(*), sum(amount), min(booked_on), max(read_at)
from tieout.open_line where entity = %(entity)s group by entity, side, currency

-- name: forget_sums
delete from tieout.open_line_sum where entity = %(entity)s

-- name: open_sums
select entity, side, currency, count, amount, oldest, read_at from tieout.open_line_sum
where %(entities)s::text[] is null or entity = any(%(entities)s) order by entity, side, currency
