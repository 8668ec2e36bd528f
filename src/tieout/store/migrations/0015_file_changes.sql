-- Files of the project that were decided to change, until they are in place: `staged` is the name, beside it, of what takes
-- the place of `path`; '' where the file goes. Contents are in no row: some hold secrets.
create table tieout.file_change (
    change_id bigint generated always as identity primary key,
    path text not null check (path <> ''),
    staged text not null,
    decided_at timestamptz not null
);
