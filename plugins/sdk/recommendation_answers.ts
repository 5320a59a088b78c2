/** Puts answers of recommendation handlers into the protocol's form, and refuses what the host would. */
import { InternalError } from "./errors.ts";
import { isRecord } from "./json_rpc.ts";
import type {
  ClearAnswer,
  DismissAnswer,
  ProfileAnswer,
  Recommendation,
  RecommendationAnswer,
} from "./recommendation.ts";

/** Each throws InternalError for what only an author without type checking can return. */

export function writeRecommendations(answer: RecommendationAnswer): RecommendationAnswer {
  if (!isRecord(answer) || !Array.isArray(answer.recommendations)) {
    throw new InternalError('"get" must return {recommendations: [...]}');
  }
  return {
    ...answer,
    recommendations: answer.recommendations.map(writeRecommendation),
    generatedAt: answer.generatedAt ?? new Date().toISOString(),
    cached: answer.cached ?? false,
  };
}

export function writeProfileAnswer(answer: ProfileAnswer): ProfileAnswer {
  if (isRecord(answer) && typeof answer.updated === "boolean") return answer;
  throw new InternalError('"updateProfile" must return {updated, entriesProcessed}');
}

export function writeClearAnswer(answer: ClearAnswer): ClearAnswer {
  if (isRecord(answer) && typeof answer.cleared === "boolean") return answer;
  throw new InternalError('"clear" must return {cleared}');
}

export function writeDismissAnswer(answer: DismissAnswer): DismissAnswer {
  if (isRecord(answer) && typeof answer.dismissed === "boolean") return answer;
  throw new InternalError('"dismiss" must return {dismissed}');
}

function writeRecommendation(recommendation: Recommendation): Recommendation {
  if (!isRecord(recommendation) || !isText(recommendation.externalId)) {
    throw new InternalError('What "get" returns needs an "externalId"');
  }
  const { externalId, title, score, reason } = recommendation;
  if (typeof title !== "string" || typeof reason !== "string") {
    throw new InternalError(`Recommendation "${externalId}" needs a "title" and a "reason"`);
  }
  if (!(score >= 0 && score <= 1)) {
    throw new InternalError(`Recommendation "${externalId}" needs a "score" from 0 to 1`);
  }
  return {
    ...recommendation,
    genres: recommendation.genres ?? [],
    tags: recommendation.tags ?? [],
    basedOn: recommendation.basedOn ?? [],
    inLibrary: recommendation.inLibrary ?? false,
  };
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}
