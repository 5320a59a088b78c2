/** The administrator's calls (http-api.md: "Plugins, admin"), forwarded by the gateway. */
import { Hono } from "hono";
import { z } from "zod";
import {
  API_BASE,
  type CreatedPlugin,
  FailuresQuery,
  GrantRequest,
  NewPlugin,
  PluginId,
  PluginPatch,
} from "@codex/protocol";
import {
  callContext,
  callers,
  jsonBody,
  path,
  query,
  type RequestEnv,
  requireFresh,
  requireScope,
} from "@codex/service";
import type { AppDeps } from "../deps.ts";
import { countRecentFaults, listFailures } from "../db/failure_queries.ts";
import { healthOf } from "../domain/plugin_state.ts";

const byId = path(z.object({ id: PluginId }));

export function adminPluginRoutes(deps: AppDeps) {
  const {
    registry,
    grants,
    folders,
    settings,
    audits,
    runtime,
    db,
    metrics,
    storage,
    identity,
    faultLimits,
  } = deps;
  return new Hono<RequestEnv>()
    .basePath(API_BASE)
    .use("/admin/plugins/*", callers(identity, "gateway"), requireScope("plugins:admin"))
    .use("/metrics/plugins", callers(identity, "gateway"), requireScope("plugins:admin"))
    .get("/admin/plugins", async (c) => {
      const plugins = await registry.list();
      const hostFault = deps.host.fault ?? null;
      return c.json({ plugins, total: plugins.length, hostFault }, 200);
    })
    .post("/admin/plugins", requireFresh, jsonBody(NewPlugin), async (c) => {
      const { record, check } = await settings.add(callContext(c), c.req.valid("json"));
      const plugin = await registry.view(record);
      const answer: CreatedPlugin = {
        plugin,
        message: messageOf(plugin.enabled, check),
        healthCheckPerformed: check !== undefined,
        ...(check !== undefined && {
          healthCheckPassed: check.ok,
          healthCheckLatencyMs: check.latencyMs,
          ...(!check.ok && { healthCheckError: check.reason }),
        }),
      };
      return c.json(answer, 201);
    })
    .post("/admin/plugins/reload", async (c) => {
      return c.json(await folders.reload(callContext(c)), 200);
    })
    .get("/admin/plugins/:id", byId, async (c) => {
      return c.json(await registry.view(await registry.find(c.req.valid("param").id)), 200);
    })
    .patch("/admin/plugins/:id", requireFresh, byId, jsonBody(PluginPatch), async (c) => {
      const { id } = c.req.valid("param");
      const record = await settings.change(callContext(c), id, c.req.valid("json"));
      return c.json(await registry.view(record), 200);
    })
    .delete("/admin/plugins/:id", requireFresh, byId, async (c) => {
      const { id } = c.req.valid("param");
      await registry.remove(callContext(c), id);
      await deps.forgetDeletedPlugins();
      return c.json({}, 200);
    })
    .post("/admin/plugins/:id/enable", byId, async (c) => {
      const record = await registry.enable(callContext(c), c.req.valid("param").id);
      return c.json(await registry.view(record), 200);
    })
    .post("/admin/plugins/:id/disable", byId, async (c) => {
      const record = await registry.disable(callContext(c), c.req.valid("param").id);
      return c.json(await registry.view(record), 200);
    })
    .post("/admin/plugins/:id/reset", byId, async (c) => {
      const record = await registry.reset(callContext(c), c.req.valid("param").id);
      return c.json(await registry.view(record), 200);
    })
    .post("/admin/plugins/:id/test", byId, async (c) => {
      const record = await registry.find(c.req.valid("param").id);
      const { result } = await grants.check(record);
      const { id, name } = record;
      const detail = { name, success: result.ok };
      await audits.note(callContext(c), { action: "plugin.tested", target: id, detail });
      const { latencyMs } = result;
      const log = [...result.log];
      if (!result.ok) {
        return c.json({ success: false, message: result.reason, latencyMs, log }, 200);
      }
      const message = `Answered in ${Math.round(latencyMs)} ms`;
      const { manifest, ignored } = result;
      return c.json({
        ...{ success: true, message, latencyMs, manifest, log },
        ...(ignored.length > 0 && { ignored }),
      }, 200);
    })
    .post("/admin/plugins/:id/grant", requireFresh, byId, jsonBody(GrantRequest), async (c) => {
      const { id } = c.req.valid("param");
      const record = await grants.grant(callContext(c), id, c.req.valid("json"));
      return c.json(await registry.view(record), 200);
    })
    .get("/admin/plugins/:id/health", byId, async (c) => {
      const record = await registry.find(c.req.valid("param").id);
      const { state, stateReason, failureCount, lastFailureAt, lastSuccessAt, disabledReason } =
        await registry.view(record);
      return c.json({
        healthStatus: healthOf(record),
        state,
        stateReason,
        failureCount,
        lastFailureAt,
        lastSuccessAt,
        disabledReason,
      }, 200);
    })
    .get("/admin/plugins/:id/failures", byId, query(FailuresQuery), async (c) => {
      const { id } = await registry.find(c.req.valid("param").id);
      const { failures, total } = await listFailures(db, id, c.req.valid("query"));
      const limits = {
        threshold: faultLimits.inARow,
        windowThreshold: faultLimits.inWindow,
        windowSeconds: faultLimits.windowSeconds,
      };
      const windowFailures = await countRecentFaults(db, id, faultLimits.windowSeconds);
      return c.json({ failures, total, ...limits, windowFailures }, 200);
    })
    .get("/admin/plugins/:id/logs", byId, async (c) => {
      const { id } = await registry.find(c.req.valid("param").id);
      const { lines, dropped } = runtime.logsOf(id);
      return c.json({
        lines: lines.map(({ at, text }) => ({ at: at.toISOString(), text })),
        dropped,
      }, 200);
    })
    .get("/admin/plugins/:id/storage", byId, async (c) => {
      const { id } = await registry.find(c.req.valid("param").id);
      const { connections } = await storage.use(registry.outgoing(callContext(c)), id);
      const sum = (of: "keys" | "bytes") => connections.reduce((total, it) => total + it[of], 0);
      return c.json({ connections, totalKeys: sum("keys"), totalBytes: sum("bytes") }, 200);
    })
    .get("/admin/plugins/:id/data", byId, async (c) => {
      const { id } = await registry.find(c.req.valid("param").id);
      return c.json(await runtime.dataUseOf(id), 200);
    })
    .delete("/admin/plugins/:id/data", byId, async (c) => {
      const { id, name } = await registry.find(c.req.valid("param").id);
      const act = { action: "plugin.data_removed", target: id, detail: { name } };
      await audits.owe(db, callContext(c), act);
      await runtime.clearData(id);
      await audits.settle();
      return c.json(await runtime.dataUseOf(id), 200);
    })
    .get("/metrics/plugins", (c) => c.json({ plugins: metrics.read() }, 200));
}

function messageOf(isEnabled: boolean, check: { ok: boolean } | undefined): string {
  if (check === undefined) return "Added; it is off until it is granted";
  if (!check.ok) return "Added, but its check failed: it is off";
  return isEnabled ? "Added and granted" : "Added: read what it asks for, then grant it";
}
