-- The first tables. Every tenant table brings its row-level security with it; who may do what:
--   tidegate_app     all requests of people and agents; sees one workspace, the one that the tenant door set with the transaction
--   tidegate_system  claim, sweep, sign-in and the control plane's own jobs; sees all workspaces, by policy and not by BYPASSRLS
-- Neither logs in: connections of the database's owner take one of them on.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tidegate_app') THEN CREATE ROLE tidegate_app NOLOGIN; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tidegate_system') THEN CREATE ROLE tidegate_system NOLOGIN; END IF;
  EXECUTE format('GRANT tidegate_app, tidegate_system TO %I', current_user);
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- another database of the same server was migrated in this instant
END $$;

-- The one clock. Tests move it; nothing else calls now().
CREATE TABLE clock (id boolean PRIMARY KEY DEFAULT true CHECK (id), shift interval NOT NULL DEFAULT '0');
INSERT INTO clock DEFAULT VALUES;
CREATE FUNCTION tg_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE
  RETURN clock_timestamp() + (SELECT shift FROM clock);

CREATE FUNCTION tg_workspace() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('app.workspace', true), '')::uuid;
CREATE FUNCTION tg_organization() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('app.organization', true), '')::uuid;

-- Identity ------------------------------------------------------------------------------------------------------------
CREATE TABLE organization (
  id uuid PRIMARY KEY, name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100), created_at timestamptz NOT NULL DEFAULT tg_now());
CREATE TABLE app_user (
  id uuid PRIMARY KEY, email text NOT NULL UNIQUE CHECK (email = lower(email)), name text NOT NULL, created_at timestamptz NOT NULL DEFAULT tg_now());
CREATE TABLE member (
  organization_id uuid NOT NULL REFERENCES organization, user_id uuid NOT NULL REFERENCES app_user,
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'operator', 'viewer')), created_at timestamptz NOT NULL DEFAULT tg_now(),
  PRIMARY KEY (organization_id, user_id));
CREATE INDEX member_user ON member (user_id);
CREATE TABLE workspace (
  id uuid PRIMARY KEY, organization_id uuid NOT NULL REFERENCES organization, name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  kid text CHECK (kid ~ '^[0-9a-f]{16}$'), created_at timestamptz NOT NULL DEFAULT tg_now(), UNIQUE (organization_id, name));
CREATE TABLE api_key (
  id uuid PRIMARY KEY, workspace_id uuid NOT NULL REFERENCES workspace, name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100), prefix text NOT NULL,
  hash bytea NOT NULL UNIQUE, created_by text NOT NULL, created_at timestamptz NOT NULL DEFAULT tg_now(),
  expires_at timestamptz, last_used_at timestamptz, revoked_at timestamptz);
CREATE INDEX api_key_workspace ON api_key (workspace_id);
CREATE TABLE sign_in_link (
  hash bytea PRIMARY KEY, user_id uuid NOT NULL REFERENCES app_user, workspace_id uuid NOT NULL REFERENCES workspace,
  expires_at timestamptz NOT NULL, used_at timestamptz);

-- Fleet ---------------------------------------------------------------------------------------------------------------
CREATE TABLE pool (
  id uuid PRIMARY KEY, workspace_id uuid NOT NULL REFERENCES workspace, name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  lease_seconds int NOT NULL DEFAULT 30 CHECK (lease_seconds >= 5), created_at timestamptz NOT NULL DEFAULT tg_now(), UNIQUE (workspace_id, name));
CREATE TABLE enrolment_token (
  id uuid PRIMARY KEY, workspace_id uuid NOT NULL REFERENCES workspace, pool_id uuid NOT NULL REFERENCES pool,
  hash bytea NOT NULL UNIQUE, created_by text NOT NULL, created_at timestamptz NOT NULL DEFAULT tg_now(), expires_at timestamptz NOT NULL, used_at timestamptz);
CREATE TABLE agent (
  id uuid PRIMARY KEY, workspace_id uuid NOT NULL REFERENCES workspace, pool_id uuid NOT NULL REFERENCES pool,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100), sign_key bytea NOT NULL, device_key bytea NOT NULL,
  host text NOT NULL, version text NOT NULL, session int NOT NULL DEFAULT 0, boot text, slots int,
  enrolled_at timestamptz NOT NULL DEFAULT tg_now(), last_seen_at timestamptz, lease_until timestamptz, revoked_at timestamptz,
  UNIQUE (workspace_id, name));
