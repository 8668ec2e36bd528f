-- What a person accepted is looked for by what it is about: by its document, and by its fingerprint.
create index cases_accepted on tieout.cases (fingerprint) where accepted;
create index cases_accepted_document on tieout.cases (document_id) where accepted;
