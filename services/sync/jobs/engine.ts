/**
 * pg-boss as sync uses it: jobs and schedules over the same PostgreSQL, shared by all replicas. Its
 * tables are made by our migrations (db/migrations/0002_jobs.sql); the service's role can't.
 */
import { sql } from "drizzle-orm";
import { fromDrizzle, PgBoss, type WorkConcurrencyOptions } from "pg-boss";
import type { PluginId } from "@codex/protocol";
import { describeError, type Logger } from "@codex/service";
import type { Executor } from "../db/database.ts";
import type { DueRun, JobQueue } from "../deps.ts";

export const JOBS_SCHEMA = "pgboss_sync";

const RUN_QUEUE = "run";
const SCHEDULE_QUEUE = "scheduled-sync";
const UPKEEP_QUEUE = "upkeep";
const UPKEEP_CRON = "* * * * *";

/** The shortest that pg-boss takes: how long a killed worker's job stays its own. */
const HEARTBEAT_SECONDS = 10;
/** How often the engine looks for jobs whose worker is gone. */
const SUPERVISE_SECONDS = 5;
/** For a job that another replica is still at work on, or that failed here. */
const RETRY_SECONDS = 5;
/** The run itself decides when it has failed. */
const RETRIES_MAX = 100_000;
/** A run may take as long as the service that it talks to makes it wait; the engine's limit is a day. */
const RUN_SECONDS_MAX = 23 * 3600;
const FINISHED_JOBS_KEPT_SECONDS = 3600;
const POLL_SECONDS = 2;
/** Runs of one replica at a time: each waits for its plugin most of the time. */
const RUNS_AT_A_TIME = 8;
/** Of these for one plugin, that one which hangs leaves workers to the others. */
const RUNS_OF_A_PLUGIN_AT_A_TIME = RUNS_AT_A_TIME / 2;
const CONNECTIONS_MAX = 6;
/** Runs under way get this long to come to a good place when the service stops. */
const STOP_TIMEOUT_MS = 8000;

/** What the engine calls. Each may be called more than once for one occasion. */
export interface JobHandlers {
  /** @param signal aborted when the service stops, or another replica has taken the job */
  run(runId: string, signal: AbortSignal): Promise<void>;
  schedule(pluginId: PluginId, signal: AbortSignal): Promise<void>;
  /** Once a minute, on one replica. */
  upkeep(signal: AbortSignal): Promise<void>;
}

export interface PluginSchedule {
  readonly pluginId: PluginId;
  /** Five fields, in UTC. */
  readonly cron: string;
}

export class JobEngine implements JobQueue {
  readonly #boss: PgBoss;
  readonly #logger: Logger;
  readonly #stopping = new AbortController();

