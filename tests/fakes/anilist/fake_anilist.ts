/**
 * A stand-in for AniList: its GraphQL API over HTTP with stateful lists, its limits and its ways to
 * fail, as far as the plugins meet them.
 */
import {
  buildSchema,
  type DocumentNode,
  execute,
  type GraphQLError,
  Kind,
  OperationTypeNode,
  parse,
  validate,
} from "graphql";
import { AnilistError } from "./anilist_error.ts";
import { Catalogue } from "./catalogue.ts";
import { COMPLEXITY_MAX, complexityOf } from "./complexity.ts";
import { type Fault, type FaultPlan, Faults, type OperationInfo } from "./faults.ts";
import { type EntryChange, type ListEntry, Lists } from "./lists.ts";
import { RateLimit } from "./rate_limit.ts";
import { type FakeUser, rootOf } from "./resolvers.ts";

export const schema = buildSchema(
  await Deno.readTextFile(new URL("./schema.graphql", import.meta.url)),
);

export interface FakeOptions {
  /** Default so high that nobody waits. AniList's own is 90, often 30. */
  readonly requestsPerMinute?: number;
  /** Every id up to it is a work. Default 20 000. */
  readonly mediaIdMax?: number;
  /** Wall clock, milliseconds. */
  readonly now?: () => number;
}

/** A request that came in, in the order of arrival. */
export interface SeenRequest extends OperationInfo {
  readonly status: number;
}

/** A save that was carried out. */
export interface SeenSave {
  readonly before: ListEntry | null;
  readonly after: ListEntry;
}

/** Above what a client could ever send, so that pacing costs nothing. */
const REQUESTS_PER_MINUTE = 6_000_000;
const MEDIA_ID_MAX = 20_000;

export class FakeAnilist {
  readonly catalogue: Catalogue;
  readonly lists: Lists;
  readonly rateLimit: RateLimit;
  readonly requests: SeenRequest[] = [];
  readonly saves: SeenSave[] = [];
  readonly #faults = new Faults();
  readonly #users = new Map<number, FakeUser>();
  readonly #tokens = new Map<string, FakeUser>();

  constructor(options: FakeOptions = {}) {
    const now = options.now ?? Date.now;
    this.catalogue = new Catalogue(options.mediaIdMax ?? MEDIA_ID_MAX);
    this.lists = new Lists(() => Math.floor(now() / 1000));
    this.rateLimit = new RateLimit(options.requestsPerMinute ?? REQUESTS_PER_MINUTE, now);
  }

  addUser(name: string, token: string): FakeUser {
    const user = { id: this.#users.size + 101, name };
    this.#users.set(user.id, user);
    this.#tokens.set(token, user);
    return user;
  }

  /** From now on the token is refused as an expired one is. */
  revoke(token: string): void {
    this.#tokens.delete(token);
  }

  /** What the user does on the site. */
  change(user: FakeUser, mediaId: number, change: EntryChange): ListEntry {
    return this.lists.save(user.id, mediaId, change);
  }

  /** The next replies go wrong. */
  plan(fault: Fault, plan?: FaultPlan): void {
    this.#faults.plan(fault, plan);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  /** How many requests had such a root field, for instance "SaveMediaListEntry". */
  requestsOf(field: string): number {
    return this.requests.filter(({ fields }) => fields.includes(field)).length;
  }

  /** For tests without a socket: reaches the fake whatever the address. */
  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const reply = await this.handle(request);
    request.signal.throwIfAborted();
    return reply;
  };

  /** Answers one request; never throws. */
  async handle(request: Request): Promise<Response> {
    const asked = await readOperation(request);
    const decision = this.rateLimit.take();
    const fault = this.#faults.take(asked.info);
    const reply = await this.#reply(asked, request, { fault, allowed: decision.allowed });
    // The burst limiter and the proxy stand before what adds these headers.
    const isBefore = fault?.kind === "burst" || fault?.kind === "bad_gateway";
    if (!isBefore) {
      for (const [name, value] of Object.entries(decision.headers)) reply.headers.set(name, value);
    }
    this.requests.push({ ...asked.info, status: reply.status });
    return reply;
  }

  async #reply(
    asked: Asked,
    request: Request,
    { fault, allowed }: { fault: Fault | undefined; allowed: boolean },
  ): Promise<Response> {
    if (!allowed) return failure("Too Many Requests.", 429);
    switch (fault?.kind) {
      case "burst":
        return failure("Too Many Requests.", 429, {
          "retry-after": String(fault.retryAfterSeconds),
        });
      case "invalid_token":
        return failure("Invalid token", 400);
      case "outage":
        return failure("The AniList API has been temporarily disabled", 403);
      case "errors_in_200":
        return Response.json({ data: null, errors: [{ message: "Internal Server Error" }] });
      case "bad_gateway":
        if (fault.lost) await this.#execute(asked, request);
        return badGateway();
      case "hang":
        return await untilGivenUp(request.signal);
    }
    const reply = await this.#execute(asked, request);
    if (fault?.kind !== "mangled") return reply;
    return Response.json(fault.mangle(await reply.json()), { status: reply.status });
  }

