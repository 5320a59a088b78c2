-- Rights of storage's two roles; takes the place of the default rights. Idempotent: runs after the
-- migrations at every start.

-- Functions are open to everybody unless this is taken back.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA storage FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA storage FROM codex_storage, codex_storage_maintenance;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA storage FROM codex_storage, codex_storage_maintenance;

-- Serves plugins, within row-level security.
GRANT SELECT, INSERT, UPDATE, DELETE ON storage.entries TO codex_storage;
GRANT SELECT ON storage.purges TO codex_storage;
GRANT EXECUTE ON FUNCTION
  storage.get_entry, storage.set_entry, storage.delete_entry, storage.list_entries,
  storage.clear_entries, storage.purge_digest
TO codex_storage;

-- Sweeps, purges and counts: every column but "data".
GRANT SELECT (connection_id, key, value_bytes, expires_at, updated_at, plugin_id, user_id), DELETE
  ON storage.entries TO codex_storage_maintenance;
GRANT SELECT, INSERT, DELETE ON storage.purges TO codex_storage_maintenance;
GRANT EXECUTE ON FUNCTION
  storage.purge_connection, storage.purge_user, storage.sweep_connection, storage.purge_digest
TO codex_storage_maintenance;
