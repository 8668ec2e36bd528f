-- The inbox. `message` is narrow and never dropped: its keys never expire. The bytes stand in
-- `message_body`, partitioned by month, dropped by retention.
create table tieout.message (
    message_id bigint generated always as identity primary key,
    interface text not null,
    stream text not null,
    dedupe_key text not null,
    source_key text not null,
    transport text not null check (transport in ('webhook', 'poll', 'file')),
    state text not null default 'received'
        check (state in ('received', 'normalised', 'listed', 'failed')),
    body_sha256 bytea not null,
    received_at timestamptz not null,
    note text,
    unique (interface, dedupe_key)
);
create index message_todo on tieout.message (interface, message_id) where state = 'received';

create table tieout.message_body (
    message_id bigint not null,
    received_at timestamptz not null,
    salt bytea not null,
    body bytea not null,
    primary key (message_id, received_at)
) partition by range (received_at);
create table tieout.message_body_rest partition of tieout.message_body default;

-- Documents: one row a revision. The measure is what this revision adds to its key's figure,
-- so that the sum over a key's live revisions is what its source says today.
create table tieout.document (
    document_id bigint generated always as identity primary key,
    interface text not null,
    entity text not null,
    kind text not null,
    source_key text not null,
    revision integer not null,
    version text not null,
    content text not null,
    content_sha256 bytea not null,
    message_id bigint not null references tieout.message,
    occurred_at timestamptz not null,
    accounting_on date not null,
    period text not null,
    currency text not null,
    control_group text not null,
    measure_count integer not null,
    measure_debit numeric not null,
    measure_credit numeric not null,
    order_key text not null default '',
    link_key text not null default '',
    state text not null check (state in
        ('normalised', 'planned', 'refused', 'posted', 'excluded', 'superseded')),
    reason text not null default '',
    parked_account text not null default '',
    facts text,
    facts_sha256 bytea,
    release text not null,
    retry_at timestamptz,
    posted_at timestamptz,
    unique (interface, source_key, revision)
);
create index document_retry on tieout.document (retry_at)
    where state = 'normalised' and retry_at is not null;
create index document_order on tieout.document (entity, order_key) where order_key <> '';
create index document_link on tieout.document (entity, link_key) where link_key <> '';
create index document_period on tieout.document (interface, period);
create index document_planned on tieout.document (document_id) where state = 'planned';

create table tieout.delivery (
    delivery_id bigint generated always as identity primary key,
    document_id bigint not null references tieout.document,
    interface text not null,
    entity text not null,
    system text not null,
    lane text not null,
    effect text not null,
    external_id text not null,
    ledger boolean not null,
    body text not null,
    body_sha256 bytea not null,
    account text not null default '',
    requires text[],
    state text not null default 'waiting'
        check (state in ('waiting', 'attempting', 'unknown', 'confirmed', 'refused')),
    urgent boolean not null default true,
    attempts integer not null default 0,
    next_attempt_at timestamptz,
    target_model text not null default '',
    target_id bigint,
    read_back text,
    measure numeric,
    confirmed_at timestamptz,
    changed boolean not null default false,
    -- counts plans: a refused effect, which never happened, may be planned anew under its id
    plan_no integer not null default 1,
    -- one effect of one event on one target, for ever
    unique (system, external_id),
    check (state <> 'confirmed' or confirmed_at is not null)
);
create index delivery_todo on tieout.delivery (system, lane, delivery_id)
    where state in ('waiting', 'attempting', 'unknown');
create index delivery_document on tieout.delivery (document_id);

create table tieout.attempt (
    attempt_id bigint generated always as identity primary key,
    system text not null,
    lane text not null,
    worker text not null,
    external_ids text[] not null,
    started_at timestamptz not null,
    finished_at timestamptz,
    outcome text,
    detail text
);

-- Journal lines as planned: signed, a debit positive.
create table tieout.posting_line (
    external_id text not null,
    plan_no integer not null,
    line_no integer not null,
    entity text not null,
    accounting_on date not null,
    account text not null,
    currency text not null,
    amount numeric not null,
    company_amount numeric not null,
    partner text not null default '',
    primary key (external_id, plan_no, line_no)
);
-- Every posting balances: checked once a statement, which costs half of a row trigger.
create function tieout.posting_balances() returns trigger language plpgsql as $$
declare bad text;
begin
    select external_id into bad from added
        group by external_id, plan_no, currency
        having sum(amount) <> 0 or sum(company_amount) <> 0 limit 1;
    if bad is not null then
        raise exception 'posting % does not balance', bad using errcode = '23514';
    end if;
    return null;
