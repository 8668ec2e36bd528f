-- A ledger that nothing is read from or sent to yet: it has not answered, or it is another one than it was pinned to.
create table tieout.unpinned_system (
  system text primary key,
  refused boolean not null,
  why text not null check (length(why) <= 1000),
  since timestamptz not null
);
