import { deepEqual as equal } from "node:assert/strict";
import type { PluginCallAnswer } from "@codex/protocol";
import { createFixture, type Fixture } from "../testing/fixture.ts";
import { startProvider, tokens } from "../testing/provider.ts";
import { setClient, signIn, withProvider } from "../testing/sign_in.ts";

const connectionsOf = (auth: Fixture) =>
  auth.sql`select status, external_id, external_username, external_avatar_url from connections`;

Deno.test("the plugin tells name and picture, and its failure undoes nothing", async () => {
  const told = { externalId: "7", username: "ada at echo" };
  const answers: (() => PluginCallAnswer)[] = [
    () => ({ ok: true, result: told, ignored: [] }),
    () => ({ ok: false, error: { code: -32003, message: "No" } }),
    () => {
      throw new Error("The plugin crashed");
    },
  ];
  const calls: unknown[] = [];
  await withProvider(async ({ auth, pluginId, ada }) => {
    const name = async () => {
      equal((await signIn(auth, ada, pluginId)).kind, "connected");
      const [row] = await connectionsOf(auth);
      equal(row?.["status"], "connected");
      return row?.["external_username"];
    };
    equal(await name(), "ada at echo");
    equal(await name(), null);
    equal(await name(), null);
    equal(calls, Array.from({ length: 3 }, () => ["sync/getUserInfo", {}]));
  }, {
    answerCall: ({ method, params }) => {
      calls.push([method, params]);
      return answers.shift()!();
    },
  });
});

Deno.test("a plugin that doesn't tell is stood in for by the provider's userInfoUrl", async () => {
  await using provider = startProvider();
  await using auth = await createFixture({ guardedFetch: provider.guardedFetch });
  const userInfoUrl = `${provider.origin}/me`;
  const pluginId = auth.addPlugin({}, { oauth: { ...provider.oauth, userInfoUrl } });
  await setClient(auth, pluginId);
  provider.answer = ({ path, authorization }) => {
    if (path === "/token") return tokens(1);
    equal(authorization, "Bearer access-1");
    return Response.json({ sub: "7", name: "Ada", picture: "https://p.example/a.png" });
  };
  await signIn(auth, await auth.addUser("ada"), pluginId);
  const [row] = await connectionsOf(auth);
  equal([row?.["external_id"], row?.["external_username"], row?.["external_avatar_url"]], [
    "7",
    "Ada",
    "https://p.example/a.png",
  ]);
});
