/** `/`: what runs, where the API is described, and what to do first. No script, no identity needed. */
import { Hono } from "hono";
import icon from "../assets/icon.svg" with { type: "text" };
import style from "../assets/status.css" with { type: "text" };
import type { GatewayEnv } from "../gateway_env.ts";
import type { ServiceState } from "../service_probes.ts";
import { asset, assetResponse } from "./assets.ts";
import { pageResponse } from "./page.tsx";

export interface StatusPageOptions {
  readonly version: string;
  /** Shown in what people copy. */
  readonly publicOrigin: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly states: () => Promise<readonly ServiceState[]>;
  /** Whether the first administrator is still to be made; undefined where auth doesn't say. */
  readonly setupRequired: () => Promise<boolean | undefined>;
}

export function statusPageRoutes(options: StatusPageOptions) {
  const stylesheet = asset(style, "text/css");
  const picture = asset(icon, "image/svg+xml");
  return new Hono<GatewayEnv>()
    .get("/", async (c) => {
      const [states, setupRequired] = await Promise.all([
        options.states(),
        options.setupRequired(),
      ]);
      return pageResponse(c, {
        title: "Codex",
        stylesheets: ["/assets/status.css"],
        body: (
          <StatusBody
            states={[ITSELF, ...states]}
            setupRequired={setupRequired ?? false}
            checkedAt={new Date(options.now())}
            version={options.version}
            publicOrigin={options.publicOrigin}
          />
        ),
      });
    })
    .get("/assets/status.css", (c) => assetResponse(c, stylesheet))
    .get("/assets/icon.svg", (c) => assetResponse(c, picture));
}

/** Who shows the page is up. */
const ITSELF: ServiceState = { service: "gateway", state: "ready", problems: [] };

/** What each service is to the people who run this server. */
const ROLES: Readonly<Record<ServiceState["service"], string>> = {
  gateway: "The public API and this page",
  auth: "Users, sessions, connections and secrets",
  library: "Series, books and their metadata",
  "plugin-host": "Runs the plugins",
  storage: "Keeps what plugins store",
  sync: "Reading progress and recommendations",
};

const STATE_WORDS = {
  ready: { mark: "✓", words: "Ready" },
  not_ready: { mark: "!", words: "Not ready" },
  unreachable: { mark: "✕", words: "Not reachable" },
} as const;

interface StatusBodyProps {
  readonly states: readonly ServiceState[];
  readonly setupRequired: boolean;
  readonly checkedAt: Date;
  readonly version: string;
  readonly publicOrigin: string;
}

function StatusBody({ states, setupRequired, checkedAt, version, publicOrigin }: StatusBodyProps) {
  const troubled = states.filter(({ state }) => state !== "ready").length;
  return (
    <>
      <header>
        <img src="/assets/icon.svg" alt="" width="48" height="48" />
        <div>
          <h1>Codex</h1>
          <p>Plugins for your library of comics, manga and ebooks</p>
        </div>
      </header>
      <main>
        <p class={`summary ${troubled === 0 ? "ready" : "troubled"}`} role="status">
          <span class="mark" aria-hidden="true">{troubled === 0 ? "✓" : "!"}</span>
          {summaryOf(troubled)}
        </p>
        {setupRequired && <SetupHint publicOrigin={publicOrigin} />}
        <section aria-labelledby="services">
          <h2 id="services">Services</h2>
          <ul class="services">
            {states.map((state) => <Service key={state.service} state={state} />)}
          </ul>
        </section>
        <section aria-labelledby="api">
          <h2 id="api">API</h2>
          <ul class="links">
            <li>
              <a href="/api/docs">Documentation</a>
              <span>Read every call and try it out</span>
            </li>
            <li>
              <a href="/api/v1/openapi.json">openapi.json</a>
              <span>The same for programs, OpenAPI 3.1</span>
            </li>
          </ul>
        </section>
      </main>
      <footer>
        <p>
          Version {version}. Checked at{" "}
          <time datetime={checkedAt.toISOString()}>
            {checkedAt.toISOString().slice(11, 19)} UTC
          </time>
          ; reload the page to check again.
        </p>
      </footer>
    </>
  );
}

function Service({ state: { service, state, problems } }: { key: string; state: ServiceState }) {
  const { mark, words } = STATE_WORDS[state];
  return (
    <li class={state}>
      <div>
        <h3>{service}</h3>
        <p>{ROLES[service]}</p>
        {state === "not_ready" && <p class="problem">{problems.join("; ")}</p>}
      </div>
      <p class="state">
        <span class="mark" aria-hidden="true">{mark}</span> {words}
      </p>
    </li>
  );
}

function SetupHint({ publicOrigin }: { publicOrigin: string }) {
  const body = JSON.stringify(
    {
      username: "admin",
      email: "admin@example.com",
      password: "at least 12 characters",
      setupCode: "the code",
    },
    null,
    2,
  );
  return (
    <section class="setup" aria-labelledby="setup">
      <h2 id="setup">Make the first administrator</h2>
      <p>
        Nobody can sign in yet. The server printed a setup code when it started: send it with the
        account that you want.
      </p>
      <pre tabindex={0}><code>{`curl ${publicOrigin}/api/v1/setup/initialize \\
  -H 'content-type: application/json' \\
  -d '${body}'`}</code></pre>
    </section>
  );
}

function summaryOf(troubled: number): string {
  if (troubled === 0) return "Everything is running";
  return troubled === 1 ? "One service needs attention" : `${troubled} services need attention`;
}
