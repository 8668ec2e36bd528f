-- How what a case is about was made in the ledger, of entries that nobody here made: journal, user, kind and the governed
-- accounts that it stands on; '' for every other case. `revision` counts what changed since it was opened: who decides
-- says which one they saw.
alter table tieout.cases
    add column made_journal text not null default '',
    add column made_user text not null default '',
    add column made_kind text not null default '',
    add column made_accounts text not null default '',
    add column revision integer not null default 1,
    add column group_key text generated always as (
        left(md5(cause || E'\x1f' || entity || E'\x1f' || interface || E'\x1f' || period || E'\x1f' || currency || E'\x1f'
            || made_journal || E'\x1f' || made_user || E'\x1f' || made_kind || E'\x1f' || made_accounts), 16)) stored;
create index cases_group on tieout.cases (group_key, amount desc, case_id) where state = 'open';

-- One decision of many cases: who decided what, why, and what became of each of them. It is never changed, and the
-- same one again changes nothing.
create table tieout.bulk_decision (
    bulk text primary key check (length(bulk) between 1 and 80),
    at timestamptz not null,
    person text not null,
    action text not null,
    reason text not null,
    asked_sha256 bytea not null,
    outcomes jsonb not null
);
create trigger bulk_decision_fixed before update or delete on tieout.bulk_decision
    for each statement execute function tieout.refuse_change();
create trigger bulk_decision_kept before truncate on tieout.bulk_decision
    for each statement execute function tieout.refuse_change();

-- Which origins a project declared, since when it is known here, and until when: a declaration that changes ends, and
-- another one begins.
create table tieout.declared_origin (
    origin_id bigint generated always as identity primary key,
    entity text not null,
    name text not null,
    content jsonb not null,
    release text not null,
    recorded_at timestamptz not null,
    ended_at timestamptz
);
create unique index declared_origin_one on tieout.declared_origin (entity, name) where ended_at is null;

-- What a governed account moved by in a month, and who moved it, as it was read last.
create table tieout.ledger_split (
    entity text not null,
    period text not null,
    account text not null,
    currency text not null,
    figures jsonb not null,
    read_at timestamptz not null,
    primary key (entity, period, account, currency)
);

-- What stood on a governed account before the first day, as it was read first: who changes that later is seen.
create table tieout.opening_balance (
    entity text not null,
    begins_on date not null,
    account text not null,
    currency text not null,
    amount numeric not null,
    read_at timestamptz not null,
    primary key (entity, begins_on, account, currency)
);
