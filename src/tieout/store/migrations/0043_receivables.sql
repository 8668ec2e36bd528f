-- What each customer owes in all, in the entity's currency, as the ledger's open items said when they were read last:
-- a customer is the company that owes (its contacts' invoices count to it) by the ledger's own id, or by the external id of
-- one whom the ledger does not have yet. Credits and unapplied payments are below zero.
create table tieout.customer_exposure (
    entity text not null,
    customer text not null,
    name text not null,
    invoiced numeric not null,
    credited numeric not null,
    unapplied numeric not null,
    orders numeric not null,
    unrated integer not null,
    currency text not null,
    read_at timestamptz not null,
    primary key (entity, customer)
);

-- What the CRM was told of its accounts last, so that it is told again once something changed.
create table tieout.standing_told (
    entity text not null,
    account_key text not null,
    content text not null,
    told_at timestamptz not null,
    primary key (entity, account_key)
);

-- Up to which evidence an entity's receivables were read.
create table tieout.receivables_read (
    entity text primary key,
    through bigint not null,
    read_at timestamptz not null
);

-- Invoices that were open when receivables were read, and how each stands. An invoice is the ledger's entry: `move` is its own id, which
-- outlives its lines. `residual` is in the invoice's currency, `company` in the entity's; paid ones stay, with nothing open.
create table tieout.receivable_invoice (
    entity text not null,
    move bigint not null,
    number text not null,
    customer text not null,
    name text not null,
    booked_on date not null,
    due_on date,
    currency text not null,
    residual numeric not null,
    company numeric not null,
    status text not null check (status in ('open', 'promised', 'reminded', 'in collection', 'paid')),
    promised_on date,
    broken_on date,
    read_at timestamptz not null,
    primary key (entity, move)
);
create index receivable_invoice_due on tieout.receivable_invoice (entity, due_on, move) where status <> 'paid';

-- What happened to an invoice on its way to being paid, in its order: what people say and what the ledger shows. Never changed.
create table tieout.collection_event (
    event_id bigint generated always as identity primary key,
    entity text not null,
    move bigint not null,
    kind text not null
        check (kind in ('reminded', 'promised', 'handed over', 'taken back', 'promise broken', 'paid', 'reopened')),
    promised_on date check ((kind = 'promised') = (promised_on is not null)),
    note text not null,
    who text not null,
    at timestamptz not null
);
create index collection_event_of on tieout.collection_event (entity, move, event_id);
create trigger collection_event_fixed before update or delete on tieout.collection_event
    for each statement execute function tieout.refuse_change();
create trigger collection_event_kept before truncate on tieout.collection_event
    for each statement execute function tieout.refuse_change();
