/** Two connections as one: what comes from either goes to the other, as fast as that takes it. */

export interface Piping {
  readonly plugin: Deno.Conn;
  readonly remote: Deno.Conn;
  /**
   * Told of each piece before it goes on.
   * @returns whether it may
   */
  readonly onBytes: (direction: "in" | "out", bytes: number) => boolean;
}

const CHUNK_BYTES = 64 * 1024;

/** Resolves when both directions have ended, or one broke. Closes both. Never rejects. */
export async function pipeBoth({ plugin, remote, onBytes }: Piping): Promise<void> {
  try {
    await Promise.all([
      pipe(plugin, remote, (bytes) => onBytes("out", bytes)),
      pipe(remote, plugin, (bytes) => onBytes("in", bytes)),
    ]);
  } catch {
    // Either side went away: so does the other.
  } finally {
    closeQuietly(plugin);
    closeQuietly(remote);
  }
}

async function pipe(
  from: Deno.Conn,
  to: Deno.Conn,
  mayPass: (bytes: number) => boolean,
): Promise<void> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (;;) {
    const length = await from.read(buffer);
    if (length === null) return await to.closeWrite();
    if (!mayPass(length)) throw new Error("No more may pass");
    for (let sent = 0; sent < length;) {
      sent += await to.write(buffer.subarray(sent, length));
    }
  }
}

export function closeQuietly(closable: { close(): void }): void {
  try {
    closable.close();
  } catch {
    // It is closed already.
  }
}
