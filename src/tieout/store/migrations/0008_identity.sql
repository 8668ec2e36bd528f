-- How people prove who they are. A row is stamped and is never rewritten: it ends, and another takes its place.
create table tieout.credential (
    credential_id bigint generated always as identity primary key,
    person text not null check (person <> ''),
    kind text not null check (kind in ('password', 'totp', 'passkey', 'recovery')),
    -- What it is found by: a passkey's id, a recovery code's hash.
    handle text not null default '',
    label text not null default '',
    secret bytea not null,
    made_at timestamptz not null,
    confirmed_at timestamptz,
    ended_at timestamptz,
    -- The last one-time code's time step, a passkey's own count: it only grows.
    counter bigint not null default 0,
    stamp bytea not null
);
create unique index credential_one on tieout.credential (person, kind)
    where ended_at is null and confirmed_at is not null and kind in ('password', 'totp');
create unique index credential_handle on tieout.credential (kind, handle) where handle <> '' and ended_at is null;
create index credential_person on tieout.credential (person) where ended_at is null;

create function tieout.keep_credential() returns trigger language plpgsql as $$
begin
    if (to_jsonb(old) - array['confirmed_at', 'ended_at', 'counter'])
        is distinct from (to_jsonb(new) - array['confirmed_at', 'ended_at', 'counter'])
        or old.ended_at is not null or new.counter < old.counter
        or (old.confirmed_at is not null and old.confirmed_at is distinct from new.confirmed_at) then
        raise exception 'a credential is not changed: it ends, and its counter only grows';
    end if;
    return new;
end $$;
create trigger credential_kept before update on tieout.credential
    for each row execute function tieout.keep_credential();
create trigger credential_fixed before delete on tieout.credential
    for each statement execute function tieout.refuse_change();
create trigger credential_whole before truncate on tieout.credential
    for each statement execute function tieout.refuse_change();

-- Who is signed in: the hash of a token that only their browser has. Sessions are dropped once they ended long ago.
create table tieout.session (
    token_sha256 bytea primary key,
    person text not null,
    level text not null check (level in ('half', 'enrol', 'full')),
    second_factor boolean not null,
    via text not null,
    made_at timestamptz not null,
    seen_at timestamptz not null,
    ended_at timestamptz,
    ended_why text not null default '',
    address text not null,
    agent text not null,
    stamp bytea not null
);
create index session_person on tieout.session (person) where ended_at is null;

create function tieout.keep_session() returns trigger language plpgsql as $$
begin
    if (to_jsonb(old) - array['seen_at', 'ended_at', 'ended_why'])
        is distinct from (to_jsonb(new) - array['seen_at', 'ended_at', 'ended_why'])
        or old.ended_at is not null then
        raise exception 'a session is not changed: it ends';
    end if;
    return new;
end $$;
create trigger session_kept before update on tieout.session
    for each row execute function tieout.keep_session();

-- Tries that failed, by whom they were about and where they came from.
create table tieout.throttle (
    subject text primary key,
    failures integer not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    until timestamptz not null
);

-- Links and questions that serve once: an invitation, a passkey's challenge, the state of a sign-on elsewhere.
create table tieout.once (
    token_sha256 bytea primary key,
    purpose text not null,
    person text not null,
    content bytea not null,
    made_by text not null,
    made_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    stamp bytea not null
);
create index once_person on tieout.once (purpose, person) where used_at is null;

-- Keys of service accounts: what of the account's rights each may use, and until when.
create table tieout.service_key (
    key_sha256 bytea primary key,
    key_id text not null unique,
    person text not null,
    label text not null,
    scopes text[] not null check (cardinality(scopes) > 0),
    entities text[] not null check (cardinality(entities) > 0),
    made_by text not null,
    made_at timestamptz not null,
    expires_at timestamptz not null check (expires_at > made_at),
    ended_at timestamptz,
    used_at timestamptz,
    stamp bytea not null
);
create function tieout.keep_service_key() returns trigger language plpgsql as $$
begin
    if (to_jsonb(old) - array['ended_at', 'used_at']) is distinct from (to_jsonb(new) - array['ended_at', 'used_at'])
        or old.ended_at is distinct from new.ended_at and old.ended_at is not null then
        raise exception 'a key is not changed: it ends';
    end if;
    return new;
end $$;
create trigger service_key_kept before update on tieout.service_key
    for each row execute function tieout.keep_service_key();
create trigger service_key_fixed before delete on tieout.service_key
    for each statement execute function tieout.refuse_change();
