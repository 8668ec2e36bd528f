-- name: open_cases
-- Of the period or before it: above the limit in its own currency (which has none where nobody knows its rate), of what became no
-- document (a file or a message that was refused), so that nobody knows its money, or of what takes two people whatever it comes to.
select cause, currency, count(*)::int as count, sum(amount) as amount from tieout.cases
where state = 'open' and entity = %(entity)s and period <= %(period)s
  and (amount > coalesce((select l.most from unnest(%(currencies)s::text[], %(limits)s::numeric[]) as l (code, most)
      where l.code = currency), 0)
    or (blocking and amount = 0 and document_id is null) or cause = any(%(by_two)s::text[]))
group by cause, currency order by sum(amount) desc, cause

-- name: open_currencies
select distinct currency from tieout.cases where state = 'open' and entity = %(entity)s and period <= %(period)s

-- name: cases_told
-- What evidence says of an entity's cases, the last word last, and where it stands in the sealed log.
select e.at, e.actor, e.action, e.subject, e.entity, e.detail, l.leaf_no
from tieout.evidence e left join tieout.evidence_leaf l using (evidence_id)
where e.action in ('case.opened', 'case.changed', 'case.solved') and e.entity = %(entity)s and e.at >= %(since)s
order by e.evidence_id

-- name: cases_accepted
-- What stands as accepted of a period or the months before it. Of those opened before the days of which evidence is read, such as have
-- none at all.
select c.case_id, c.cause, c.source_key, c.amount, c.currency from tieout.cases c
where c.entity = %(entity)s and c.period <= %(period)s and c.accepted and (c.opened_at >= %(since)s or not exists (
    select 1 from tieout.evidence e where e.subject = c.source_key and e.action = 'case.solved' and e.entity = c.entity))
order by c.case_id

-- name: worth_of_key
select measure_debit, measure_credit, currency from tieout.document
where entity = %(entity)s and source_key = %(key)s and state <> 'superseded' order by revision desc, document_id desc limit 1

-- name: held_without_case
-- Held for a cause of its own, and no case of it is open. What waits for a statement's frame is of that one's case.
select d.interface, d.source_key, d.measure_debit, d.measure_credit, d.currency from tieout.document d
where d.state = 'refused' and d.entity = %(entity)s and d.period <= %(period)s
  and not exists (select 1 from tieout.cases c where c.document_id = d.document_id and c.state = 'open')
order by d.document_id limit 20

-- name: cases_standing
select case_id, cause, entity, period, amount, currency, blocking from tieout.cases
where case_id = any(%(cases)s::bigint[]) and state = 'open'

-- name: rules_kept
select at, detail from tieout.evidence where subject = %(entity)s and action = 'close.rules' order by evidence_id

-- name: mappings_kept
select at, detail from tieout.evidence where subject = %(table)s and action = %(action)s order by evidence_id

-- name: mappings_ever
select distinct subject from tieout.evidence where action = %(action)s order by subject

-- name: mapping_changers
-- Who changed a table over the API since people know it.
select distinct actor from tieout.evidence
where subject = %(table)s and action = 'mapping.changed' and at >= %(since)s

-- name: planned_by_release
-- How many documents of an entity stand, or are on their way, that were planned by the project's files as they came in a time.
select count(*)::int as count from tieout.document d
where d.entity = %(entity)s and d.state in ('planned', 'posted') and d.accounting_on <= %(last)s
  and d.release in (select sha256 from tieout.release where activated_at >= %(since)s and activated_at < %(until)s)

-- name: accepted_keys
select source_key from tieout.cases where entity = %(entity)s and cause = %(cause)s and accepted

-- name: open_requests
select count(*)::int as count from tieout.approval_request r
join tieout.document d using (document_id)
where r.state = 'open' and r.entity = %(entity)s and d.accounting_on <= %(until)s

-- name: excluded
select count(*)::int as count, coalesce(sum(measure_debit + measure_credit), 0) as sum from tieout.document
where entity = %(entity)s and period = %(period)s and state = 'excluded'

-- name: cases_of
select count(*)::int as count from tieout.cases
where state = 'open' and entity = %(entity)s and cause = any(%(causes)s) and period <= %(period)s

-- name: is_open
select count(*)::int as count from tieout.cases where cause = %(cause)s and source_key = %(key)s and state = 'open'

-- name: pairs
select count(*)::int as count, coalesce(sum(amount), 0) as amount from tieout.cases
where state = 'open' and cause = any(%(causes)s) and period <= %(period)s

-- name: signatures
select distinct on (task) task, digest, stamp, prepared_by, prepared_at, signed_by, signed_at, revoked_at,
    revoked_why, signature_id
from tieout.signature where entity = %(entity)s and period = %(period)s
order by task, signature_id desc

-- name: lock_close
-- One after the other signs and revokes: who signs sees what was revoked, and what is revoked is what was judged.
select pg_advisory_xact_lock(7464, hashtext(%(entity)s || ':' || %(period)s))

