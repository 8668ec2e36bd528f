-- Who watches a case: of a person the last row decides.
create table tieout.case_watch (
    watch_id bigint generated always as identity primary key,
    case_id bigint not null references tieout.cases,
    person text not null check (person <> ''),
    watching boolean not null,
    at timestamptz not null,
    by text not null check (by <> '')
);
create index case_watch_person on tieout.case_watch (case_id, person, watch_id desc);
create trigger case_watch_append_only before update or delete on tieout.case_watch
    for each row execute function tieout.refuse_change();

-- What somebody is told of a case, once for each key; what is shown of the case is asked of it, by whoever may see it then.
create table tieout.notice (
    notice_id bigint generated always as identity primary key,
    person text not null check (person <> ''),
    case_id bigint not null references tieout.cases,
    kind text not null check (kind in ('assigned', 'given', 'mentioned', 'noted', 'solved', 'overdue', 'escalated')),
    by text not null,
    at timestamptz not null,
    key text not null check (key <> ''),
    unique (person, key)
);
create index notice_person on tieout.notice (person, notice_id desc);
create trigger notice_append_only before update or delete on tieout.notice
    for each row execute function tieout.refuse_change();

-- Up to which notice somebody looked.
create table tieout.notice_seen (
    person text primary key,
    upto bigint not null,
    at timestamptz not null
);
