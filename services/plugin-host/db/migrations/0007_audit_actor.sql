ALTER TABLE "plugin_host"."owed_audits" ALTER COLUMN "target" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "plugin_host"."owed_audits" ADD COLUMN "actor_id" uuid;--> statement-breakpoint
ALTER TABLE "plugin_host"."owed_audits" ADD COLUMN "request_id" text;