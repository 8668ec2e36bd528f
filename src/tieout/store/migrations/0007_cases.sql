-- Who solved a case, and whether a person decided that things may stand as they are: such a difference is
-- not told again while it stays the same.
alter table tieout.cases add column solved_by text not null default '';
alter table tieout.cases add column accepted boolean not null default false;
