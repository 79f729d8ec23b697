-- What the control plane must know of a version in clear: how long its runs may wait in the queue, and which hooks follow them.
ALTER TABLE version ADD queue_timeout double precision CHECK (queue_timeout > 0), ADD hooks text[] NOT NULL DEFAULT '{}' CHECK (hooks <@ ARRAY['success', 'failure', 'cancel']);

-- due_at: when the sweep looks at the run: the end of its time in the queue, or its next attempt. needs: answers without which a waiting run does not go on.
-- waits: those that are open. answered: the seq of the newest answer. store: where its checkpoints lie; only agents that reach it are given the run.
-- orphaning: its end was asked for, and its children's is still to be.
ALTER TABLE run
  ADD parent_id uuid, ADD parent_task bytea CHECK (length(parent_task) = 16), ADD depth int NOT NULL DEFAULT 0 CHECK (depth BETWEEN 0 AND 16),
  ADD children int NOT NULL DEFAULT 0, ADD detached bool NOT NULL DEFAULT false, ADD orphaning bool NOT NULL DEFAULT false, ADD step text,
  ADD resumes_id uuid, ADD resumes_from bytea, ADD resumes_changed text CHECK (resumes_changed IN ('rerun', 'keep')), ADD refresh bool NOT NULL DEFAULT false,
  ADD hook text CHECK (hook IN ('success', 'failure', 'cancel')), ADD hooks text[] NOT NULL DEFAULT '{}', ADD queue_timeout double precision,
  ADD store text CHECK (store ~ '^[0-9a-f]{16}$'), ADD due_at timestamptz,
  ADD waiting_for text CHECK (waiting_for IN ('retry', 'time', 'approval', 'event', 'child')),
  ADD waits int NOT NULL DEFAULT 0, ADD needs int NOT NULL DEFAULT 0, ADD answered bigint NOT NULL DEFAULT 0,
  ADD lost int NOT NULL DEFAULT 0, ADD pause_requested_at timestamptz;
ALTER TABLE run ALTER resumes_from SET STORAGE EXTERNAL;
CREATE INDEX run_due ON run (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX run_parent ON run (parent_id, parent_task) WHERE parent_id IS NOT NULL;
CREATE INDEX run_resumes ON run (resumes_id) WHERE resumes_id IS NOT NULL;
CREATE INDEX run_orphaning ON run (id) WHERE orphaning;
ALTER TABLE execution ADD store text CHECK (store ~ '^[0-9a-f]{16}$');

-- Something outside its process that a run waits for; a task of the same id shows it. awaited: the run suspended on it. seq: the number of its answer.
CREATE TABLE wait (
  run_id uuid NOT NULL, task bytea NOT NULL CHECK (length(task) = 16), workspace_id uuid NOT NULL, execution int NOT NULL,
  kind text NOT NULL CHECK (kind IN ('time', 'approval', 'event', 'child')),
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'answered', 'due', 'expired', 'failed', 'closed')),
  due timestamptz, event bytea CHECK (length(event) = 32), child uuid, awaited bool NOT NULL DEFAULT false, sealed bytea NOT NULL, answer bytea, by text,
  at timestamptz NOT NULL, answered_at timestamptz, seq bigint, PRIMARY KEY (run_id, task)
) PARTITION BY RANGE (run_id);
CREATE INDEX wait_due ON wait (due) WHERE state = 'open' AND due IS NOT NULL;
CREATE INDEX wait_inbox ON wait (workspace_id, run_id) WHERE state = 'open';
CREATE INDEX wait_event ON wait (event) WHERE state = 'open' AND event IS NOT NULL;
CREATE INDEX wait_answers ON wait (run_id, seq) WHERE seq IS NOT NULL;
ALTER TABLE wait ALTER sealed SET STORAGE EXTERNAL, ALTER answer SET STORAGE EXTERNAL;

-- A task's end, set by hand on an ended run for those that resume it. The last one counts.
CREATE TABLE task_mark (
  run_id uuid NOT NULL, task bytea NOT NULL CHECK (length(task) = 16), workspace_id uuid NOT NULL, state text NOT NULL CHECK (state IN ('succeeded', 'skipped')),
  sealed bytea NOT NULL, by text NOT NULL, at timestamptz NOT NULL DEFAULT tg_now(), PRIMARY KEY (run_id, task)
) PARTITION BY RANGE (run_id);
ALTER TABLE task_mark ALTER sealed SET STORAGE EXTERNAL;

CREATE OR REPLACE FUNCTION tg_make_partitions(at timestamptz, ahead int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE parent text; month timestamp; name text; made int := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(7411, 1);
  FOREACH parent IN ARRAY ARRAY['run', 'attempt', 'execution', 'stream_mark', 'task', 'event', 'log_chunk', 'artifact', 'artifact_chunk', 'wait', 'task_mark'] LOOP
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
DO $$ DECLARE t text; month timestamp; BEGIN
  FOREACH t IN ARRAY ARRAY['wait', 'task_mark'] LOOP
    EXECUTE format('CREATE POLICY tenant ON %I TO tidegate_app USING (workspace_id = (SELECT tg_workspace())) WITH CHECK (workspace_id = (SELECT tg_workspace()))', t);
    EXECUTE format('CREATE POLICY system ON %I TO tidegate_system USING (true) WITH CHECK (true)', t);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
  END LOOP;
  -- Runs of every month there is may still wait.
  FOR month IN SELECT to_timestamp(right(relname, 7), 'YYYY_MM') AT TIME ZONE 'UTC' FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'run'::regclass LOOP
    PERFORM tg_make_partitions(month AT TIME ZONE 'UTC', 0);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON wait, task_mark TO tidegate_system;
GRANT SELECT, INSERT, UPDATE ON wait, task_mark TO tidegate_app;

-- The queue by store: '' is for every agent of the pool. A claim takes the top of each store that its agents reach, and of ''.
ALTER TABLE queue_entry ADD store text NOT NULL DEFAULT '';
GRANT UPDATE (store) ON queue_entry TO tidegate_app;
DROP INDEX queue_entry_top;
CREATE INDEX queue_entry_top ON queue_entry (pool_id, store, rank, run_id);

-- A step's remembered end says whose it is.
ALTER TABLE task ADD until timestamptz, ADD from_id uuid, ADD cached bool NOT NULL DEFAULT false;
