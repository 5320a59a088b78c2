/** One thing a plugin does wrong, and what is promised when it does. */
import type { Arena } from "./arena.ts";
import type { Program, Runtime } from "./rogue/installation.ts";
import type { Trial } from "./trial.ts";

/** Isolation levels of security.md. */
export type Level = 1 | 2 | 3;

/** With which runtime, at which levels, the promise of a case holds. */
export type Holds = Partial<Readonly<Record<Runtime, readonly Level[]>>>;

export interface HostileCase {
  /** What the plugin does. */
  readonly name: string;
  readonly holds: Holds;
  readonly program: Program;
  /** `user`: it works for a connection, which gives it a storage. */
  readonly kind?: "system" | "user";
  /** Of the administrator's configuration: what the program is to aim at. */
  readonly config?: (arena: Arena) => Readonly<Record<string, string>>;
  /** Hosts that the administrator grants. */
  readonly network?: (arena: Arena) => readonly string[];
  /** `*` is among them: a sandbox gives that by `pasta` alone. */
  readonly needsEveryHost?: true;
  /** It speaks to the servers of {@linkcode Arena.tls}, whose certificates `openssl` makes. */
  readonly needsTls?: true;
  /** Of a Deno plugin: what its main module imports before all else, given the path of the host's key. */
  readonly imports?: (keyPath: string) => string;
  /** Files below `rogue/` that lie beside the program. */
  readonly files?: readonly string[];
  /** Deadline of each call; short where the case is about missing it. */
  readonly timeoutSeconds?: number;
  /** It can't even be started: the promise begins with its test. */
  readonly isUngrantable?: true;
  /**
   * Takes much of the host's memory or time by messages that are let through. Such cases run last and apart, so that the
   * others are held to narrower limits.
   */
  readonly isHeavy?: true;
  /** What the caller sees and within which time. What holds for all cases is asserted by {@linkcode Trial}. */
  readonly promise: (trial: Trial) => Promise<void>;
}

/** What the wire layers promise doesn't depend on how the process is confined. */
export const EVERYWHERE: Holds = { node: [1, 3], deno: [2] };

/** What the process tree of Node and Python can do, and Deno's can't. */
export const NODE: Holds = { node: [1, 3] };
export const PYTHON: Holds = { python: [1, 3] };

/** What Deno's permissions refuse at level 2, and still do within the sandbox of level 3. */
export const CONFINED: Holds = { deno: [2, 3] };
