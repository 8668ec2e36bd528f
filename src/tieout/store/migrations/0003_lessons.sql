-- What manual matches teach, once somebody else approves it. `kind` alias: a name (key) is a party
-- (value); reference: a word before digits (key) and the number that it makes of them (value);
-- account: what lines say (key), and the role of the account that they are booked to (value).
create table tieout.lesson (
    lesson_id bigint generated always as identity primary key,
    interface text not null,
    entity text not null,
    kind text not null check (kind in ('alias', 'reference', 'account')),
    key text not null,
    value text not null,
    learned_from text[] not null,
    state text not null default 'proposed' check (state in ('proposed', 'approved', 'rejected')),
    proposed_by text not null,
    proposed_at timestamptz not null,
    decided_by text not null default '',
    decided_at timestamptz,
    reason text not null default '',
    -- Nobody approves what they made.
    check (state <> 'approved' or (decided_by <> '' and decided_by <> proposed_by)),
    unique (interface, kind, key, value)
);
create unique index lesson_one_meaning on tieout.lesson (interface, kind, key) where state = 'approved';

-- Undone matches are few, and asked for with every read-back.
create index delivery_unmatch on tieout.delivery (delivery_id) where effect like 'unmatch%';
