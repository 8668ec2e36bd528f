-- name: twins
-- What is refused or excluded is nobody's twin.
select distinct on (link_key) link_key, document_id, source_key from tieout.document
where entity = %(entity)s and link_key = any(%(links)s) and state in ('normalised', 'planned', 'posted')
order by link_key, document_id

-- name: revisions
-- How entries were booked before: of a first part or of a whole.
select distinct on (source_key) source_key, content, interface, revision, message_id, stamp from tieout.document
where interface = %(interface)s and source_key = any(%(parts)s) and kind = 'journal_entry'
  and state in ('planned', 'posted')
order by source_key, revision desc