CREATE INDEX agent_pool ON agent (pool_id);

-- Flows ---------------------------------------------------------------------------------------------------------------
CREATE TABLE flow (
  id uuid PRIMARY KEY, workspace_id uuid NOT NULL REFERENCES workspace, name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  live_version_id uuid, created_at timestamptz NOT NULL DEFAULT tg_now(), UNIQUE (workspace_id, name));
-- A bundle's files are in the sealed manifest; here stands which sealed chunks it needs, so that collection can spare them.
CREATE TABLE bundle (
  id uuid PRIMARY KEY, workspace_id uuid NOT NULL REFERENCES workspace, chunk_ids bytea[] NOT NULL, size bigint NOT NULL, files int NOT NULL,
  created_at timestamptz NOT NULL DEFAULT tg_now());
CREATE TABLE chunk (
  workspace_id uuid NOT NULL REFERENCES workspace, id bytea NOT NULL CHECK (length(id) = 32),
  sealed bytea NOT NULL CHECK (length(sealed) <= 1100000), touched_at timestamptz NOT NULL DEFAULT tg_now(), PRIMARY KEY (workspace_id, id));
CREATE INDEX chunk_touched ON chunk (touched_at);
CREATE TABLE version (
  id uuid PRIMARY KEY, workspace_id uuid NOT NULL REFERENCES workspace, flow_id uuid NOT NULL REFERENCES flow, number int NOT NULL CHECK (number >= 1),
  address bytea NOT NULL CHECK (length(address) = 32), kid text NOT NULL CHECK (kid ~ '^[0-9a-f]{16}$'), bundle_id uuid NOT NULL REFERENCES bundle,
  manifest bytea NOT NULL, lock bytea, commit_hash text CHECK (commit_hash ~ '^[0-9a-f]{40,64}$'), created_by text NOT NULL, created_at timestamptz NOT NULL DEFAULT tg_now(),
  UNIQUE (flow_id, number));
ALTER TABLE flow ADD FOREIGN KEY (live_version_id) REFERENCES version;

-- Runs: partitioned by ranges of the run's UUIDv7, a month each, so that (id) stays the key and old months leave as a whole -----------
CREATE TABLE run (
  id uuid PRIMARY KEY, workspace_id uuid NOT NULL, flow_id uuid NOT NULL, version_id uuid NOT NULL, pool_id uuid NOT NULL,
  state text NOT NULL CHECK (state IN ('queued', 'held', 'waiting', 'starting', 'running', 'cancelling', 'succeeded', 'failed', 'cancelled')),
  parameters bytea, labels jsonb NOT NULL DEFAULT '{}', created_by text NOT NULL, logical_date timestamptz NOT NULL,
  attempt int NOT NULL DEFAULT 1, execution int NOT NULL DEFAULT 0, seq bigint NOT NULL DEFAULT 0, log_bytes bigint NOT NULL DEFAULT 0,
  rank double precision NOT NULL,
  queued_at timestamptz NOT NULL, started_at timestamptz, finished_at timestamptz, cancel_requested_at timestamptz
) PARTITION BY RANGE (id);
CREATE INDEX run_flow ON run (flow_id, id DESC);
CREATE INDEX run_workspace ON run (workspace_id, id DESC);
CREATE INDEX run_labels ON run USING gin (labels jsonb_path_ops);

CREATE TABLE attempt (
  run_id uuid NOT NULL, number int NOT NULL, workspace_id uuid NOT NULL,
  outcome text CHECK (outcome IN ('succeeded', 'failed', 'cancelled', 'lost', 'timed_out', 'refused')),
  started_at timestamptz, finished_at timestamptz, PRIMARY KEY (run_id, number)
) PARTITION BY RANGE (run_id);

CREATE TABLE execution (
  run_id uuid NOT NULL, number int NOT NULL, workspace_id uuid NOT NULL, attempt int NOT NULL, agent_id uuid NOT NULL,
  token text NOT NULL CHECK (token ~ '^[0-9a-f]{32}$'), poll_id uuid NOT NULL,
  outcome text CHECK (outcome IN ('succeeded', 'failed', 'cancelled', 'lost', 'timed_out', 'refused', 'suspended', 'returned')),
  -- taken_at: the agent's first word about it. Until then the answer to its poll may have been lost.
  claimed_at timestamptz NOT NULL, taken_at timestamptz, started_at timestamptz, finished_at timestamptz,
  code int, signal text, cpu_seconds double precision, peak_memory bigint, error bytea, result bytea, finish bytea,
  PRIMARY KEY (run_id, number)
) PARTITION BY RANGE (run_id);
-- What each agent holds: read by poll, sweep and the agents page.
CREATE INDEX execution_held ON execution (agent_id) WHERE outcome IS NULL;

