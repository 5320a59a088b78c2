CREATE SCHEMA IF NOT EXISTS "storage";
--> statement-breakpoint
CREATE TABLE "storage"."entries" (
	"connection_id" uuid NOT NULL,
	"key" text NOT NULL,
	"data" json NOT NULL,
	"value_bytes" integer NOT NULL,
	"expires_at" timestamp with time zone,
	"updated_at" timestamp with time zone NOT NULL,
	"plugin_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	CONSTRAINT "entries_connection_id_key_pk" PRIMARY KEY("connection_id","key")
);
--> statement-breakpoint
ALTER TABLE "storage"."entries" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "storage"."purges" (
	"id" uuid PRIMARY KEY NOT NULL,
	"purged_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "storage"."purges" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE INDEX "entries_plugin_id" ON "storage"."entries" USING btree ("plugin_id");--> statement-breakpoint
CREATE INDEX "entries_user_id" ON "storage"."entries" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "entries_expires_at" ON "storage"."entries" USING btree ("expires_at") WHERE "storage"."entries"."expires_at" IS NOT NULL;