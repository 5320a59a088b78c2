/**
 * What a runtime says where the confinement refuses something, in the platform's words: its own
 * advice, such as a flag of Deno's, is of no use to a plugin's author. What a plugin writes for people
 * passes through here, its log and the messages of its errors.
 */

export interface Confinement {
  readonly level: 1 | 2 | 3;
  /** Granted hosts. */
  readonly network: readonly string[];
}

type Words = (text: string) => string;
type Rule = readonly [pattern: RegExp, put: (...groups: readonly string[]) => string];

const GRANT = "add it to network in codex-plugin.json and have it granted";
const BUNDLE = "bundle it into the plugin's folder";

export function refusalWords(confinement: Confinement): Words {
  const rules = [...denoRules(confinement), ...sandboxRules(confinement)];
  return (text) =>
    rules.reduce(
      (rest, [pattern, put]) =>
        rest.replace(pattern, (...matched: string[]) => put(...matched.map(String))),
      text,
    );
}

/** Deno names what it wants, whatever made it refuse. */
function denoRules({ level }: Confinement): Rule[] {
  const writable = level === 3
    ? "a plugin writes to its dataDir alone"
    : "what has to last goes through storage/*";
  const readable = level === 3
    ? "a plugin reads its own folder and its dataDir alone"
    : "a plugin reads its own folder alone";
  return [
    [asked("net"), (_, host) => `Host ${host} is not granted: ${GRANT}`],
    [asked("write"), (_, path) => `"${path}" can't be written: ${writable}`],
    [asked("read"), (_, path) => `"${path}" can't be read: ${readable}`],
    [
      /Requires (env|run|sys|ffi|import) access(?: to "[^"]{1,300}")?, run again with the --allow-\w+ flag/g,
      (_, kind) => `No Deno plugin has "${kind}" access`,
    ],
    [
      /A remote specifier was requested: "([^"]{1,300})", but --no-remote is specified\.?/g,
      (_, url) => `Module "${url}" is not loaded: ${BUNDLE}`,
    ],
    [
      /npm specifiers were requested; but --no-npm is specified/g,
      () => `A package of npm is not loaded: ${BUNDLE}`,
    ],
  ];
}

function asked(kind: string): RegExp {
  return new RegExp(
    `Requires ${kind} access to "([^"]{1,300})", run again with the --allow-${kind} flag`,
    "g",
  );
}

/** In a sandbox only granted hosts have names; some runtimes tell which was looked for. */
function sandboxRules({ level, network }: Confinement): Rule[] {
  if (level < 3) return [];
  const onlyData = (said: string) => `${said} (a plugin writes to its dataDir alone)`;
  const files: Rule[] = [
    [/EROFS: read-only file system, \w+ '[^']{1,300}'/g, onlyData],
    [/\[Errno 30\] Read-only file system: '[^']{1,300}'/g, onlyData],
  ];
  if (network.includes("*")) return files;
  const granted = new Set(network.map((entry) => entry.replace(/:\d+$/, "").toLowerCase()));
  return [
    ...files,
    [
      /getaddrinfo (?:ENOTFOUND|EAI_AGAIN|EPERM) ([\w.-]{1,253})/g,
      (said, host) =>
        granted.has(host?.toLowerCase() ?? "") ? said : `${said} (it is not granted: ${GRANT})`,
    ],
    [
      /\[Errno -[235]\] (?:Name or service not known|Temporary failure in name resolution|No address associated with hostname)/g,
      (said) => `${said} (only granted hosts have names here: see network in codex-plugin.json)`,
    ],
  ];
}
