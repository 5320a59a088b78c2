/** Which environment variables a plugin may be given (security.md "Environment"). */

const REFUSED_NAMES: ReadonlySet<string> = new Set([
  "PATH",
  "HOME",
  "NODE_PATH",
  "NODE_OPTIONS",
  "NODE_EXTRA_CA_CERTS",
  "NODE_TLS_REJECT_UNAUTHORIZED",
  "OPENSSL_CONF",
  "BASH_ENV",
  "ENV",
  "IFS",
  "SHELL",
  "USER",
  "LOGNAME",
  "GCONV_PATH",
  "LOCPATH",
  "TERMINFO",
]);

const REFUSED_PREFIXES = [
  "LD_",
  "DYLD_",
  "PYTHON",
  "SSL_CERT_",
  "DENO_",
  "BUN_",
  "NPM_CONFIG_",
  "UV_",
  "PIP_",
  "GIT_",
  "SSH_",
  "RUBY",
  "PERL",
  "MALLOC_",
  "GLIBC_",
  "CODEX_",
];

const REFUSED_SUFFIXES = ["_PROXY"];

export type NameJudgement =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly reason: string };

/** Judges a name without regard to case. */
export function judgeVariableName(name: string): NameJudgement {
  const upper = name.toUpperCase();
  if (REFUSED_NAMES.has(upper)) return refused(name, `"${upper}"`);
  const prefix = REFUSED_PREFIXES.find((start) => upper.startsWith(start));
  if (prefix !== undefined) return refused(name, `names that start with "${prefix}"`);
  const suffix = REFUSED_SUFFIXES.find((end) => upper.endsWith(end));
  if (suffix !== undefined) return refused(name, `names that end with "${suffix}"`);
  return { allowed: true };
}

function refused(name: string, which: string): NameJudgement {
  return {
    allowed: false,
    reason:
      `Variable "${name}" is refused: ${which} can load code, redirect traffic or belong to the host`,
  };
}

export interface HostVariables {
  readonly PATH: string;
  readonly HOME: string;
  readonly TMPDIR: string;
  readonly LANG: string;
  /** Only for Deno plugins: a fresh folder for each process. */
  readonly DENO_DIR?: string;
}

/**
 * The whole environment of a plugin: what was configured less what is refused (older rows and a plugin's own
 * credential names were never checked on save), with the host's own values on top.
 */
export function buildEnvironment(
  configured: Readonly<Record<string, string>>,
  host: HostVariables,
): Record<string, string> {
  const kept = Object.entries(configured).filter(([name]) => judgeVariableName(name).allowed);
  return { ...Object.fromEntries(kept), ...host };
}
