/** Which services owe a deletion, or the end of processes, and when one that failed is tried again. */
import type { ServiceName } from "@codex/protocol";

/** Services that keep data of a connection (architecture.md: "Main flows", Disconnect). */
export const CONNECTION_DATA_KEEPERS = [
  "storage",
  "plugin-host",
  "sync",
] as const satisfies readonly ServiceName[];

/** Services that keep data of a user. */
export const USER_DATA_KEEPERS = [
  "library",
  "storage",
  "plugin-host",
  "sync",
] as const satisfies readonly ServiceName[];

export type DataKeeper = typeof USER_DATA_KEEPERS[number];

export function isDataKeeper(service: string): service is DataKeeper {
  return (USER_DATA_KEEPERS as readonly string[]).includes(service);
}

interface OwedPurge {
  readonly service: DataKeeper;
  readonly kind: "connection" | "user" | "withdrawal";
  readonly subjectId: string;
  readonly userId: string;
  readonly pluginId: string | null;
}

/** What is owed once these connections are gone. */
export function purgesOfConnections(
  connections: readonly { id: string; userId: string; pluginId: string }[],
): OwedPurge[] {
  return connections.flatMap(({ id, userId, pluginId }) =>
    CONNECTION_DATA_KEEPERS.map((service) => (
      { service, kind: "connection", subjectId: id, userId, pluginId } as const
    ))
  );
}

/** What is owed once this connection is turned off: the end of its processes, and nothing else. */
export function withdrawalOf(
  { id, userId, pluginId }: { id: string; userId: string; pluginId: string },
): OwedPurge {
  return { service: "plugin-host", kind: "withdrawal", subjectId: id, userId, pluginId };
}

/** What is owed once this user is gone, beside the purges of their connections. */
export function purgesOfUser(userId: string): OwedPurge[] {
  return USER_DATA_KEEPERS.map((service) => (
    { service, kind: "user", subjectId: userId, userId, pluginId: null } as const
  ));
}

const DELAY_FIRST_MS = 2000;
const DELAY_MAX_MS = 300_000;

/** Doubles from 2 s to 5 minutes; a purge is repeated until it is acknowledged, however long. */
export function purgeDelayMs(attempts: number): number {
  return Math.min(DELAY_FIRST_MS * 2 ** Math.max(0, attempts - 1), DELAY_MAX_MS);
}
