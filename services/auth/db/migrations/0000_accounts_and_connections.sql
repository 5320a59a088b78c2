CREATE SCHEMA IF NOT EXISTS "auth";
--> statement-breakpoint
CREATE TABLE "auth"."api_keys" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"user_id" uuid NOT NULL,
	"name" text NOT NULL,
	"scopes" text[] NOT NULL,
	"prefix" text NOT NULL,
	"secret_hash" "bytea" NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	CONSTRAINT "api_keys_secret_hash_unique" UNIQUE("secret_hash")
);
--> statement-breakpoint
CREATE TABLE "auth"."audit_log" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "auth"."audit_log_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"source" text NOT NULL,
	"actor_id" uuid,
	"actor_name" text,
	"action" text NOT NULL,
	"target" text,
	"detail" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."connections" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"user_id" uuid NOT NULL,
	"plugin_id" uuid NOT NULL,
	"enabled" boolean NOT NULL,
	"status" text NOT NULL,
	"status_reason" text,
	"config" jsonb NOT NULL,
	"external_username" text,
	"external_avatar_url" text,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "connections_one_per_plugin" UNIQUE("user_id","plugin_id"),
	CONSTRAINT "connections_status" CHECK ("auth"."connections"."status" in ('not_connected', 'connected', 'needs_reconnection'))
);
--> statement-breakpoint
CREATE TABLE "auth"."encryption_keys" (
	"key_id" text PRIMARY KEY NOT NULL,
	"check_value" "bytea" NOT NULL,
	"first_used_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."purges_owed" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"service" text NOT NULL,
	"kind" text NOT NULL,
	"subject_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"plugin_id" uuid,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "purges_owed_once" UNIQUE("service","kind","subject_id"),
	CONSTRAINT "purges_owed_kind" CHECK ("auth"."purges_owed"."kind" in ('connection', 'user'))
);
--> statement-breakpoint
CREATE TABLE "auth"."rate_limits" (
	"key" varchar(255) PRIMARY KEY NOT NULL,
	"points" integer DEFAULT 0 NOT NULL,
	"expire" bigint
);
--> statement-breakpoint
CREATE TABLE "auth"."secrets" (
	"purpose" text NOT NULL,
	"owner_id" uuid NOT NULL,
	"name" text NOT NULL,
	"connection_id" uuid,
	"key_id" text NOT NULL,
	"value" "bytea" NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "secrets_purpose_owner_id_name_pk" PRIMARY KEY("purpose","owner_id","name"),
	CONSTRAINT "secrets_connection_is_owner" CHECK ("auth"."secrets"."connection_id" is null or "auth"."secrets"."connection_id" = "auth"."secrets"."owner_id")
);
--> statement-breakpoint
CREATE TABLE "auth"."sessions" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"user_id" uuid NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"authenticated_at" timestamp with time zone NOT NULL,
	"last_used_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"user_agent" text,
	CONSTRAINT "sessions_token_hash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "auth"."setup" (
	"done" boolean PRIMARY KEY NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "setup_once" CHECK ("auth"."setup"."done")
);
--> statement-breakpoint
CREATE TABLE "auth"."setup_codes" (
	"hash" "bytea" PRIMARY KEY NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."users" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"username" text NOT NULL,
	"username_key" text NOT NULL,
	"email" text NOT NULL,
	"role" text NOT NULL,
	"password_hash" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "users_username_key_unique" UNIQUE("username_key"),
	CONSTRAINT "users_role" CHECK ("auth"."users"."role" in ('admin', 'maintainer', 'reader'))
);
--> statement-breakpoint
ALTER TABLE "auth"."api_keys" ADD CONSTRAINT "api_keys_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "auth"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth"."connections" ADD CONSTRAINT "connections_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "auth"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth"."secrets" ADD CONSTRAINT "secrets_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "auth"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth"."secrets" ADD CONSTRAINT "secrets_key_id_encryption_keys_key_id_fk" FOREIGN KEY ("key_id") REFERENCES "auth"."encryption_keys"("key_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth"."sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "auth"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_keys_user" ON "auth"."api_keys" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "connections_plugin" ON "auth"."connections" USING btree ("plugin_id");--> statement-breakpoint
CREATE INDEX "purges_owed_due" ON "auth"."purges_owed" USING btree ("next_attempt_at");--> statement-breakpoint
CREATE INDEX "purges_owed_user" ON "auth"."purges_owed" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "rate_limits_expire" ON "auth"."rate_limits" USING btree ("expire");--> statement-breakpoint
CREATE INDEX "secrets_key" ON "auth"."secrets" USING btree ("key_id");--> statement-breakpoint
CREATE INDEX "secrets_connection" ON "auth"."secrets" USING btree ("connection_id");--> statement-breakpoint
CREATE INDEX "sessions_user" ON "auth"."sessions" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "sessions_expiry" ON "auth"."sessions" USING btree ("expires_at");