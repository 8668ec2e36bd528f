-- Which company of a ledger is worked in, once it was asked: what was begun in one is never gone on with in another.
create table tieout.pinned_company (
    system text primary key,
    company bigint not null check (company > 0),
    pinned_at timestamptz not null
);
create trigger pinned_company_fixed before update on tieout.pinned_company
    for each statement execute function tieout.refuse_change();

-- Until when a system's key holds, as it said last (`ends_at` null: without an end).
create table tieout.key_end (
    system text primary key,
    ends_at timestamptz,
    said text not null check (length(said) <= 1000),
    asked_at timestamptz not null
);
