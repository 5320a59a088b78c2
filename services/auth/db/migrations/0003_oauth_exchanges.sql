CREATE TABLE "auth"."oauth_exchanges" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"plugin_id" uuid NOT NULL,
	"started_at" timestamp with time zone NOT NULL
);
