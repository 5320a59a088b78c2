CREATE TABLE "plugin_host"."traffic" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "plugin_host"."traffic_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"plugin_id" uuid NOT NULL,
	"connection_id" uuid,
	"user_id" uuid,
	"day" date NOT NULL,
	"host" text NOT NULL,
	"connections" bigint NOT NULL,
	"bytes_in" bigint NOT NULL,
	"bytes_out" bigint NOT NULL,
	"refusals" bigint NOT NULL,
	"last_at" timestamp with time zone NOT NULL,
	CONSTRAINT "traffic_once_a_day" UNIQUE NULLS NOT DISTINCT("plugin_id","connection_id","day","host")
);
--> statement-breakpoint
ALTER TABLE "plugin_host"."traffic" ADD CONSTRAINT "traffic_plugin_id_plugins_id_fk" FOREIGN KEY ("plugin_id") REFERENCES "plugin_host"."plugins"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "traffic_by_plugin" ON "plugin_host"."traffic" USING btree ("plugin_id","seq");--> statement-breakpoint
CREATE INDEX "traffic_by_user" ON "plugin_host"."traffic" USING btree ("user_id","plugin_id","seq");--> statement-breakpoint
CREATE INDEX "traffic_by_connection" ON "plugin_host"."traffic" USING btree ("connection_id");--> statement-breakpoint
CREATE INDEX "traffic_by_time" ON "plugin_host"."traffic" USING btree ("last_at");