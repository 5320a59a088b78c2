CREATE TABLE "sync"."connection_syncs" (
	"connection_id" uuid PRIMARY KEY NOT NULL,
	"plugin_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"auto_sync" boolean DEFAULT false NOT NULL,
	"pulled_at" timestamp (3) with time zone,
	"last_sync_at" timestamp (3) with time zone,
	"last_success_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "sync"."entry_matches" (
	"connection_id" uuid NOT NULL,
	"external_id" text NOT NULL,
	"series_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"source" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "entry_matches_connection_id_external_id_series_id_pk" PRIMARY KEY("connection_id","external_id","series_id")
);
--> statement-breakpoint
CREATE TABLE "sync"."entry_states" (
	"connection_id" uuid NOT NULL,
	"entry_key" text NOT NULL,
	"user_id" uuid NOT NULL,
	"remote" jsonb,
	"remote_seen_at" timestamp (3) with time zone,
	"matched" boolean DEFAULT true NOT NULL,
	"acknowledged_hash" text,
	"acknowledged" jsonb,
	"acknowledged_at" timestamp (3) with time zone,
	CONSTRAINT "entry_states_connection_id_entry_key_pk" PRIMARY KEY("connection_id","entry_key")
);
--> statement-breakpoint
DROP INDEX "sync"."outbox_entries_connection_id";--> statement-breakpoint
DROP INDEX "sync"."sync_runs_connection_id";--> statement-breakpoint
ALTER TABLE "sync"."outbox_entries" ALTER COLUMN "next_attempt_at" SET DATA TYPE timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "sync"."outbox_entries" ALTER COLUMN "created_at" SET DATA TYPE timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "sync"."outbox_entries" ALTER COLUMN "created_at" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "sync"."sync_runs" ALTER COLUMN "created_at" SET DATA TYPE timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "sync"."sync_runs" ALTER COLUMN "created_at" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "sync"."sync_runs" ALTER COLUMN "started_at" SET DATA TYPE timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "sync"."sync_runs" ALTER COLUMN "finished_at" SET DATA TYPE timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "sync"."outbox_entries" ADD COLUMN "entry_key" text NOT NULL;--> statement-breakpoint
ALTER TABLE "sync"."outbox_entries" ADD COLUMN "sequence" bigint NOT NULL GENERATED ALWAYS AS IDENTITY (sequence name "sync"."outbox_entries_sequence_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1);--> statement-breakpoint
ALTER TABLE "sync"."outbox_entries" ADD COLUMN "hash" text NOT NULL;--> statement-breakpoint
ALTER TABLE "sync"."outbox_entries" ADD COLUMN "extent" jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "sync"."outbox_entries" ADD COLUMN "series_ids" uuid[] NOT NULL;--> statement-breakpoint
ALTER TABLE "sync"."outbox_entries" ADD COLUMN "built_by" uuid NOT NULL;--> statement-breakpoint
ALTER TABLE "sync"."sync_runs" ADD COLUMN "phase" text NOT NULL;--> statement-breakpoint
ALTER TABLE "sync"."sync_runs" ADD COLUMN "cursor" text;--> statement-breakpoint
ALTER TABLE "sync"."sync_runs" ADD COLUMN "pages" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sync"."sync_runs" ADD COLUMN "pull_started_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "sync"."sync_runs" ADD COLUMN "batch_size" integer NOT NULL;--> statement-breakpoint
ALTER TABLE "sync"."sync_runs" ADD COLUMN "push_total" integer;--> statement-breakpoint
ALTER TABLE "sync"."sync_runs" ADD COLUMN "attempt" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sync"."sync_runs" ADD COLUMN "lease_until" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "sync"."sync_runs" ADD COLUMN "stalls" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sync"."sync_runs" ADD COLUMN "resume_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "sync"."sync_runs" ADD COLUMN "invalid" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sync"."sync_runs" ADD COLUMN "notes" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "sync"."sync_runs" ADD COLUMN "notes_truncated" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "sync"."sync_runs" ADD COLUMN "progressed_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "connection_syncs_user_id" ON "sync"."connection_syncs" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "connection_syncs_auto" ON "sync"."connection_syncs" USING btree ("plugin_id","connection_id") WHERE "sync"."connection_syncs"."auto_sync";--> statement-breakpoint
CREATE INDEX "entry_matches_user_id" ON "sync"."entry_matches" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "entry_states_user_id" ON "sync"."entry_states" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "entry_states_unmatched" ON "sync"."entry_states" USING btree ("connection_id","entry_key") WHERE not "sync"."entry_states"."matched";--> statement-breakpoint
CREATE UNIQUE INDEX "outbox_entries_key" ON "sync"."outbox_entries" USING btree ("connection_id","entry_key");--> statement-breakpoint
CREATE INDEX "outbox_entries_due" ON "sync"."outbox_entries" USING btree ("connection_id","next_attempt_at");--> statement-breakpoint
CREATE INDEX "outbox_entries_waiting" ON "sync"."outbox_entries" USING btree ("next_attempt_at");--> statement-breakpoint
CREATE INDEX "sync_runs_finished_at" ON "sync"."sync_runs" USING btree ("finished_at");--> statement-breakpoint
CREATE INDEX "sync_runs_connection_id" ON "sync"."sync_runs" USING btree ("connection_id","created_at" DESC NULLS LAST,"id" DESC NULLS LAST);