-- What somebody chose for the pages that they look at: a language and a form of dates and numbers ('' while nothing was chosen), and the
-- entity that lists open with ('' for all). It decides what is shown first and how, never what may be seen.
create table tieout.preference (
    person text primary key,
    language text not null,
    forms text not null,
    entity text not null,
    changed_at timestamptz not null
);
