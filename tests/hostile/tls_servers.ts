/** Servers on this machine that speak TLS, as hosts that plugins are granted. */
import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import { createAuthority, type ServerCertificate } from "../harness/certificates.ts";

/** The name of every machine for itself. */
const NAME = "localhost";
const ADDRESS = "127.0.0.1";

export class TlsServers implements AsyncDisposable {
  readonly #right: Server;
  readonly #wrong: Server;

  private constructor(
    /** PEM of the authority that signed all certificates, for plugins that are to trust it. */
    readonly authority: string,
    right: Server,
    wrong: Server,
  ) {
    this.#right = right;
    this.#wrong = wrong;
  }

  static async open(): Promise<TlsServers> {
    const { certificate, issued } = await createAuthority([
      `IP:${ADDRESS}`,
      `DNS:${NAME}`,
      "DNS:other.example",
    ]);
    const [ofAddress, ofName, ofOther] = issued as [
      ServerCertificate,
      ServerCertificate,
      ServerCertificate,
    ];
    const right = await listen(ofAddress, new Map([[NAME, ofName]]));
    const wrong = await listen(ofOther, new Map());
    return new TlsServers(certificate, right, wrong);
  }

  /**
   * Of the server that has a certificate for its address, and for its name where the client asks
   * for that (RFC 6066 section 3). It says hello to the name.
   */
  get port(): number {
    return portOf(this.#right);
  }

  /** Of the server whose certificate is another host's. */
  get wrongPort(): number {
    return portOf(this.#wrong);
  }

  /** What plugins are granted; each server by its address and by its name. */
  get hosts(): readonly string[] {
    return [this.port, this.wrongPort].flatMap((port) => [`${ADDRESS}:${port}`, `${NAME}:${port}`]);
  }

  /** Those of them that lead to this machine by a name, which an administrator has to allow. */
  get names(): readonly string[] {
    return this.hosts.filter((host) => host.startsWith(NAME));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#right, this.#wrong].map(async (server) => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    }));
  }
}

/** Uses `certificates` for clients that name a host among them, `usual` for all others. */
async function listen(
  usual: ServerCertificate,
  certificates: ReadonlyMap<string, ServerCertificate>,
): Promise<Server> {
  const contextOf = ({ certificate, key }: ServerCertificate) =>
    createSecureContext({ cert: certificate, key });
  const server = createServer({
    cert: usual.certificate,
    key: usual.key,
    // Called without a name as well, which Node doesn't do.
    SNICallback: (name, choose) => choose(null, contextOf(certificates.get(name) ?? usual)),
  }, ({ socket }, reply) => {
    const name = socket instanceof TLSSocket ? Reflect.get(socket, "servername") : undefined;
    reply.end(`hello ${name || "nobody"}`);
  });
  server.listen(0, ADDRESS);
  await once(server, "listening");
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
