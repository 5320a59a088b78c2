CREATE TABLE "plugin_host"."egress" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "plugin_host"."egress_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"plugin_id" uuid NOT NULL,
	"connection_id" uuid,
	"user_id" uuid,
	"occurred_at" timestamp with time zone NOT NULL,
	"method" text NOT NULL,
	"fields" jsonb NOT NULL,
	"entries" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "plugin_host"."purged" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"purged_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "plugin_host"."egress" ADD CONSTRAINT "egress_plugin_id_plugins_id_fk" FOREIGN KEY ("plugin_id") REFERENCES "plugin_host"."plugins"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "egress_by_plugin" ON "plugin_host"."egress" USING btree ("plugin_id","seq");--> statement-breakpoint
CREATE INDEX "egress_by_user" ON "plugin_host"."egress" USING btree ("user_id","plugin_id","seq");--> statement-breakpoint
CREATE INDEX "egress_by_connection" ON "plugin_host"."egress" USING btree ("connection_id");--> statement-breakpoint
CREATE INDEX "egress_by_time" ON "plugin_host"."egress" USING btree ("occurred_at");--> statement-breakpoint
CREATE INDEX "purged_by_time" ON "plugin_host"."purged" USING btree ("purged_at");