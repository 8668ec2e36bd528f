-- name: orders_open
-- Orders that are not in the ledger yet, or not as they are now; `billed` is what of them is.
select d.interface, d.source_key, d.revision, d.message_id, d.content, d.stamp, before.content as billed
from tieout.document d
left join lateral (
    select p.content from tieout.document p
    where p.interface = d.interface and p.source_key = d.source_key and p.revision < d.revision
      and exists (select 1 from tieout.delivery v where v.document_id = p.document_id and v.ledger
                  and v.state = 'confirmed')
    order by p.revision desc limit 1) before on true
where d.entity = %(entity)s and d.kind = 'customer_invoice'
  and (d.state in ('normalised', 'refused')
       or (d.state = 'planned' and exists (
            select 1 from tieout.delivery v where v.document_id = d.document_id and v.effect in ('invoice', 'edit')
            and v.state <> 'confirmed')))
order by d.document_id

-- name: partners_of
select external_id, target_id from tieout.delivery
where external_id = any(%(ids)s) and state = 'confirmed' and target_id is not null

-- name: forget_exposures
delete from tieout.customer_exposure where entity = %(entity)s

-- name: keep_exposure
insert into tieout.customer_exposure
    (entity, customer, name, invoiced, credited, unapplied, orders, unrated, currency, read_at)
values (%(entity)s, %(customer)s, %(name)s, %(invoiced)s, %(credited)s, %(unapplied)s, %(orders)s, %(unrated)s,
    %(currency)s, %(now)s)

-- name: told
select account_key, content from tieout.standing_told where entity = %(entity)s

-- name: keep_told
insert into tieout.standing_told (entity, account_key, content, told_at)
values (%(entity)s, %(account_key)s, %(content)s, %(now)s)
on conflict (entity, account_key) do update set content = excluded.content, told_at = excluded.told_at

-- name: read_last
select seen, read_at from tieout.receivables_read where entity = %(entity)s

-- name: keep_read
insert into tieout.receivables_read (entity, seen, read_at) values (%(entity)s, %(seen)s, %(now)s)
on conflict (entity) do update set seen = excluded.seen, read_at = excluded.read_at

-- name: exposures
select customer, name, invoiced, credited, unapplied, invoiced + credited + unapplied as exposure, orders, unrated,
    currency, read_at
from tieout.customer_exposure
where entity = %(entity)s
  and (%(after)s::text is null or (-(invoiced + credited + unapplied), customer) > (-%(owed)s::numeric, %(after)s::text))
order by -(invoiced + credited + unapplied), customer limit %(limit)s

-- name: invoices_known
-- Locked until they are written again: what somebody says meanwhile comes after.
select move, number, customer, name, currency, status from tieout.receivable_invoice where entity = %(entity)s
order by move for update

-- name: events_of
select move, kind, promised_on from tieout.collection_event
where entity = %(entity)s and move = any(%(moves)s) order by event_id

-- name: add_event
insert into tieout.collection_event (entity, move, kind, promised_on, note, who, at)
values (%(entity)s, %(move)s, %(kind)s, %(promised_on)s, %(note)s, %(who)s, %(now)s)

-- name: keep_invoice
insert into tieout.receivable_invoice (entity, move, number, customer, name, booked_on, due_on, currency, residual, company,
    status, promised_on, broken_on, read_at)
values (%(entity)s, %(move)s, %(number)s, %(customer)s, %(name)s, %(booked_on)s, %(due_on)s, %(currency)s, %(residual)s,
    %(company)s, %(status)s, %(promised_on)s, %(broken_on)s, %(now)s)
on conflict (entity, move) do update set number = excluded.number, customer = excluded.customer, name = excluded.name,
    booked_on = excluded.booked_on, due_on = excluded.due_on, currency = excluded.currency, residual = excluded.residual,
    company = excluded.company, status = excluded.status, promised_on = excluded.promised_on,
    broken_on = excluded.broken_on, read_at = excluded.read_at

-- name: end_invoices
update tieout.receivable_invoice set residual = residual - residual, company = company - company, status = 'paid', promised_on = null, broken_on = null,
    read_at = %(now)s
where entity = %(entity)s and move = any(%(moves)s)

-- name: forget_invoices
delete from tieout.receivable_invoice where entity = %(entity)s and move = any(%(moves)s)

-- name: invoice
select move, number, customer, name, booked_on, due_on, currency, residual, company, status, promised_on, broken_on, read_at
from tieout.receivable_invoice where entity = %(entity)s and move = %(move)s for update

-- name: set_standing
update tieout.receivable_invoice set status = %(status)s, promised_on = %(promised_on)s, broken_on = %(broken_on)s
where entity = %(entity)s and move = %(move)s

-- name: invoices
select move, number, customer, name, booked_on, due_on, currency, residual, company, status, promised_on, broken_on, read_at
from tieout.receivable_invoice
where entity = %(entity)s and (%(status)s::text is null and status <> 'paid' or status = %(status)s::text)
  and (%(number)s::text is null or number = %(number)s::text)
  and (%(party)s::text is null or strpos(lower(name), lower(%(party)s::text)) > 0)
  and (%(move)s::bigint is null or (coalesce(due_on, booked_on), move) > (%(on)s::date, %(move)s::bigint))
order by coalesce(due_on, booked_on), move limit %(limit)s

-- name: history
select kind, promised_on, note, who, at from tieout.collection_event
where entity = %(entity)s and move = %(move)s order by event_id
