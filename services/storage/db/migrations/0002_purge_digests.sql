-- Purges are remembered by digests: nothing that is kept of a connection or user leads back to it.

DROP POLICY "purges_of_connection" ON "storage"."purges";
--> statement-breakpoint
-- SHA-256 of an id. Ids are random, so that nobody finds one by trying.
CREATE FUNCTION "storage"."purge_digest"(p_id uuid) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN sha256(uuid_send(p_id));
--> statement-breakpoint
ALTER TABLE "storage"."purges" RENAME COLUMN "id" TO "digest";
--> statement-breakpoint
ALTER TABLE "storage"."purges"
  ALTER COLUMN "digest" SET DATA TYPE bytea USING "storage"."purge_digest"("digest");
--> statement-breakpoint
CREATE POLICY "purges_of_connection" ON "storage"."purges" FOR SELECT TO codex_storage
  USING ("digest" IN (
    "storage"."purge_digest"(nullif(current_setting('codex.connection_id', true), '')::uuid),
    "storage"."purge_digest"(nullif(current_setting('codex.user_id', true), '')::uuid)
  ));
--> statement-breakpoint
-- Stores a value and says what came of it: 'stored', or with nothing changed 'expires_in_past',
-- 'keys_max' (the connection has p_keys_max other live keys) or 'purged'. Raises where p_data isn't JSON.
CREATE OR REPLACE FUNCTION "storage"."set_entry"(
  p_connection uuid, p_plugin uuid, p_user uuid,
  p_key text, p_data text, p_expires_at_ms double precision, p_keys_max integer
) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  v_data json := p_data::json;
  v_bytes integer := octet_length(p_data);
  v_expires_at timestamptz := to_timestamp(p_expires_at_ms / 1000);
  v_now timestamptz := clock_timestamp();
  v_keys integer;
  v_replaces boolean;
BEGIN
  PERFORM set_config('codex.connection_id', p_connection::text, true),
          set_config('codex.user_id', p_user::text, true);
  IF v_expires_at <= v_now THEN RETURN 'expires_in_past'; END IF;

  -- Rows are only added below, under the lock, so replacing a live one can't exceed the limit and needs
  -- no lock. Writes to several keys then share their wait for the disk.
  UPDATE storage.entries e
  SET data = v_data, value_bytes = v_bytes, expires_at = v_expires_at, updated_at = v_now
  WHERE e.connection_id = p_connection AND e.key = p_key
    AND (e.expires_at IS NULL OR e.expires_at > v_now);
  IF FOUND THEN RETURN 'stored'; END IF;

  -- The user before the connection, here and everywhere.
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('storage user ' || p_user, 0));
  PERFORM pg_advisory_xact_lock(hashtextextended('storage connection ' || p_connection, 0));
  IF EXISTS (
    SELECT FROM storage.purges p
    WHERE p.digest IN (storage.purge_digest(p_connection), storage.purge_digest(p_user))
  ) THEN
    RETURN 'purged';
  END IF;
  v_now := clock_timestamp();
  IF v_expires_at <= v_now THEN RETURN 'expires_in_past'; END IF;

  -- Without this, short-lived keys could fill the disk between two sweeps.
  DELETE FROM storage.entries e
  WHERE e.connection_id = p_connection AND e.expires_at <= v_now;
  SELECT count(*), coalesce(bool_or(e.key = p_key), false) INTO v_keys, v_replaces
  FROM storage.entries e WHERE e.connection_id = p_connection;
  IF v_keys >= p_keys_max AND NOT v_replaces THEN RETURN 'keys_max'; END IF;

  INSERT INTO storage.entries AS e
    (connection_id, key, data, value_bytes, expires_at, updated_at, plugin_id, user_id)
  VALUES (p_connection, p_key, v_data, v_bytes, v_expires_at, v_now, p_plugin, p_user)
  ON CONFLICT (connection_id, key) DO UPDATE
  SET data = v_data, value_bytes = v_bytes, expires_at = v_expires_at, updated_at = v_now;
  RETURN 'stored';
END $$;
--> statement-breakpoint

-- Deletes what a connection keeps, and for good: from here on set_entry refuses it.
CREATE OR REPLACE FUNCTION "storage"."purge_connection"(p_connection uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('storage connection ' || p_connection, 0));
  INSERT INTO storage.purges (digest) VALUES (storage.purge_digest(p_connection))
  ON CONFLICT DO NOTHING;
  DELETE FROM storage.entries e WHERE e.connection_id = p_connection;
END $$;
--> statement-breakpoint

-- Makes set_entry refuse a user's connections from here on. Those that keep anything are left to
-- purge_connection, one transaction each.
CREATE OR REPLACE FUNCTION "storage"."purge_user"(p_user uuid) RETURNS SETOF uuid
LANGUAGE plpgsql AS $$
BEGIN
  -- Waits for every set_entry that didn't see the purge yet.
  PERFORM pg_advisory_xact_lock(hashtextextended('storage user ' || p_user, 0));
  INSERT INTO storage.purges (digest) VALUES (storage.purge_digest(p_user)) ON CONFLICT DO NOTHING;
  RETURN QUERY SELECT DISTINCT e.connection_id FROM storage.entries e WHERE e.user_id = p_user;
END $$;
