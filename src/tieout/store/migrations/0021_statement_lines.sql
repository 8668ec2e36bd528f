-- Treasury: how many lines a statement had when it was taken; `stated_` is what the bank says of them itself, null where it
-- does not.
create or replace view tieout.v_statement with (security_invoker = true) as
select d.document_id, d.interface, d.entity, d.source_key, d.revision, d.content, d.message_id, d.stamp,
    d.accounting_on, d.period, d.currency, d.state, d.reason, d.posted_at,
    d.content::jsonb ->> 'account' as account, d.content::jsonb ->> 'sequence' as sequence,
    (d.content::jsonb ->> 'from_on')::date as from_on, (d.content::jsonb ->> 'to_on')::date as to_on,
    (d.content::jsonb #>> '{opening,value}')::numeric as opening,
    (d.content::jsonb #>> '{closing,value}')::numeric as closing,
    (d.content::jsonb ->> 'stated_count')::int as stated_count,
    (d.content::jsonb #>> '{stated_in,value}')::numeric as stated_in,
    (d.content::jsonb #>> '{stated_out,value}')::numeric as stated_out,
    (d.content::jsonb ->> 'line_count')::int as line_count
from tieout.document d where d.kind = 'statement';
