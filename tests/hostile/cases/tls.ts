/** Granted hosts that are spoken to with the plugin's own TLS, through which nobody else looks. */
import type { HostileCase } from "../hostile_case.ts";
import { answers } from "../outcome.ts";
import type { Rogue } from "../rogue/rogue.ts";

/**
 * Asks the servers of `adminConfig` as any client does: by address, by name, by a name that the
 * certificate isn't for, and without trusting the authority. Runs in the plugin.
 */
const askByOwnTls = async (it: Rogue): Promise<string> => {
  const { authority, port, wrongPort } = it.session.initialized.adminConfig;
  const askByNode = async (url: string, ca: string | undefined): Promise<string> => {
    const { get } = await import("node:https");
    return await new Promise((resolve, reject) => {
      get(url, { ...(ca && { ca }), agent: false }, (reply) => {
        let text = "";
        reply.setEncoding("utf8").on("data", (part) => text += part);
        reply.on("end", () => resolve(text));
      }).on("error", reject);
    });
  };
  const askByDeno = async (url: string, ca: string | undefined): Promise<string> => {
    // Node 20 can't read `using`, and its plugin has this text too.
    const client = Deno.createHttpClient(ca ? { caCerts: [ca] } : {});
    try {
      return await (await fetch(url, { client })).text();
    } finally {
      client.close();
    }
  };
  const ask = typeof Deno === "undefined" ? askByNode : askByDeno;
  const tries: [url: string, ca?: string | undefined][] = [
    [`https://127.0.0.1:${port}/`, authority],
    [`https://localhost:${port}/`, authority],
    [`https://localhost:${wrongPort}/`, authority],
    [`https://localhost:${port}/`],
  ];
  const outcomes = [];
  for (const [url, ca] of tries) {
    outcomes.push(await ask(url, ca).catch((error) => `${error} ${error.cause ?? ""}`));
  }
  return outcomes.join(" | ");
};

/** The same. */
const askByPython = `
import ssl
import urllib.request


def ask(url, authority):
    context = ssl.create_default_context(cadata=authority)
    try:
        with urllib.request.urlopen(url, context=context, timeout=20) as reply:
            return reply.read().decode()
    except OSError as error:
        return str(error)


def call(it):
    config = it.initialized["adminConfig"]
    authority, port, wrong = (config[name] for name in ("authority", "port", "wrongPort"))
    return it.answer("GOT " + " | ".join([
        ask(f"https://127.0.0.1:{port}/", authority),
        ask(f"https://localhost:{port}/", authority),
        ask(f"https://localhost:{wrong}/", authority),
        ask(f"https://localhost:{port}/", None),
    ]))
`;

const WRONG_NAME = /altnames|Hostname mismatch|NotValidForName|not valid for name/.source;
const UNKNOWN_ISSUER = /unable to (?:verify|get)|UnknownIssuer/.source;
const REACHED = new RegExp(
  String.raw`^GOT hello nobody \| hello localhost \| [^|]*(?:${WRONG_NAME})[^|]* \| ` +
    String.raw`[^|]*(?:${UNKNOWN_ISSUER})[^|]*$`,
);

const shared = {
  network: (arena) => arena.tls.hosts,
  needsTls: true,
  config: ({ tls }) => ({
    authority: tls.authority,
    port: String(tls.port),
    wrongPort: String(tls.wrongPort),
  }),
  promise: async (trial) => answers(await trial.call(), REACHED),
} satisfies Partial<HostileCase>;

export const tlsCases: readonly HostileCase[] = [
  {
    ...shared,
    name: "asks granted hosts by its own TLS, which alone judges their certificates",
    holds: { node: [3], deno: [3] },
    program: { attempt: askByOwnTls },
  },
  {
    ...shared,
    name: "asks granted hosts by Python's own TLS, which alone judges their certificates",
    holds: { python: [3] },
    program: { python: askByPython },
  },
];