  async #execute({ document, info, invalid }: Asked, request: Request): Promise<Response> {
    const token = request.headers.get("authorization")?.replace(/^Bearer /, "");
    const viewer = token === undefined ? null : this.#tokens.get(token);
    if (viewer === undefined) return failure("Invalid token", 400);
    if (document === undefined) return failure(invalid ?? "Syntax error", 400);
    const complexity = complexityOf(document);
    if (complexity > COMPLEXITY_MAX) {
      const message = `Max query complexity should be ${COMPLEXITY_MAX} but got ${complexity}.`;
      return failure(message, 500);
    }
    const rootValue = rootOf({
      catalogue: this.catalogue,
      lists: this.lists,
      users: this.#users,
      viewer,
      saved: (before, after) => this.saves.push({ before, after }),
    });
    const variableValues = info.variables;
    const { data, errors } = await execute({ schema, document, rootValue, variableValues });
    if (errors === undefined) return Response.json({ data });
    const faults = errors.map(errorAnswer);
    return Response.json({ errors: faults, data }, { status: faults[0]?.status ?? 500 });
  }
}

interface Asked {
  readonly document?: DocumentNode;
  readonly info: OperationInfo;
  /** Why there is no document. */
  readonly invalid?: string;
}

async function readOperation(request: Request): Promise<Asked> {
  const none: OperationInfo = { kind: "query", fields: [], variables: {} };
  try {
    const { query, variables = {} } = await request.json();
    const document = parse(query);
    const [wrong] = validate(schema, document);
    if (wrong !== undefined) return { info: none, invalid: wrong.message };
    return { document, info: { ...operationOf(document), variables } };
  } catch (thrown) {
    return { info: none, invalid: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

function operationOf(document: DocumentNode): Pick<OperationInfo, "kind" | "fields"> {
  const operation = document.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  if (operation?.kind !== Kind.OPERATION_DEFINITION) return { kind: "query", fields: [] };
  const fields = operation.selectionSet.selections.flatMap((selection) =>
    selection.kind === Kind.FIELD ? [selection.name.value] : []
  );
  const isMutation = operation.operation === OperationTypeNode.MUTATION;
  return { kind: isMutation ? "mutation" : "query", fields };
}

/** As AniList writes them: with a status and where in the document, without a path. */
function errorAnswer({ message, locations, originalError, extensions }: GraphQLError) {
  const isOwn = originalError instanceof AnilistError || typeof extensions.status === "number";
  const status = isOwn ? Number(extensions.status) : 500;
  return { message, status, locations };
}

function failure(
  message: string,
  status: number,
  headers: Record<string, string> = {},
): Response {
  return Response.json({ data: null, errors: [{ message, status }] }, { status, headers });
}

function badGateway(): Response {
  const body = "<html><head><title>502 Bad Gateway</title></head><body></body></html>";
  return new Response(body, { status: 502, headers: { "content-type": "text/html" } });
}

function untilGivenUp(signal: AbortSignal): Promise<Response> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(new Response(null, { status: 499 })));
  });
}
