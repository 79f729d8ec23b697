-- Tags of a flow, in the clear: what people sort their flows by. The charset and the length of each are checked where they come in.
ALTER TABLE flow ADD tags text[] NOT NULL DEFAULT '{}' CHECK (cardinality(tags) <= 10);

-- Artifacts that a flow's page shows. The name is sealed, so that only a browser with the key can find that of the same name in the newest run.
CREATE TABLE flow_pin (
  flow_id uuid NOT NULL REFERENCES flow, run_id uuid NOT NULL, artifact_id uuid NOT NULL, workspace_id uuid NOT NULL REFERENCES workspace,
  by text NOT NULL, at timestamptz NOT NULL DEFAULT tg_now(), PRIMARY KEY (flow_id, run_id, artifact_id));
CREATE POLICY tenant ON flow_pin TO tidegate_app USING (workspace_id = (SELECT tg_workspace())) WITH CHECK (workspace_id = (SELECT tg_workspace()));
CREATE POLICY system ON flow_pin TO tidegate_system USING (true) WITH CHECK (true);
ALTER TABLE flow_pin ENABLE ROW LEVEL SECURITY;
ALTER TABLE flow_pin FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, DELETE ON flow_pin TO tidegate_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON flow_pin TO tidegate_system;
