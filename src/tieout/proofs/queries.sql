-- name: put_control_total
insert into tieout.control_total (interface, entity, period, currency, control_group, count,
    debit, credit, reference, taken_at, stamp)
values (%(interface)s, %(entity)s, %(period)s, %(currency)s, %(group)s, %(count)s, %(debit)s,
    %(credit)s, %(reference)s, %(at)s, %(stamp)s)
on conflict (interface, period, currency, control_group) do update set count = excluded.count,
    debit = excluded.debit, credit = excluded.credit, reference = excluded.reference,
    taken_at = excluded.taken_at, stamp = excluded.stamp

-- name: clear_control_totals
delete from tieout.control_total where interface = %(interface)s and period = %(period)s

-- name: terms
-- All terms of the tie-out in one statement, and so of one instant: what goes from one to another meanwhile is in neither twice
-- nor not at all. One bucket a document: excluded; else in exception (an open blocking case); else posted; else
-- waiting. What the ledger holds for a posted document is its deliveries' own read-back.
with marked as (
    select d.*,
        case when d.state = 'excluded' then 'excluded'
             when d.state = 'refused' or exists (select 1 from tieout.cases c
                where c.document_id = d.document_id and c.state = 'open' and c.blocking)
                then 'in_exception'
             when d.state = 'posted' then 'posted'
             else 'waiting' end as bucket,
        coalesce(d.stated_on, (d.occurred_at at time zone z.zone)::date) as occurred_on
    from tieout.v_document d join unnest(%(entities)s::text[], %(zones)s::text[]) as z (entity, zone) using (entity)
    where d.state <> 'superseded'
)
select 'source' as bucket, interface, entity, period, currency, count, debit, credit, 0 as in_ledger, control_group, taken_at, stamp
from tieout.control_total
where %(all)s or entity = any(%(entities)s)
union all
select m.bucket, m.interface, m.entity, to_char(m.occurred_on, 'YYYY-MM'), m.currency,
    sum(m.measure_count)::int, sum(m.measure_debit), sum(m.measure_credit),
    coalesce(sum(case when m.bucket = 'posted' then (
        select sum(v.measure) from tieout.delivery v
        where v.document_id = m.document_id and v.ledger and v.measure is not null) end), 0), null, null, null
from marked m
group by m.interface, m.entity, to_char(m.occurred_on, 'YYYY-MM'), m.currency, m.bucket
having sum(m.measure_count) <> 0 or sum(m.measure_debit) <> 0 or sum(m.measure_credit) <> 0

-- name: counted_in
-- In which rows of the tie-out documents are counted.
select interface, to_char(coalesce(stated_on, (occurred_at at time zone %(zone)s)::date), 'YYYY-MM') as period, currency,
    count(*)::int as count
from tieout.v_document where document_id = any(%(documents)s)
group by 1, 2, 3

-- name: payout_keys
-- The latest first; each with what it is proven by.
select d.document_id, d.interface, d.entity, d.source_key, d.link_key as payout_key, d.currency,
    d.gross as amount, d.automatic, d.state, d.accounting_on,
    (select v.external_id from tieout.delivery v where v.document_id = d.document_id and v.effect = 'payout'
        order by v.delivery_id limit 1) as external_id
from tieout.v_provider_movement d
where d.category = 'payout' and d.state <> 'superseded'
  and (%(entities)s::text[] is null or d.entity = any(%(entities)s))
  and (%(document_id)s::bigint is null or d.document_id = %(document_id)s)
  and (%(interface)s::text is null or d.interface = %(interface)s)
  and (%(first)s::date is null or d.accounting_on between %(first)s::date and %(last)s::date)
  and (%(on)s::date is null or (d.accounting_on, d.document_id) < (%(on)s::date, %(after)s::bigint))
order by d.accounting_on desc, d.document_id desc limit %(limit)s

