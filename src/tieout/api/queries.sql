-- name: cases
select cause, entity, currency, count(*)::int as count, sum(amount) as amount_at_risk,
    min(recovery) as recovery
from tieout.cases where state = 'open' group by cause, entity, currency
order by sum(amount) desc, cause

-- name: flows
select i.interface, d.documents, d.posted, d.waiting, d.held, p.polled_at, f.last_error, f.waits
from (select interface from tieout.document union select interface from tieout.poll_cursor) i
left join (select interface, count(*)::int as documents,
        (count(*) filter (where state = 'posted'))::int as posted,
        (count(*) filter (where state in ('normalised', 'planned')))::int as waiting,
        (count(*) filter (where state = 'refused'))::int as held
    from tieout.document where state <> 'superseded' group by interface) d using (interface)
left join (select interface, max(polled_at) as polled_at from tieout.poll_cursor group by interface) p using (interface)
left join (select interface, max(error) filter (where failures > 0) as last_error,
        max(error) filter (where failures = 0 and next_at > clock_timestamp() - interval '1 minute') as waits
    from tieout.interface_failure group by interface) f
    using (interface)
order by i.interface

-- name: waits
-- What is looked at no more (its interface is paused) waits for something else.
select lane[1] as first, error from tieout.failure
where failures = 0 and item = '' and next_at > clock_timestamp() - interval '1 minute'

-- name: backlog
select (select count(*) from tieout.message where state = 'received')::int as messages,
    (select count(*) from tieout.document where state = 'normalised')::int as documents,
    (select count(*) from tieout.delivery
        where state in ('waiting', 'attempting', 'unknown'))::int as deliveries

-- name: unknown_events
select interface, stream, count(*)::int as count, max(received_at)::text as last_at
from tieout.message where state = 'listed' group by interface, stream order by interface, stream

-- name: sealed
select coalesce((select max(tree_size) from tieout.evidence_head), 0)::int as sealed,
    ((select count(*) from tieout.evidence)
        - coalesce((select max(tree_size) from tieout.evidence_head), 0))::int as unsealed

-- name: polled
select interface, max(p.polled_at) as polled_at, coalesce(bool_or(f.failures > 0), false) as failing from tieout.poll_cursor p
left join tieout.interface_failure f using (interface) group by interface

-- name: paused_interfaces
select interface from tieout.paused order by interface

-- name: cases_by_cause
select cause, entity, count(*)::int as count from tieout.cases where state = 'open' group by cause, entity

-- name: cases_by_entity
select entity, (count(*) filter (where due_at < %(now)s))::int as overdue from tieout.cases where state = 'open' group by entity

-- name: risk
select entity, currency, sum(amount) as amount from tieout.cases where state = 'open' group by entity, currency

-- name: waiting_approvals
select entity, count(*)::int as count from tieout.approval_request where state = 'open' group by entity

-- name: alerts
select kind, level, count(*)::int as count from tieout.alert where cleared_at is null group by kind, level

-- name: failing_subscriptions
select count(*)::int as count from tieout.subscription where ended_at is null and failures > 0

-- name: unpinned
select system, refused, why, since from tieout.unpinned_system order by system

-- name: waiting_files
select interface, name, first_at as since, why from tieout.waiting_file order by first_at, interface, name limit 200
