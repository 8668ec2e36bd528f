-- name: enter_later
insert into tieout.findable_due (documents) values (%(ids)s::bigint[])

-- name: take_due
-- What one worker enters another leaves alone; it is entered with what takes it away from here, or neither happened.
delete from tieout.findable_due where due_id = any(array(
    select due_id from tieout.findable_due order by due_id limit %(limit)s for update skip locked))
returning documents

-- name: some
select document_id, entity, accounting_on, content from tieout.document where document_id = any(%(ids)s)

-- name: put
-- Told again by newer rules, an entry is as it is now.
insert into tieout.findable (document_id, entity, thing, number, party, amount, terms)
select * from unnest(%(ids)s::bigint[], %(entities)s::text[], %(things)s::text[], %(numbers)s::text[], %(parties)s::text[],
    %(amounts)s::numeric[], %(terms)s::text[]::tsvector[])
on conflict (document_id) do update set thing = excluded.thing, number = excluded.number, party = excluded.party,
    amount = excluded.amount, terms = excluded.terms

-- name: begin
-- Nothing is entered yet: everything is to be.
insert into tieout.findable_progress (below, rules)
select coalesce((select max(document_id) + 1 from tieout.document), 0), %(rules)s
where not exists (select 1 from tieout.findable_progress) on conflict do nothing

-- name: progress
select below, rules from tieout.findable_progress for update skip locked

-- name: begin_anew
update tieout.findable_progress set rules = %(rules)s, below = coalesce((select max(document_id) + 1 from tieout.document), 0)

-- name: before
select document_id, entity, accounting_on, content from tieout.document
where document_id < %(below)s order by document_id desc limit %(limit)s

-- name: reached
update tieout.findable_progress set below = %(below)s

-- name: left
select coalesce((select below from tieout.findable_progress), 0) as below,
    (select coalesce(sum(cardinality(documents)), 0)::int from (select documents from tieout.findable_due limit 1000) d) as waiting

-- name: bounds
-- A search has an index for all that it asks: no plan that reads every entry is worth its time, nor is compiling one.
select set_config('statement_timeout', %(within)s, true), set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)

-- name: exact
select document_id, thing, true as exact, (terms @@ %(called)s::tsquery) as called from tieout.findable
where terms @@ %(whole_exact)s::tsquery and (%(thing)s::text is null or thing = %(thing)s) limit %(most)s

-- name: begins
select document_id, thing, false as exact, false as called from tieout.findable
where terms @@ %(whole_begins)s::tsquery and (%(thing)s::text is null or thing = %(thing)s) limit %(most)s

-- name: newest
-- What is too common to be read whole is looked for among what came last.
select document_id, thing, (terms @@ %(exact)s::tsquery) as exact, (terms @@ %(called)s::tsquery) as called
from (select document_id, thing, entity, terms from tieout.findable order by document_id desc limit %(window)s) f
where terms @@ %(whole_begins)s::tsquery and (%(thing)s::text is null or thing = %(thing)s) limit %(most)s

-- name: found
-- Each as it is told now: by what an earlier revision said, its latest is found.
select n.document_id as by, f.document_id, f.thing, f.number, f.party, f.amount, d.currency, d.entity, d.interface, d.source_key,
    d.kind, d.state, d.accounting_on, (select array_agg(c.case_id order by c.case_id) from tieout.cases c
        where c.document_id = f.document_id and c.state = 'open') as cases
from tieout.document n
cross join lateral (select * from tieout.document x where x.interface = n.interface and x.source_key = n.source_key
    order by x.revision desc limit 1) d
join tieout.findable f on f.document_id = d.document_id
where n.document_id = any(%(ids)s) and (%(entities)s::text[] is null or d.entity = any(%(entities)s))

-- name: called
-- What lists show beside a key.
select document_id, thing, number, party, amount from tieout.findable where document_id = any(%(ids)s)
