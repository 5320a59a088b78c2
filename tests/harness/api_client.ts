/** A client of the public API that checks every answer against the API's own table of operations. */
import assert from "node:assert/strict";
import { API_BASE, type Operation, Problem } from "@codex/protocol";
import { OPERATIONS } from "@codex/protocol/operations";
import type { z } from "zod";

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
  readonly elapsedMs: number;
}

export class ApiClient {
  /** Sent as bearer token once set. */
  token: string | undefined;

  constructor(readonly url: string) {}

  /** A client for the same server with another token. */
  as(token: string): ApiClient {
    const other = new ApiClient(this.url);
    other.token = token;
    return other;
  }

  /** Calls and checks that the answer is the operation's, or a problem. */
  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<ApiAnswer> {
    const operation = findOperation(method, path);
    const startedAt = performance.now();
    const isStream = operation.stream !== undefined;
    const reply = await fetch(`${this.url}${API_BASE}${path}`, {
      method,
      headers: {
        ...(body !== undefined && {
          "content-type": operation.stream ?? "application/json",
        }),
        ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
        ...headers,
      },
      ...(body !== undefined && { body: isStream ? body as BodyInit : JSON.stringify(body) }),
    });
    const answer: unknown = await reply.json();
    const schema = reply.ok ? operation.answer : Problem;
    const checked = schema.safeParse(answer);
    assert.ok(
      checked.success,
      `${method} ${path} (${reply.status}) is not of its shape: ${checked.error?.message}`,
    );
    if (reply.ok) assert.equal(reply.status, operation.status, `${method} ${path}`);
    return {
      status: reply.status,
      headers: reply.headers,
      body: answer,
      elapsedMs: performance.now() - startedAt,
    };
  }

  /** Calls, expects success, and gives the body by `schema`. */
  async expect<Schema extends z.ZodType>(
    schema: Schema,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<z.output<Schema>> {
    const answer = await this.call(method, path, body);
    assert.ok(
      answer.status < 300,
      `${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`,
    );
    return schema.parse(answer.body);
  }

  /** Calls and expects the problem `code`. */
  async refused(
    code: Problem["code"],
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Problem> {
    const answer = await this.call(method, path, body);
    const problem = Problem.safeParse(answer.body);
    assert.ok(problem.success, `${method} ${path} was not refused (${answer.status})`);
    assert.equal(problem.data.code, code, problem.data.detail);
    return problem.data;
  }
}

const matchers = OPERATIONS.map((operation) => ({
  operation,
  // A literal path wins over one with a parameter, as in every router.
  literal: !operation.path.includes("{"),
  pattern: new RegExp(`^${operation.path.replaceAll(/\{\w+\}/g, "[^/]+")}$`),
})).sort((a, b) => Number(b.literal) - Number(a.literal));

function findOperation(method: string, path: string): Operation {
  const plain = path.split("?")[0] ?? path;
  const found = matchers.find(({ operation, pattern }) =>
    operation.method === method.toLowerCase() && pattern.test(plain)
  );
  assert.ok(found, `There is no operation ${method} ${plain}`);
  return found.operation;
}
