CREATE TABLE "plugin_host"."owed_audits" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"action" text NOT NULL,
	"target" uuid NOT NULL,
	"detail" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "plugin_host"."plugins" ADD COLUMN "fault_times" timestamp with time zone[] DEFAULT '{}' NOT NULL;