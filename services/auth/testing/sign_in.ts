/** Signing in at a provider as the gateway has auth do it. */
import { OauthOutcome, type PluginId, StartedOauth, type Subject } from "@codex/protocol";
import { createFixture, type Fixture, type FixtureOptions, json } from "./fixture.ts";
import { type Provider, startProvider } from "./provider.ts";

export type SignInParts = Awaited<ReturnType<typeof prepare>>;

/** auth, a provider, a plugin that signs in there, and a user. */
export async function withProvider(
  test: (parts: SignInParts) => Promise<void>,
  options: FixtureOptions = {},
): Promise<void> {
  await using provider = startProvider();
  await using auth = await createFixture({ guardedFetch: provider.guardedFetch, ...options });
  await test(await prepare(auth, provider));
}

export async function prepare(auth: Fixture, provider: Provider) {
  const pluginId = auth.addPlugin({}, { oauth: provider.oauth });
  if (auth.deps.keyring !== null) await setClient(auth, pluginId, { clientSecret: "the-secret" });
  return { auth, provider, pluginId, ada: await auth.addUser("ada") };
}

/** Why a sign-in failed; "none" for one that didn't. */
export function reasonOf(outcome: OauthOutcome): string {
  return outcome.kind === "failed" ? outcome.reason : "none";
}

export interface BegunSignIn extends StartedOauth {
  /** Of the authorization URL. */
  readonly query: Readonly<Record<string, string>>;
}

/** Makes the plugin's OAuth client known: without a secret, unless one is given. */
export async function setClient(
  auth: Fixture,
  pluginId: PluginId,
  change: object = {},
): Promise<void> {
  const subject = await auth.admin();
  const body = { clientId: "codex-client", ...change };
  await json(
    await auth.call("PUT", `/api/v1/admin/plugins/${pluginId}/oauth`, { subject, body }),
  );
}

export async function start(
  auth: Fixture,
  subject: Subject,
  pluginId: PluginId,
): Promise<Response> {
  const body = { sessionId: await auth.addSession(subject) };
  return await auth.call("POST", `/internal/oauth/start/${pluginId}`, { subject, body });
}

export async function begin(
  auth: Fixture,
  subject: Subject,
  pluginId: PluginId,
): Promise<BegunSignIn> {
  const started = StartedOauth.parse(await json(await start(auth, subject, pluginId)));
  const query = Object.fromEntries(new URL(started.redirectUrl).searchParams);
  return { ...started, query };
}

/** @param back `code: "the-code"` unless it says otherwise */
export async function comeBack(
  auth: Fixture,
  subject: Subject,
  begun: Pick<StartedOauth, "state" | "browserToken">,
  back: object = { code: "the-code" },
): Promise<OauthOutcome> {
  const body = { state: begun.state, browserToken: begun.browserToken, ...back };
  return OauthOutcome.parse(
    await json(await auth.call("POST", "/internal/oauth/finish", { subject, body })),
  );
}

/** From start to end. */
export async function signIn(
  auth: Fixture,
  subject: Subject,
  pluginId: PluginId,
): Promise<OauthOutcome> {
  return await comeBack(auth, subject, await begin(auth, subject, pluginId));
}