-- name: payout_totals
select d.currency, count(*)::int as count, -sum(d.gross) as amount from tieout.v_provider_movement d
where d.category = 'payout' and d.state <> 'superseded'
  and (%(entities)s::text[] is null or d.entity = any(%(entities)s))
  and (%(interface)s::text is null or d.interface = %(interface)s)
  and (%(first)s::date is null or d.accounting_on between %(first)s::date and %(last)s::date)
group by d.currency order by d.currency

-- name: payouts
select d.document_id, d.entity, d.source_key, d.link_key as payout_key, d.currency, d.interface,
    d.gross as amount, d.automatic, d.state, d.accounting_on, v.external_id
from tieout.v_provider_movement d
left join tieout.delivery v on v.document_id = d.document_id and v.effect = 'payout'
where d.category = 'payout' and d.state <> 'superseded'
order by d.accounting_on, d.source_key

-- name: payout_parts
-- Every movement that the provider lists for the payout, with its own net and whether it,
-- and what it pays, stand in the ledger.
select i.payout_key, i.movement_key, d.document_id, d.state, d.category, d.net,
    (select sum(v.measure) from tieout.delivery v where v.document_id = d.document_id
        and v.ledger and v.state = 'confirmed') as in_ledger,
    (select bool_and(v.state = 'confirmed') from tieout.delivery v
        where v.document_id = d.document_id) as all_confirmed,
    exists (select 1 from tieout.cases c where c.document_id = d.document_id
        and c.state = 'open') as in_case
from tieout.payout_item i
left join tieout.v_provider_movement d on d.entity = i.entity and d.source_key = i.movement_key
    and d.state <> 'superseded'
where i.entity = %(entity)s and i.payout_key = any(%(payouts)s)

-- name: payout_arrivals
-- What arrived of a payout: by the bank line that named it, or by a match that somebody or the
-- matcher made of what stood in transit.
select m.external_id, m.state, m.left_effect as payout_effect, l.amount, l.effect,
    array[m.document_id, l.document_id] as documents, l.document_id, l.delivery_id
from tieout.v_effect_match m
join tieout.v_effect_booking l on l.external_id = m.right_effect
where m.effect in ('match_bank_line', 'match_payout_reversal') and m.left_effect = any(%(effects)s)
union all
select d.source_key, case when d.state = 'posted' then 'confirmed' else 'waiting' end, x.effect,
    d.residual - d.rest, 'reconciliation', array[d.document_id], d.document_id, null
from tieout.match_line x
join tieout.v_reconciliation_due d on d.interface = x.interface and d.source_key = x.source_key and d.line = x.line
where x.side = 'due' and x.effect = any(%(effects)s) and d.state in ('planned', 'posted')
  and not exists (select 1 from tieout.document n where n.interface = d.interface
    and n.source_key = d.source_key and n.revision > d.revision and n.state <> 'superseded')

-- name: arrived_by
-- The documents by which a payout arrived, and where what they booked stands in the ledger.
select g.number, d.document_id, d.interface, d.source_key, d.accounting_on, v.target_model, v.target_id
from unnest(%(documents)s::bigint[], %(deliveries)s::bigint[], %(numbers)s::int[]) as g (document_id, delivery_id, number)
join tieout.document d on d.document_id = g.document_id left join tieout.delivery v on v.delivery_id = g.delivery_id
order by d.accounting_on, d.document_id, g.number

-- name: open_movements
-- Movements up to a day that no payout of up to that day took; payouts without a composition.
select d.document_id, d.source_key, d.currency, d.accounting_on, d.provider, d.category, d.net,
    coalesce((select sum(v.measure) from tieout.delivery v where v.document_id = d.document_id
        and v.ledger and v.state = 'confirmed'), 0) as posted,
    exists (select 1 from tieout.cases c where c.document_id = d.document_id and c.state = 'open'
        and c.blocking) as in_case
