-- How somebody wants to be sent what they are told of cases: not at all, at once, or as a digest. `after_notice`: what was told before the
-- choice, or long ago, is looked at no more. `next_at` is when the next digest is due.
create table tieout.notice_choice (
    person text primary key check (person <> ''),
    pace text not null check (pace in ('none', 'at_once', 'daily', 'weekly')),
    channel text not null check (channel in ('mail', 'slack')),
    hour smallint not null check (hour between 0 and 23),
    weekday smallint not null check (weekday between 1 and 7),
    time_zone text not null check (time_zone <> ''),
    after_notice bigint not null,
    next_at timestamptz check ((next_at is not null) = (pace in ('daily', 'weekly'))),
    changed_at timestamptz not null
);

-- Where that goes: one address a channel, believed once it is confirmed; the stamp says that we saw it confirmed.
create table tieout.notice_address (
    person text not null check (person <> ''),
    channel text not null check (channel in ('mail', 'slack')),
    address text not null check (address <> ''),
    asked_at timestamptz not null,
    confirmed_at timestamptz,
    stamp bytea,
    primary key (person, channel),
    check ((confirmed_at is null) = (stamp is null))
);

-- What goes out: one of a kind a person and channel waits at a time. Its key makes the Message-ID, the same at each try; times are the
-- machine's. What it says is written when it is sent.
create table tieout.dispatch (
    dispatch_id bigint generated always as identity primary key,
    key uuid not null default gen_random_uuid() unique,
    person text not null check (person <> ''),
    channel text not null check (channel in ('mail', 'slack')),
    kind text not null check (kind in ('notices', 'digest', 'address')),
    state text not null default 'waiting' check (state in ('waiting', 'sent', 'failed', 'dropped')),
    tries smallint not null default 0 check (tries >= 0),
    made_at timestamptz not null,
    next_at timestamptz not null,
    ended_at timestamptz check ((ended_at is null) = (state = 'waiting')),
    said text not null default ''
);
create unique index dispatch_waiting on tieout.dispatch (person, channel, (kind = 'address')) where state = 'waiting';
create index dispatch_due on tieout.dispatch (channel, next_at) where state = 'waiting';
create index dispatch_person on tieout.dispatch (person, dispatch_id desc);
create index dispatch_ended on tieout.dispatch (channel, ended_at) where state in ('sent', 'failed') and kind <> 'address';

-- Which notices a message tells: each one once.
create table tieout.dispatch_notice (
    notice_id bigint primary key references tieout.notice,
    dispatch_id bigint not null references tieout.dispatch
);
create index dispatch_notice_of on tieout.dispatch_notice (dispatch_id);
create trigger dispatch_notice_append_only before update or delete on tieout.dispatch_notice
    for each row execute function tieout.refuse_change();
