/**
 * Counts guesses at secrets before they are checked, so that guesses at the same time can't slip
 * past a limit, and keeps strangers from using up the count of the people whose secrets they guess
 * at.
 */
import { addressGroup } from "@codex/service";
import type { AuthDeps } from "../deps.ts";
import type { Client } from "./client.ts";

export interface Throttled {
  readonly kind: "throttled";
  readonly retryAfterSeconds: number;
}

export interface Admitted {
  readonly kind: "admitted";
  /** The address is past its limit, and the guess was only held up: a flood, perhaps. */
  readonly isSlowed: boolean;
  /** The guess was right: it and the failures before it don't count. */
  readonly forgive: () => Promise<void>;
}

export type Admission = Admitted | Throttled;

type GuessDeps = Pick<AuthDeps, "throttles" | "delay">;

/** Of a sign-in. */
export interface SignInGuess {
  /** Stands for the account, also for one that doesn't exist. */
  readonly accountKey: string;
  /** Undefined for a device that the account doesn't know. */
  readonly deviceId: string | undefined;
  readonly client: Client;
}

/** What each guess past the limit of a shared address waits longer than the one before it. */
const SLOWDOWN_STEP_MS = 250;
const SLOWDOWN_MAX_MS = 5000;

/**
 * A known device counts alone. All others count by account and address first: what that refuses is
 * not counted further, so that one address adds no more than its own few guesses to the account's.
 */
export async function admitSignIn(deps: GuessDeps, guess: SignInGuess): Promise<Admission> {
  const { throttles } = deps;
  const { accountKey, deviceId, client } = guess;
  if (deviceId !== undefined) {
    const counted = await throttles.device.attempt(deviceId);
    if (counted.kind === "throttled") return counted;
    return admitted(false, () => throttles.device.forget(deviceId));
  }
  const addressKey = addressGroup(client.address);
  const pairKey = `${accountKey} ${addressKey}`;
  const byPair = await throttles.accountAtAddress.attempt(pairKey);
  if (byPair.kind === "throttled") return byPair;
  const byAddress = await countAddress(deps, "address", client);
  if (byAddress.kind === "throttled") return byAddress;
  const byAccount = await throttles.account.attempt(accountKey);
  if (byAccount.kind === "throttled") return byAccount;
  return admitted(byAddress.isSlowed, async () => {
    await Promise.all([
      throttles.accountAtAddress.forget(pairKey),
      throttles.address.refund(addressKey),
      // The other guesses in it may be a stranger's, of whom this sign-in tells nothing.
      throttles.account.refund(accountKey),
    ]);
  });
}

/** Of a setup code. */
export async function admitSetup(deps: GuessDeps, client: Client): Promise<Admission> {
  return await countAddress(deps, "setup", client);
}

/**
 * Of the own password by somebody who is signed in: apart from sign-ins, whom strangers can
 * attempt.
 *
 * @param key the session; without one, with API tokens, the user
 */
export async function admitSignedIn(deps: GuessDeps, key: string): Promise<Admission> {
  const { session } = deps.throttles;
  const counted = await session.attempt(key);
  if (counted.kind === "throttled") return counted;
  return admitted(false, () => session.forget(key));
}

/** An address that many share because a proxy is not configured is held up, never closed. */
async function countAddress(
  { throttles, delay }: GuessDeps,
  name: "address" | "setup",
  client: Client,
): Promise<Admission> {
  const key = addressGroup(client.address);
  const counted = await throttles[name].attempt(key);
  const forgive = () => throttles[name].refund(key);
  if (counted.kind === "allowed") return admitted(false, forgive);
  if (!client.isAddressShared) return counted;
  await delay(Math.min(SLOWDOWN_MAX_MS, SLOWDOWN_STEP_MS * counted.beyond));
  return admitted(true, forgive);
}

function admitted(isSlowed: boolean, forgive: () => Promise<void>): Admitted {
  return { kind: "admitted", isSlowed, forgive };
}
