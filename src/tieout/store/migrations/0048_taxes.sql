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