-- name: prepare
insert into tieout.signature (entity, period, task, digest, prepared_by, prepared_at, stamp)
values (%(entity)s, %(period)s, %(task)s, %(digest)s, %(by)s, %(at)s, %(stamp)s)

-- name: sign
update tieout.signature set signed_by = %(by)s, signed_at = %(at)s, stamp = %(stamp)s
where signature_id = %(id)s and signed_by = '' and revoked_at is null

-- name: revoke
update tieout.signature set revoked_at = %(at)s, revoked_why = %(why)s
where signature_id = %(id)s and revoked_at is null

-- name: findings
select task, done, why, digest, read_at from tieout.close_finding where entity = %(entity)s and period = %(period)s

-- name: keep_findings
insert into tieout.close_finding (entity, period, task, done, why, digest, read_at)
select %(entity)s, %(period)s, f.task, f.done, f.why, f.digest, %(now)s
from unnest(%(task)s::text[], %(done)s::bool[], %(why)s::text[], %(digest)s::text[]) as f (task, done, why, digest)
on conflict (entity, period, task) do update set done = excluded.done, why = excluded.why, digest = excluded.digest,
    read_at = excluded.read_at

-- name: known_closes
select entity, period from tieout.close_finding union select entity, period from tieout.signature
order by period desc, entity

-- name: standing
select distinct entity, period from tieout.signature where revoked_at is null

-- name: open_manual
select cause, source_key from tieout.cases
where entity = %(entity)s and period = %(period)s and state = 'open'
  and cause in ('entry_without_source', 'account_moved_by_hand')

-- name: open_late
select source_key, period from tieout.cases where entity = %(entity)s and cause = %(cause)s and state = 'open'

-- name: began
select 1 from tieout.document where entity = %(entity)s and period <= %(period)s limit 1

-- name: month_end_entry
select state, batch from tieout.v_journal_entry
where interface = %(interface)s and source_key = %(key)s and state <> 'superseded'
order by revision desc limit 1

-- name: delivered
-- What ended of orders by a day, each as it was told last by then; where each delivery earns revenue, what is booked of it
-- alone. One that waits or is held counts elsewhere: the goods are gone.
select distinct on (interface, source_key) interface, source_key, content, revision, message_id, stamp, accounting_on
from tieout.document
where entity = %(entity)s and interface = any(%(interfaces)s) and kind = 'delivery'
  and accounting_on between %(since)s and %(on)s and state not in ('superseded', 'excluded')
  and (not interface = any(%(by_delivery)s) or state in ('planned', 'posted'))
order by interface, source_key, revision desc

-- name: invoiced
-- Invoices that are booked by a day, each as it was told last by then; those that are left out, of which nothing is owed;
-- and those that a case holds, which is told of there.
select distinct on (interface, source_key) interface, source_key, content, revision, message_id, stamp, accounting_on,
    state, reason
from tieout.document
where entity = %(entity)s and interface = any(%(interfaces)s) and kind = 'customer_invoice'
  and accounting_on >= %(since)s
  and (state in ('excluded', 'refused') or (state in ('planned', 'posted') and accounting_on <= %(on)s))
order by interface, source_key, (state in ('excluded', 'refused')), revision desc

-- name: came
-- On which days of a month something is dated that came over an interface, as the tie-out counts it.
select day, count(*)::int as count from (
    select coalesce(stated_on, (occurred_at at time zone %(zone)s)::date) as day from tieout.v_document
    where interface = %(interface)s and kind <> 'statement' and state <> 'superseded'
      and (measure_count <> 0 or measure_debit <> 0 or measure_credit <> 0)
      and accounting_on >= %(first)s::date - 62
) d where day between %(first)s and %(last)s
group by day

-- name: statements_of
-- Statements that reach into a month, as each was told last; and each account of which one ever came, with its last one before.
select distinct on (source_key) account, currency, source_key, from_on, to_on from tieout.v_statement
where interface = %(interface)s and state not in ('superseded', 'refused', 'excluded')
  and from_on <= %(last)s and (to_on >= %(first)s or to_on = (
    select max(o.to_on) from tieout.v_statement o where o.interface = %(interface)s and o.account = v_statement.account
      and o.to_on <= %(last)s and o.state not in ('superseded', 'refused', 'excluded')))
order by source_key, revision desc

-- name: opening_of
select account, currency, amount from tieout.opening_balance where entity = %(entity)s and begins_on = %(begins_on)s

-- name: last_certify_rule
select content, digest from tieout.certify_rule where entity = %(entity)s order by rule_id desc limit 1

-- name: put_certify_rule
insert into tieout.certify_rule (entity, content, digest, recorded_at, stamp)
values (%(entity)s, %(content)s, %(digest)s, %(now)s, %(stamp)s)

-- name: certify_rules
select content, digest, recorded_at, stamp from tieout.certify_rule where entity = %(entity)s order by rule_id desc

