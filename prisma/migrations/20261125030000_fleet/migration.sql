-- draining_at: the agent gets nothing new and finishes what it has. paused_at: nothing is claimed from the pool. run_limit: runs of the pool at once, over
-- all its agents. agent_id: whom a token admitted, so that whoever made it can see who came.
ALTER TABLE agent ADD draining_at timestamptz;
ALTER TABLE pool ADD paused_at timestamptz, ADD run_limit int CHECK (run_limit >= 1);
ALTER TABLE enrolment_token ADD agent_id uuid;
CREATE INDEX enrolment_token_agent ON enrolment_token (agent_id);

-- Runs of a pool that an agent has now, one way or another: what counts against its limit. By the index of what agents hold, whatever a plan that was made
-- while the tables were empty would prefer, and planned once a connection: planning over all partitions costs more than the count.
CREATE FUNCTION tg_pool_live(wanted uuid) RETURNS int LANGUAGE plpgsql STABLE SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  RETURN (SELECT count(*) FROM execution WHERE outcome IS NULL AND agent_id = ANY(ARRAY(SELECT id FROM agent WHERE pool_id = wanted)));
END $$;

-- The gate of a claim (decision 5): which of `agents` may be given work of the pool in this instant, and how many runs at most (null: as many as there are).
-- Everything is read after the lock is held and by snapshots of its own, a volatile function's right: the claim's own snapshot may be older than a pause.
-- Claims share the first lock, which whoever changes a rule takes alone; claims of a pool with a limit take the second one each alone. Both end with the
-- transaction, after its commit shows. Advisory: nothing is written for a claim that finds nothing.
CREATE FUNCTION tg_claim_gate(wanted uuid, agents uuid[]) RETURNS TABLE (agent uuid, session int, room int) LANGUAGE plpgsql VOLATILE AS $$
DECLARE own record;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(7412, hashtext(wanted::text));
  SELECT p.paused_at, p.run_limit INTO own FROM pool p WHERE p.id = wanted;
  IF own.paused_at IS NOT NULL THEN RETURN; END IF;
  IF own.run_limit IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(7413, hashtext(wanted::text));
    room := greatest(own.run_limit - tg_pool_live(wanted), 0);
  END IF;
  FOR agent, session IN SELECT a.id, a.session FROM agent a
    WHERE a.id = ANY(agents) AND a.pool_id = wanted AND a.revoked_at IS NULL AND a.draining_at IS NULL LOOP
    RETURN NEXT;
  END LOOP;
END $$;

-- Waits for the claims of a pool that are under way; those that come wait for the caller's commit. Whoever changes what the gate reads goes through here first.
CREATE FUNCTION tg_close_gate(wanted uuid) RETURNS void LANGUAGE sql VOLATILE AS $$
  SELECT pg_advisory_xact_lock(7412, hashtext(wanted::text))
$$;