  constructor(databaseUrl: string, logger: Logger) {
    this.#logger = logger;
    this.#boss = new PgBoss({
      connectionString: databaseUrl,
      application_name: "codex",
      schema: JOBS_SCHEMA,
      max: CONNECTIONS_MAX,
      createSchema: false,
      migrate: false,
      // Only an owner may.
      reindex: false,
      useListenNotify: true,
      superviseIntervalSeconds: SUPERVISE_SECONDS,
      monitorIntervalSeconds: SUPERVISE_SECONDS,
    });
    this.#boss.on("error", (error) => logger.warn("Job engine: {detail}", told(error)));
    this.#boss.on(
      "warning",
      ({ message }) => logger.warn("Job engine: {detail}", { detail: message }),
    );
  }

  async start(handlers: JobHandlers): Promise<void> {
    const boss = this.#boss;
    await boss.start();
    await this.#makeQueues();
    const { signal: stopping } = this.#stopping;
    await this.#work<{ runId: string }>(
      RUN_QUEUE,
      ({ runId }, signal) => handlers.run(runId, AbortSignal.any([signal, stopping])),
      {
        localConcurrency: RUNS_AT_A_TIME,
        localGroupConcurrency: RUNS_OF_A_PLUGIN_AT_A_TIME,
      },
    );
    await this.#work<{ pluginId: PluginId }>(
      SCHEDULE_QUEUE,
      ({ pluginId }, signal) => handlers.schedule(pluginId, AbortSignal.any([signal, stopping])),
    );
    await this.#work<object>(
      UPKEEP_QUEUE,
      (_, signal) => handlers.upkeep(AbortSignal.any([signal, stopping])),
    );
    await boss.schedule(UPKEEP_QUEUE, UPKEEP_CRON);
  }

  async enqueueRun(tx: Executor, { id, pluginId }: DueRun, startAfter?: Date): Promise<void> {
    await this.#boss.send(RUN_QUEUE, { runId: id }, {
      db: fromDrizzle(tx, sql),
      // One that waits is enough.
      singletonKey: id,
      group: { id: pluginId },
      ...(startAfter && { startAfter }),
    });
  }

  /** Makes the schedules of plugins exactly these; one that the engine can't read is logged. */
  async setSchedules(wanted: readonly PluginSchedule[]): Promise<void> {
    const known = await this.#boss.getSchedules(SCHEDULE_QUEUE);
    const byKey = new Map(known.map(({ key, cron }) => [key, cron]));
    for (const { pluginId, cron } of wanted) {
      if (byKey.get(pluginId) !== cron) await this.#setSchedule(pluginId, cron);
      byKey.delete(pluginId);
    }
    for (const key of byKey.keys()) await this.#boss.unschedule(SCHEDULE_QUEUE, key);
  }

  async #setSchedule(pluginId: PluginId, cron: string): Promise<void> {
    try {
      await this.#boss.schedule(SCHEDULE_QUEUE, cron, { pluginId }, { key: pluginId, tz: "UTC" });
    } catch (error) {
      await this.#boss.unschedule(SCHEDULE_QUEUE, pluginId);
      this.#logger.warn("The schedule of plugin {plugin} can't be read", {
        plugin: pluginId,
        ...describeError(error),
      });
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error("The service stops"));
    await this.#boss.stop({ graceful: true, timeout: STOP_TIMEOUT_MS });
  }

  async #makeQueues(): Promise<void> {
    const shared = {
      notify: true,
      heartbeatSeconds: HEARTBEAT_SECONDS,
      deleteAfterSeconds: FINISHED_JOBS_KEPT_SECONDS,
      retryDelay: RETRY_SECONDS,
    };
    await this.#boss.createQueue(RUN_QUEUE, {
      ...shared,
      policy: "short",
      retryLimit: RETRIES_MAX,
      expireInSeconds: RUN_SECONDS_MAX,
    });
    await this.#boss.createQueue(SCHEDULE_QUEUE, { ...shared, policy: "standard", retryLimit: 3 });
    // The next minute brings the next one.
    await this.#boss.createQueue(UPKEEP_QUEUE, { ...shared, policy: "short", retryLimit: 0 });
  }

  async #work<Data extends object>(
    queue: string,
    handle: (data: Data, signal: AbortSignal) => Promise<void>,
    concurrency: WorkConcurrencyOptions = {},
  ): Promise<void> {
    await this.#boss.work<Data>(
      queue,
      {
        ...concurrency,
        batchSize: 1,
        pollingIntervalSeconds: POLL_SECONDS,
        notifyPollingIntervalSeconds: POLL_SECONDS,
      },
      async (jobs) => {
        for (const job of jobs) await handle(job.data, job.signal);
        this.#hurry(queue);
      },
    );
  }

  /** Has each worker that is at work take its next job at once; the others look by themselves. */
  #hurry(queue: string): void {
    for (const { id, name, count } of this.#boss.getWipData()) {
      if (name === queue && count > 0) this.#boss.notifyWorker(id);
    }
  }
}

function told(error: Error): Record<string, unknown> {
  return { detail: error.message, ...describeError(error) };
}