from tieout.v_provider_movement d
where d.entity = %(entity)s and d.state not in ('superseded', 'excluded')
  and d.accounting_on <= %(until)s
  and not exists (select 1 from tieout.payout_item i
    join tieout.document p on p.entity = i.entity and p.link_key = i.payout_key
        and p.kind = 'provider_movement' and p.state <> 'superseded'
    where i.entity = d.entity and i.movement_key = d.source_key and p.accounting_on <= %(until)s)
  and not (d.category = 'payout' and exists (
    select 1 from tieout.payout_item i where i.entity = d.entity and i.payout_key = d.link_key))
order by d.accounting_on, d.source_key

-- name: statement_totals
-- A bank's own figures, apart from its lines: what its statements state of themselves, where that is of their booked lines and
-- of both sides (a bank may count unbooked ones, or the whole statement on each page); else what their balances prove. The
-- lines of a statement that was taken lead from its opening balance to its closing one, so as many lines and as much money
-- belong to it, whatever is here of them. They count in the months in which the bank booked them, and what is missing of
-- them in the month in which the statement ends. A provider's statements have movements for lines, of which no balance says
-- the gross: they are proven by what they state alone.
with statement as (
    select distinct on (s.source_key) s.source_key, s.currency, s.stated_count, s.stated_in, s.stated_out,
        s.line_count, s.closing - s.opening as moved,
        to_char(s.to_on, 'YYYY-MM') = %(period)s as ends_here,
        coalesce(s.stated_count = s.line_count and s.stated_in - s.stated_out = s.closing - s.opening, false) as stated,
        s.account like 'provider:%%' as of_provider
    from tieout.v_statement s
    where s.interface = %(interface)s and s.state <> 'superseded'
        and s.from_on <= to_date(%(period)s, 'YYYY-MM') + interval '2 months'
        and s.to_on >= to_date(%(period)s, 'YYYY-MM') - interval '1 month'
    order by s.source_key, s.revision desc
), line as (
    select s.source_key, l.measure_count as count, l.measure_debit as money_in, l.measure_credit as money_out,
        to_char(l.stated_on, 'YYYY-MM') = %(period)s as here
    from statement s
    cross join lateral generate_series(1, s.line_count) as place
    join tieout.v_document l on l.interface = %(interface)s and l.kind = 'statement_line' and l.state <> 'superseded'
        and l.source_key = s.source_key || ':' || lpad(place::text, greatest(5, length(place::text)), '0')
    where not s.stated and not s.of_provider
), held as (
    select source_key, sum(count) as count, sum(money_in - money_out) as moved,
        coalesce(sum(count) filter (where here), 0) as count_here,
        coalesce(sum(money_in) filter (where here), 0) as in_here,
        coalesce(sum(money_out) filter (where here), 0) as out_here
    from line group by source_key
), missing as (
    select s.source_key, s.line_count - coalesce(h.count, 0) as count, s.moved - coalesce(h.moved, 0) as moved
    from statement s left join held h using (source_key)
    -- A statement that is told apart from another of its name (NAME~MARK) may have lines that the other told.
    where s.ends_here and s.source_key not like '%%~%%'
)
select s.currency, count(*)::int as statements,
    sum(case when s.stated then s.stated_count else coalesce(h.count_here, 0) + coalesce(m.count, 0) end)::int as count,
    sum(case when s.stated then s.stated_in else coalesce(h.in_here, 0) + greatest(coalesce(m.moved, 0), 0) end)
        as money_in,
    sum(case when s.stated then s.stated_out else coalesce(h.out_here, 0) + greatest(-coalesce(m.moved, 0), 0) end)
        as money_out,
    bool_and(s.stated or not s.of_provider) as stated
from statement s left join held h using (source_key) left join missing m using (source_key)
where s.ends_here or h.count_here > 0
group by s.currency

-- name: statements
-- Every statement as it was told last, but those that are held, or left out, beside others of their name.
select distinct on (interface, source_key) interface, entity, currency, source_key, document_id,
    account, sequence, from_on, to_on, opening, closing
from tieout.v_statement where state not in ('superseded', 'refused', 'excluded')
order by interface, source_key, revision desc

