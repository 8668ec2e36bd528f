-- What a write was answered with, so that the same one, sent again, is answered alike and done once.
create table tieout.idempotency (
    scope bytea not null,
    key text not null,
    request_sha256 bytea not null,
    made_at timestamptz not null,
    status integer,
    content_type text not null default '',
    body bytea,
    primary key (scope, key)
);
create index idempotency_age on tieout.idempotency (made_at);

-- Lists by what is at risk, and by what came last, page by page.
create index cases_risk on tieout.cases (amount desc, case_id) where state = 'open';
create index cases_of_document on tieout.cases (document_id);
create index document_entity on tieout.document (entity, document_id);
create index document_source on tieout.document (source_key);
