-- What a source says of itself decides whether a month is proven: a figure that somebody wrote past us says nothing. Those that
-- are there already are stamped right after this, since the database does not have the key.
alter table tieout.control_total add column stamp bytea;
