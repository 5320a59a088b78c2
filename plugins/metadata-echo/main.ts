import { createEchoPlugin } from "./plugin.ts";

await createEchoPlugin().run();
