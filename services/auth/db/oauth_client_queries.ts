import { asc, eq } from "drizzle-orm";
import { z } from "zod";
import { type Executor, schema } from "./database.ts";

const { oauthClients } = schema;

/** How the provider takes the client's secret (see `token_endpoint.ts`). */
const SecretBy = z.enum(["body", "basic"]).nullable();

export interface OauthClientRow {
  readonly clientId: string;
  readonly secretBy: z.infer<typeof SecretBy>;
  readonly ownRedirect: boolean;
}

export async function findOauthClient(
  db: Executor,
  pluginId: string,
): Promise<OauthClientRow | undefined> {
  const { clientId, secretBy, ownRedirect } = oauthClients;
  const [row] = await db.select({ clientId, secretBy, ownRedirect }).from(oauthClients)
    .where(eq(oauthClients.pluginId, pluginId));
  return row && { ...row, secretBy: SecretBy.parse(row.secretBy) };
}

/**
 * Another client may be known to its provider in another way.
 *
 * @param client without `ownRedirect` what was chosen before stays
 */
export async function upsertOauthClient(
  db: Executor,
  client: { pluginId: string; clientId: string; updatedAt: Date; ownRedirect?: boolean },
): Promise<void> {
  const { pluginId: _key, ...change } = client;
  await db.insert(oauthClients).values(client).onConflictDoUpdate({
    target: oauthClients.pluginId,
    set: { ...change, secretBy: null },
  });
}

/** Nothing where the client is the plugin's own, without a row. */
export async function setSecretBy(
  db: Executor,
  pluginId: string,
  secretBy: "body" | "basic",
): Promise<void> {
  await db.update(oauthClients).set({ secretBy }).where(eq(oauthClients.pluginId, pluginId));
}

export async function listOauthClientPlugins(db: Executor): Promise<string[]> {
  const rows = await db.select({ pluginId: oauthClients.pluginId }).from(oauthClients)
    .orderBy(asc(oauthClients.pluginId));
  return rows.map((row) => row.pluginId);
}

export async function deleteOauthClient(db: Executor, pluginId: string): Promise<void> {
  await db.delete(oauthClients).where(eq(oauthClients.pluginId, pluginId));
}
