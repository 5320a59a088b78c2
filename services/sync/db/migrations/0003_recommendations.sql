CREATE TABLE "sync"."dismissals" (
	"connection_id" uuid NOT NULL,
	"external_id" text NOT NULL,
	"user_id" uuid NOT NULL,
	"reason" text,
	"at" timestamp (3) with time zone NOT NULL,
	"told" boolean DEFAULT false NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "dismissals_connection_id_external_id_pk" PRIMARY KEY("connection_id","external_id")
);
--> statement-breakpoint
CREATE TABLE "sync"."recommendation_lists" (
	"connection_id" uuid PRIMARY KEY NOT NULL,
	"plugin_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"items" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"generated_at" timestamp (3) with time zone,
	"error" text
);
--> statement-breakpoint
DROP INDEX "sync"."sync_runs_connection_id";--> statement-breakpoint
DROP INDEX "sync"."sync_runs_unfinished";--> statement-breakpoint
ALTER TABLE "sync"."sync_runs" ADD COLUMN "kind" text DEFAULT 'sync' NOT NULL;--> statement-breakpoint
CREATE INDEX "dismissals_user_id" ON "sync"."dismissals" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "dismissals_untold" ON "sync"."dismissals" USING btree ("at") WHERE not "sync"."dismissals"."told";--> statement-breakpoint
CREATE INDEX "recommendation_lists_user_id" ON "sync"."recommendation_lists" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "sync_runs_connection_id" ON "sync"."sync_runs" USING btree ("connection_id","kind","created_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE UNIQUE INDEX "sync_runs_unfinished" ON "sync"."sync_runs" USING btree ("connection_id","kind") WHERE "sync"."sync_runs"."state" IN ('queued', 'running', 'paused');