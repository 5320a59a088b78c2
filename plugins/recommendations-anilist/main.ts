import { createRecommendationsAnilist } from "./plugin.ts";

await createRecommendationsAnilist().run();
