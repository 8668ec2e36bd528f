-- Before money is decided about, all documents of a few kinds are held against their stamps, a page after the other: each
-- page is found here, and not by reading a company's every document.
create index document_kind on tieout.document (entity, kind, document_id);
