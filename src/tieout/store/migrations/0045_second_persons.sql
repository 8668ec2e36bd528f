-- What people bring, by whom and to whom: what one person brings in pieces is added up. A row a document, in the transaction
-- that plans it.
create table tieout.prepared (
    document_id bigint primary key,
    entity text not null,
    interface text not null,
    source_key text not null,
    entire text not null,
    kind text not null,
    makers text[] not null,
    payees text[] not null,
    policies text[] not null,
    currency text not null,
    amount numeric not null check (amount >= 0),
    company_amount numeric not null check (company_amount >= 0),
    received_at timestamptz not null,
    accounting_on date not null
);
create index prepared_payees on tieout.prepared using gin (payees);
create index prepared_received on tieout.prepared (entity, kind, received_at);

-- Beside posting and excluding, accepting what a case says waits for a second person.
alter table tieout.approval_request drop constraint approval_request_action_check;
alter table tieout.approval_request add constraint approval_request_action_check
    check (action in ('post', 'exclude', 'accept'));

-- What one person decided alone, since it was within the limit: what is above it in pieces is added up. `company_amount` is
-- positive, in the entity's currency; `look` is what the person's name looks like.
create table tieout.decided_alone (
    no bigint generated always as identity primary key,
    at timestamptz not null,
    entity text not null,
    person text not null,
    look text not null,
    kind text not null check (kind in ('exclude', 'accept', 'write_off')),
    subject text not null,
    company_amount numeric not null check (company_amount >= 0)
);
create index decided_alone_person on tieout.decided_alone (entity, look, at);
create trigger decided_alone_fixed before update or delete on tieout.decided_alone
    for each statement execute function tieout.refuse_change();
create trigger decided_alone_kept before truncate on tieout.decided_alone
    for each statement execute function tieout.refuse_change();
