-- Access and refresh tokens of systems, sealed under a key that is not in here. A row is of a system and a grant: what it is asked for by,
-- secrets included, as a keyed hash. `asked_at` stands while a new one is asked for: where it stands and nobody asks, an answer was lost.
create table tieout.access_token (
    system text not null,
    grant_stamp bytea not null check (length(grant_stamp) = 32),
    sealed bytea,
    got_at timestamptz,
    ends_at timestamptz,
    asked_at timestamptz,
    primary key (system, grant_stamp),
    check ((sealed is null) = (got_at is null))
);
