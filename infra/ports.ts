/** TCP ports of this machine. */

/** Whether a server could listen there now. Throws nothing: any reason against it is a no. */
export function isFree(hostname: string, port: number): boolean {
  try {
    Deno.listen({ hostname, port }).close();
    return true;
  } catch {
    return false;
  }
}

/** As many different free ports as asked for. Another program may take one before it is used. */
export function freePorts(count: number, hostname = "127.0.0.1"): number[] {
  // All are held until the last is found: a closed one could be given out again.
  const held = Array.from({ length: count }, () => Deno.listen({ hostname, port: 0 }));
  const ports = held.map((listener) => listener.addr.port);
  for (const listener of held) listener.close();
  return ports;
}

export function freePort(hostname = "127.0.0.1"): number {
  return freePorts(1, hostname)[0]!;
}
