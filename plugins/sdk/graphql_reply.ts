/** Reads the body of a GraphQL answer (GraphQL over HTTP; the fields of a fault: GraphQL 7.1). */
import { isRecord } from "./json_rpc.ts";

/** One of an answer's `errors`. */
export interface GraphqlFault {
  readonly message: string;
  /** An HTTP status, where the service adds one to each fault. */
  readonly status?: number;
  /** First name of `path`: which field, or alias, of the operation failed. */
  readonly field?: string;
  /** Where that stands in the document, from 1: some services tell no path. */
  readonly line?: number;
}

export interface GraphqlReply {
  /** Empty where the answer had none. */
  readonly data: Record<string, unknown>;
  readonly faults: readonly GraphqlFault[];
  /** Of HTTP, or of the first fault where HTTP said 200. */
  readonly status: number;
}

/** Undefined when it is no GraphQL answer at all, for instance a proxy's page. */
export function readReply(text: string, httpStatus: number): GraphqlReply | undefined {
  const body = parse(text);
  if (!isRecord(body) || !("data" in body || "errors" in body)) return undefined;
  const faults = Array.isArray(body.errors) ? body.errors.filter(isRecord).map(readFault) : [];
  const data = isRecord(body.data) ? body.data : {};
  if (faults.length === 0 && !isRecord(body.data)) return undefined;
  const status = httpStatus === 200 ? faults[0]?.status ?? httpStatus : httpStatus;
  return { data, faults, status };
}

function readFault(error: Record<string, unknown>): GraphqlFault {
  const { message, status, path, locations } = error;
  const field = Array.isArray(path) ? path[0] : undefined;
  const location = Array.isArray(locations) ? locations[0] : undefined;
  const line = isRecord(location) ? location.line : undefined;
  return {
    message: typeof message === "string" && message !== "" ? message : "no reason given",
    ...(typeof status === "number" && { status }),
    ...(typeof field === "string" && { field }),
    ...(typeof line === "number" && { line }),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
