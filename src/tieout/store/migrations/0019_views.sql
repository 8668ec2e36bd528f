-- What rooms ask of documents and effects: views with columns. Nobody else looks into JSON but the processes whose kinds
-- these are. They are plain, so that a query reads through them to the tables and their indexes: an expression that an
-- index is over stands here as it stands there. Amounts are numeric, in the document's currency.

-- Every document, with the day that it states for itself where it has one instead of an instant.
create view tieout.v_document with (security_invoker = true) as
select d.document_id, d.interface, d.entity, d.kind, d.source_key, d.revision, d.content, d.message_id, d.stamp,
    d.occurred_at, d.accounting_on, d.period, d.currency, d.measure_count, d.measure_debit, d.measure_credit,
    d.order_key, d.link_key, d.state, d.reason, d.posted_at,
    case when d.kind = 'statement_line' then (d.content::jsonb ->> 'booked_on')::date end as stated_on
from tieout.document d;

-- Treasury: one change of a provider's balance; into the balance is positive.
create view tieout.v_provider_movement with (security_invoker = true) as
select d.document_id, d.interface, d.entity, d.source_key, d.revision, d.content, d.message_id, d.stamp,
    d.accounting_on, d.period, d.currency, d.measure_count, d.measure_debit, d.measure_credit, d.order_key, d.link_key,
    d.state, d.reason, d.posted_at,
    d.content::jsonb ->> 'provider' as provider, d.content::jsonb ->> 'category' as category,
    (d.content::jsonb #>> '{gross,value}')::numeric as gross, (d.content::jsonb #>> '{fee,value}')::numeric as fee,
    (d.content::jsonb #>> '{net,value}')::numeric as net, (d.content::jsonb ->> 'automatic')::bool as automatic
from tieout.document d where d.kind = 'provider_movement';

-- Treasury: a bank statement's frame; `stated_` is what the bank says of its lines itself, null where it does not.
create view tieout.v_statement with (security_invoker = true) as
select d.document_id, d.interface, d.entity, d.source_key, d.revision, d.content, d.message_id, d.stamp,
    d.accounting_on, d.period, d.currency, d.state, d.reason, d.posted_at,
    d.content::jsonb ->> 'account' as account, d.content::jsonb ->> 'sequence' as sequence,
    (d.content::jsonb ->> 'from_on')::date as from_on, (d.content::jsonb ->> 'to_on')::date as to_on,
    (d.content::jsonb #>> '{opening,value}')::numeric as opening,
    (d.content::jsonb #>> '{closing,value}')::numeric as closing,
    (d.content::jsonb ->> 'stated_count')::int as stated_count,
    (d.content::jsonb #>> '{stated_in,value}')::numeric as stated_in,
    (d.content::jsonb #>> '{stated_out,value}')::numeric as stated_out
from tieout.document d where d.kind = 'statement';

-- Reconciliation: a match, or its undoing.
create view tieout.v_reconciliation with (security_invoker = true) as
select d.document_id, d.interface, d.entity, d.source_key, d.revision, d.content, d.message_id, d.stamp,
    d.accounting_on, d.period, d.currency, d.state, d.reason, d.posted_at,
    d.content::jsonb ->> 'decided_by' as decided_by, (d.content::jsonb ->> 'undone')::bool as undone
from tieout.document d where d.kind = 'reconciliation';

-- Reconciliation: what a match pays, a line of the ledger each; `residual` was open, `rest` stays open.
create view tieout.v_reconciliation_due with (security_invoker = true) as
select d.document_id, d.interface, d.entity, d.source_key, d.revision, d.content, d.message_id, d.stamp, d.currency, d.state,
    (o.line ->> 'line')::bigint as line, (o.line ->> 'residual')::numeric as residual,
    (o.line ->> 'rest')::numeric as rest
from tieout.document d cross join lateral jsonb_array_elements(d.content::jsonb -> 'due') as o (line)
where d.kind = 'reconciliation';

-- Record to report: an entry of another ledger, whole or the part of a long one; `total` is the sum of its debits.
create view tieout.v_journal_entry with (security_invoker = true) as
select d.document_id, d.interface, d.entity, d.source_key, d.revision, d.content, d.message_id, d.stamp,
    d.accounting_on, d.period, d.currency, d.state, d.reason, d.posted_at,
    d.content::jsonb ->> 'batch' as batch, (d.content::jsonb ->> 'booked_on')::date as booked_on,
    (d.content::jsonb #>> '{total,value}')::numeric as total,
    (d.content::jsonb #>> '{imbalance,value}')::numeric as imbalance
from tieout.document d where d.kind = 'journal_entry';

-- Record to report: the lines of entries; `account` is the source's own, a debit is positive.
create view tieout.v_journal_line with (security_invoker = true) as
select d.document_id, d.interface, d.entity, d.source_key, d.revision, d.content, d.message_id, d.stamp,
    d.accounting_on, d.currency, d.state, (d.content::jsonb ->> 'booked_on')::date as booked_on,
    x.line ->> 'account' as account, x.line ->> 'pair' as pair, (x.line #>> '{amount,value}')::numeric as amount
from tieout.document d cross join lateral jsonb_array_elements(d.content::jsonb -> 'lines') as x (line)
where d.kind = 'journal_entry';

-- Record to report: what an account of another ledger holds at the end of a day.
create view tieout.v_trial_balance with (security_invoker = true) as
select d.document_id, d.interface, d.entity, d.source_key, d.revision, d.content, d.message_id, d.stamp, d.currency, d.state,
    d.content::jsonb ->> 'account' as account, (d.content::jsonb ->> 'booked_on')::date as booked_on,
    (d.content::jsonb #>> '{balance,value}')::numeric as balance
from tieout.document d where d.kind = 'trial_balance';

-- Record to report: a source's own figures for what it sent together.
create view tieout.v_batch_control with (security_invoker = true) as
select d.document_id, d.interface, d.entity, d.source_key, d.revision, d.content, d.message_id, d.stamp, d.period,
    d.currency, d.state, d.content::jsonb ->> 'batch' as batch, (d.content::jsonb ->> 'count')::int as count,
    (d.content::jsonb #>> '{debit,value}')::numeric as debit, (d.content::jsonb #>> '{credit,value}')::numeric as credit
from tieout.document d where d.kind = 'batch_control';

-- What counts in a file's figures, and with what: of a long entry its first part, which says the total of all of them.
create view tieout.v_batch_item with (security_invoker = true) as
select d.document_id, d.interface, d.entity, d.kind, d.source_key, d.revision, d.content, d.message_id, d.stamp, d.period,
    d.currency, d.state, d.content::jsonb ->> 'batch' as batch,
    case when d.kind in ('vendor_bill', 'vendor_payment') then d.measure_debit
        when d.kind = 'credit_note' then 0 else (d.content::jsonb #>> '{total,value}')::numeric end as debit,
    case when d.kind in ('vendor_bill', 'vendor_payment') then d.measure_credit
        when d.kind = 'customer_invoice' then 0
        when d.kind = 'credit_note' then (d.content::jsonb #>> '{total,value}')::numeric
        else (d.content::jsonb #>> '{total,value}')::numeric
            - (d.content::jsonb #>> '{imbalance,value}')::numeric end as credit
from tieout.document d
where d.kind in ('journal_entry', 'customer_invoice', 'credit_note', 'vendor_bill', 'vendor_payment')
  and coalesce((d.content::jsonb ->> 'part')::int, 1) = 1;

-- Procure to pay: a payment of a run; `pays` is what the bank sends, positive.
create view tieout.v_vendor_payment with (security_invoker = true) as
select d.document_id, d.interface, d.entity, d.source_key, d.revision, d.content, d.message_id, d.stamp,
    d.accounting_on, d.period, d.currency, d.state, d.reason, d.posted_at,
    d.content::jsonb ->> 'run' as run, d.content::jsonb ->> 'supplier' as supplier,
    (d.content::jsonb #>> '{pays,value}')::numeric as pays
from tieout.document d where d.kind = 'vendor_payment';

-- What effects ask their targets to book, where their bodies say it themselves; `amount` is in the document's currency,
-- `company_amount` in the entity's, into the account is positive.
create view tieout.v_effect_booking with (security_invoker = true) as
select v.delivery_id, v.document_id, v.interface, v.entity, v.external_id, v.effect, v.state, v.account,
    v.body::jsonb ->> 'partner' as partner, (v.body::jsonb ->> 'amount')::numeric as amount,
    (v.body::jsonb ->> 'company')::numeric as company_amount
from tieout.delivery v;

-- Which effects are to be matched with which: `left` and `right` are external ids.
create view tieout.v_effect_match with (security_invoker = true) as
select v.delivery_id, v.document_id, v.interface, v.entity, v.external_id, v.effect, v.state,
    v.body::jsonb ->> 'left' as left_effect, v.body::jsonb ->> 'right' as right_effect
from tieout.delivery v where v.effect like 'match%';

-- Treasury: what came in for a payment and what went back of it, by the payment's key; `unapplied_account` is where
-- it waits, "" where it does not.
create view tieout.v_effect_payment with (security_invoker = true) as
select d.document_id, d.interface, d.entity, d.source_key, d.order_key, d.link_key, d.state, d.accounting_on,
    d.parked_account as unapplied_account, v.external_id, v.effect,
    (v.body::jsonb ->> 'amount')::numeric as amount, (v.body::jsonb ->> 'company')::numeric as company_amount
from tieout.document d join tieout.delivery v using (document_id)
where v.effect in ('charge', 'refund', 'capture_reversal');
