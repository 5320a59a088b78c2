import { createRecommendationsEcho } from "./plugin.ts";

await createRecommendationsEcho().run();
