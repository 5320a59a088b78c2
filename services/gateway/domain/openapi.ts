/**
 * The OpenAPI 3.1 description of the public API, generated from the table of operations and its zod
 * schemas (http-api.md: never by hand).
 */
import { z } from "zod";
import {
  createDocument,
  type CreateDocumentOptions,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
} from "zod-openapi";
import * as protocol from "@codex/protocol";
import { API_BASE, EVENT_STREAM, type Operation, Problem, PROBLEMS } from "@codex/protocol";
import { OPERATIONS } from "@codex/protocol/operations";
import { parameterNames } from "./operation_path.ts";

type Document = ReturnType<typeof createDocument>;

const PROBLEM_JSON = "application/problem+json";

/** @param version of this server, not of the API's paths */
export function openApiDocument(version: string): Document {
  const document = createDocument({
    openapi: "3.1.0",
    info: {
      title: "Codex",
      version,
      description: "The public API of a Codex server. Errors are RFC 9457 problem details with a " +
        `\`code\` of a closed list: ${Object.keys(PROBLEMS).join(", ")}.`,
    },
    servers: [{ url: API_BASE }],
    tags: [...new Set(OPERATIONS.map(({ tag }) => tag))].map((name) => ({ name })),
    paths: pathsOf(OPERATIONS),
    components: {
      schemas: namedSchemas(),
      securitySchemes: {
        bearer: {
          type: "http",
          scheme: "bearer",
          description: "The `accessToken` of a sign-in, or an API token with scopes",
        },
        cookie: {
          type: "apiKey",
          in: "cookie",
          name: protocol.SESSION_COOKIE,
          description: "Set by a sign-in; on https its name begins with `__Host-`. A write needs " +
            "the header Sec-Fetch-Site or Origin of this site",
        },
      },
    },
  }, { override: simplify });
  return tidy(document);
}

function pathsOf(operations: readonly Operation[]): ZodOpenApiPathsObject {
  const paths: ZodOpenApiPathsObject = {};
  for (const operation of operations) {
    (paths[operation.path] ??= {})[operation.method] = describe(operation);
  }
  return paths;
}

function describe(operation: Operation): ZodOpenApiOperationObject {
  const names = parameterNames(operation.path);
  const requestParams = {
    ...(names.length > 0 && { path: pathOf(operation, names) }),
    ...(operation.query && { query: operation.query }),
  };
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    ...descriptionOf(operation),
    security: securityOf(operation),
    ...(Object.keys(requestParams).length > 0 && { requestParams }),
    ...requestBodyOf(operation),
    responses: {
      [operation.status]: {
        description: operation.status === 201 ? "Made" : "Done",
        content: {
          [answerType(operation)]: { schema: operation.answer },
        },
      },
      ...Object.fromEntries(
        refusalsOf(operation).map(([status, description]) => [status, problem(description)]),
      ),
      default: problem("Any other problem"),
    },
  };
}

/** Most parameters are ids of the server's own. */
function pathOf({ pathParams }: Operation, names: readonly string[]): z.ZodObject {
  return z.object(Object.fromEntries(names.map((name) => [name, pathParams?.[name] ?? z.uuid()])));
}

function answerType({ page, events }: Operation): string {
  if (events) return EVENT_STREAM;
  return page ? "text/html" : "application/json";
}

function descriptionOf({ access, fresh, session }: Operation): { description?: string } {
  const orToken = session ? "" : ", or an API token with the scope";
  const needs = [
    ...(access === "public" || access === "any" ? [] : [`Needs the permission \`${access}\`.`]),
    ...(session ? ["Needs a session: an API token is refused."] : []),
    ...(fresh ? [`Needs a password entered within the last 15 minutes${orToken}.`] : []),
  ];
  return needs.length === 0 ? {} : { description: needs.join(" ") };
}

function securityOf({ access }: Operation): Record<string, string[]>[] {
  if (access === "public") return [];
  const scopes = access === "any" ? [] : [access];
  return [{ bearer: scopes }, { cookie: scopes }];
}

/** What stands on one line of a streamed body. */
const LINE_SCHEMAS: Readonly<Record<string, z.ZodType>> = { importLibrary: protocol.ImportSeries };

