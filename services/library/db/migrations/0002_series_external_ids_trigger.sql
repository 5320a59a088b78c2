-- Keeps series_external_ids as the documents say (schema.ts: "seriesExternalIds"). The conditions are
-- tested before a trigger is queued: a write that leaves the ids alone costs next to nothing.

CREATE FUNCTION "library"."keep_series_external_ids"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    DELETE FROM library.series_external_ids WHERE series_id = NEW.id;
  END IF;
  INSERT INTO library.series_external_ids (source, external_id, series_id)
    SELECT item ->> 'source', item ->> 'externalId', NEW.id
    FROM jsonb_array_elements(NEW.metadata -> 'externalIds') AS item
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER "series_external_ids_of_new" AFTER INSERT ON "library"."series"
  FOR EACH ROW WHEN (NEW.metadata ? 'externalIds')
  EXECUTE FUNCTION "library"."keep_series_external_ids"();
--> statement-breakpoint
CREATE TRIGGER "series_external_ids_of_changed" AFTER UPDATE OF "metadata" ON "library"."series"
  FOR EACH ROW
  WHEN (OLD.metadata -> 'externalIds' IS DISTINCT FROM NEW.metadata -> 'externalIds')
  EXECUTE FUNCTION "library"."keep_series_external_ids"();
--> statement-breakpoint
INSERT INTO "library"."series_external_ids" (source, external_id, series_id)
  SELECT item ->> 'source', item ->> 'externalId', series.id
  FROM "library"."series", jsonb_array_elements(series.metadata -> 'externalIds') AS item
  ON CONFLICT DO NOTHING;
