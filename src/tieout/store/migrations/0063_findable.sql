-- What documents are known by: what each is called and whose it is, and the terms by which it is found. It is made by a worker of what
-- stands in `findable_due`, which commits with the documents; what was here before is entered in batches, from the newest down: `below` is
-- how far that came, 0 once nothing is left, and `rules` by which rules entries are made. No foreign key: documents are never deleted, and
-- it would be asked for each.
create table tieout.findable (
    document_id bigint primary key,
    entity text not null,
    thing text not null,
    number text not null,
    party text not null,
    amount numeric,
    terms tsvector not null
);
-- What came last is read through by every search: no more of it than a moment's.
create index findable_terms on tieout.findable using gin (terms) with (gin_pending_list_limit = 512);

create table tieout.findable_due (
    due_id bigint generated always as identity primary key,
    documents bigint[] not null
);
create table tieout.findable_progress (
    one boolean primary key default true check (one),
    below bigint not null,
    rules integer not null
);
insert into tieout.findable_progress (below, rules) select coalesce(max(document_id) + 1, 0), 1 from tieout.document;

-- What people keep of a list: a page's filters and order under a name, for themselves or for everybody. It holds what was asked, never
-- what was found: whoever opens it sees what they may see.
create table tieout.saved_view (
    view_id bigint generated always as identity primary key,
    person text not null,
    page text not null,
    name text not null check (name <> ''),
    asked text not null,
    shared boolean not null,
    made_at timestamptz not null,
    unique (person, page, name)
);
create index saved_view_page on tieout.saved_view (page, name);
