-- Isolation of connections (security.md: "Isolation of users").
--
-- codex_storage serves plugins: it sees the rows of the one connection that its transaction names, and
-- without a name none. codex_storage_maintenance sweeps, purges and counts across connections: it
-- sees every row, and by grants.sql every column but "data".
--
-- Each operation is one function, so that naming the connection and running the query is one round
-- trip. They run with the rights of their caller: a definer would be an owner, whom row-level security
-- would have to be switched off for.

-- Forced: otherwise it would not hold for the owner.
ALTER TABLE "storage"."entries" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE "storage"."purges" FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
-- Compressing takes three times as long as all the rest of storing 1 MiB.
ALTER TABLE "storage"."entries" ALTER COLUMN "data" SET STORAGE EXTERNAL;
--> statement-breakpoint

-- A setting that was local to an earlier transaction of the session reads as '', an unknown one as NULL.
CREATE POLICY "entries_of_connection" ON "storage"."entries" TO codex_storage
  USING ("connection_id" = nullif(current_setting('codex.connection_id', true), '')::uuid);
--> statement-breakpoint
CREATE POLICY "entries_maintenance" ON "storage"."entries" TO codex_storage_maintenance
  USING (true);
--> statement-breakpoint
CREATE POLICY "purges_of_connection" ON "storage"."purges" FOR SELECT TO codex_storage
  USING ("id" IN (
    nullif(current_setting('codex.connection_id', true), '')::uuid,
    nullif(current_setting('codex.user_id', true), '')::uuid
  ));
--> statement-breakpoint
CREATE POLICY "purges_maintenance" ON "storage"."purges" TO codex_storage_maintenance
  USING (true);
--> statement-breakpoint

-- Times cross this border as milliseconds since 1970. "Now" is the database's clock, which all
-- replicas share, read after every lock.

CREATE FUNCTION "storage"."get_entry"(p_connection uuid, p_key text)
RETURNS TABLE (data text, expires_at_ms double precision)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('codex.connection_id', p_connection::text, true);
  RETURN QUERY
    SELECT e.data::text, (extract(epoch FROM e.expires_at) * 1000)::double precision
    FROM storage.entries e
    WHERE e.connection_id = p_connection AND e.key = p_key
      AND (e.expires_at IS NULL OR e.expires_at > clock_timestamp());
END $$;
--> statement-breakpoint

-- Stores a value and says what came of it: 'stored', or with nothing changed 'expires_in_past',
-- 'keys_max' (the connection has p_keys_max other live keys) or 'purged'. Raises where p_data isn't JSON.
CREATE FUNCTION "storage"."set_entry"(
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
  IF EXISTS (SELECT FROM storage.purges p WHERE p.id IN (p_connection, p_user)) THEN
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

-- Whether there was such a live key.
CREATE FUNCTION "storage"."delete_entry"(p_connection uuid, p_key text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  v_expires_at timestamptz;
BEGIN
  PERFORM set_config('codex.connection_id', p_connection::text, true);
  DELETE FROM storage.entries e WHERE e.connection_id = p_connection AND e.key = p_key
  RETURNING e.expires_at INTO v_expires_at;
  RETURN FOUND AND (v_expires_at IS NULL OR v_expires_at > clock_timestamp());
END $$;
--> statement-breakpoint

CREATE FUNCTION "storage"."list_entries"(p_connection uuid)
RETURNS TABLE (key text, expires_at_ms double precision, updated_at_ms double precision)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('codex.connection_id', p_connection::text, true);
  RETURN QUERY
    SELECT e.key, (extract(epoch FROM e.expires_at) * 1000)::double precision,
      (extract(epoch FROM e.updated_at) * 1000)::double precision
    FROM storage.entries e
    WHERE e.connection_id = p_connection
      AND (e.expires_at IS NULL OR e.expires_at > clock_timestamp());
END $$;
--> statement-breakpoint

-- Whoever deletes several rows of a connection holds its lock and touches no other connection, so no
-- two of them can wait for each other.

-- How many live keys were deleted.
CREATE FUNCTION "storage"."clear_entries"(p_connection uuid) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  v_deleted integer;
BEGIN
  PERFORM set_config('codex.connection_id', p_connection::text, true);
  PERFORM pg_advisory_xact_lock(hashtextextended('storage connection ' || p_connection, 0));
  WITH deleted AS (
    DELETE FROM storage.entries e WHERE e.connection_id = p_connection RETURNING e.expires_at
  )
  SELECT count(*) FILTER (WHERE d.expires_at IS NULL OR d.expires_at > clock_timestamp())
  INTO v_deleted FROM deleted d;
  RETURN v_deleted;
END $$;
--> statement-breakpoint

-- Deletes what a connection keeps, and for good: from here on set_entry refuses it.
CREATE FUNCTION "storage"."purge_connection"(p_connection uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('storage connection ' || p_connection, 0));
  INSERT INTO storage.purges (id) VALUES (p_connection) ON CONFLICT DO NOTHING;
  DELETE FROM storage.entries e WHERE e.connection_id = p_connection;
END $$;
--> statement-breakpoint

-- Makes set_entry refuse a user's connections from here on. Those that keep anything are left to
-- purge_connection, one transaction each.
CREATE FUNCTION "storage"."purge_user"(p_user uuid) RETURNS SETOF uuid
LANGUAGE plpgsql AS $$
BEGIN
  -- Waits for every set_entry that didn't see the purge yet.
  PERFORM pg_advisory_xact_lock(hashtextextended('storage user ' || p_user, 0));
  INSERT INTO storage.purges (id) VALUES (p_user) ON CONFLICT DO NOTHING;
  RETURN QUERY SELECT DISTINCT e.connection_id FROM storage.entries e WHERE e.user_id = p_user;
END $$;
--> statement-breakpoint

-- Deletes what has expired and says how many keys that were.
CREATE FUNCTION "storage"."sweep_connection"(p_connection uuid) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  v_deleted integer;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('storage connection ' || p_connection, 0));
  DELETE FROM storage.entries e
  WHERE e.connection_id = p_connection AND e.expires_at <= clock_timestamp();
  GET DIAGNOSTICS v_deleted = ROW_COUNT;
  RETURN v_deleted;
END $$;
