-- How people come in: identity providers, identities, invites. Why accounts have a home: .github/decisions/0004-people.md

-- An account of an organization's own sign-in or invite belongs to that organization and opens no other. Without a home it is of the installation:
-- made by whoever runs it. So an address is no proof: two organizations that both know one address have two accounts.
ALTER TABLE app_user ADD home_id uuid REFERENCES organization;
ALTER TABLE app_user DROP CONSTRAINT app_user_email_key;
CREATE UNIQUE INDEX app_user_address ON app_user (home_id, email) NULLS NOT DISTINCT;

-- What an organization may know of its people stands beside their membership, since the tenant's role never reads accounts.
ALTER TABLE member ADD email text, ADD name text, ADD last_sign_in_at timestamptz, ADD removed_at timestamptz;
UPDATE member m SET email = u.email, name = u.name FROM app_user u WHERE u.id = m.user_id;
ALTER TABLE member ALTER email SET NOT NULL, ALTER name SET NOT NULL;
-- Removed ones stay: who was removed must not come back by signing in again.
CREATE UNIQUE INDEX member_email ON member (organization_id, email);
CREATE FUNCTION tg_name_member() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT u.email, coalesce(NEW.name, u.name) INTO NEW.email, NEW.name FROM app_user u WHERE u.id = NEW.user_id;
  RETURN NEW;
END $$;
CREATE TRIGGER member_named BEFORE INSERT ON member FOR EACH ROW EXECUTE FUNCTION tg_name_member();

CREATE TABLE identity_provider (
  id uuid PRIMARY KEY, organization_id uuid NOT NULL UNIQUE REFERENCES organization, name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  issuer text NOT NULL, client_id text NOT NULL, client_secret bytea NOT NULL,
  role text NOT NULL CHECK (role IN ('admin', 'operator', 'viewer')), created_at timestamptz NOT NULL DEFAULT tg_now(), updated_at timestamptz NOT NULL DEFAULT tg_now());
-- A domain leads to one provider of the whole installation.
CREATE TABLE identity_domain (
  domain text PRIMARY KEY CHECK (domain = lower(domain)), organization_id uuid NOT NULL REFERENCES organization,
  provider_id uuid NOT NULL REFERENCES identity_provider ON DELETE CASCADE);
CREATE INDEX identity_domain_provider ON identity_domain (provider_id);
-- Who somebody is at an issuer, as one organization's provider said, or (no organization) the installation's.
CREATE TABLE identity (
  id uuid PRIMARY KEY, organization_id uuid REFERENCES organization, issuer text NOT NULL, subject text NOT NULL, user_id uuid NOT NULL REFERENCES app_user,
  created_at timestamptz NOT NULL DEFAULT tg_now(), UNIQUE NULLS NOT DISTINCT (organization_id, issuer, subject));
CREATE INDEX identity_user ON identity (user_id);
CREATE TABLE invite (
  id uuid PRIMARY KEY, organization_id uuid NOT NULL REFERENCES organization, workspace_id uuid NOT NULL REFERENCES workspace,
  email text NOT NULL CHECK (email = lower(email)), role text NOT NULL CHECK (role IN ('owner', 'admin', 'operator', 'viewer')),
  hash bytea NOT NULL UNIQUE, created_by text NOT NULL, created_at timestamptz NOT NULL DEFAULT tg_now(),
  expires_at timestamptz NOT NULL, accepted_at timestamptz, revoked_at timestamptz);
CREATE INDEX invite_organization ON invite (organization_id, created_at DESC);

DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['identity_provider', 'identity_domain', 'identity', 'invite'] LOOP
    EXECUTE format('CREATE POLICY tenant ON %I TO tidegate_app USING (organization_id = (SELECT tg_organization())) WITH CHECK (organization_id = (SELECT tg_organization()))', t);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY system ON %I TO tidegate_system USING (true) WITH CHECK (true)', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO tidegate_system', t);
  END LOOP;
END $$;
GRANT UPDATE (role, removed_at) ON member TO tidegate_app;
-- The secret is written by requests and read by sign-in alone.
GRANT SELECT (id, organization_id, name, issuer, client_id, role, created_at, updated_at), INSERT, DELETE,
  UPDATE (name, issuer, client_id, client_secret, role, updated_at) ON identity_provider TO tidegate_app;
GRANT SELECT, INSERT, DELETE ON identity_domain TO tidegate_app;
GRANT SELECT ON identity TO tidegate_app;
GRANT SELECT, INSERT, UPDATE (revoked_at) ON invite TO tidegate_app;
-- A link that an organization makes for one of its people opens this organization alone; those of the installation (no organization) are made beside the server.
ALTER TABLE sign_in_link ADD organization_id uuid REFERENCES organization;
CREATE POLICY own ON sign_in_link AS RESTRICTIVE FOR INSERT TO tidegate_app WITH CHECK (organization_id = (SELECT tg_organization()));
GRANT INSERT ON sign_in_link TO tidegate_app;
