ALTER TABLE "plugin_host"."plugins" ADD COLUMN "pinned_file_wishes" jsonb;--> statement-breakpoint
ALTER TABLE "plugin_host"."plugins" ADD COLUMN "granted_version" text;--> statement-breakpoint
ALTER TABLE "plugin_host"."plugins" DROP COLUMN "pinned_digest";--> statement-breakpoint
UPDATE "plugin_host"."plugins" SET "pinned_file_wishes" = "file_wishes", "granted_version" = "pinned_manifest" ->> 'version' WHERE "pinned_manifest" IS NOT NULL;
