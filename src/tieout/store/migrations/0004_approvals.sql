-- Who may do what, who approved what, and stamps: keyed hashes over the rows that move money, made
-- with a key outside the database. A row whose stamp is not right was not made by us.
alter table tieout.message add column stamp bytea;
alter table tieout.message add column submitted_by text not null default '';
alter table tieout.document add column stamp bytea;
alter table tieout.delivery add column stamp bytea;

-- Every change of who may do what, in order: each row's stamp runs over the one before it.
create table tieout.authority (
    no bigint primary key,
    at timestamptz not null,
    made_by text not null,
    content text not null,
    stamp bytea not null
);
create trigger authority_fixed before update or delete on tieout.authority
    for each statement execute function tieout.refuse_change();
create trigger authority_kept before truncate on tieout.authority
    for each statement execute function tieout.refuse_change();

create index evidence_authority on tieout.evidence (evidence_id) where action like 'authority.%';

-- What waits for people. `content` is what they approve, `steps` who must, `makers` who may not.
create table tieout.approval_request (
    request_id bigint generated always as identity primary key,
    action text not null check (action in ('post', 'exclude')),
    subject text not null,
    revision integer not null,
    document_id bigint,
    case_id bigint,
    interface text not null,
    entity text not null,
    batch text not null default '',
    summary text not null,
    content text not null,
    content_sha256 bytea not null,
    currency text not null,
    amount numeric not null check (amount >= 0),
    company_amount numeric not null check (company_amount >= 0),
    makers text[] not null,
    policies text[] not null,
    steps text not null,
    escalate_to text not null,
    requested_at timestamptz not null,
    due_at timestamptz not null,
    stamp bytea not null,
    state text not null default 'open' check (state in ('open', 'approved', 'rejected', 'void')),
    closed_at timestamptz,
    reason text not null default '',
    unique (request_id, content_sha256, makers)
);
create unique index approval_request_one on tieout.approval_request (action, subject, revision)
    where state in ('open', 'approved');
create index approval_request_document on tieout.approval_request (document_id);
create index approval_request_batch on tieout.approval_request (interface, batch) where batch <> '';

create function tieout.refuse_new_content() returns trigger language plpgsql as $$
begin
    if (to_jsonb(old) - array['state', 'closed_at', 'reason'])
        is distinct from (to_jsonb(new) - array['state', 'closed_at', 'reason']) then
        raise exception 'what is approved never changes: a new request takes its place'
            using errcode = '55000';
    end if;
    return new;
end $$;
create trigger approval_request_fixed before update on tieout.approval_request
    for each row execute function tieout.refuse_new_content();
create trigger approval_request_kept before delete or truncate on tieout.approval_request
    for each statement execute function tieout.refuse_change();

-- `authority` is whose right was used: the person's own, or of whom they stand in for; `completes`
-- says that nobody else was needed after it.
create table tieout.approval_decision (
    request_id bigint not null,
    content_sha256 bytea not null,
    makers text[] not null,
    step integer not null,
    person text not null,
    authority text not null,
    verdict text not null check (verdict in ('approve', 'reject')),
    reason text not null default '',
    completes boolean not null,
    at timestamptz not null,
    stamp bytea not null,
    primary key (request_id, person),
    unique (request_id, authority),
    foreign key (request_id, content_sha256, makers)
        references tieout.approval_request (request_id, content_sha256, makers),
    -- Nobody approves what they made, and nobody for whom they stand in.
    check (person <> all (makers)),
    check (authority <> all (makers))
);
create trigger approval_decision_fixed before update or delete on tieout.approval_decision
    for each statement execute function tieout.refuse_change();
create trigger approval_decision_kept before truncate on tieout.approval_decision
    for each statement execute function tieout.refuse_change();

create index document_awaiting on tieout.document (reason) where state = 'normalised' and reason <> '';
create index approval_request_open on tieout.approval_request (due_at) where state = 'open';
