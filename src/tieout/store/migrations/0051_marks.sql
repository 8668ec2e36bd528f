-- Up to where evidence was seen as an entity's receivables were read: with the transactions that were open then, of which an
-- entry may come to light below the highest number. What was read before is read once more.
alter table tieout.receivables_read add column seen text not null default '';
alter table tieout.receivables_read drop column through;
