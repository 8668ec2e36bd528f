-- What people see and do beside the figures: pauses, notes on cases, what was open when a ledger was read last, what
-- the evidence of a close said last, figures that cost more than a page may, and who is told of what happens.
create table tieout.paused (
    interface text primary key,
    since timestamptz not null,
    by text not null,
    reason text not null check (reason <> '')
);

create table tieout.case_note (
    note_id bigint generated always as identity primary key,
    case_id bigint not null references tieout.cases,
    at timestamptz not null,
    person text not null,
    text text not null check (text <> '')
);
create index case_note_case on tieout.case_note (case_id, note_id);
create trigger case_note_append_only before update or delete on tieout.case_note
    for each row execute function tieout.refuse_change();

-- Lines of a ledger as reconciling read them last; `amount` is signed as its side is: cash received and what is owed
-- to us are positive.
create table tieout.open_line (
    entity text not null,
    line bigint not null,
    side text not null check (side in ('cash', 'due')),
    account text not null,
    kind text not null,
    booked_on date not null,
    due_on date,
    amount numeric not null,
    currency text not null,
    partner text not null,
    number text not null,
    text text not null,
    read_at timestamptz not null,
    primary key (entity, line)
);
create index open_line_age on tieout.open_line (entity, side, booked_on, line);
create index open_line_amount on tieout.open_line (entity, side, currency, amount, line);

-- Their sums, so that a page need not add up every line.
create table tieout.open_line_sum (
    entity text not null,
    side text not null,
    currency text not null,
    count integer not null,
    amount numeric not null,
    oldest date not null,
    read_at timestamptz not null,
    primary key (entity, side, currency)
);

create table tieout.close_finding (
    entity text not null,
    period text not null,
    task text not null,
    done boolean not null,
    why text not null,
    digest text not null,
    read_at timestamptz not null,
    primary key (entity, period, task)
);

create table tieout.kept_figure (
    name text primary key,
    content text not null,
    watermark text not null,
    as_of timestamptz not null,
    took_ms integer not null
);

-- Who is told of what happens, at which address; the secret is sealed under a key outside the database.
create table tieout.subscription (
    subscription_id bigint generated always as identity primary key,
    url text not null,
    types text[] not null,
    entity text not null,
    secret bytea not null,
    made_by text not null,
    made_at timestamptz not null,
    ended_at timestamptz,
    -- the last entry of the sealed evidence that it was told, or that is none of its types
    position bigint not null,
    failures integer not null default 0,
    next_at timestamptz not null,
    last_status text not null default '',
    last_at timestamptz
);

create index document_state on tieout.document (state, document_id) where state in ('refused', 'normalised', 'excluded');
create index document_interface on tieout.document (interface, document_id);
create index document_occurred on tieout.document (interface, occurred_at, document_id);
create index document_month on tieout.document (period, document_id);
create index document_match on tieout.document (document_id) where kind = 'reconciliation';
create index cases_cause on tieout.cases (cause, entity, amount desc, case_id) where state = 'open';
create index evidence_subject on tieout.evidence (subject, evidence_id);
create index evidence_action on tieout.evidence (action, evidence_id);
create index evidence_actor on tieout.evidence (actor, evidence_id);

-- Payouts by day, and what arrived of each, without reading every movement.
create index document_payout on tieout.document (accounting_on desc, document_id desc)
    where kind = 'provider_movement' and content::jsonb ->> 'category' = 'payout' and state <> 'superseded';
create index delivery_arrival on tieout.delivery ((body::jsonb ->> 'left'))
    where effect in ('match_bank_line', 'match_payout_reversal');

-- What is alerted of: one row for everything of one kind in one place, from when it was raised until it is settled.
create table tieout.alert (
    alert_id bigint generated always as identity primary key,
    key text not null,
    kind text not null,
    cause text not null,
    entity text not null,
    count integer not null,
    amount numeric not null check (amount >= 0),
    currency text not null,
    action text not null,
    path text not null,
    level integer not null,
    raised_at timestamptz not null,
    told_at timestamptz,
    told_level integer not null default 0,
    told_count integer not null default 0,
    cleared_at timestamptz
);
create unique index alert_one on tieout.alert (key) where cleared_at is null;
