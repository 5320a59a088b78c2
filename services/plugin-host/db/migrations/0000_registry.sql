CREATE SCHEMA IF NOT EXISTS "plugin_host";
--> statement-breakpoint
CREATE TABLE "plugin_host"."plugin_failures" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"plugin_id" uuid NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL,
	"method" text,
	"error_code" text,
	"error_message" text NOT NULL,
	"request_summary" text,
	"counts" boolean NOT NULL
);
--> statement-breakpoint
CREATE TABLE "plugin_host"."plugins" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"display_name" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"folder" text,
	"folder_missing" boolean DEFAULT false NOT NULL,
	"command" text NOT NULL,
	"args" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"env" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"working_directory" text,
	"config" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"credential_names" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"credential_delivery" text DEFAULT 'init_message' NOT NULL,
	"permissions" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"network" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"file_wishes" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"seen_manifest" jsonb,
	"seen_digest" text,
	"pinned_manifest" jsonb,
	"pinned_digest" text,
	"granted_at" timestamp with time zone,
	"allow_unsandboxed" boolean DEFAULT false NOT NULL,
	"library_ids" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"rate_limit_requests_per_minute" integer,
	"request_timeout_seconds" integer DEFAULT 30 NOT NULL,
	"log_level" text DEFAULT 'info' NOT NULL,
	"search_query_template" text,
	"search_preprocessing_rules" jsonb,
	"auto_match_conditions" jsonb,
	"use_existing_external_id" boolean DEFAULT true NOT NULL,
	"metadata_targets" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"sync_cron_schedule" text,
	"send_full_metadata" boolean DEFAULT false NOT NULL,
	"send_genres_and_tags" boolean DEFAULT true NOT NULL,
	"enabled" boolean DEFAULT false NOT NULL,
	"disabled_reason" text,
	"failure_count" integer DEFAULT 0 NOT NULL,
	"last_failure_at" timestamp with time zone,
	"last_success_at" timestamp with time zone,
	"last_external_failure_at" timestamp with time zone,
	"revision" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "plugins_name_unique" UNIQUE("name")
);
--> statement-breakpoint
ALTER TABLE "plugin_host"."plugin_failures" ADD CONSTRAINT "plugin_failures_plugin_id_plugins_id_fk" FOREIGN KEY ("plugin_id") REFERENCES "plugin_host"."plugins"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "plugin_failures_by_time" ON "plugin_host"."plugin_failures" USING btree ("plugin_id","occurred_at" DESC NULLS LAST);