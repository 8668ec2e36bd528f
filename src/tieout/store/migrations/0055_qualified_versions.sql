-- A version of a ledger that is newer than any that its connector knows is read, and posted to once it was qualified: where
-- (`fingerprint`, of the database that it passed in), when, by whom, and what was found.
create table tieout.qualified_version (
    system text not null,
    version text not null check (length(version) between 1 and 80),
    fingerprint text not null,
    qualified_by text not null check (qualified_by <> ''),
    qualified_at timestamptz not null,
    report jsonb not null,
    primary key (system, version)
);
create trigger qualified_version_fixed before update on tieout.qualified_version
    for each statement execute function tieout.refuse_change();
