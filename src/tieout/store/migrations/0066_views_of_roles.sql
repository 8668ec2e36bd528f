-- A shared view may be one role's: '' for everybody.
alter table tieout.saved_view add column role text not null default '';
