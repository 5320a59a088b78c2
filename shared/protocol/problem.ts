/** The closed list of problem codes and what each means over HTTP (http-api.md: "Errors"; RFC 9457). */
import { z } from "zod";

/** Code → status and title. Every refusal of every service is one of these. */
export const PROBLEMS = {
  bad_request: { status: 400, title: "The request is not valid" },
  unauthenticated: { status: 401, title: "Sign in first" },
  invalid_credentials: { status: 401, title: "The username or password is wrong" },
  forbidden: { status: 403, title: "Not allowed" },
  csrf_refused: { status: 403, title: "The request came from another site" },
  session_required: { status: 403, title: "This needs a browser session" },
  fresh_authentication_required: { status: 403, title: "Enter your password again first" },
  setup_code_wrong: { status: 403, title: "The setup code is wrong" },
  not_found: { status: 404, title: "Not found" },
  conflict: { status: 409, title: "The state has changed" },
  already_set_up: { status: 409, title: "Setup is already done" },
  name_taken: { status: 409, title: "The name is taken" },
  last_admin: { status: 409, title: "The last administrator stays" },
  snapshot_stale: { status: 409, title: "The document has changed since the preview" },
  manifest_changed: { status: 409, title: "The plugin asks for something else now" },
  not_granted: { status: 409, title: "The plugin has not been granted" },
  already_running: { status: 409, title: "It is already running" },
  payload_too_large: { status: 413, title: "The body is too large" },
  unsupported_media_type: { status: 415, title: "The content type is not supported" },
  unprocessable: { status: 422, title: "The request can't be carried out" },
  quota_exceeded: { status: 422, title: "A limit is reached" },
  rate_limited: { status: 429, title: "Too many requests" },
  internal: { status: 500, title: "Something went wrong here" },
  plugin_failed: { status: 502, title: "The plugin failed" },
  plugin_crashed: { status: 502, title: "The plugin crashed" },
  service_failed: { status: 502, title: "A part of the server failed" },
  not_ready: { status: 503, title: "Not ready" },
  service_unavailable: { status: 503, title: "A part of the server is not reachable" },
  plugin_off: { status: 503, title: "The plugin is off" },
  no_capacity: { status: 503, title: "No capacity" },
  encryption_key_missing: { status: 503, title: "No encryption key is set" },
  deadline_exceeded: { status: 504, title: "It took too long" },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;
export const ProblemCode = z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]);

export const FieldError = z.object({
  /** RFC 6901 pointer into the body, or `?name` for a query parameter. */
  pointer: z.string(),
  detail: z.string(),
});
export type FieldError = z.infer<typeof FieldError>;

/** RFC 9457 problem details with this API's additions. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  code: ProblemCode,
  requestId: z.string(),
  errors: z.array(FieldError).optional(),
  /** Of a plugin's own JSON-RPC error, where that is the cause. */
  pluginError: z.object({ code: z.int(), message: z.string() }).optional(),
});
export type Problem = z.infer<typeof Problem>;