-- name: lines_up_to
select 1 from tieout.v_document where interface = %(interface)s and kind = 'statement_line' and state <> 'superseded'
  and source_key like replace(replace(%(source_key)s, '%%', '\%%'), '_', '\_') || ':%%' and stated_on <= %(end)s limit 1

-- name: open_gaps
select source_key from tieout.cases where state = 'open' and cause = 'statement_gap'

-- name: our_balances
select l.account, l.currency, sum(l.amount) as amount
from tieout.posting_line l
join tieout.delivery v on v.external_id = l.external_id and v.plan_no = l.plan_no
where l.entity = %(entity)s and l.accounting_on <= %(until)s and v.state = 'confirmed'
group by l.account, l.currency

-- name: closing_statements
-- Of each account and currency what was told last of the statements of its last day, up to a day.
select * from (
    select distinct on (interface, source_key) interface, entity, currency, source_key, document_id,
        account, sequence, from_on, to_on, opening, closing,
        max(to_on) over (partition by account, currency) as last_on
    from tieout.v_statement
    where entity = %(entity)s and state not in ('superseded', 'refused', 'excluded') and to_on <= %(until)s
    order by interface, source_key, revision desc
) s where to_on = last_on
order by account, currency

-- name: pending
select (select count(*) from tieout.message where state = 'received') as messages,
    (select count(*) from tieout.document
        where state = 'normalised' and retry_at <= %(now)s) as documents,
    (select count(*) from tieout.delivery d
        where d.state in ('waiting', 'attempting', 'unknown')
          and (d.requires is null or not exists (
            select 1 from unnest(d.requires) r
            where not exists (select 1 from tieout.delivery p
                where p.external_id = r and p.state = 'confirmed')))) as deliveries,
    (select count(*) from tieout.poll_cursor where due_at <= %(now)s) as polls,
    (select count(*) from tieout.approval_request r
        where r.state = 'open' and r.due_at <= %(now)s and not exists (select 1 from tieout.cases c
            where c.cause = 'approval_overdue' and c.source_key = r.subject and c.state = 'open'))
        as overdue,
    (select case when exists (select 1 from tieout.poll_cursor where left(stream, 1) <> '#')
        then 0 else 1 end) as not_started

-- name: last_batch_totals
-- Where each file repeats what came before it in its period, the latest one's figures are the source's.
select distinct on (currency) currency, count, debit, credit, 'the latest file' as batches, false as unstated
from tieout.v_batch_control
where interface = %(interface)s and state <> 'superseded' and period = %(period)s
order by currency, document_id desc

-- name: own_totals
-- What was handed on by ourselves: of each entry as it was told last, the figures of its batch.
with own as (
    select distinct on (d.source_key, d.currency) d.currency, d.batch
    from tieout.v_journal_entry d join tieout.message m using (message_id)
    where d.interface = %(interface)s and m.transport = 'proposal'
    order by d.source_key, d.currency, d.revision desc
)
select b.currency, sum(b.count)::int as count, sum(b.debit) as debit, sum(b.credit) as credit
from tieout.v_batch_control b join own on own.batch = b.batch and own.currency = b.currency
where b.interface = %(interface)s and b.state <> 'superseded' and b.period = %(period)s
group by b.currency

-- name: batch_totals
-- A file says its figures by its last day's period; entries that came in no file that does leave the
-- period unproven. What a later file tells again counts in that one, and not in this one too.
with batches as (
    select period, currency, batch, count, debit, credit from tieout.v_batch_control
    where interface = %(interface)s and state <> 'superseded'
), entries as (
    select source_key, revision, state, currency, period, batch, debit, credit from tieout.v_batch_item
    where interface = %(interface)s
), restated_already as (
    select e.batch, e.currency, count(*) as count, sum(e.debit) as debit, sum(e.credit) as credit
    from entries e
    where exists (select 1 from entries n where n.source_key = e.source_key and n.revision > e.revision)
    group by e.batch, e.currency
)
select b.currency, (sum(b.count) - coalesce(sum(r.count), 0))::int as count,
    sum(b.debit) - coalesce(sum(r.debit), 0) as debit,
    sum(b.credit) - coalesce(sum(r.credit), 0) as credit, count(*) || ' files' as batches,
    exists (select 1 from entries d where d.period = %(period)s and d.currency = b.currency
        and d.state <> 'superseded' and not exists (select 1 from batches s
            where s.batch = d.batch and s.currency = d.currency)) as unstated
