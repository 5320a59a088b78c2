import { type Executor, schema } from "./database.ts";

const { setup, setupCodes } = schema;

export async function isSetupDone(db: Executor): Promise<boolean> {
  return (await db.select({ done: setup.done }).from(setup)).length > 0;
}

/** True for exactly one caller, ever: the others wait for its transaction and then get false. */
export async function claimSetup(db: Executor, at: Date): Promise<boolean> {
  const rows = await db.insert(setup).values({ done: true, at }).onConflictDoNothing()
    .returning({ done: setup.done });
  return rows.length > 0;
}

export async function insertSetupCode(db: Executor, hash: Uint8Array, createdAt: Date) {
  await db.insert(setupCodes).values({ hash, createdAt });
}

export async function listSetupCodeHashes(db: Executor): Promise<Uint8Array[]> {
  const rows = await db.select({ hash: setupCodes.hash }).from(setupCodes);
  return rows.map((row) => row.hash);
}

export async function deleteSetupCodes(db: Executor): Promise<void> {
  await db.delete(setupCodes);
}
