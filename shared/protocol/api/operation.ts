/** What the table of the public API says of one call. */
import type { z } from "zod";
import type { Scope, ServiceName } from "../identity.ts";

export const API_BASE = "/api/v1";
export const NDJSON = "application/x-ndjson";
/** Server-sent events (WHATWG HTML section 9.2). */
export const EVENT_STREAM = "text/event-stream";

export type HttpMethod = "get" | "post" | "put" | "patch" | "delete";

export interface Operation {
  /** Unique; becomes `operationId`. */
  readonly id: string;
  readonly method: HttpMethod;
  /** Below {@linkcode API_BASE}, with `{name}` for a parameter. */
  readonly path: string;
  /** Parameters of the path that are no UUIDs. */
  readonly pathParams?: Readonly<Record<string, z.ZodType>>;
  readonly tag: string;
  readonly summary: string;
  /** The service that answers; `gateway` composes the answer itself. */
  readonly owner: ServiceName;
  /** The path's `{id}` is a task's, whose prefix names the service that answers instead of `owner`. */
  readonly ownerByTask?: true;
  /** `public` needs no identity; `any` a signed-in user; else the scope it needs. */
  readonly access: "public" | "any" | Scope;
  /** Needs a password entered within 15 minutes, or an API token with the scope. */
  readonly fresh?: true;
  /** Needs a session: an API token is refused whatever its scopes. */
  readonly session?: true;
  /**
   * What the audit log calls the act, where the gateway writes the line: the owner calls nobody who
   * could. Its target is the path's `{id}`, or the `id` of the answer.
   */
  readonly audited?: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** The body is a stream of this type, passed through unread. */
  readonly stream?: typeof NDJSON;
  /** The answer is a page for people, not JSON. */
  readonly page?: true;
  /** The answer is a stream of events, each with `answer` as its data. */
  readonly events?: true;
  readonly status: 200 | 201;
  readonly answer: z.ZodType;
}

type Common = Pick<Operation, "tag" | "owner" | "access">;

/** A row of a table whose calls have something in common. */
export type OperationRow = Omit<Operation, keyof Common | "status"> & Partial<Common> & {
  readonly status?: 200 | 201;
};

export function operationTable(common: Common, rows: readonly OperationRow[]): Operation[] {
  return rows.map((row) => ({ ...common, status: 200, ...row }));
}
