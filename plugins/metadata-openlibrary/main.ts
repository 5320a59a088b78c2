import { createOpenLibraryPlugin } from "./plugin.ts";

await createOpenLibraryPlugin().run();
