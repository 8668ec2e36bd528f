-- A lane whose system is left alone (a maintenance, a day's budget that is spent) waits and has not failed: 0 failures.
alter table tieout.failure drop constraint failure_failures_check, add constraint failure_failures_check check (failures >= 0);