-- How far each stream of an execution was taken: a report counts only from here.
CREATE TABLE stream_mark (
  run_id uuid NOT NULL, execution int NOT NULL, stream text NOT NULL, workspace_id uuid NOT NULL, mark bigint NOT NULL,
  PRIMARY KEY (run_id, execution, stream)
) PARTITION BY RANGE (run_id);

CREATE TABLE task (
  run_id uuid NOT NULL, id bytea NOT NULL CHECK (length(id) = 16), workspace_id uuid NOT NULL, execution int NOT NULL,
  fn text NOT NULL, index int, map bytea, parents bytea[] NOT NULL DEFAULT '{}', attempt int NOT NULL,
  state text NOT NULL CHECK (state IN ('pending', 'running', 'waiting', 'succeeded', 'failed', 'cancelled', 'skipped')),
  started_at timestamptz, finished_at timestamptz, first_seq bigint NOT NULL, sealed bytea, PRIMARY KEY (run_id, id)
) PARTITION BY RANGE (run_id);

-- Everything that happened to a run, numbered by the run's seq together with its log chunks. Append only.
CREATE TABLE event (
  run_id uuid NOT NULL, seq bigint NOT NULL, workspace_id uuid NOT NULL, execution int, type text NOT NULL, at timestamptz NOT NULL,
  data jsonb NOT NULL DEFAULT '{}', sealed bytea, PRIMARY KEY (run_id, seq)
) PARTITION BY RANGE (run_id);

CREATE TABLE log_chunk (
  run_id uuid NOT NULL, seq bigint NOT NULL, workspace_id uuid NOT NULL, execution int NOT NULL, stream text NOT NULL,
  byte_from bigint NOT NULL, byte_to bigint NOT NULL, lines int NOT NULL, at timestamptz NOT NULL, sealed bytea NOT NULL,
  PRIMARY KEY (run_id, seq)
) PARTITION BY RANGE (run_id);

CREATE TABLE artifact (
  run_id uuid NOT NULL, id uuid NOT NULL, workspace_id uuid NOT NULL, execution int NOT NULL,
  kind text NOT NULL CHECK (kind IN ('table', 'markdown', 'image', 'metrics')), task_id bytea, size bigint NOT NULL, at timestamptz NOT NULL,
  sealed bytea NOT NULL, PRIMARY KEY (run_id, id)
) PARTITION BY RANGE (run_id);
CREATE TABLE artifact_chunk (
  run_id uuid NOT NULL, artifact_id uuid NOT NULL, byte_from bigint NOT NULL, byte_to bigint NOT NULL, workspace_id uuid NOT NULL, execution int NOT NULL,
  sealed bytea NOT NULL, PRIMARY KEY (run_id, artifact_id, execution, byte_from)
) PARTITION BY RANGE (run_id);

-- The queue: narrow, present only while queued, written in the run's transaction. rank = seconds of queueing less the worth of priority.
CREATE TABLE queue_entry (
  run_id uuid PRIMARY KEY, workspace_id uuid NOT NULL, pool_id uuid NOT NULL REFERENCES pool, rank double precision NOT NULL);
CREATE INDEX queue_entry_top ON queue_entry (pool_id, rank, run_id);
-- Rows live for milliseconds: keep the top of the index clear of the dead.
ALTER TABLE queue_entry SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);

-- Audit ---------------------------------------------------------------------------------------------------------------
CREATE TABLE audit (
  id uuid PRIMARY KEY, workspace_id uuid NOT NULL REFERENCES workspace, actor text NOT NULL, action text NOT NULL, target text NOT NULL,
  at timestamptz NOT NULL DEFAULT tg_now(), data jsonb NOT NULL DEFAULT '{}');
CREATE INDEX audit_workspace ON audit (workspace_id, id DESC);

