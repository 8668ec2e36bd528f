-- Who says that it is Tieout must say which: the newest migration that it knows is the newest that is applied.
-- A version from before there was this says nothing, and is refused.
create or replace function tieout.refuse_other_versions() returns trigger language plpgsql as $$
declare newest text;
begin
    select max(name) into newest from tieout.schema_migration;
    if current_setting('tieout.version', true) is distinct from newest
        and current_setting('application_name') like 'tieout%' then
        raise exception 'this database is of another version of Tieout (%), and this program knows %: nothing is written',
            newest, coalesce(nullif(current_setting('tieout.version', true), ''), 'an older one')
            using errcode = '55T01', hint = 'end this program, and start the version that the database is of';
    end if;
    return null;
end $$;
