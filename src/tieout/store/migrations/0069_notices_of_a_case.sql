-- Whether a step of a case was told already is asked by the case.
create index notice_case on tieout.notice (case_id, kind);
