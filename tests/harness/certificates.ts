/** Certificates that only a test trusts. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { runProgram } from "@codex/service/program";

export interface ServerCertificate {
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
}

export interface Authority {
  /** PEM, for those who are to trust it. */
  readonly certificate: string;
  /** In the order of the names that were asked for. */
  readonly issued: readonly ServerCertificate[];
}

/** Plenty for a curve's key on a busy machine. */
const OPENSSL_MS_MAX = 30_000;

/**
 * What strict clients ask of certificates (RFC 5280 section 4.2.1), and nothing of the machine's
 * own settings.
 */
const SETTINGS = `
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = $ENV::NAME
`;

/**
 * A new authority, and a certificate of it for each name. They are good for two days.
 *
 * @param names as `subjectAltName` has them: `DNS:a.example`, `IP:127.0.0.1`
 * @throws {Error} without the program `openssl`, version 3
 */
export async function createAuthority(names: readonly string[]): Promise<Authority> {
  const folder = await Deno.makeTempDir({ prefix: "codex-certificates-" });
  try {
    await Deno.writeTextFile(join(folder, "settings"), SETTINGS);
    const authority = await makeCertificate(folder, "authority", []);
    const signing = ["-CA", "authority.pem", "-CAkey", "authority.key"];
    const issued = [];
    for (const name of names) issued.push(await makeCertificate(folder, "server", signing, name));
    return { certificate: authority.certificate, issued };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function makeCertificate(
  folder: string,
  kind: "authority" | "server",
  signing: readonly string[],
  name = "",
): Promise<ServerCertificate> {
  const { success, stderr } = await runProgram({
    command: "openssl",
    args: [
      ...["req", "-x509", "-config", "settings", "-extensions", kind, "-days", "2"],
      ...["-subj", `/CN=Codex test ${kind}`, ...signing],
      ...["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"],
      ...["-keyout", `${kind}.key`, "-out", `${kind}.pem`],
    ],
    // Both sections are read, so that the variable has to be there for the authority too.
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C", NAME: name },
    cwd: folder,
    timeoutMs: OPENSSL_MS_MAX,
  });
  assert.ok(success, `openssl made no certificate:\n${stderr}`);
  return {
    certificate: await Deno.readTextFile(join(folder, `${kind}.pem`)),
    key: await Deno.readTextFile(join(folder, `${kind}.key`)),
  };
}
