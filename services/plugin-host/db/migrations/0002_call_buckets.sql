CREATE TABLE "plugin_host"."call_buckets" (
	"id" uuid PRIMARY KEY NOT NULL,
	"plugin_id" uuid NOT NULL,
	"user_id" uuid,
	"window_ends_at" timestamp with time zone,
	"leased" integer DEFAULT 0 NOT NULL,
	"latest_lease" integer DEFAULT 0 NOT NULL,
	"paused_until" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "plugin_host"."call_buckets" ADD CONSTRAINT "call_buckets_plugin_id_plugins_id_fk" FOREIGN KEY ("plugin_id") REFERENCES "plugin_host"."plugins"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "call_buckets_by_plugin" ON "plugin_host"."call_buckets" USING btree ("plugin_id");