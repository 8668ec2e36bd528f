-- Reconciliation: what lasts of the lines of a match, so that what was taken apart is known again. A journal item's id does not: a
-- ledger makes new items of a bank line that is undone. `statement:` is a bank line's own id there, `entry:` the
-- entry or invoice, `document:` our own document behind it, `account:` where cash went that paid nothing.
create table tieout.match_name (
    entity text not null,
    name text not null,
    interface text not null,
    source_key text not null,
    side text not null check (side in ('cash', 'due')),
    primary key (entity, name, interface, source_key, side)
);
create index match_name_match on tieout.match_name (interface, source_key);

-- Matches of before: their items by the ids that they had, bank lines that were moved, and documents of ours.
insert into tieout.match_name (entity, name, interface, source_key, side)
select entity, 'item:' || line, interface, source_key, side from tieout.match_line
union
select m.entity, 'document:' || d.interface || ':' || d.source_key, m.interface, m.source_key, m.side
from tieout.match_line m join tieout.delivery v on v.external_id = m.effect join tieout.document d using (document_id)
where m.effect <> ''
union
select d.entity, 'statement:' || (x ->> 'statement_line'), d.interface, d.source_key, 'cash'
from tieout.v_reconciliation d, jsonb_array_elements(d.content::jsonb -> 'cash') x
where (x ->> 'statement_line')::bigint <> 0
union
select d.entity, 'document:' || d.interface || ':' || d.source_key, d.interface, d.source_key, 'cash'
from tieout.v_reconciliation d
where jsonb_array_length(d.content::jsonb -> 'cash') > 0 and jsonb_array_length(d.content::jsonb -> 'due') > 0
union
select d.entity, 'account:' || (d.content::jsonb ->> 'difference_account'), d.interface, d.source_key, 'due'
from tieout.v_reconciliation d
where jsonb_array_length(d.content::jsonb -> 'due') = 0 and d.content::jsonb ->> 'difference_account' <> ''
on conflict do nothing;

-- A group that a person rejected, or sent to a second one, is known by its bank lines' own ids from now on.
update tieout.suggestion s set lines_key = left(encode(sha256(convert_to(k.members, 'UTF8')), 'hex'), 24)
from (
    select suggestion_id, string_agg(case when bank > 0 then 'statement ' || bank else line::text end, ','
        order by bank = 0, bank, line) as members, max(bank) as banks
    from (
        select suggestion_id, (x ->> 'line')::bigint as line, (x ->> 'statement_line')::bigint as bank
        from tieout.suggestion, jsonb_array_elements((content::jsonb -> 'cash') || (content::jsonb -> 'due')) x
        where state in ('rejected', 'to_approve')
    ) lines group by suggestion_id
) k
where k.suggestion_id = s.suggestion_id and k.banks > 0;

-- Reconciliation: also why it was decided.
create or replace view tieout.v_reconciliation with (security_invoker = true) as
select d.document_id, d.interface, d.entity, d.source_key, d.revision, d.content, d.message_id, d.stamp,
    d.accounting_on, d.period, d.currency, d.state, d.reason, d.posted_at,
    d.content::jsonb ->> 'decided_by' as decided_by, (d.content::jsonb ->> 'undone')::bool as undone,
    d.content::jsonb ->> 'why' as why
from tieout.document d where d.kind = 'reconciliation';
