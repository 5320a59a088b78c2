/** sync over a real database, with everything else in memory and a clock that stands still. */
import assert from "node:assert/strict";
import {
  API_BASE,
  type JsonObject,
  Problem,
  type ProblemCode,
  PROBLEMS,
  type ServiceName,
  type Subject,
  type SyncResult,
} from "@codex/protocol";
import { quietLogger } from "@codex/service";
import { connectDatabase } from "@codex/service/database";
import { createTestIdentities, ManualClock, testSubject } from "@codex/service/testing";
import type { z } from "zod";
import { databaseLender } from "../../../infra/test/database_lender.ts";
import { createApp } from "../app.ts";
import { schema } from "../db/database.ts";
import { findNewestRun, findRun, type Run } from "../db/run_queries.ts";
import type { DueRun, JobQueue, SyncDeps } from "../deps.ts";
import { PULL_LIMITS } from "../domain/page_guard.ts";
import { executeRun, type RunOutcome } from "../runs/execute_run.ts";
import { toResult } from "../workflows/run_views.ts";
import { type BeginResult, beginRun, type RunWish } from "../workflows/start_run.ts";
import { FakeLibrary } from "./fake_library.ts";
import { FakeAuth, FakePluginHost } from "./fake_peers.ts";
import { FakeService } from "./fake_service.ts";

const borrowDatabase = databaseLender("sync");

const identities = await createTestIdentities();

/** Jobs as they were sent, to be worked off by hand. */
class JobList implements JobQueue {
  readonly jobs: { runId: string; startAfter: Date | undefined }[] = [];

  // deno-lint-ignore require-await -- as the real one
  async enqueueRun(_tx: unknown, { id }: DueRun, startAfter?: Date): Promise<void> {
    this.jobs.push({ runId: id, startAfter });
  }
}

export interface FixtureOptions {
  readonly config?: JsonObject;
  readonly capabilities?: object;
  readonly deps?: Partial<SyncDeps>;
}

export async function createFixture({ config, capabilities, deps: change }: FixtureOptions = {}) {
  const database = await borrowDatabase();
  const { db, sql, close } = connectDatabase(database.url, schema);
  const clock = new ManualClock();
  const auth = new FakeAuth(clock.now);
  const library = new FakeLibrary(clock.now);
  const host = new FakePluginHost();
  const jobs = new JobList();
  const reader = testSubject("reader");
  const plugin = host.add({}, capabilities);
  const connection = auth.connect(reader.userId, plugin.id, config);
  const service = new FakeService(clock.now);
  host.services.set(connection.id, service);
  const deps: SyncDeps = {
    db,
    identity: await identities.of("sync"),
    logger: quietLogger(),
    now: clock.now,
    newId: () => crypto.randomUUID(),
    auth,
    library,
    pluginHost: host.pluginHost,
    jobs,
    pullLimits: PULL_LIMITS,
    leaseMs: 60_000,
    checks: {},
    ...change,
  };
  const app = createApp(deps);
  const ref = { connectionId: connection.id, pluginId: plugin.id, userId: connection.userId };
  const never = new AbortController().signal;

  const call = async (
    method: string,
    path: string,
    options: { body?: unknown; from?: ServiceName; subject?: Subject | null } = {},
  ): Promise<Response> => {
    const subject = options.subject === undefined ? reader : options.subject ?? undefined;
    const headers = {
      ...await identities.headers(options.from ?? "gateway", "sync", subject),
      ...(options.body !== undefined && { "content-type": "application/json" }),
    };
    const body = options.body === undefined ? {} : { body: JSON.stringify(options.body) };
    return await app.request(path, { method, headers, ...body });
  };

  return {
    deps,
    app,
    db,
    sql,
    clock,
    auth,
    library,
    host,
    jobs,
    reader,
    plugin,
    connection,
    service,
    ref,
    identities,
    call,

    /** The answer to a public call, checked by its schema; any other status fails the test. */
    async expect<Schema extends z.ZodType>(
      schema: Schema,
      method: string,
      path: string,
      body?: unknown,
    ): Promise<z.output<Schema>> {
      const reply = await call(method, API_BASE + path, { body });
      const answer: unknown = await reply.json();
      assert.ok(reply.ok, `${method} ${path}: ${reply.status} ${JSON.stringify(answer)}`);
      return schema.parse(answer);
    },

    async refused(
      code: ProblemCode,
      method: string,
      path: string,
      options: { body?: unknown; subject?: Subject } = {},
    ): Promise<Problem> {
      const reply = await call(method, API_BASE + path, options);
      const answer: unknown = await reply.json();
      const problem = Problem.parse(answer);
      assert.equal(problem.code, code, JSON.stringify(answer));
      assert.equal(reply.status, PROBLEMS[code].status);
      return problem;
    },

    begin: (wish: Partial<RunWish> = {}): Promise<BeginResult> =>
      beginRun(deps, ref, { startedBy: "user", ...wish }),

    execute: (runId: string, signal: AbortSignal = never): Promise<RunOutcome> =>
      executeRun(deps, runId, signal),

    /** Works off the jobs that are due. */
    async work(): Promise<void> {
      while (true) {
        const due = jobs.jobs.findIndex(({ startAfter }) =>
          startAfter === undefined || startAfter.getTime() <= clock.now()
        );
        if (due === -1) return;
        const [job] = jobs.jobs.splice(due, 1);
        await executeRun(deps, job!.runId, never);
      }
    },

    /** Begins a run and works until nothing is due; the run as it is then. */
    async sync(wish: Partial<RunWish> = {}): Promise<Run> {
      const begun = await this.begin(wish);
      assert.equal(begun.kind, "begun");
      await this.work();
      return (await findRun(db, begun.kind === "begun" ? begun.runId : ""))!;
    },

    /** As {@linkcode sync}, waiting wherever it waits, to its end. */
    async syncToEnd(wish: Partial<RunWish> = {}): Promise<z.infer<typeof SyncResult>> {
      return await this.workToEnd((await this.sync(wish)).id);
    },

    /** Waits wherever a run waits, until it has succeeded. */
    async workToEnd(runId: string): Promise<z.infer<typeof SyncResult>> {
      let run = (await findRun(db, runId))!;
      for (let waits = 0; run.finishedAt === null; waits++) {
        assert.ok(waits < 1000, "The run comes to no end");
        const { resumeAt } = run;
        if (resumeAt !== null) clock.advance(Math.max(0, resumeAt.getTime() - clock.now()));
        await this.work();
        run = (await findRun(db, run.id))!;
      }
      assert.equal(run.state, "succeeded", run.reason ?? "");
      return toResult(run);
    },

    newest: async (): Promise<Run> => (await findNewestRun(db, connection.id))!,

    async [Symbol.asyncDispose](): Promise<void> {
      await close();
      await database[Symbol.asyncDispose]();
    },
  };
}

export type Fixture = Awaited<ReturnType<typeof createFixture>>;
