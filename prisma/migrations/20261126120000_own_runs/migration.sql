-- Lists, figures and counts of flows show whole runs alone: not those of hooks, nor those that do a single task of another. Where 19 of 20 runs are such
-- parts, the newest hundred whole ones of each flow lay among two thousand, and those of a workspace that just did a large map behind all of it.
-- The flows' page took 260 ms for 20 flows of 200,000 runs, 1,260 with the parts on top, and takes 15; the runs' list of that workspace 38 and takes 9. Making a run costs the same.
CREATE INDEX run_own_flow ON run (flow_id, id DESC) WHERE hook IS NULL AND step IS NULL;
CREATE INDEX run_own_workspace ON run (workspace_id, id DESC) WHERE hook IS NULL AND step IS NULL;

-- The room on pages of 20261123230000, which the function had lost: months made since went without.
CREATE OR REPLACE FUNCTION tg_make_partitions(at timestamptz, ahead int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE parent text; month timestamp; name text; made int := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(7411, 1);
  FOREACH parent IN ARRAY ARRAY['run', 'attempt', 'execution', 'stream_mark', 'task', 'event', 'log_chunk', 'artifact', 'artifact_chunk', 'wait', 'task_mark'] LOOP
    FOR i IN -1..ahead LOOP
      month := date_trunc('month', at AT TIME ZONE 'UTC') + make_interval(months => i);
      name := parent || to_char(month, '_YYYY_MM');
      IF to_regclass(name) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)%s', name, parent,
          tg_first_id(month AT TIME ZONE 'UTC'), tg_first_id((month + interval '1 month') AT TIME ZONE 'UTC'),
          CASE WHEN parent IN ('run', 'attempt') THEN ' WITH (fillfactor = 50)' ELSE '' END);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        made := made + 1;
      END IF;
    END LOOP;
  END LOOP;
  RETURN made;
END $$;
DO $$ DECLARE name regclass; BEGIN
  FOR name IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent IN ('run'::regclass, 'attempt'::regclass) LOOP
    EXECUTE format('ALTER TABLE %s SET (fillfactor = 50)', name);
  END LOOP;
END $$;