from batches b left join restated_already r on r.batch = b.batch and r.currency = b.currency
where b.period = %(period)s group by b.currency

-- name: intercompany
-- Each key's latest revision; what is refused or excluded is no side.
select d.pair, d.currency, d.entity, d.interface,
    coalesce(sum(d.amount) filter (where d.accounting_on <= %(until)s), 0) as amount,
    coalesce(sum(d.amount) filter (where d.accounting_on > %(until)s), 0) as later,
    min(d.accounting_on) as first_on
from tieout.v_journal_line d
where d.state in ('normalised', 'planned', 'posted') and d.pair <> ''
  and not exists (select 1 from tieout.document n where n.interface = d.interface
      and n.source_key = d.source_key and n.revision > d.revision and n.state in ('planned', 'posted'))
group by d.pair, d.currency, d.entity, d.interface

-- name: trial_balances
-- An account's latest balance up to a day, the one before it, and what its entries did between.
with balances as (
    select account, currency, booked_on as day, balance
    from tieout.v_trial_balance d
    where interface = %(interface)s and state <> 'superseded' and booked_on <= %(until)s
      and not exists (select 1 from tieout.document n where n.interface = d.interface
        and n.source_key = d.source_key and n.revision > d.revision and n.state <> 'superseded')
), latest as (
    select distinct on (account, currency) account, currency, day, balance,
        lag(day) over w as since, coalesce(lag(balance) over w, 0) as before
    from balances window w as (partition by account, currency order by day)
    order by account, currency, day desc
), lines as (
    select d.state, d.currency, d.booked_on as day, d.account, d.amount
    from tieout.v_journal_line d
    where d.interface = any(%(siblings)s) and d.state in ('normalised', 'planned', 'refused', 'posted')
      and not exists (select 1 from tieout.document n where n.interface = d.interface
        and n.source_key = d.source_key and n.revision > d.revision and n.state <> 'superseded')
)
select l.account, l.currency, l.since, l.day as until, l.balance - l.before as moved,
    coalesce(sum(x.amount) filter (where x.state = 'posted'), 0) as posted,
    coalesce(sum(x.amount) filter (where x.state <> 'posted'), 0) as held
from latest l left join lines x on x.account = l.account and x.currency = l.currency
    and x.day <= l.day and (l.since is null or x.day > l.since)
group by l.account, l.currency, l.since, l.day, l.balance, l.before
order by l.account, l.currency

-- name: our_movements
-- Taxes by their names; those of bills say so: one name may be a sale's and a purchase's.
select case when l.account like 'tax:%%' and v.body like '%%"purchase":true%%' then 'purchase ' || l.account
    else l.account end as account, l.currency, sum(l.amount) as amount
from tieout.posting_line l
join tieout.delivery v on v.external_id = l.external_id and v.plan_no = l.plan_no
where l.entity = %(entity)s and l.accounting_on between %(since)s and %(until)s and v.state = 'confirmed'
group by 1, 2

-- name: posted_accounts
-- Every account that something was ever posted to; taxes as above.
select distinct case when l.account like 'tax:%%' and v.body like '%%"purchase":true%%' then 'purchase ' || l.account
    else l.account end as account
from tieout.posting_line l
join tieout.delivery v on v.external_id = l.external_id and v.plan_no = l.plan_no
where l.entity = %(entity)s and l.accounting_on <= %(until)s

