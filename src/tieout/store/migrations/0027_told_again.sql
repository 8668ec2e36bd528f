-- A statement is found on every day that it tells of, not on its last one alone: another may tell of some of them.
insert into tieout.document_name (entity, name, document_id)
select s.entity, 'statement:' || s.account || ':' || s.currency || ':' || to_char(day, 'YYYY-MM-DD'), s.document_id
from tieout.v_statement s, generate_series(greatest(s.from_on, s.to_on - 399), s.to_on, interval '1 day') day
on conflict do nothing;

-- A bank line is found by its day and amount, whichever way it came.
create index document_bank_line on tieout.document (entity, occurred_at, (measure_debit - measure_credit))
    where kind = 'statement_line';
