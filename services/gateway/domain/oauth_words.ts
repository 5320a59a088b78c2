/** How a sign-in at a provider went, in words for the person who tried, with what to do. */
import type { OauthFailure } from "@codex/protocol";

/** Beyond what auth tells, what the gateway finds itself. */
export type PageFailure =
  | OauthFailure
  /** Nobody is signed in to Codex in this browser. */
  | "signed_out"
  /** The address has no state: nobody's sign-in. */
  | "incomplete"
  /** A part of Codex did not answer. */
  | "server";

export interface FailureWords {
  readonly headline: string;
  readonly explanation: string;
  readonly advice: string;
}

const CONNECT_AGAIN = "Close this window and connect again.";
const ASK_WITH_ID = "If it happens again, give your administrator the request id below.";

/**
 * @param service the plugin's name; undefined where it isn't known
 * @param redirectUrl what has to be registered at the provider
 */
export function failureWords(
  reason: PageFailure,
  service: string | undefined,
  redirectUrl: string,
): FailureWords {
  const it = service ?? "The service";
  const words: Record<PageFailure, FailureWords> = {
    used: {
      headline: "This sign-in was used already",
      explanation: "The way back from a service works once. Reloading this page doesn't repeat it.",
      advice: "Close this window. If the plugin isn't connected, connect again.",
    },
    expired: {
      headline: "The sign-in took too long",
      explanation: "It has to be finished within 5 minutes.",
      advice: CONNECT_AGAIN,
    },
    other_user: {
      headline: "Somebody else is signed in to Codex here",
      explanation: "The sign-in was begun by another user of Codex.",
      advice: "Sign in to Codex as the user you want to connect, and connect again.",
    },
    other_browser: {
      headline: "The sign-in was begun in another browser",
      explanation:
        "It has to end in the browser and window that it was begun in, with its cookies.",
      advice: "Connect again, and finish in the same browser. Allow cookies of Codex.",
    },
    denied: {
      headline: "You did not allow the access",
      explanation: `${it} was told not to let Codex in, so nothing was connected.`,
      advice: "If that was a mistake, close this window, connect again and allow it.",
    },
    redirect_mismatch: {
      headline: "The service doesn't know this address of Codex",
      explanation: `What is registered for Codex at ${it} is another redirect URL than ` +
        `${redirectUrl}`,
      advice: "Ask your administrator to register exactly this redirect URL at the service.",
    },
    client_refused: {
      headline: "The service doesn't know this Codex",
      explanation: `${it} doesn't accept the client id or secret that Codex has for it.`,
      advice: "Ask your administrator to check the plugin's OAuth settings.",
    },
    code_refused: {
      headline: "The service took its permission back",
      explanation: `${it} did not accept the code that it had just given out. It may be too old.`,
      advice: `${CONNECT_AGAIN} ${ASK_WITH_ID}`,
    },
    too_many_attempts: {
      headline: "Too many attempts",
      explanation: `${it} takes no more sign-ins for the moment.`,
      advice: "Wait a few minutes, then connect again.",
    },
    unreachable: {
      headline: "The service can't be reached",
      explanation: `${it} did not answer Codex, or is out of order.`,
      advice: "Try again in a few minutes. If it goes on, ask your administrator whether this " +
        "server can reach the service.",
    },
    address_refused: {
      headline: "Codex doesn't go to that address",
      explanation: `${it} names an address on a private network, or one without https.`,
      advice: "Ask your administrator: CODEX_ALLOWED_PRIVATE_HOSTS allows an address by name.",
    },
    bad_answer: {
      headline: "The service gave an unusable answer",
      explanation: `${it} answered in a way that no sign-in service should.`,
      advice: `${CONNECT_AGAIN} ${ASK_WITH_ID}`,
    },
    provider_refused: {
      headline: "The service refused the sign-in",
      explanation: `${it} gave a reason that is in the server's log.`,
      advice: `${CONNECT_AGAIN} ${ASK_WITH_ID}`,
    },
    settings_changed: {
      headline: "The plugin's settings were changed meanwhile",
      explanation: "The sign-in was begun with settings that don't hold any more.",
      advice: CONNECT_AGAIN,
    },
    called_off: {
      headline: "The sign-in was called off",
      explanation: `${it} was disconnected or removed while you signed in, so nothing was kept.`,
      advice: "If you want it after all, close this window and connect again.",
    },
    plugin_off: {
      headline: "The plugin is off",
      explanation: "It was turned off or removed while you signed in.",
      advice: "Ask your administrator to turn it on, and connect again.",
    },
    no_key: {
      headline: "This server can't keep secrets now",
      explanation: "No encryption key is set, or not the right one.",
      advice: "Ask your administrator to set CODEX_ENCRYPTION_KEY, and connect again.",
    },
    signed_out: {
      headline: "You are not signed in to Codex here",
      explanation: "A connection belongs to a user of Codex, and this browser has none.",
      advice: "Sign in to Codex in this browser, and connect again.",
    },
    incomplete: {
      headline: "This address is not complete",
      explanation: "A service opens it at the end of a sign-in; by itself it does nothing.",
      advice: "Open Codex, and connect the plugin there.",
    },
    server: {
      headline: "Something went wrong here",
      explanation: "A part of Codex did not answer.",
      advice: `${CONNECT_AGAIN} ${ASK_WITH_ID}`,
    },
  };
  return words[reason];
}
