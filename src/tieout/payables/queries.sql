-- name: suppliers
-- Every revision of every supplier of an entity, in order; each is checked for its stamp.
select d.interface, d.source_key, d.revision, d.state, d.content, d.message_id, d.stamp, d.posted_at
from tieout.document d
where d.kind = 'supplier' and d.interface = any(%(interfaces)s) and d.state <> 'superseded'
order by d.interface, d.source_key, d.revision

-- name: partners
select external_id, partner from tieout.v_effect_booking
where external_id = any(%(ids)s) and effect in ('bill', 'vendor_credit') and state = 'confirmed'

-- name: billed
-- The bill behind each of our postings, and whether somebody still has to find what is said to be prepaid of it; each
-- is checked for its stamp.
select v.external_id, d.interface, d.source_key, d.revision, d.message_id, d.stamp, d.content,
    exists (select 1 from tieout.cases c
        where c.document_id = d.document_id and c.cause = %(prepaid)s and c.state = 'open') as unsettled
from tieout.v_effect_booking v join tieout.document d using (document_id)
where v.external_id = any(%(ids)s) and v.effect in ('bill', 'vendor_credit') and v.state = 'confirmed'

-- name: coming_payments
-- Payments that were handed on and are no documents yet, or could not be made one and are with somebody.
select b.body from tieout.message m join tieout.message_body b using (message_id, received_at)
where m.interface = %(interface)s and m.stream = 'payments' and m.transport = 'proposal'
  and (m.state = 'received' or m.state = 'failed' and exists (select 1 from tieout.cases c
    where c.interface = m.interface and c.source_key = m.source_key and c.state = 'open'))
order by m.message_id

-- name: unbooked_payments
-- And those that were left out though something of them stands in the ledger, or nobody knows whether it does.
select d.content, d.state from tieout.document d
where d.interface = %(interface)s and d.kind = 'vendor_payment' and (d.state in ('normalised', 'planned', 'refused')
    or d.state in ('excluded', 'superseded')
        and exists (select 1 from tieout.v_effect_standing v where v.document_id = d.document_id))
order by d.document_id

-- name: runs_named
select distinct run from tieout.v_vendor_payment
where interface = %(interface)s and split_part(run, '.', 1) = %(name)s

-- name: runs
select run, min(accounting_on) as on, currency, count(*)::int as payments, sum(pays) as amount,
    count(*) filter (where state = 'normalised')::int as waiting,
    count(*) filter (where state in ('planned', 'posted'))::int as released,
    count(*) filter (where state = 'refused')::int as in_exception,
    count(*) filter (where state = 'excluded')::int as excluded,
    coalesce(sum(pays) filter (where state in ('planned', 'posted')), 0) as released_amount
from tieout.v_vendor_payment d
where interface = %(interface)s and state <> 'superseded'
group by 1, currency order by 2, 1

-- name: to_file
-- Payments that were posted and are in no file yet, of runs of which nothing is undecided, nor said and not looked at.
select d.document_id, d.content, d.entity, d.source_key, d.revision, d.message_id, d.stamp, d.period, d.currency,
    x.measure_credit
from tieout.v_vendor_payment d join tieout.document x using (document_id)
where d.interface = %(interface)s and d.state = 'posted'
  and not exists (select 1 from tieout.document_name n join tieout.document f using (document_id)
    where n.entity = d.entity and n.name = 'filed:' || d.source_key and f.state not in ('excluded', 'superseded'))
  and not exists (select 1 from tieout.v_vendor_payment w
    where w.interface = d.interface and w.state in ('normalised', 'planned') and w.run = d.run)
  and not exists (select 1 from tieout.v_vendor_payment w
    join tieout.document_name n on n.entity = w.entity and n.name = 'answer:' || w.source_key
    join tieout.document a on a.document_id = n.document_id
    where w.interface = d.interface and w.run = d.run and a.kind = 'payment_answer'
      and (a.state = 'normalised' or (a.state = 'refused' and a.reason = %(undecided)s)))
order by d.document_id

-- name: run_payments
select d.content, d.source_key, d.revision, d.message_id, d.stamp, d.interface, d.entity, d.state
from tieout.v_vendor_payment d
where d.interface = %(interface)s and d.run = %(run)s and d.state <> 'superseded'
order by d.source_key

