-- A service that is taken over may add lines to the audit log, but neither change nor remove any.
REVOKE UPDATE, DELETE ON "auth"."audit_log" FROM codex_auth;
