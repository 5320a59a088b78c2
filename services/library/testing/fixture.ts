/** library over a real database, with a clock that stands still and plugins that are functions. */
import assert from "node:assert/strict";
import type { z } from "zod";
import {
  API_BASE,
  type Book,
  BookPage,
  ImportReport,
  Library,
  NDJSON,
  Problem,
  type ProblemCode,
  PROBLEMS,
  type Series,
  SeriesPage,
  type ServiceName,
  type Subject,
} from "@codex/protocol";
import { quietLogger } from "@codex/service";
import { connectDatabase } from "@codex/service/database";
import { createTestIdentities, ManualClock, testSubject } from "@codex/service/testing";
import { databaseLender } from "../../../infra/test/database_lender.ts";
import { createApp } from "../app.ts";
import { schema } from "../db/database.ts";
import { FakePluginHost } from "./fake_plugin_host.ts";

const borrowDatabase = databaseLender("library");

export interface Call {
  readonly from?: ServiceName;
  /** Null for none; an administrator unless named. */
  readonly subject?: Subject | null;
  readonly body?: unknown;
}

export async function createFixture() {
  const database = await borrowDatabase();
  const connection = connectDatabase(database.url, schema, { connectionsMax: 5 });
  const clock = new ManualClock();
  const identities = await createTestIdentities(clock.now);
  const pluginHost = new FakePluginHost();
  const admin = testSubject("admin");
  const app = createApp({
    identity: await identities.of("library"),
    db: connection.db,
    logger: quietLogger(),
    now: clock.now,
    newId: () => crypto.randomUUID(),
    pluginHost,
    checks: {},
  });

  const call = async (method: string, path: string, options: Call = {}): Promise<Response> => {
    const subject = options.subject === undefined ? admin : options.subject ?? undefined;
    const headers = {
      ...await identities.headers(options.from ?? "gateway", "library", subject),
      ...(options.body !== undefined && { "content-type": "application/json" }),
    };
    const body = options.body === undefined ? {} : { body: JSON.stringify(options.body) };
    return await app.request(path, { method, headers, ...body });
  };

  /** The answer to a public call, checked by its schema; any other status fails the test. */
  const expect = async <Schema extends z.ZodType>(
    schema: Schema,
    method: string,
    path: string,
    body?: unknown,
    subject: Subject = admin,
  ): Promise<z.output<Schema>> => {
    const reply = await call(method, API_BASE + path, { body, subject });
    const answer: unknown = await reply.json();
    assert.ok(reply.ok, `${method} ${path}: ${reply.status} ${JSON.stringify(answer)}`);
    return schema.parse(answer);
  };

  /** The problem that a public call is refused with. */
  const refused = async (
    code: ProblemCode,
    method: string,
    path: string,
    body?: unknown,
    subject: Subject = admin,
  ): Promise<Problem & { retryAfter: string | null }> => {
    const reply = await call(method, API_BASE + path, { body, subject });
    const answer: unknown = await reply.json();
    const problem = Problem.parse(answer);
    assert.equal(problem.code, code, JSON.stringify(answer));
    assert.equal(reply.status, PROBLEMS[code].status);
    return { ...problem, retryAfter: reply.headers.get("retry-after") };
  };

  const upload = async (libraryId: string, body: BodyInit, type = NDJSON): Promise<Response> => {
    const headers = await identities.headers("gateway", "library", admin);
    return await app.request(`${API_BASE}/libraries/${libraryId}/import`, {
      method: "POST",
      headers: { ...headers, "content-type": type },
      body,
    });
  };

  return {
    app,
    sql: connection.sql,
    db: connection.db,
    clock,
    identities,
    pluginHost,
    admin,
    call,
    expect,
    refused,
    upload,

    createLibrary: (name = "Books") => expect(Library, "POST", "/libraries", { name }),

    async import(libraryId: string, lines: readonly unknown[]): Promise<ImportReport> {
      const reply = await upload(libraryId, toLines(lines));
      const answer: unknown = await reply.json();
      assert.equal(reply.status, 200, JSON.stringify(answer));
      return ImportReport.parse(answer);
    },

    /** The one series that a search finds. */
    async find(q: string): Promise<Series> {
      const { items } = await expect(SeriesPage, "GET", `/series?q=${encodeURIComponent(q)}`);
      assert.equal(items.length, 1, `${items.length} series for "${q}"`);
      return items[0]!;
    },

    async booksOf(seriesId: string): Promise<Book[]> {
      return (await expect(BookPage, "GET", `/series/${seriesId}/books?limit=200`)).items;
    },

    async [Symbol.asyncDispose](): Promise<void> {
      await connection.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

export type Fixture = Awaited<ReturnType<typeof createFixture>>;

export function toLines(lines: readonly unknown[]): string {
  return lines.map((line) => typeof line === "string" ? line : JSON.stringify(line))
    .map((line) => `${line}\n`).join("");
}
