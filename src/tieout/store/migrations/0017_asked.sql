-- A push that comes while its stream is being polled asks for another poll right after it: what it tells of may be on a
-- page that was read already.
alter table tieout.poll_cursor add column polling boolean not null default false;
alter table tieout.poll_cursor add column asked boolean not null default false;
