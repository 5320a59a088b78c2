/**
 * What plugin-host and the egress broker tell each other: one JSON object a line, by stdin and
 * stdout.
 */
import { z } from "zod";

const Port = z.int().min(1).max(65_535);

/** One granted host and port, with the socket that leads to it. */
export const RouteTarget = z.object({
  /** A name, or a literal address without brackets. */
  host: z.string().min(1),
  port: Port,
  socketPath: z.string().startsWith("/"),
  /** Whether a person named this very address, or allowed this name to lead anywhere. */
  mayBePrivate: z.boolean(),
});
export type RouteTarget = z.infer<typeof RouteTarget>;

/** Of all routes of one plugin together. */
export const RouteLimits = z.object({
  /** Connections that are open at once. */
  connectionsMax: z.int().positive(),
  /** Bytes of both directions within `windowMs`. */
  bytesMax: z.int().positive(),
  windowMs: z.int().positive(),
});
export type RouteLimits = z.infer<typeof RouteLimits>;

/** All that one process of a plugin may reach. */
export const Route = z.object({
  route: z.string(),
  /** Whose limits count. */
  plugin: z.string(),
  targets: z.array(RouteTarget),
  limits: RouteLimits,
});
export type Route = z.infer<typeof Route>;

export const BrokerCommand = z.discriminatedUnion("command", [
  z.object({ command: z.literal("open"), id: z.int(), ...Route.shape }),
  z.object({ command: z.literal("close"), id: z.int(), route: z.string() }),
]);
export type BrokerCommand = z.infer<typeof BrokerCommand>;

/** What went over one target since it was last told. */
export const TargetTraffic = z.object({
  /** Place in the route's targets. */
  target: z.int().nonnegative(),
  connections: z.int().nonnegative(),
  /** Bytes that the plugin received, and sent. */
  bytesIn: z.int().nonnegative(),
  bytesOut: z.int().nonnegative(),
  refusals: z.int().nonnegative(),
});
export type TargetTraffic = z.infer<typeof TargetTraffic>;

export const BrokerReport = z.discriminatedUnion("report", [
  /** The answer to the command `id`. */
  z.object({ report: z.literal("done"), id: z.int(), error: z.string().optional() }),
  z.object({
    report: z.literal("traffic"),
    route: z.string(),
    traffic: z.array(TargetTraffic),
  }),
  /** Why a connection was refused or ended; once for each reason of a target. */
  z.object({ report: z.literal("refused"), route: z.string(), reason: z.string() }),
]);
export type BrokerReport = z.infer<typeof BrokerReport>;
