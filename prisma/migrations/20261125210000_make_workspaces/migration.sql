-- People make workspaces of their organization: the policy on the table holds them to their own.
GRANT INSERT ON workspace TO tidegate_app;
