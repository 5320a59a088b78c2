/** TCP ports of this machine. */

/**
 * Below the ports that systems give to outgoing connections and to whoever asks for any (Linux from
 * 32768 on, others from 49152): one that was free stays so until the program that it was chosen for
 * listens there, unless another one names it.
 */
const FIRST_PORT = 16_384;
const PORTS = 13_616;

/** Whether a server could listen there now. Throws nothing: any reason against it is a no. */
export function isFree(hostname: string, port: number): boolean {
  try {
    Deno.listen({ hostname, port }).close();
    return true;
  } catch {
    return false;
  }
}

/**
 * As many different free ports of 127.0.0.1 as asked for.
 *
 * @param promised ports that nobody listens at yet, but somebody is going to
 */
export function freePorts(count: number, promised: ReadonlySet<number> = new Set()): number[] {
  // All are held until the last is found, so that none is found twice.
  const held: Deno.TcpListener[] = [];
  try {
    while (held.length < count) {
      const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
      const listener = promised.has(port) ? undefined : listenUnlessTaken(port);
      if (listener !== undefined) held.push(listener);
    }
    return held.map(({ addr }) => addr.port);
  } finally {
    for (const listener of held) listener.close();
  }
}

/** One of them: see {@linkcode freePorts}. */
export function freePort(promised?: ReadonlySet<number>): number {
  return freePorts(1, promised)[0]!;
}

function listenUnlessTaken(port: number): Deno.TcpListener | undefined {
  try {
    return Deno.listen({ hostname: "127.0.0.1", port });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return undefined;
    throw error;
  }
}
