-- Devices: what people hold the workspace key on, and how the key and a credential get there without the control plane ever seeing the key.

-- Of a key that a person's `tidegate login` got: it ends with the membership, and is never wider than the member's role.
ALTER TABLE api_key ADD user_id uuid REFERENCES app_user;

-- A browser or command line with a key pair of its own, of which only the public half is here. `person` is who it is to others: the tenant's role
-- may not read app_user. asks: waits for somebody who has the workspace key. granted: the wrapped key waits to be fetched. holds: it has the key.
CREATE TABLE device (
  id uuid PRIMARY KEY, workspace_id uuid NOT NULL REFERENCES workspace, user_id uuid NOT NULL REFERENCES app_user, person text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('browser', 'cli')), name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  public_key bytea NOT NULL CHECK (length(public_key) = 32), state text NOT NULL CHECK (state IN ('none', 'asks', 'granted', 'holds')),
  api_key_id uuid REFERENCES api_key, asked_at timestamptz, created_at timestamptz NOT NULL DEFAULT tg_now(),
  UNIQUE (workspace_id, user_id, public_key));
CREATE INDEX device_api_key ON device (api_key_id);

-- The workspace key, wrapped to one device's public key by another that has it. Cleared once the device has fetched it.
CREATE TABLE key_grant (
  id uuid PRIMARY KEY, workspace_id uuid NOT NULL REFERENCES workspace, device_id uuid NOT NULL REFERENCES device ON DELETE CASCADE,
  kid text NOT NULL CHECK (kid ~ '^[0-9a-f]{16}$'), wrapped bytea CHECK (length(wrapped) = 92), granted_by text NOT NULL,
  granted_at timestamptz NOT NULL DEFAULT tg_now(), taken_at timestamptz);
CREATE INDEX key_grant_device ON key_grant (device_id);

-- A command line that asks to be signed in (RFC 8628). Of no workspace until a person approves it for one. Both codes are kept hashed only: that of
-- the device by SHA-256 (it is 256 random bits), that of the person by an HMAC under the server's secret (it is short, so that it can be typed).
CREATE TABLE device_login (
  id uuid PRIMARY KEY, device_hash bytea NOT NULL UNIQUE, code_hash bytea NOT NULL UNIQUE,
  public_key bytea NOT NULL CHECK (length(public_key) = 32), host text NOT NULL, address text NOT NULL, version text NOT NULL,
  state text NOT NULL DEFAULT 'asks' CHECK (state IN ('asks', 'approved', 'denied', 'taken')),
  interval_seconds int NOT NULL DEFAULT 2, polled_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT tg_now(), expires_at timestamptz NOT NULL,
  workspace_id uuid REFERENCES workspace, user_id uuid REFERENCES app_user, kid text, wrapped bytea CHECK (length(wrapped) = 92),
  CHECK (state NOT IN ('approved', 'taken') OR (workspace_id IS NOT NULL AND user_id IS NOT NULL)));
CREATE INDEX device_login_expires ON device_login (expires_at);

DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['device', 'key_grant', 'device_login'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY tenant ON %I TO tidegate_app USING (workspace_id = (SELECT tg_workspace())) WITH CHECK (workspace_id = (SELECT tg_workspace()))', t);
    EXECUTE format('CREATE POLICY system ON %I TO tidegate_system USING (true) WITH CHECK (true)', t);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON device, key_grant, device_login TO tidegate_system;
GRANT SELECT, INSERT, UPDATE, DELETE ON device, key_grant TO tidegate_app;
GRANT SELECT ON device_login TO tidegate_app;
