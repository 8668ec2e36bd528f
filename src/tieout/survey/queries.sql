-- name: keep_survey
insert into tieout.survey (system, entity, taken_at, taken_by, sha256, found)
values (%(system)s, %(entity)s, %(now)s, %(who)s, %(sha256)s, %(found)s)
returning survey

-- name: forget_rows
-- The rows of all but the newest three of a system; what was found stays.
with old as (
    select survey from tieout.survey where system = %(system)s order by survey desc offset 3),
entries as (delete from tieout.survey_entry where survey in (select survey from old)),
lines as (delete from tieout.survey_line where survey in (select survey from old))
delete from tieout.survey_party where survey in (select survey from old)

-- name: survey
select survey, system, entity, taken_at, taken_by, sha256, found from tieout.survey where survey = %(number)s

-- name: surveys
select survey, system, entity, taken_at, taken_by, sha256, found from tieout.survey
where %(entities)s::text[] is null or entity = any(%(entities)s::text[])
order by survey desc limit %(limit)s

-- name: entries_of
select key, day, made_at, journal, kind, number, reference, origin, party, login, amount, record, record_key, external_id, feeder
from tieout.survey_entry
where survey = %(number)s and key > %(after)s
  and (%(feeder)s::text is null or feeder = %(feeder)s)
  and (%(journal)s::text is null or journal = %(journal)s)
  and (%(month)s::text is null or month = %(month)s)
  and (%(kind)s::text is null or kind = %(kind)s)
  and (%(login)s::text is null or login = %(login)s)
  and (%(by_hand)s::text is null or by_hand = (%(by_hand)s = 'yes'))
order by key limit %(limit)s

-- name: lines_of
select key, entry, kind, account, band, day, due, party, number, currency, open, company_open
from tieout.survey_line
where survey = %(number)s and key > %(after)s
  and (%(kind)s::text is null or kind = %(kind)s)
  and (%(account)s::text is null or account = %(account)s)
  and (%(currency)s::text is null or currency = %(currency)s)
  and (%(band)s::text is null or band = %(band)s)
order by key limit %(limit)s

-- name: parties_of
select key, name, tax_number, mail, reference, parent
from tieout.survey_party
where survey = %(number)s and key > %(after)s
  and (%(key)s::text is null or key::text = any(string_to_array(%(key)s, ',')))
order by key limit %(limit)s
