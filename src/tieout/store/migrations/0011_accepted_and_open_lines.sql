-- What a person accepted is looked for by what it is about: by its document, and by its fingerprint.
create index cases_accepted on tieout.cases (fingerprint) where accepted;
create index cases_accepted_document on tieout.cases (document_id) where accepted;

-- Open lines by side: whoever looks for words on one side reads that side alone. `said`: what a line says, in one and in
-- small letters; each part keeps a line of its own, so that no words are found over two of them.
create table tieout.open_line_before as select * from tieout.open_line;
drop table tieout.open_line;
create table tieout.open_line (
    entity text not null,
    line bigint not null,
    side text not null check (side in ('cash', 'due')),
    account text not null,
    kind text not null,
    booked_on date not null,
    due_on date,
    amount numeric not null,
    currency text not null,
    partner text not null,
    number text not null,
    text text not null,
    read_at timestamptz not null,
    said text generated always as (lower(partner || E'\n' || number || E'\n' || text)) stored,
    primary key (entity, side, line)
) partition by list (side);
create table tieout.open_line_cash partition of tieout.open_line for values in ('cash');
create table tieout.open_line_due partition of tieout.open_line for values in ('due');
create index open_line_age on tieout.open_line (entity, side, booked_on, line);
create index open_line_amount on tieout.open_line (entity, side, currency, amount, line);
insert into tieout.open_line (entity, line, side, account, kind, booked_on, due_on, amount, currency, partner, number,
    text, read_at) select entity, line, side, account, kind, booked_on, due_on, amount, currency, partner, number, text,
    read_at from tieout.open_line_before;
drop table tieout.open_line_before;
