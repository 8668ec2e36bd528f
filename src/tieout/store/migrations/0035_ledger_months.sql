-- A month by the ledger's days beside its sources' own, with the bridge between them, as it was read last.
create table tieout.ledger_month (
    entity text not null,
    period text not null,
    figures jsonb not null,
    read_at timestamptz not null,
    primary key (entity, period)
);
