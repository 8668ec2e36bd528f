-- Who signed which task of a close, and what they saw (the digest of its figures). A signature is made by
-- two people and is revoked, never changed or deleted.
create table tieout.signature (
    signature_id bigint generated always as identity primary key,
    entity text not null,
    period text not null,
    task text not null,
    digest text not null,
    prepared_by text not null check (prepared_by <> ''),
    prepared_at timestamptz not null,
    signed_by text not null default '',
    signed_at timestamptz,
    stamp bytea,
    revoked_at timestamptz,
    revoked_why text not null default '',
    check (signed_by <> prepared_by),
    check ((signed_by = '') = (signed_at is null))
);
create unique index signature_one on tieout.signature (entity, period, task) where revoked_at is null;

create function tieout.keep_signature() returns trigger language plpgsql as $$
begin
    if (to_jsonb(old) - array['signed_by', 'signed_at', 'stamp', 'revoked_at', 'revoked_why'])
        is distinct from (to_jsonb(new) - array['signed_by', 'signed_at', 'stamp', 'revoked_at', 'revoked_why'])
        or (old.signed_by <> '' and old.signed_by is distinct from new.signed_by)
        or (old.revoked_at is not null) then
        raise exception 'a signature is not changed: it is revoked, and signed anew';
    end if;
    return new;
end $$;
create trigger signature_kept before update on tieout.signature
    for each row execute function tieout.keep_signature();
create trigger signature_fixed before delete on tieout.signature
    for each statement execute function tieout.refuse_change();
create trigger signature_whole before truncate on tieout.signature
    for each statement execute function tieout.refuse_change();