-- name: taxes_named
-- Of names, as they stand in a text of JSON, those that something names that was booked.
select n.name from unnest(%(names)s::text[]) as n (name)
where exists (select 1 from tieout.delivery v
    where v.entity = %(entity)s and v.ledger and v.state = 'confirmed' and position(n.name in v.body) > 0)

-- name: accepted_entries
-- What a person accepted last of each entry of a month that others made, or of entries added up.
select distinct on (source_key) source_key, amount from tieout.cases
where entity = %(entity)s and cause in ('entry_without_source', 'account_moved_by_hand') and accepted
  and period = %(period)s
order by source_key, case_id desc

-- name: split
select account, currency, figures from tieout.ledger_split where entity = %(entity)s and period = %(period)s

-- name: forget_split
delete from tieout.ledger_split where entity = %(entity)s and period = %(period)s

-- name: put_split
insert into tieout.ledger_split (entity, period, account, currency, figures, read_at)
values (%(entity)s, %(period)s, %(account)s, %(currency)s, %(figures)s, %(now)s)
on conflict (entity, period, account, currency) do update set figures = excluded.figures, read_at = excluded.read_at

-- name: kept_split
select entity, period, account, currency, figures, read_at from tieout.ledger_split
where (%(entities)s::text[] is null or entity = any(%(entities)s))
  and (%(period)s::text is null or period = %(period)s)
order by period desc, entity, account, currency limit %(limit)s

-- name: opening
select account, currency, amount from tieout.opening_balance
where entity = %(entity)s and begins_on = %(begins_on)s

-- name: take_opening
insert into tieout.opening_balance (entity, begins_on, account, currency, amount, read_at)
values (%(entity)s, %(begins_on)s, %(account)s, %(currency)s, %(amount)s, %(now)s) on conflict do nothing

-- name: in_ledger_month
-- What documents have in the ledger: of every document of a month by its source's day or by its own day in the books; and
-- whatever else of ours the ledger has lines of in the month, wherever we put it.
with wanted as (
    select model, id from unnest(%(models)s::text[], %(ids)s::bigint[]) as w (model, id)
), found as (
    select v.delivery_id from tieout.delivery v join wanted w on w.model = v.target_model and w.id = v.target_id
    where v.entity = %(entity)s
    union
    select v.delivery_id from tieout.document d join tieout.delivery v using (document_id)
    where d.entity = %(entity)s and v.ledger and v.state = 'confirmed'
      and (d.accounting_on between %(first)s and %(last)s
        or d.occurred_at between %(first)s::date - interval '3 days' and %(last)s::date + interval '3 days')
)
select v.interface, v.target_model, v.target_id, v.account, v.measure, v.ledger, d.source_key, d.link_key, d.currency,
    coalesce(d.stated_on, (d.occurred_at at time zone %(zone)s)::date) as stated,
    (select min(l.accounting_on) from tieout.posting_line l
        where l.external_id = v.external_id and l.plan_no = v.plan_no) as "on",
    case when d.state = 'posted' and not exists (select 1 from tieout.cases c
        where c.document_id = d.document_id and c.state = 'open' and c.blocking) then 'posted' else 'held' end as bucket
from found f join tieout.delivery v using (delivery_id) join tieout.v_document d using (document_id)
where v.ledger or v.target_id is not null
order by v.interface, d.document_id, v.delivery_id

-- name: ledger_month
select figures from tieout.ledger_month where entity = %(entity)s and period = %(period)s

-- name: put_ledger_month
insert into tieout.ledger_month (entity, period, figures, read_at)
values (%(entity)s, %(period)s, %(figures)s, %(now)s)
on conflict (entity, period) do update set figures = excluded.figures, read_at = excluded.read_at

-- name: kept_ledger_months
select entity, period, figures, read_at from tieout.ledger_month
where (%(entities)s::text[] is null or entity = any(%(entities)s))
  and (%(period)s::text is null or period = %(period)s)
order by period desc, entity limit %(limit)s

