-- Of what an approval is about nobody may know the worth in the entity's currency: then only somebody without a limit approves it. And
-- what one person asks others to let pass is added up: who asked, and with which decision of many.
alter table tieout.approval_request
    add column worth_known boolean not null default true,
    add column asked_by text not null default '',
    add column bulk text not null default '';
