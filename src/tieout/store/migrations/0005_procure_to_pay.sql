-- What documents are found by: an order by its number, a bill by its money, a supplier by its tax number
-- or its account. One document may have several names, and one name several documents.
create table tieout.document_name (
    entity text not null,
    name text not null,
    document_id bigint not null,
    primary key (entity, name, document_id)
);
create index document_name_document on tieout.document_name (document_id);

-- What Tieout proposes itself: payments, their files, accruals.
alter table tieout.message drop constraint message_transport_check;
alter table tieout.message add constraint message_transport_check
    check (transport in ('webhook', 'poll', 'file', 'match', 'proposal'));