-- name: taxed_effects
-- What is to stand of taxes in a month, by the day that it is to stand on; whatever of ours the ledger has a line in it of; and
-- every effect of the month's sales, whatever its day.
with wanted as (
    select model, id from unnest(%(models)s::text[], %(ids)s::bigint[]) as w (model, id)
), found as (
    select v.delivery_id from tieout.delivery v join wanted w on w.model = v.target_model and w.id = v.target_id
    where v.entity = %(entity)s and v.ledger
    union
    select v.delivery_id from (
        select distinct external_id, plan_no from tieout.posting_line
        where entity = %(entity)s and accounting_on between %(first)s and %(last)s) l
    join tieout.delivery v on v.external_id = l.external_id and v.plan_no = l.plan_no
    where v.entity = %(entity)s and v.ledger and (v.body like '%%"op":"invoice"%%' or v.body like '%%"tax":{%%')
    union
    select v.delivery_id from (
        select distinct interface, source_key from tieout.document
        where entity = %(entity)s and kind = any(%(sales)s) and accounting_on between %(first)s and %(last)s) s
    join tieout.document d using (interface, source_key) join tieout.delivery v using (document_id)
    where v.ledger
)
select v.delivery_id, d.document_id, d.interface, d.source_key, d.link_key, d.kind, d.state, d.currency, d.accounting_on, v.effect, v.body,
    v.state as effect_state, v.target_model, v.target_id
from found join tieout.delivery v using (delivery_id) join tieout.document d using (document_id)
order by d.interface, d.source_key, d.revision, v.delivery_id

-- name: item_documents
-- Behind which of the ledger's records a document of ours stands, and the open case that holds it, if one does.
select v.target_model, v.target_id, m.interface, m.source_key, m.matter, h.case_id, h.cause, h.owner
from unnest(%(models)s::text[], %(ids)s::bigint[]) as w (model, id)
join tieout.delivery v on v.target_model = w.model and v.target_id = w.id and v.entity = %(entity)s
join tieout.v_matter m using (document_id)
left join lateral (select c.case_id, c.cause, c.owner from tieout.cases c
    where c.document_id = m.document_id and c.state = 'open' order by c.blocking desc, c.case_id limit 1) h on true
order by v.delivery_id

-- name: movement_cases
-- The open case that holds each of these documents.
select distinct on (document_id) document_id, case_id, cause, owner from tieout.cases
where document_id = any(%(documents)s) and state = 'open' order by document_id, blocking desc, case_id

-- name: standing_items
select figures from tieout.standing_items where entity = %(entity)s and period = %(period)s

-- name: put_standing_items
insert into tieout.standing_items (entity, period, figures, read_at)
values (%(entity)s, %(period)s, %(figures)s, %(now)s)
on conflict (entity, period) do update set figures = excluded.figures, read_at = excluded.read_at

-- name: kept_standing_items
select entity, period, figures, read_at from tieout.standing_items
where (%(entities)s::text[] is null or entity = any(%(entities)s))
  and (%(period)s::text is null or period = %(period)s)
order by period desc, entity limit %(limit)s

-- name: taxed_sales
-- Invoices, credit notes and gift cards redeemed, each as it was told last, of those that are of a month then.
select interface, source_key, link_key, state, accounting_on, content from (
    select distinct on (interface, source_key) interface, source_key, link_key, state, accounting_on, content
    from tieout.document
    where entity = %(entity)s and kind = any(%(sales)s)
      and (interface, source_key) in (select interface, source_key from tieout.document
        where entity = %(entity)s and kind = any(%(sales)s) and accounting_on between %(first)s and %(last)s)
    order by interface, source_key, revision desc) d
where accounting_on between %(first)s and %(last)s

-- name: told_of_documents
select distinct on (document_id) document_id, state, accepted from tieout.cases
where document_id = any(%(ids)s) and cause = any(%(causes)s)
order by document_id, (state = 'open') desc, case_id desc

