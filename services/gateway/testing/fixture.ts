/** The gateway's app over fakes, with the calls that it passes on. */
import type { Operation } from "@codex/protocol";
import { OPERATIONS } from "@codex/protocol/operations";
import { quietLogger } from "@codex/service";
import { createTestIdentities, ManualClock, type TestIdentities } from "@codex/service/testing";
import { createApp, type GatewayDeps } from "../app.ts";
import { RequestAllowance } from "../connections/request_allowance.ts";
import { OWNER_NAMES, type OwnerName } from "../forwarder.ts";
import { FakeAuth, FakePluginHost, FakeSync } from "./fakes.ts";

export const PUBLIC_ORIGIN = "http://codex.test";

export interface ForwardedCall {
  readonly owner: OwnerName;
  readonly request: Request;
}

export interface Fixture {
  readonly app: ReturnType<typeof createApp>;
  readonly auth: FakeAuth;
  readonly pluginHost: FakePluginHost;
  readonly sync: FakeSync;
  readonly clock: ManualClock;
  readonly identities: TestIdentities;
  /** What reached other services, oldest first. */
  readonly calls: ForwardedCall[];
  /** How the other services answer; `{}` with status 200 unless set. */
  answer: (call: ForwardedCall) => Response | Promise<Response>;
}

// Making keys takes long; the same ones serve every test.
const identities = await createTestIdentities();

export async function createFixture(deps: Partial<GatewayDeps> = {}): Promise<Fixture> {
  const auth = new FakeAuth();
  const pluginHost = new FakePluginHost();
  const sync = new FakeSync();
  const clock = new ManualClock();
  const calls: ForwardedCall[] = [];
  const answer: Fixture["answer"] = () => Response.json({});
  const parts = { auth, pluginHost, sync, clock, identities, calls, answer };
  const app = createApp({
    identity: await identities.of("gateway"),
    auth: auth.auth,
    pluginHost: pluginHost.pluginHost,
    sync: sync.sync,
    serviceUrls: serviceUrls((name) => `http://${name}.test`),
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const call = { owner: ownerOf(request), request };
      calls.push(call);
      return await parts.answer(call);
    },
    logger: quietLogger(),
    now: clock.now,
    publicUrl: new URL(PUBLIC_ORIGIN),
    trustedProxies: 0,
    eventStreamsMax: 100,
    allowance: new RequestAllowance({ now: clock.now }),
    ...deps,
  });
  return Object.assign(parts, { app });
}

export function serviceUrls(urlOf: (name: OwnerName) => string): Record<OwnerName, string> {
  return Object.fromEntries(OWNER_NAMES.map((name) => [name, urlOf(name)])) as Record<
    OwnerName,
    string
  >;
}

function ownerOf(request: Request): OwnerName {
  const host = new URL(request.url).hostname;
  const owner = OWNER_NAMES.find((name) => host === `${name}.test`);
  if (owner === undefined) throw new Error(`Nobody is at "${host}"`);
  return owner;
}

export function operation(id: string): Operation {
  const found = OPERATIONS.find((one) => one.id === id);
  if (found === undefined) throw new Error(`There is no operation "${id}"`);
  return found;
}

export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

export function cookie(token: string): Record<string, string> {
  return { cookie: `codex_session=${token}` };
}
