-- What an API key may do. Keys made before could do everything in their workspace, and still can.
ALTER TABLE api_key ADD scope text NOT NULL DEFAULT 'admin' CHECK (scope IN ('admin', 'deploy', 'run', 'read'));
