/** What a hostile program is written against; `rogue.mjs` gives it to Node and Deno, `rogue.py` to Python. */
import type { Buffer } from "node:buffer";
import type { ChildProcess, SpawnOptions } from "node:child_process";

/** A JSON-RPC message as it came, or as it is to be sent; `jsonrpc` is added. */
export type Message = Record<string, unknown>;

export interface Rogue {
  /** The plugin's name: in the command line of whatever it starts, so that a leftover is found. */
  readonly name: string;
  /** A manifest that is accepted. */
  readonly manifest: Message;
  readonly session: {
    /** Params of `initialize`; the case's own `config` is in `adminConfig`. */
    readonly initialized: {
      readonly dataDir: string;
      readonly userId?: string;
      readonly userPluginId?: string;
      readonly adminConfig: Readonly<Record<string, string>>;
      readonly requestTimeoutSeconds: number;
    };
    /** For a behaviour to keep what it needs between calls. */
    [key: string]: unknown;
  };
  /** Writes to stdout; resolves when the pipe took all of it. */
  print(text: string | Uint8Array | Buffer): Promise<void>;
  /** Writes to stderr. */
  complain(text: string | Uint8Array): Promise<void>;
  send(message: Message): Promise<void>;
  /** Calls the host and resolves to its whole reply. */
  callHost(method: string, params?: unknown, id?: number | string): Promise<Message>;
  /** The answer of a working plugin, with a text that the caller can tell. */
  answer(text: string): unknown;
  wait(ms: number): Promise<void>;
  /** Stays alive and does nothing. */
  never(): Promise<never>;
  /** Reads no more of stdin, and stays alive. */
  stopReading(): void;
  exit(code: number): never;
  /** Starts a Node process; Node only. */
  spawn(code: string, options?: SpawnOptions): Promise<ChildProcess>;
}

export interface RogueCall extends Rogue {
  readonly id: number | string;
  readonly params: Record<string, unknown>;
  reply(result: unknown): Promise<void>;
}

/** What is returned becomes the reply; without a value none is sent. */
type Handler = (it: RogueCall) => unknown;

/**
 * How a program misbehaves. The functions run in the plugin's process, not here: their source text is
 * written into its folder, so they must use nothing but their argument, globals and dynamic imports.
 * All but `start` are used only once the plugin was granted; before, it behaves.
 */
export interface Behaviour {
  /** Before anything is read, at every start. */
  readonly start?: (it: Rogue) => unknown;
  readonly initialize?: Handler;
  readonly call?: Handler;
  /** Answers "GOT …" with what it returns, or "REFUSED …" with what it throws. */
  readonly attempt?: Handler;
  readonly ping?: Handler;
  readonly shutdown?: Handler;
  readonly cancel?: Handler;
  /** Goes on when stdin ends. */
  readonly outlivesStdin?: true;
}