-- Sealed bytes do not compress: store them out of line and don't try.
ALTER TABLE chunk ALTER sealed SET STORAGE EXTERNAL;
ALTER TABLE version ALTER manifest SET STORAGE EXTERNAL, ALTER lock SET STORAGE EXTERNAL;
ALTER TABLE run ALTER parameters SET STORAGE EXTERNAL;
ALTER TABLE execution ALTER error SET STORAGE EXTERNAL, ALTER result SET STORAGE EXTERNAL, ALTER finish SET STORAGE EXTERNAL;
ALTER TABLE task ALTER sealed SET STORAGE EXTERNAL;
ALTER TABLE event ALTER sealed SET STORAGE EXTERNAL;
ALTER TABLE log_chunk ALTER sealed SET STORAGE EXTERNAL;
ALTER TABLE artifact ALTER sealed SET STORAGE EXTERNAL;
ALTER TABLE artifact_chunk ALTER sealed SET STORAGE EXTERNAL;

-- Partitions: one a month and table, made ahead. The least UUIDv7 of an instant is its milliseconds and zeros.
CREATE FUNCTION tg_first_id(at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE
  RETURN rpad(lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0'), 32, '0')::uuid;
-- Makes what is missing from the month before `at` to `ahead` months after it; answers how many were made.
CREATE FUNCTION tg_make_partitions(at timestamptz, ahead int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE parent text; month timestamp; name text; made int := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(7411, 1);
  FOREACH parent IN ARRAY ARRAY['run', 'attempt', 'execution', 'stream_mark', 'task', 'event', 'log_chunk', 'artifact', 'artifact_chunk'] LOOP
    FOR i IN -1..ahead LOOP
      month := date_trunc('month', at AT TIME ZONE 'UTC') + make_interval(months => i);
      name := parent || to_char(month, '_YYYY_MM');
      IF to_regclass(name) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', name, parent,
          tg_first_id(month AT TIME ZONE 'UTC'), tg_first_id((month + interval '1 month') AT TIME ZONE 'UTC'));
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        made := made + 1;
      END IF;
    END LOOP;
  END LOOP;
  RETURN made;
END $$;

-- Row-level security ------------------------------------------------------------------------------------------------------
DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['api_key', 'sign_in_link', 'pool', 'enrolment_token', 'agent', 'flow', 'bundle', 'chunk', 'version', 'run', 'attempt', 'execution',
    'stream_mark', 'task', 'event', 'log_chunk', 'artifact', 'artifact_chunk', 'queue_entry', 'audit'] LOOP
    EXECUTE format('CREATE POLICY tenant ON %I TO tidegate_app USING (workspace_id = (SELECT tg_workspace())) WITH CHECK (workspace_id = (SELECT tg_workspace()))', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['workspace', 'member'] LOOP
    EXECUTE format('CREATE POLICY tenant ON %I TO tidegate_app USING (organization_id = (SELECT tg_organization())) WITH CHECK (organization_id = (SELECT tg_organization()))', t);
  END LOOP;
  CREATE POLICY tenant ON organization TO tidegate_app USING (id = (SELECT tg_organization())) WITH CHECK (id = (SELECT tg_organization()));
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename NOT IN ('clock', '_prisma_migrations') LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY system ON %I TO tidegate_system USING (true) WITH CHECK (true)', t);
  END LOOP;
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO tidegate_app, tidegate_system', current_schema());
END $$;

SELECT tg_make_partitions(tg_now(), 3);

GRANT SELECT ON clock TO tidegate_app;
GRANT SELECT, UPDATE ON clock TO tidegate_system;
GRANT SELECT, INSERT, UPDATE, DELETE ON organization, app_user, member, workspace, api_key, sign_in_link, pool, enrolment_token, agent, flow, bundle, chunk, version,
  run, attempt, execution, stream_mark, task, event, log_chunk, artifact, artifact_chunk, queue_entry, audit TO tidegate_system;
GRANT SELECT ON organization, member, sign_in_link TO tidegate_app;
GRANT SELECT, UPDATE (kid) ON workspace TO tidegate_app;
GRANT SELECT, INSERT, UPDATE ON api_key, pool, enrolment_token, agent, flow, bundle, chunk, version, run, attempt, execution, stream_mark, task, artifact TO tidegate_app;
-- Append only: nobody rewrites what happened.
GRANT SELECT, INSERT ON event, log_chunk, artifact_chunk, audit TO tidegate_app;
-- UPDATE of a column, because locking a row needs it.
GRANT SELECT, INSERT, DELETE, UPDATE (rank) ON queue_entry TO tidegate_app;
REVOKE ALL ON FUNCTION tg_make_partitions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tg_make_partitions TO tidegate_system;
