CREATE TABLE "plugin_host"."withdrawn" (
	"digest" "bytea" PRIMARY KEY NOT NULL,
	"revision" integer NOT NULL,
	"withdrawn_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE INDEX "withdrawn_by_time" ON "plugin_host"."withdrawn" USING btree ("withdrawn_at");