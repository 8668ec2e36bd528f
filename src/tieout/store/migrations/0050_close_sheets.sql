-- The figures of a close as they were when somebody signed or locked it: the exact bytes, whose hash an entry of the log has.
create table tieout.close_sheet (
    sheet_no bigint generated always as identity primary key,
    entity text not null,
    period text not null,
    kept_at timestamptz not null,
    body bytea not null,
    sha256 bytea not null
);
create index close_sheet_of on tieout.close_sheet (entity, period, sheet_no);
create trigger close_sheet_fixed before update or delete on tieout.close_sheet
    for each statement execute function tieout.refuse_change();
create trigger close_sheet_kept before truncate on tieout.close_sheet
    for each statement execute function tieout.refuse_change();
