CREATE TABLE "auth"."oauth_clients" (
	"plugin_id" uuid PRIMARY KEY NOT NULL,
	"client_id" text NOT NULL,
	"secret_by" text,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "oauth_clients_secret_by" CHECK ("auth"."oauth_clients"."secret_by" in ('body', 'basic'))
);
--> statement-breakpoint
CREATE TABLE "auth"."oauth_flows" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"state_hash" "bytea" NOT NULL,
	"browser_hash" "bytea" NOT NULL,
	"user_id" uuid NOT NULL,
	"plugin_id" uuid NOT NULL,
	"client_id" text NOT NULL,
	"token_url" text NOT NULL,
	"verifier" "bytea",
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "oauth_flows_state_hash_unique" UNIQUE("state_hash")
);
--> statement-breakpoint
CREATE TABLE "auth"."oauth_grants" (
	"connection_id" uuid PRIMARY KEY NOT NULL,
	"obtained_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone,
	"refresh_at" timestamp with time zone,
	"refreshable" boolean NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"lease_id" uuid,
	"lease_until" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "auth"."connections" ADD COLUMN "revision" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "auth"."connections" ADD COLUMN "external_id" text;--> statement-breakpoint
ALTER TABLE "auth"."oauth_flows" ADD CONSTRAINT "oauth_flows_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "auth"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "auth"."oauth_grants" ADD CONSTRAINT "oauth_grants_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "auth"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "oauth_flows_user" ON "auth"."oauth_flows" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "oauth_flows_expiry" ON "auth"."oauth_flows" USING btree ("expires_at");