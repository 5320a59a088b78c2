/**
 * What security costs: the vault against bare node:crypto, a signed-in request through the gateway
 * against the same one with an identity that nobody has to be asked for, and a sign-in.
 */
import assert from "node:assert/strict";
import { createCipheriv, createDecipheriv, createSecretKey, randomFillSync } from "node:crypto";
import { createKeyring } from "@codex/crypto";
import { createPasswordHasher } from "@codex/crypto/password";
import { API_BASE, Me } from "@codex/protocol";
import { freePort } from "../../infra/ports.ts";
import { type Platform, startPlatform } from "../harness/platform.ts";
import { ADMIN_PASSWORD, setUpAdmin } from "../harness/scenario.ts";
import { startBare } from "./bare_chain.ts";
import { quantile, type Report } from "./report.ts";

const VAULT_RATIO_MIN = 0.7;
const REQUEST_RATIO_MAX = 1.3;
/** Many short ones: a busy moment then strikes few of them. */
const VAULT_ROUNDS = 100;
const VALUES = 500;
const ROUNDS = 7;
const REQUESTS = 400;
const SIGN_INS = 20;

export async function authBench(report: Report): Promise<void> {
  vaultBench(report);
  // Each request writes a log line, which costs more than what is measured here.
  const libraryPort = freePort();
  await using platform = await startPlatform({
    env: { CODEX_LOG_LEVEL: "error", CODEX_LIBRARY_PORT: String(libraryPort) },
  });
  await setUpAdmin(platform);
  await requestBench(report, platform, `http://127.0.0.1:${libraryPort}`);
  await signInBench(report, platform);
}

/** An access token's usual length. */
const TEXT = "a".repeat(200);
const CONTEXT = {
  purpose: "connection_credential:access_token",
  ownerId: "0b54f1c4-6a0e-4f0a-9a53-6f2c6a6d5d11",
};

function vaultBench(report: Report): void {
  const keyring = createKeyring({ current: new Uint8Array(32).fill(7) });
  const stored = keyring.encryptText(TEXT, CONTEXT);
  const bare = bareCipher();
  const sealed = bare.encrypt(TEXT);
  const pairs = [
    ["encrypt", () => keyring.encryptText(TEXT, CONTEXT), () => bare.encrypt(TEXT)],
    ["decrypt", () => keyring.decryptText(stored, CONTEXT), () => bare.decrypt(sealed)],
  ] as const;
  for (const [name, real, floor] of pairs) {
    for (let warmUp = 0; warmUp < 10; warmUp++) {
      perSecond(real);
      perSecond(floor);
    }
    const rounds = Array.from({ length: VAULT_ROUNDS }, () => ({
      real: perSecond(real),
      floor: perSecond(floor),
    }));
    const ratio = median(rounds.map((round) => round.real / round.floor));
    report({
      name: `auth.vault.${name}`,
      value: median(rounds.map((round) => round.real)),
      unit: "values/s",
      floor: median(rounds.map((round) => round.floor)),
      ratio,
      aim: `≥ ${VAULT_RATIO_MIN} × floor`,
      holds: ratio >= VAULT_RATIO_MIN,
    });
  }
}

/** AES-256-GCM as node:crypto's documentation has it, with the same nonce, tag and context. */
function bareCipher() {
  const key = createSecretKey(new Uint8Array(32).fill(7));
  const aad = new TextEncoder().encode(CONTEXT.purpose + CONTEXT.ownerId);
  return {
    encrypt(text: string) {
      const nonce = randomFillSync(new Uint8Array(12));
      const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: 16 });
      cipher.setAAD(aad);
      const data = cipher.update(text, "utf8");
      cipher.final();
      return { nonce, data, tag: cipher.getAuthTag() };
    },
    decrypt({ nonce, data, tag }: { nonce: Uint8Array; data: Uint8Array; tag: Uint8Array }) {
      const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: 16 });
      decipher.setAAD(aad);
      decipher.setAuthTag(tag);
      const text = decipher.update(data, undefined, "utf8");
      decipher.final();
      return text;
    },
  };
}

function perSecond(work: () => unknown): number {
  const startedAt = performance.now();
  for (let count = 0; count < VALUES; count++) work();
  return VALUES / (performance.now() - startedAt) * 1000;
}

async function requestBench(
  report: Report,
  platform: Platform,
  libraryUrl: string,
): Promise<void> {
  const { id: userId } = await platform.api.expect(Me, "GET", "/auth/me");
  await using fixed = await startBare("fixed_identity_gateway.ts", [
    `${platform.dataDir}/secrets`,
    libraryUrl,
    userId,
  ]);
  const headers = { authorization: `Bearer ${platform.api.token}` };
  const path = `${API_BASE}/libraries`;
  const real = () => request(`${platform.url}${path}`, headers);
  const floor = () => request(`${fixed.url}${path}`, headers);
  await repeat(REQUESTS, real);
  await repeat(REQUESTS, floor);
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push({ real: await repeat(REQUESTS, real), floor: await repeat(REQUESTS, floor) });
  }
  for (const q of [0.5, 0.99]) {
    const at = rounds.map((round) => ({
      real: quantile(Float64Array.from(round.real), q),
      floor: quantile(Float64Array.from(round.floor), q),
    }));
    const ratio = median(at.map((round) => round.real / round.floor));
    report({
      name: `auth.request.p${q * 100}`,
      value: median(at.map((round) => round.real)),
      unit: "ms",
      floor: median(at.map((round) => round.floor)),
      ratio,
      ...(q === 0.5 && {
        aim: `≤ ${REQUEST_RATIO_MAX} × floor`,
        holds: ratio <= REQUEST_RATIO_MAX,
      }),
    });
  }
}

/** Beside one Argon2id alone, which is meant to be its greatest part. */
async function signInBench(report: Report, platform: Platform): Promise<void> {
  const hasher = createPasswordHasher();
  const hash = await hasher.hash(ADMIN_PASSWORD);
  const body = JSON.stringify({ username: "admin", password: ADMIN_PASSWORD });
  const init = { method: "POST", headers: { "content-type": "application/json" }, body };
  const signIn = async () => {
    const reply = await fetch(`${platform.url}${API_BASE}/auth/login`, init);
    assert.equal(reply.status, 200, await reply.text());
  };
  await repeat(3, signIn);
  const value = quantile(Float64Array.from(await repeat(SIGN_INS, signIn)), 0.5);
  const checked = await repeat(SIGN_INS, async () => {
    assert.equal(await hasher.verify(hash, ADMIN_PASSWORD), true);
  });
  const floor = quantile(Float64Array.from(checked), 0.5);
  report({ name: "auth.login.p50", value, unit: "ms", floor, ratio: value / floor });
}

async function request(url: string, headers: Record<string, string>): Promise<void> {
  const reply = await fetch(url, { headers });
  assert.equal(reply.status, 200, await reply.text());
}

/** Milliseconds of each, one after the other. */
async function repeat(count: number, work: () => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const startedAt = performance.now();
    await work();
    times.push(performance.now() - startedAt);
  }
  return times;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
