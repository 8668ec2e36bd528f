-- Files that are there and not whole yet, as they were seen last; times are of the machine's clock. `told`: its case is open.
create table tieout.waiting_file (
    interface text not null,
    name text not null,
    stamp text not null,
    first_at timestamptz not null,
    unchanged_since timestamptz not null,
    why text not null,
    told boolean not null default false,
    primary key (interface, name)
);
