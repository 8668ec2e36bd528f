-- What was qualified is a version at an address and in a database: the same version elsewhere is somebody else's. Which report says so is
-- known by its hash; what qualified nothing by a report of its own lets nothing pass any more.
alter table tieout.qualified_version
    add column address text not null default '',
    add column database_name text not null default '';
alter table tieout.qualified_version
    alter column address drop default,
    alter column database_name drop default;
alter table tieout.qualified_version rename column fingerprint to report_sha256;
alter table tieout.qualified_version drop constraint qualified_version_pkey;
alter table tieout.qualified_version add primary key (system, version, address, database_name);
