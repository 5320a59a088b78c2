CREATE TABLE "library"."series_external_ids" (
	"source" text COLLATE "C" NOT NULL,
	"external_id" text COLLATE "C" NOT NULL,
	"series_id" uuid NOT NULL,
	CONSTRAINT "series_external_ids_source_external_id_series_id_pk" PRIMARY KEY("source","external_id","series_id")
);
--> statement-breakpoint
ALTER TABLE "library"."series_external_ids" ADD CONSTRAINT "series_external_ids_series_id_series_id_fk" FOREIGN KEY ("series_id") REFERENCES "library"."series"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "series_external_ids_by_series" ON "library"."series_external_ids" USING btree ("series_id");