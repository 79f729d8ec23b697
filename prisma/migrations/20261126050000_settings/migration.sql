-- Secrets, variables and connections that flows ask for by name. Names, pools and sizes are clear, values are sealed, each bound to its kind, name and pool.
-- pool: the name, which is sealed in and never changes; empty for the whole workspace.
CREATE TABLE setting (
  workspace_id uuid NOT NULL REFERENCES workspace, kind text NOT NULL CHECK (kind IN ('secret', 'variable', 'connection')),
  name text NOT NULL CHECK (name ~ '^[A-Za-z_][A-Za-z0-9_]{0,99}$'), pool text NOT NULL DEFAULT '', sealed bytea NOT NULL, kid text NOT NULL, by text NOT NULL,
  at timestamptz NOT NULL DEFAULT tg_now(), PRIMARY KEY (workspace_id, kind, name, pool));
ALTER TABLE setting ALTER sealed SET STORAGE EXTERNAL;
CREATE POLICY tenant ON setting TO tidegate_app USING (workspace_id = (SELECT tg_workspace())) WITH CHECK (workspace_id = (SELECT tg_workspace()));
CREATE POLICY system ON setting TO tidegate_system USING (true) WITH CHECK (true);
ALTER TABLE setting ENABLE ROW LEVEL SECURITY;
ALTER TABLE setting FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON setting TO tidegate_app, tidegate_system;

-- Counts the changes: a claim brings it along, so that an agent asks for the settings only when they are others than those it has.
ALTER TABLE workspace ADD settings bigint NOT NULL DEFAULT 0;
GRANT UPDATE (settings) ON workspace TO tidegate_app;