function requestBodyOf(
  { id, body, stream }: Operation,
): Pick<ZodOpenApiOperationObject, "requestBody"> {
  if (stream !== undefined) {
    const content = { [stream]: { schema: LINE_SCHEMAS[id] ?? protocol.Json } };
    return {
      requestBody: { required: true, description: "One such JSON object on each line", content },
    };
  }
  if (body === undefined) return {};
  return { requestBody: { required: true, content: { "application/json": { schema: body } } } };
}

function refusalsOf({ access, path, query, body, stream }: Operation): [number, string][] {
  const takesBody = body !== undefined || stream !== undefined;
  return [
    ...(takesBody || query ? [[400, "Bad input: every wrong field is named"] as const] : []),
    ...(access === "public" ? [] : [[401, "Nobody is signed in"] as const]),
    ...(access === "public" || access === "any" ? [] : [[403, "Not allowed"] as const]),
    ...(path.includes("{") ? [[404, "There is no such thing"] as const] : []),
    ...(body === undefined ? [] : [[413, "The body is too large"] as const]),
    ...(takesBody ? [[415, "The body is of another type"] as const] : []),
  ].map(([status, description]) => [status, description]);
}

function problem(description: string) {
  return { description, content: { [PROBLEM_JSON]: { schema: Problem } } };
}

/**
 * The schemas of bodies and answers that the protocol exports by name, each under its first name.
 * Plain strings have none: all ids are one and the same schema with different brands.
 */
function namedSchemas(): Record<string, z.ZodType> {
  const used = new Set<z.core.$ZodType>();
  for (const { id, body, answer } of OPERATIONS) {
    for (const schema of [body, answer, LINE_SCHEMAS[id]]) collect(schema, used);
  }
  collect(Problem, used);
  const named: Record<string, z.ZodType> = {};
  for (const [name, value] of Object.entries(protocol)) {
    // One name for each: taken off the list once it has it.
    if (value instanceof z.ZodType && value.type !== "string" && used.delete(value)) {
      named[name] = value;
    }
  }
  return named;
}

/** Adds every schema that `part`, a piece of a zod definition, is made of. */
function collect(part: unknown, found: Set<z.core.$ZodType>): void {
  if (typeof part !== "object" || part === null) return;
  if (!(part instanceof z.ZodType)) {
    for (const piece of Object.values(part)) collect(piece, found);
  } else if (!found.has(part)) {
    found.add(part);
    collect(part instanceof z.ZodLazy ? part.unwrap() : part.def, found);
  }
}

const simplify: NonNullable<CreateDocumentOptions["override"]> = ({ jsonSchema, io }) => {
  // Answers may gain fields at any time (http-api.md: "More fields and more routes may be added").
  if (io === "output" && jsonSchema.additionalProperties === false) {
    delete jsonSchema.additionalProperties;
  }
  // A format says the same as zod's pattern for it, and can be read.
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
  // What every JSON parser's integers are bounded by anyway.
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
};

/**
 * Leaves out the schemas that no operation leads to, and the suffix of those that differ in a request
 * but never stand in one.
 */
function tidy(document: Document): Document {
  const schemas = document.components?.schemas ?? {};
  const used = usedSchemas(document.paths, schemas);
  const nameOf = (name: string) => {
    const plain = name.replace(/Output$/, "");
    return used.has(plain) ? name : plain;
  };
  const components = {
    ...document.components,
    schemas: Object.fromEntries(
      [...used].sort().map((name) => [nameOf(name), schemas[name]]),
    ),
  };
  return JSON.parse(
    JSON.stringify({ ...document, components }),
    (key, value) => key === "$ref" ? SCHEMAS + nameOf(value.slice(SCHEMAS.length)) : value,
  );
}

const SCHEMAS = "#/components/schemas/";

function usedSchemas(root: unknown, schemas: Readonly<Record<string, unknown>>): Set<string> {
  const used = new Set<string>();
  const visit = (node: unknown) => {
    if (typeof node !== "object" || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (key !== "$ref") {
        visit(value);
        continue;
      }
      const name = String(value).slice(SCHEMAS.length);
      if (used.has(name)) continue;
      used.add(name);
      visit(schemas[name]);
    }
  };
  visit(root);
  return used;
}
