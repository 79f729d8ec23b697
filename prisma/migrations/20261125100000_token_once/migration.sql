-- A token request that was overheard is worth nothing once it was used: the instants that an agent signed stand here for as long as their signatures would be
-- taken, which is at most ten minutes. A list rather than the newest alone, since a host that sets its clock back must not wait until it has caught up.
ALTER TABLE agent ADD COLUMN asked_at bigint[] NOT NULL DEFAULT '{}';
