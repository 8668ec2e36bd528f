-- A match is a message too: what was decided is kept as it was decided.
alter table tieout.message drop constraint message_transport_check;
alter table tieout.message add constraint message_transport_check
    check (transport in ('webhook', 'poll', 'file', 'match'));

-- Which lines of a ledger a match is of: `line` is the ledger's own id, `effect` the external id
-- of ours behind it, "" for others'. `side` is cash or due.
create table tieout.match_line (
    interface text not null,
    source_key text not null,
    entity text not null,
    line bigint not null,
    side text not null check (side in ('cash', 'due')),
    effect text not null default '',
    primary key (interface, source_key, line)
);
create index match_line_line on tieout.match_line (entity, line);
create index match_line_effect on tieout.match_line (effect) where effect <> '';

-- What people decide about: suggested matches, and write-offs above one person's limit.
-- `lines_key` names the set of lines, whatever is open of them.
create table tieout.suggestion (
    suggestion_id bigint generated always as identity primary key,
    interface text not null,
    entity text not null,
    lines_key text not null,
    lines bigint[] not null,
    about text not null,
    content text not null,
    content_sha256 bytea not null,
    currency text not null,
    amount numeric not null,
    difference numeric not null,
    explained_as text not null,
    rule text not null,
    confidence numeric not null,
    rank integer not null,
    why text not null,
    state text not null default 'open'
        check (state in ('open', 'to_approve', 'accepted', 'rejected', 'gone')),
    proposed_at timestamptz not null,
    decided_at timestamptz,
    decided_by text not null default '',
    approved_by text not null default '',
    reason text not null default '',
    -- Nobody approves what they made.
    check (approved_by = '' or approved_by <> decided_by),
    check (state in ('open', 'gone') or decided_by <> '')
);
create unique index suggestion_one_open on tieout.suggestion (interface, lines_key)
    where state in ('open', 'to_approve');
create index suggestion_rejected on tieout.suggestion (interface, lines_key)
    where state = 'rejected';