-- name: rules_accepted
select 1 from tieout.cases where cause = 'certify_rules_changed' and source_key = %(key)s and accepted limit 1

-- name: certifications
select * from tieout.certification where entity = %(entity)s and period = %(period)s and revoked_at is null

-- name: certification_history
select * from tieout.certification
where entity = %(entity)s and period = %(period)s and account = %(account)s and currency = %(currency)s
order by certification_id desc limit 50

-- name: taken_back
-- Of each account what people said of it last, where that was taken back.
select distinct on (account, currency) account, currency, prepared_by, revoked_why from tieout.certification
where entity = %(entity)s and period = %(period)s and revoked_at is not null and not by_itself
order by account, currency, certification_id desc

-- name: put_certification
insert into tieout.certification (entity, period, account, currency, figures, digest, by_itself, explanation,
    prepared_by, prepared_role, prepared_at, prepared_stamp)
values (%(entity)s, %(period)s, %(account)s, %(currency)s, %(figures)s, %(digest)s, %(by_itself)s, %(explanation)s,
    %(by)s, %(role)s, %(now)s, %(stamp)s)

-- name: sign_certification
update tieout.certification set signed_by = %(by)s, signed_role = %(role)s, signed_at = %(now)s, stamp = %(stamp)s
where certification_id = %(id)s and signed_by = '' and revoked_at is null

-- name: revoke_certification
update tieout.certification set revoked_at = %(now)s, revoked_why = %(why)s
where certification_id = %(id)s and revoked_at is null

-- name: forget_account_figures
delete from tieout.account_figure where entity = %(entity)s and period = %(period)s

-- name: keep_account_figures
insert into tieout.account_figure (entity, period, account, currency, figures, digest, read_at)
select %(entity)s, %(period)s, f.account, f.currency, cast(f.figures as jsonb), f.digest, %(now)s
from unnest(%(account)s::text[], %(currency)s::text[], %(figures)s::text[], %(digest)s::text[])
    as f (account, currency, figures, digest)

-- name: account_figures
select account, currency, figures, digest, read_at from tieout.account_figure
where entity = %(entity)s and period = %(period)s order by account, currency

-- name: account_figure
select figures, digest from tieout.account_figure
where entity = %(entity)s and period = %(period)s and account = %(account)s and currency = %(currency)s

-- name: items_told
-- Of each account whose items were told of: what is open, and what a person accepted last.
select distinct on (source_key, state) source_key, state = 'open' as is_open, period, detail from tieout.cases
where entity = %(entity)s and cause = %(cause)s and (state = 'open' or accepted)
order by source_key, state, case_id desc

-- name: ledger_read
-- When the ledger was read back last for a close: what is said of its entries was read with it.
select read_at from tieout.close_finding where entity = %(entity)s and period = %(period)s and task = 'ledger is ours'

-- name: late_events
-- What is booked, or on its way, past a lock, or held by one; with what was decided of it last, and the day that its entry stands
-- on. What is held is listed in the month that it would be booked in and in each one after, until it is.
select l.document_id, l.entity, l.event_on, l.booked_on, l.lock, l.amount, l.currency, l.company_amount, d.interface,
    d.source_key, d.link_key, x.decision, x.reason, x.decided_by, x.decided_at, x.decided_booked_on, x.decided_amount,
    x.stamp as decision_stamp, h.held,
    (select array_agg(v.read_back) from tieout.delivery v
        where v.document_id = l.document_id and v.ledger and v.read_back is not null) as read_backs
from tieout.late_event l join tieout.document d using (document_id)
left join lateral (select * from tieout.late_decision c where c.document_id = l.document_id order by no desc limit 1) x on true
cross join lateral (select d.state = 'normalised' or (d.state = 'refused' and d.reason = 'late_event') as held) h
where (%(entities)s::text[] is null or l.entity = any(%(entities)s))
  and (%(period)s::text is null or to_char(l.booked_on, 'YYYY-MM') = %(period)s
    or (h.held and to_char(l.booked_on, 'YYYY-MM') < %(period)s))
  and (h.held or d.state in ('planned', 'posted') or exists (select 1 from tieout.delivery v
    where v.document_id = l.document_id and v.ledger and v.state = 'confirmed'))
order by l.company_amount desc, l.document_id limit %(limit)s

-- name: one_late
select l.document_id, l.entity, l.event_on, l.booked_on, l.amount, l.currency, d.interface, d.source_key, d.content
from tieout.late_event l join tieout.document d using (document_id) where l.document_id = %(id)s
for update of l

-- name: decide_late
insert into tieout.late_decision (document_id, decision, reason, decided_by, decided_at, decided_booked_on, decided_amount, stamp)
values (%(document_id)s, %(decision)s, %(reason)s, %(decided_by)s, %(decided_at)s, %(decided_booked_on)s, %(decided_amount)s,
    %(stamp)s)

-- name: open_keys
select source_key from tieout.cases
where entity = %(entity)s and period = %(period)s and cause = %(cause)s and state = 'open'
