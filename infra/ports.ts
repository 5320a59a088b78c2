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

/** As many different free ports as asked for. */
export function freePorts(count: number, hostname = "127.0.0.1"): number[] {
  // All are held until the last is found, so that none is found twice.
  const held: Deno.TcpListener[] = [];
  try {
    while (held.length < count) {
      const listener = listenUnlessTaken(hostname, FIRST_PORT + Math.floor(Math.random() * PORTS));
      if (listener !== undefined) held.push(listener);
    }
    return held.map(({ addr }) => addr.port);
  } finally {
    for (const listener of held) listener.close();
  }
}

export function freePort(hostname = "127.0.0.1"): number {
  return freePorts(1, hostname)[0]!;
}

function listenUnlessTaken(hostname: string, port: number): Deno.TcpListener | undefined {
  try {
    return Deno.listen({ hostname, port });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return undefined;
    throw error;
  }
}
