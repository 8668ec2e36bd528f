-- What failed and is tried again: a lane (item '') or one item of it, by the machine's clock.
-- Whoever works next, on whichever machine, waits as long as whoever failed was told to.
create table tieout.failure (
    stage text not null,
    lane text[] not null,
    item text not null default '',
    failures integer not null check (failures > 0),
    error text not null,
    since timestamptz not null,
    failed_at timestamptz not null,
    next_at timestamptz not null,
    primary key (stage, lane, item)
);

-- The same by interface, for those stages whose lanes are interfaces.
create view tieout.interface_failure as
select lane[1] as interface, stage, item, failures, error, since, next_at from tieout.failure
where stage in ('poll', 'fetch', 'folder', 'process', 'file payments');

insert into tieout.failure (stage, lane, failures, error, since, failed_at, next_at)
select 'poll', array[interface, stream], greatest(failures, 1), last_error, now(), now(), now()
from tieout.poll_cursor where last_error <> '' and left(stream, 1) <> '#';
update tieout.poll_cursor set failures = 0, last_error = '';

-- Messages that could not be taken, to be read again once whoever reads them is mended.
create index message_failed on tieout.message (interface, source_key) where state = 'failed';

-- What each channel was told of an alert: one that does not answer keeps no other from being told.
create table tieout.alert_told (
    channel text not null,
    key text not null,
    alert_id bigint not null references tieout.alert,
    told_at timestamptz not null,
    told_level integer not null,
    told_count integer not null,
    primary key (channel, key)
);
