-- name: customers
-- Partners that are on their way into the entity's books, or there.
select external_id from tieout.delivery where system = %(ledger)s and external_id = any(%(partners)s)
