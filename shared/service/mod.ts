/**
 * What every service stands on: configuration, logging, problems, identity, clients, health, and its
 * start and stop. The database is apart (`@codex/service/database`): not every service has one.
 *
 * @module
 */
export * from "./address_group.ts";
export * from "./allowed_hosts.ts";
export * from "./authorization.ts";
export * from "./config.ts";
export * from "./environment.ts";
export * from "./fold_text.ts";
export * from "./health.ts";
export * from "./identity_token.ts";
export * from "./lasting_server.ts";
export * from "./lifecycle.ts";
export * from "./line_reply.ts";
export * from "./logger.ts";
export * from "./page_cursor.ts";
export * from "./problem_error.ts";
export * from "./repeated_task.ts";
export * from "./request_id.ts";
export * from "./service_app.ts";
export * from "./service_client.ts";
export * from "./ticket.ts";
export * from "./validation.ts";
