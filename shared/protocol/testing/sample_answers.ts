/** For tests: the least that a plugin may answer. */
import { recommendationMethods } from "../mod.ts";

export const RecommendationAnswer = recommendationMethods["recommendations/get"].answer;
export const RESULT = { externalId: "1", title: "T" };
export const RECOMMENDED = { ...RESULT, score: 1, reason: "R" };