-- name: told_of_entries
-- Entries that others made: whatever case is about the entry itself, whichever accounts it is told of for.
select distinct on (source_key) source_key, state, accepted from tieout.cases
where entity = %(entity)s and source_key = any(%(keys)s)
order by source_key, (state = 'open') desc, case_id desc

-- name: accepted_by_key
select source_key, amount from (
    select distinct on (source_key) source_key, amount, state, accepted from tieout.cases
    where cause = %(cause)s and source_key = any(%(keys)s) order by source_key, case_id desc) c
where state <> 'open' and accepted

-- name: open_of_period
select source_key from tieout.cases
where entity = %(entity)s and period = %(period)s and cause = %(cause)s and state = 'open'

-- name: tax_month
select figures from tieout.tax_month where entity = %(entity)s and period = %(period)s

-- name: put_tax_month
insert into tieout.tax_month (entity, period, figures, read_at)
values (%(entity)s, %(period)s, %(figures)s, %(now)s)
on conflict (entity, period) do update set figures = excluded.figures, read_at = excluded.read_at

-- name: kept_tax_months
select entity, period, figures, read_at from tieout.tax_month
where (%(entities)s::text[] is null or entity = any(%(entities)s))
  and (%(period)s::text is null or period = %(period)s)
order by period desc, entity limit %(limit)s

-- name: open_of_cause
select source_key from tieout.cases where entity = %(entity)s and cause = %(cause)s and state = 'open'

-- name: lock_filings
lock table tieout.tax_filing in share row exclusive mode

-- name: add_filing
insert into tieout.tax_filing (entity, first_on, last_on, report, taxes, reference, reason, corrects, declared_by, declared_at,
    digest, stamp)
values (%(entity)s, %(first)s, %(last)s, %(report)s, %(taxes)s, %(reference)s, %(reason)s, %(corrects)s, %(by)s, %(at)s,
    %(digest)s, %(stamp)s) returning no

-- name: add_filed_items
insert into tieout.tax_filed_item (no, key, entry, day, use, name, tax, base)
select %(no)s, x.* from unnest(%(keys)s::text[], %(entries)s::text[], %(days)s::date[], %(uses)s::text[], %(names)s::text[],
    %(taxes)s::numeric[], %(bases)s::numeric[]) as x

-- name: filings
select no, entity, first_on, last_on, report, taxes, reference, reason, corrects, declared_by, declared_at, digest, stamp
from tieout.tax_filing where (%(entities)s::text[] is null or entity = any(%(entities)s))
order by no desc limit %(limit)s

-- name: filed_items
select key, entry, day, use, name, tax, base from tieout.tax_filed_item where no = %(no)s

-- name: put_entered
insert into tieout.tax_entered (no, figures, count, read_at) values (%(no)s, %(figures)s, %(count)s, %(now)s)
on conflict (no) do update set figures = excluded.figures, count = excluded.count, read_at = excluded.read_at

-- name: entered
select no, figures, count, read_at from tieout.tax_entered where no = any(%(numbers)s)

-- name: read_back_at
select polled_at from tieout.poll_cursor where interface = %(system)s and stream = '#verify'

-- name: on_the_way
-- Whatever of an entity is not in its ledger for certain: who was confirmed, planned or sent meanwhile changes it.
select coalesce((select max(delivery_id) from tieout.delivery), 0) as top,
    coalesce(md5(string_agg(delivery_id || state, ',' order by delivery_id)), '') as digest,
    (count(*) filter (where state in ('attempting', 'unknown')))::int as sending
from tieout.delivery where entity = %(entity)s and ledger and state in ('waiting', 'attempting', 'unknown')

-- name: under_way
-- What was not confirmed when the ledger was asked: what is by then may not be in its answer.
select coalesce((select max(delivery_id) from tieout.delivery), 0) as top,
    coalesce((select array_agg(delivery_id) from tieout.delivery
        where entity = %(entity)s and state in ('waiting', 'attempting', 'unknown')), '{}') as ids
