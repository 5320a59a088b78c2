import { createSyncEcho } from "./plugin.ts";

await createSyncEcho().run();
