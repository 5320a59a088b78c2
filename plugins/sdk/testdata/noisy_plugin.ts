/** A plugin for process tests: prints in every way an author might, and ends calls in every way. */
import { createMetadataPlugin, NotFoundError } from "@codex/plugin-sdk";

const plugin = createMetadataPlugin({
  manifest: {
    name: "noisy",
    displayName: "Noisy",
    version: "1.0.0",
    description: "Prints a lot",
    author: "Codex",
  },
  onInitialize(session) {
    console.log("console.log at start");
    console.table([{ a: 1 }]);
    console.dir({ b: 2 });
    session.log.info("ready", { dataDir: session.dataDir });
  },
  onShutdown() {
    console.info("goodbye");
  },
  series: {
    async search({ query }, { signal }) {
      console.log("searching", query);
      if (query === "hang") {
        await new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
        });
      }
      return { results: [{ externalId: "1", title: query }] };
    },
    get({ externalId }) {
      throw new NotFoundError(`No series "${externalId}"`);
    },
  },
});

await plugin.run();
