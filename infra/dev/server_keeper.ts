/** Keeps our own database server running: starts it again, on its old port, when it dies. */
import { ownAdminUrl } from "../database/own_server.ts";
import { Failure, reasonOf } from "../failure.ts";
import type { EmbeddedServer } from "../postgres/server.ts";
import type { Output } from "./output.ts";

/** Stopped cleanly when disposed of. */
export interface KeptServer extends AsyncDisposable {
  /** The superuser's URL of the platform's database. */
  readonly adminUrl: string;
  /** Ends it at once. */
  kill(): void;
}

/** @param onLost called when it can't be started again: the services are cut off for good */
export async function keepServer(
  start: () => Promise<EmbeddedServer>,
  output: Output,
  onLost: (reason: Failure) => void,
): Promise<KeptServer> {
  let isEnding = false;
  let latest = await start();
  let starting: Promise<unknown> = Promise.resolve();
  const adminUrl = ownAdminUrl(latest);

  const keep = async (server: EmbeddedServer): Promise<void> => {
    if (await server.exited === "asked" || isEnding) return;
    output.complain("postgres ended by itself; it starts again");
    starting = restart();
  };
  const restart = async () => {
    try {
      latest = await start();
      if (ownAdminUrl(latest) !== adminUrl) throw new Failure("Its port is taken");
      output.say("postgres is ready again");
      void keep(latest);
    } catch (error) {
      onLost(new Failure(`The database is lost: ${reasonOf(error)}`));
    }
  };
  void keep(latest);
  return {
    adminUrl,
    kill: () => latest.kill(),
    [Symbol.asyncDispose]: async () => {
      isEnding = true;
      await starting;
      await latest.stop();
    },
  };
}
