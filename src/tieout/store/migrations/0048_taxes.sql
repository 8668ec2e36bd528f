-- A month's taxes, by tax and jurisdiction: what documents say and what the ledger's tax lines say, as they were read last.
create table tieout.tax_month (
    entity text not null,
    period text not null,
    figures jsonb not null,
    read_at timestamptz not null,
    primary key (entity, period)
);

-- Tax periods that somebody declared as filed. A correction is another row, which names the one whose place it takes.
create table tieout.tax_filing (
    no bigint generated always as identity primary key,
    entity text not null,
    first_on date not null,
    last_on date not null check (last_on > first_on),
    report text not null check (report <> ''),
    taxes text[] not null,
    reference text not null check (reference <> ''),
    reason text not null check (reason <> ''),
    corrects bigint unique references tieout.tax_filing,
    declared_by text not null,
    declared_at text not null,
    digest text not null,
    stamp bytea not null
);
create trigger tax_filing_fixed before update or delete on tieout.tax_filing
    for each statement execute function tieout.refuse_change();
create trigger tax_filing_kept before truncate on tieout.tax_filing
    for each statement execute function tieout.refuse_change();

-- What counted in a filed report when it was declared, an entry and a tax each: what is owed positive, in the entity's currency.
create table tieout.tax_filed_item (
    no bigint not null references tieout.tax_filing,
    key text not null,
    entry text not null,
    day date not null,
    use text not null,
    name text not null,
    tax numeric not null,
    base numeric not null,
    primary key (no, key, use, name)
);
create trigger tax_filed_item_fixed before update or delete on tieout.tax_filed_item
    for each statement execute function tieout.refuse_change();
create trigger tax_filed_item_kept before truncate on tieout.tax_filed_item
    for each statement execute function tieout.refuse_change();

-- What entered a filed period since, as it was read last.
create table tieout.tax_entered (
    no bigint primary key references tieout.tax_filing,
    figures jsonb not null,
    count integer not null,
    read_at timestamptz not null
);

-- What a lock of the ledger moved off its own day: what is booked for a period that is locked in the first open one.
create table tieout.late_event (
    document_id bigint primary key,
    entity text not null,
    event_on date not null,
    booked_on date not null,
    lock text not null,
    amount numeric not null check (amount >= 0),
    currency text not null,
    company_amount numeric not null check (company_amount >= 0)
);
create index late_event_booked on tieout.late_event (entity, booked_on);

-- What people decided of late events, of this amount and day; the last one holds.
create table tieout.late_decision (
    no bigint generated always as identity primary key,
    document_id bigint not null,
    decision text not null check (decision in ('adjust', 'pass', 'reopen')),
    reason text not null check (reason <> ''),
    decided_by text not null,
    decided_at timestamptz not null,
    decided_booked_on date not null,
    decided_amount numeric not null,
    stamp bytea not null
);
create index late_decision_document on tieout.late_decision (document_id, no);
create trigger late_decision_fixed before update or delete on tieout.late_decision
    for each statement execute function tieout.refuse_change();
create trigger late_decision_kept before truncate on tieout.late_decision
    for each statement execute function tieout.refuse_change();
