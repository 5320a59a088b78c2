/** What of the host plugins try to reach, and whether they did. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { freePorts } from "../../infra/ports.ts";
import type { Platform } from "../harness/platform.ts";
import { BYSTANDER } from "./bystander.ts";

/** Where a program may hope to leave a file, beside the folders of the platform. */
const WRITABLE_FOLDERS = [
  "/tmp",
  "/var/tmp",
  "/dev/shm",
  "/run",
  "/root",
  "/usr/local/bin",
  "/etc",
];

const BYSTANDER_PROGRAM = fileURLToPath(new URL(`../../plugins/${BYSTANDER}`, import.meta.url));

/** Ports chosen before the platform starts, so that plugins can be aimed at them. */
export interface ServicePorts {
  readonly auth: number;
  readonly pluginHost: number;
  readonly storage: number;
}

export function chooseServicePorts(): ServicePorts {
  const [auth = 0, pluginHost = 0, storage = 0] = freePorts(3);
  return { auth, pluginHost, storage };
}

export class Targets implements AsyncDisposable {
  readonly #redirecting: Deno.HttpServer<Deno.NetAddr>;
  readonly #socket: Deno.ChildProcess;

  private constructor(
    readonly platform: Platform,
    /** Of services and the database, on 127.0.0.1. */
    readonly ports: readonly number[],
    socket: Deno.ChildProcess,
  ) {
    this.#socket = socket;
    const gateway = platform.url;
    this.#redirecting = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => Response.redirect(gateway),
    );
  }

  static async open(platform: Platform, { auth, pluginHost, storage }: ServicePorts) {
    const database = Number(await Deno.readTextFile(`${platform.dataDir}/postgres/port`));
    const gateway = Number(new URL(platform.url).port);
    const socket = await listenOn(socketPathOf(platform));
    return new Targets(platform, [gateway, auth, pluginHost, storage, database], socket);
  }

  get keyPath(): string {
    return `${this.platform.dataDir}/secrets/auth/encryption-key`;
  }

  get socketPath(): string {
    return socketPathOf(this.platform);
  }

  /** Of a server on 127.0.0.1 that leads to the gateway. */
  get redirectPort(): number {
    return this.#redirecting.addr.port;
  }

  /** Folders of the well-behaved plugin. */
  folders(bystanderId: string): { readonly data: string; readonly program: string } {
    const data = `${this.platform.dataDir}/plugin-data/${bystanderId}/system`;
    return { data, program: BYSTANDER_PROGRAM };
  }

  /** Nothing of the platform's secrets is in `text`. */
  async assertNoSecret(text: string): Promise<void> {
    for await (const secret of readAll(`${this.platform.dataDir}/secrets`)) {
      assert.ok(!text.includes(secret), "A secret came through");
    }
  }

  /** Removes files of this name from wherever a plugin may have hoped to write, and tells where they were. */
  async removeFilesNamed(name: string, folders: readonly string[]): Promise<string[]> {
    const removed = [];
    for (const folder of [...WRITABLE_FOLDERS, ...folders]) {
      const path = `${folder}/${name}`;
      if (await Deno.remove(path).then(() => true, () => false)) removed.push(path);
    }
    return removed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.kill("SIGKILL");
    await this.#socket.stdout.cancel();
    await Promise.all([this.#socket.status, this.#redirecting.shutdown()]);
  }
}

function socketPathOf({ dataDir }: Platform): string {
  return `${dataDir}/host.sock`;
}

/** Listens on a socket in the file system, which tests' own permissions leave to another process. */
async function listenOn(path: string): Promise<Deno.ChildProcess> {
  const code = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => ` +
    `process.stdout.write("ready"))`;
  const child = new Deno.Command("node", { args: ["-e", code], stdin: "null", stdout: "piped" })
    .spawn();
  const reader = child.stdout.getReader();
  const { done } = await reader.read();
  reader.releaseLock();
  assert.ok(!done, "The socket was not opened");
  return child;
}

/** Texts of the files below `folder` that are long enough to be secrets. */
async function* readAll(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* readAll(path);
    else {
      const text = (await Deno.readTextFile(path)).trim();
      // The public keys are for everybody.
      if (text.length >= 8 && !entry.name.startsWith("public")) yield text;
    }
  }
}