end $$;
create trigger posting_balances after insert on tieout.posting_line
    referencing new table as added for each statement execute function tieout.posting_balances();
create function tieout.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only: % refused', tg_table_name, tg_op using errcode = '55000';
end $$;
create trigger posting_line_fixed before update or delete on tieout.posting_line
    for each statement execute function tieout.refuse_change();
create trigger posting_line_kept before truncate on tieout.posting_line
    for each statement execute function tieout.refuse_change();

-- Cases. One open case a fingerprint: what is found again is the same case.
create table tieout.cases (
    case_id bigint generated always as identity primary key,
    fingerprint text not null,
    cause text not null,
    interface text not null,
    entity text not null,
    period text not null,
    document_id bigint references tieout.document,
    source_key text not null,
    amount numeric not null check (amount >= 0),
    currency text not null,
    blocking boolean not null,
    recovery text not null,
    detail text not null,
    owner text not null,
    state text not null default 'open' check (state in ('open', 'solved')),
    opened_at timestamptz not null,
    due_at timestamptz not null,
    solved_at timestamptz,
    resolution text not null default ''
);
create unique index cases_one_open on tieout.cases (fingerprint) where state = 'open';
create index cases_document on tieout.cases (document_id) where state = 'open';

-- A source's own figures, got apart from its messages.
create table tieout.control_total (
    interface text not null,
    entity text not null,
    period text not null,
    currency text not null,
    control_group text not null,
    count integer not null,
    debit numeric not null,
    credit numeric not null,
    reference text not null,
    taken_at timestamptz not null,
    primary key (interface, period, currency, control_group)
);

-- Which movements a payout paid out, as its provider lists them.
create table tieout.payout_item (
    entity text not null,
    payout_key text not null,
    movement_key text not null,
    primary key (entity, payout_key, movement_key)
);
create index payout_item_movement on tieout.payout_item (entity, movement_key);

create table tieout.poll_cursor (
    interface text not null,
    stream text not null,
    position text not null default '{}',
    due_at timestamptz not null,
    failures integer not null default 0,
    last_error text not null default '',
    polled_at timestamptz,
    primary key (interface, stream)
);

-- Evidence: append-only; leaves and heads stand apart so that its rows never change.
create table tieout.evidence (
    evidence_id bigint generated always as identity,
    xid xid8 not null default pg_current_xact_id(),
    at timestamptz not null,
    actor text not null,
    action text not null,
    subject text not null,
    entity text not null default '',
    detail text not null default '{}',
    content_hash bytea,
    primary key (evidence_id)
);
create index evidence_xid on tieout.evidence (xid);
create table tieout.evidence_leaf (
    leaf_no bigint primary key,
    evidence_id bigint not null unique,
    leaf_hash bytea not null
);
create table tieout.evidence_head (
    tree_size bigint primary key,
    root_hash bytea not null,
    signed_at timestamptz not null,
    key_id text not null,
    signature bytea not null,
    peaks bytea[] not null
);
create trigger evidence_fixed before update or delete on tieout.evidence
    for each statement execute function tieout.refuse_change();
create trigger evidence_kept before truncate on tieout.evidence
    for each statement execute function tieout.refuse_change();
create trigger leaf_fixed before update or delete on tieout.evidence_leaf
    for each statement execute function tieout.refuse_change();
create trigger leaf_kept before truncate on tieout.evidence_leaf
    for each statement execute function tieout.refuse_change();
create trigger head_fixed before update or delete on tieout.evidence_head
    for each statement execute function tieout.refuse_change();
create trigger head_kept before truncate on tieout.evidence_head
    for each statement execute function tieout.refuse_change();

create table tieout.release (
    sha256 text primary key,
    activated_at timestamptz not null
);
create table tieout.pinned_system (
    system text primary key,
    environment text not null,
    fingerprint text not null,
    pinned_at timestamptz not null
);
