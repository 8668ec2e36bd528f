-- What stood in a ledger that ran already, when somebody looked: the figures as they were found, and the rows that make them up. A survey is
-- never changed; the rows of old ones go, their figures stay.
create table tieout.survey (
    survey bigint generated always as identity primary key,
    system text not null,
    entity text not null,
    taken_at timestamptz not null,
    taken_by text not null,
    sha256 text not null,
    found jsonb not null
);
create index survey_of_system on tieout.survey (system, survey);

-- A posted entry that stood there: whose way it came (feeder), and whether somebody typed it.
create table tieout.survey_entry (
    survey bigint not null references tieout.survey,
    key bigint not null,
    day date not null,
    made_at timestamptz not null,
    month text not null,
    journal text not null,
    kind text not null,
    number text not null,
    reference text not null,
    origin text not null,
    party_key bigint not null,
    party text not null,
    login text not null,
    amount numeric not null,
    record text not null,
    record_key bigint not null,
    external_id text not null,
    feeder text not null,
    by_hand boolean not null,
    primary key (survey, key)
);

-- An open line of a customer, a supplier or on suspense: debit positive.
create table tieout.survey_line (
    survey bigint not null references tieout.survey,
    key bigint not null,
    entry bigint not null,
    kind text not null,
    account text not null,
    band text not null,
    day date not null,
    due date not null,
    party_key bigint not null,
    party text not null,
    number text not null,
    currency text not null,
    open numeric not null,
    company_open numeric not null,
    primary key (survey, key)
);

create table tieout.survey_party (
    survey bigint not null references tieout.survey,
    key bigint not null,
    name text not null,
    tax_number text not null,
    mail text not null,
    reference text not null,
    parent bigint not null,
    primary key (survey, key)
);
