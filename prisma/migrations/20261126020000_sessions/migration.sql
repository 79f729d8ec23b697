-- A cookie says who signed in; this row, whether that still holds. Made by each sign-in, ended by signing out, from anywhere. reach_id: the one organization
-- that it opens; none: all of the account's. Of no tenant: a request is proven by it before it has one.
CREATE TABLE session (
  id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES app_user, reach_id uuid REFERENCES organization,
  created_at timestamptz NOT NULL DEFAULT tg_now(), expires_at timestamptz NOT NULL, ended_at timestamptz);
CREATE INDEX session_person ON session (user_id);
CREATE INDEX session_expires ON session (expires_at);
ALTER TABLE session ENABLE ROW LEVEL SECURITY;
ALTER TABLE session FORCE ROW LEVEL SECURITY;
CREATE POLICY system ON session TO tidegate_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON session TO tidegate_system;

-- Whoever makes a link could keep it for himself: it ends with his membership. None: of the installation.
ALTER TABLE sign_in_link ADD created_by uuid REFERENCES app_user;
