-- How balance-sheet accounts stand at a month's end against what is known of them apart, as it was read last.
create table tieout.account_figure (
    entity text not null,
    period text not null,
    account text not null,
    currency text not null,
    figures jsonb not null,
    digest text not null,
    read_at timestamptz not null,
    primary key (entity, period, account, currency)
);

-- That an account is right at a month's end, or wrong and why: by itself, or by two people of two roles. The digest is of the
-- figures that it is about.
create table tieout.certification (
    certification_id bigint generated always as identity primary key,
    entity text not null,
    period text not null,
    account text not null,
    currency text not null,
    figures jsonb not null,
    digest text not null,
    by_itself boolean not null,
    explanation text not null,
    prepared_by text not null,
    prepared_role text not null,
    prepared_at timestamptz not null,
    prepared_stamp bytea not null,
    signed_by text not null default '',
    signed_role text not null default '',
    signed_at timestamptz,
    stamp bytea,
    revoked_at timestamptz,
    revoked_why text not null default '',
    check (by_itself = (prepared_by = '')),
    check (by_itself or (explanation <> '' and prepared_role <> '')),
    check (not by_itself or signed_by = ''),
    check ((signed_by = '') = (signed_at is null)),
    check ((signed_by = '') = (signed_role = '')),
    check (signed_by = '' or (signed_by <> prepared_by and signed_role <> prepared_role))
);
create unique index certification_one on tieout.certification (entity, period, account, currency)
    where revoked_at is null;

create function tieout.keep_certification() returns trigger language plpgsql as $$
begin
    if (to_jsonb(old) - array['signed_by', 'signed_role', 'signed_at', 'stamp', 'revoked_at', 'revoked_why'])
        is distinct from (to_jsonb(new) - array['signed_by', 'signed_role', 'signed_at', 'stamp', 'revoked_at', 'revoked_why'])
        or (old.signed_by <> '' and (to_jsonb(old) - array['revoked_at', 'revoked_why'])
            is distinct from (to_jsonb(new) - array['revoked_at', 'revoked_why']))
        or old.revoked_at is not null then
        raise exception 'a certification is not changed: it is revoked, and made anew';
    end if;
    return new;
end $$;
create trigger certification_kept before update on tieout.certification
    for each row execute function tieout.keep_certification();
create trigger certification_fixed before delete on tieout.certification
    for each statement execute function tieout.refuse_change();
create trigger certification_whole before truncate on tieout.certification
    for each statement execute function tieout.refuse_change();

-- By which rules an entity certifies, and since when.
create table tieout.certify_rule (
    rule_id bigint generated always as identity primary key,
    entity text not null,
    content jsonb not null,
    digest text not null,
    recorded_at timestamptz not null,
    stamp bytea not null
);
create index certify_rule_of on tieout.certify_rule (entity, rule_id);
create trigger certify_rule_fixed before update or delete on tieout.certify_rule
    for each statement execute function tieout.refuse_change();
create trigger certify_rule_kept before truncate on tieout.certify_rule
    for each statement execute function tieout.refuse_change();
