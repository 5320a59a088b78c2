-- Purges are remembered by digests: nothing that is kept of a connection or user leads back to it.
ALTER TABLE "plugin_host"."purged" DROP COLUMN "kind";--> statement-breakpoint
ALTER TABLE "plugin_host"."purged" RENAME COLUMN "id" TO "digest";--> statement-breakpoint
ALTER TABLE "plugin_host"."purged" ALTER COLUMN "digest" SET DATA TYPE bytea USING sha256(convert_to("digest"::text, 'UTF8'));
