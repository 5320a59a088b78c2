-- For a plugin of another runtime than Deno any grant of a host was stored as all of the network, with granted ports of
-- the loopback beside it. Every runtime is held to hosts now, so such a grant becomes what the plugin asked for when it
-- was made. Who asked for all keeps it. Who asked for none waits, turned off, until hosts are granted.
WITH "granted" AS (
  SELECT "id", "network",
    coalesce("pinned_file_wishes", "file_wishes") -> 'network' AS "of_file",
    coalesce("pinned_manifest", "seen_manifest") -> 'network' AS "of_manifest"
  FROM "plugin_host"."plugins"
  WHERE "network" @> '["*"]' AND "command" <> 'deno' AND "command" NOT LIKE '%/deno'
), "asked" AS (
  SELECT "id", "network", ARRAY(
    SELECT "entry" FROM (
      SELECT jsonb_array_elements_text("of_file") WHERE jsonb_typeof("of_file") = 'array'
      UNION
      SELECT jsonb_array_elements_text("of_manifest") WHERE jsonb_typeof("of_manifest") = 'array'
    ) AS "wishes" ("entry")
    WHERE "entry" ~ '^(\*|(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?)$'
      AND coalesce(substring("entry" FROM ':([0-9]{1,5})$')::int, 443) BETWEEN 1 AND 65535
    ORDER BY "entry" LIMIT 100
  ) AS "hosts"
  FROM "granted"
), "narrowed" AS (
  SELECT "id", "hosts", ARRAY(
    SELECT "entry" FROM jsonb_array_elements_text("network") AS "kept" ("entry")
    WHERE "entry" ~* '^(localhost|127\.[0-9]+\.[0-9]+\.[0-9]+|\[::1\])(:[0-9]+)?$'
      AND NOT "entry" = ANY ("hosts")
  ) AS "loopback"
  FROM "asked"
  WHERE NOT '*' = ANY ("hosts")
)
UPDATE "plugin_host"."plugins" SET
  "network" = to_jsonb("hosts" || "loopback"),
  "enabled" = "enabled" AND "hosts" <> '{}',
  "disabled_reason" = CASE WHEN "enabled" AND "hosts" = '{}'
    THEN 'Its grant of the whole network has ended, as hosts are granted one by one now: grant those it needs, then enable it'
    ELSE "disabled_reason" END,
  "revision" = "revision" + 1,
  "updated_at" = now()
FROM "narrowed"
WHERE "plugins"."id" = "narrowed"."id";