-- name: answers_to
-- What the bank says of payments, oldest first; with the case in which a person decides about it, and who did.
select n.name, d.content, d.source_key, d.revision, d.message_id, d.stamp, d.interface, d.state, d.reason, c.case_id,
    c.state as case_state, c.accepted, c.solved_by, c.resolution
from tieout.document_name n join tieout.document d using (document_id)
left join lateral (select * from tieout.cases c where c.document_id = d.document_id and c.cause = %(undecided)s
    order by c.case_id desc limit 1) c on true
where n.entity = %(entity)s and n.name = any(%(names)s) and d.kind = 'payment_answer' and d.state <> 'superseded'
order by d.document_id

-- name: held_answers
-- What the bank says that is not planned yet, is held, or was left out.
select d.content, d.source_key, d.revision, d.message_id, d.stamp, d.interface, d.state from tieout.document d
where d.interface = %(interface)s and d.kind = 'payment_answer' and d.state in ('normalised', 'refused', 'excluded')
order by d.document_id

-- name: files
-- Files among documents.
select d.document_id, d.content, d.source_key, d.revision, d.message_id, d.stamp, d.interface from tieout.document d
where d.document_id = any(%(ids)s) and d.kind = 'payment_file'

-- name: filed_payments
-- Payments by their end-to-end ids, as they stand now.
select d.content, d.source_key, d.revision, d.message_id, d.stamp, d.interface, d.state from tieout.v_vendor_payment d
where d.interface = %(interface)s and d.source_key = any(%(ids)s) and d.state <> 'superseded'
order by d.document_id

-- name: payments_named
select d.content, d.source_key, d.revision, d.message_id, d.stamp, d.interface
from tieout.v_vendor_payment d
where d.interface = %(interface)s and d.state <> 'superseded'
  and (d.source_key = any(%(ids)s) or d.run = any(%(runs)s))

-- name: files_of
select count(*)::int as count from tieout.document_name n join tieout.document d using (document_id)
where n.entity = %(entity)s and n.name = %(name)s and d.kind = 'payment_file' and d.state <> 'superseded'

-- name: pending_files
-- A file that was handed on and is not planned yet: its payments have no name of it so far.
select 1 from tieout.message where interface = %(interface)s and stream = 'files' and state = 'received' limit 1

-- name: pending_answers
-- What the bank says that nobody looked at yet, or that could not be read and is with somebody: it may doubt a payee.
select 1 from tieout.message m where m.interface = %(interface)s and m.stream = 'answers'
  and (m.state = 'received' or m.state = 'failed' and exists (select 1 from tieout.cases c
    where c.interface = m.interface and c.source_key in (m.source_key, 'message ' || m.message_id) and c.state = 'open'))
limit 1

-- name: purchasing
-- Orders, receipts, booked bills and suppliers of an entity, each as it was told last and stands: orders and suppliers
-- whatever their day, receipts and bills up to one.
select * from (
    select distinct on (interface, source_key) kind, content, source_key, interface, revision, message_id, stamp, accounting_on,
        document_id
    from tieout.document
    where entity = %(entity)s and kind in ('purchase_order', 'goods_receipt', 'vendor_bill', 'supplier')
      and state in ('planned', 'posted')
    order by interface, source_key, revision desc) d
where kind in ('purchase_order', 'supplier') or accounting_on <= %(on)s
order by document_id

-- name: waiting_bills
-- Bills and credit notes dated by a day that wait, for people or for what comes by itself, and of which nothing is booked.
select content, source_key, interface, revision, message_id, stamp, reason from tieout.document d
where entity = %(entity)s and kind = 'vendor_bill' and state = 'normalised' and accounting_on <= %(on)s
  and not exists (select 1 from tieout.document b where b.interface = d.interface and b.source_key = d.source_key
    and b.state in ('planned', 'posted'))
order by document_id

-- name: accrued
select distinct on (source_key) source_key, content, revision, message_id, stamp from tieout.document
where interface = %(interface)s and kind = 'journal_entry' and source_key like %(begin)s
  and state not in ('superseded', 'excluded')
order by source_key, revision desc

-- name: coming_accruals
-- Accruals of a day that were handed on and are no documents yet.
select b.body from tieout.message m join tieout.message_body b using (message_id, received_at)
where m.interface = %(interface)s and m.stream = 'accruals' and m.state = 'received' and m.source_key like %(begin)s
order by m.message_id
