import assert from "node:assert/strict";
import { Plugin } from "@codex/protocol";
import { ProblemError } from "@codex/service";
import { testSubject } from "@codex/service/testing";
import { withService } from "../testing/test_service.ts";

const ADMIN = testSubject("admin");

Deno.test("what an administrator does while auth is away is done, and its line comes later", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.grant("scripted", []);
    const { auth } = service;
    const told = auth.audit.length;
    const { appendAudit } = auth;
    auth.appendAudit = () => Promise.reject(new Error("auth is away"));
    const disabled = await service.request("POST", `/admin/plugins/${id}/disable`, undefined, {
      subject: ADMIN,
    });
    assert.deepEqual([disabled.status, disabled.as(Plugin).enabled], [200, false]);
    assert.equal(auth.audit.length, told);
    auth.appendAudit = appendAudit;
    await service.runTasks();
    const { action, target, actorId, detail } = auth.audit.at(-1) ?? {};
    assert.deepEqual({ action, target, actorId, detail }, {
      action: "plugin.disabled",
      target: id,
      actorId: ADMIN.userId,
      detail: { name: "scripted" },
    });
    await service.runTasks();
    assert.equal(auth.audit.length, told + 1);
  });
});

Deno.test("a line that auth refuses holds up no other", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.grant("scripted", []);
    const { auth } = service;
    const { appendAudit } = auth;
    auth.appendAudit = () => Promise.reject(new ProblemError("payload_too_large", "Too large"));
    await service.request("POST", `/admin/plugins/${id}/disable`);
    auth.appendAudit = appendAudit;
    await service.request("POST", `/admin/plugins/${id}/enable`);
    assert.equal(auth.audit.at(-1)?.action, "plugin.enabled");
  });
});
