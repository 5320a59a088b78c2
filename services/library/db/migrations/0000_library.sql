CREATE SCHEMA IF NOT EXISTS "library";
--> statement-breakpoint
CREATE TABLE "library"."book_progress" (
	"user_id" uuid NOT NULL,
	"book_id" uuid NOT NULL,
	"current_page" bigint,
	"progress_percentage" double precision,
	"completed" boolean NOT NULL,
	"started_at" timestamp (3) with time zone,
	"completed_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "book_progress_user_id_book_id_pk" PRIMARY KEY("user_id","book_id")
);
--> statement-breakpoint
CREATE TABLE "library"."books" (
	"id" uuid PRIMARY KEY NOT NULL,
	"library_id" uuid NOT NULL,
	"key" text,
	"title" text NOT NULL,
	"title_sort" text COLLATE "C" NOT NULL,
	"metadata" jsonb NOT NULL,
	"locks" jsonb NOT NULL,
	"provenance" jsonb NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"import_digest" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"series_id" uuid NOT NULL,
	"number" double precision,
	"number_sort" double precision GENERATED ALWAYS AS (coalesce(number, 'Infinity'::double precision)) STORED NOT NULL,
	"words" "tsvector" NOT NULL,
	CONSTRAINT "books_key" UNIQUE("library_id","key")
);
--> statement-breakpoint
CREATE TABLE "library"."history" (
	"id" uuid PRIMARY KEY NOT NULL,
	"sequence" bigint GENERATED ALWAYS AS IDENTITY (sequence name "library"."history_sequence_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"series_id" uuid,
	"book_id" uuid,
	"at" timestamp (3) with time zone NOT NULL,
	"source" text NOT NULL,
	"user_id" uuid,
	"plugin_id" uuid,
	"plugin_name" text,
	"plugin_version" text,
	"external_id" text,
	"changes" jsonb NOT NULL,
	"provenance_before" jsonb NOT NULL,
	"reverted_at" timestamp (3) with time zone,
	CONSTRAINT "history_of_one" CHECK (num_nonnulls("library"."history"."series_id", "library"."history"."book_id") = 1)
);
--> statement-breakpoint
CREATE TABLE "library"."libraries" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"path" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "library"."series" (
	"id" uuid PRIMARY KEY NOT NULL,
	"library_id" uuid NOT NULL,
	"key" text,
	"title" text NOT NULL,
	"title_sort" text COLLATE "C" NOT NULL,
	"metadata" jsonb NOT NULL,
	"locks" jsonb NOT NULL,
	"provenance" jsonb NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"import_digest" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"book_count" integer NOT NULL,
	"own_words" "tsvector" NOT NULL,
	"words" "tsvector" NOT NULL,
	CONSTRAINT "series_key" UNIQUE("library_id","key")
);
--> statement-breakpoint
CREATE TABLE "library"."series_ratings" (
	"user_id" uuid NOT NULL,
	"series_id" uuid NOT NULL,
	"rating" smallint NOT NULL,
	"notes" text,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "series_ratings_user_id_series_id_pk" PRIMARY KEY("user_id","series_id")
);
--> statement-breakpoint
ALTER TABLE "library"."book_progress" ADD CONSTRAINT "book_progress_book_id_books_id_fk" FOREIGN KEY ("book_id") REFERENCES "library"."books"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "library"."books" ADD CONSTRAINT "books_library_id_libraries_id_fk" FOREIGN KEY ("library_id") REFERENCES "library"."libraries"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "library"."books" ADD CONSTRAINT "books_series_id_series_id_fk" FOREIGN KEY ("series_id") REFERENCES "library"."series"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "library"."history" ADD CONSTRAINT "history_series_id_series_id_fk" FOREIGN KEY ("series_id") REFERENCES "library"."series"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "library"."history" ADD CONSTRAINT "history_book_id_books_id_fk" FOREIGN KEY ("book_id") REFERENCES "library"."books"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "library"."series" ADD CONSTRAINT "series_library_id_libraries_id_fk" FOREIGN KEY ("library_id") REFERENCES "library"."libraries"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "library"."series_ratings" ADD CONSTRAINT "series_ratings_series_id_series_id_fk" FOREIGN KEY ("series_id") REFERENCES "library"."series"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "book_progress_by_book" ON "library"."book_progress" USING btree ("book_id");--> statement-breakpoint
CREATE INDEX "books_in_order" ON "library"."books" USING btree ("series_id","number_sort","title_sort","id");--> statement-breakpoint
CREATE INDEX "history_of_series" ON "library"."history" USING btree ("series_id","sequence");--> statement-breakpoint
CREATE INDEX "history_of_book" ON "library"."history" USING btree ("book_id","sequence");--> statement-breakpoint
CREATE INDEX "series_by_title" ON "library"."series" USING btree ("title_sort","id");--> statement-breakpoint
CREATE INDEX "series_by_library_title" ON "library"."series" USING btree ("library_id","title_sort","id");--> statement-breakpoint
CREATE INDEX "series_by_created" ON "library"."series" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "series_by_updated" ON "library"."series" USING btree ("updated_at","id");--> statement-breakpoint
CREATE INDEX "series_words" ON "library"."series" USING gin ("words");--> statement-breakpoint
CREATE INDEX "series_ratings_by_series" ON "library"."series_ratings" USING btree ("series_id");