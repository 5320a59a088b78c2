/** Letting a plugin find the record of a series or book, and applying it when it is sure. */
import {
  type AutoMatchAnswer,
  type AutoMatchRequest,
  type CallContext,
  MatchAnswer,
  type PluginSummary,
  type SearchResult,
} from "@codex/protocol";
import { ProblemError } from "@codex/service";
import type { z } from "zod";
import type { Kind } from "../domain/document.ts";
import { tellable } from "../domain/enrichment.ts";
import {
  CONFIDENCE_MIN,
  knownExternalId,
  type MatchDecision,
  type MatchSubject,
  recordTitle,
  shortTitle,
  subjectOf,
  unsureOf,
} from "../domain/match.ts";
import type { StoredDocument } from "../domain/write.ts";
import { apply, type EnrichDeps, findOrRefuse } from "./enrich.ts";
import { applicablePlugin, callMetadata, getMetadata, refusalOf } from "./plugin_answers.ts";

export async function autoMatch(
  deps: EnrichDeps,
  context: CallContext,
  kind: Kind,
  id: string,
  { pluginId, query }: z.infer<typeof AutoMatchRequest>,
): Promise<AutoMatchAnswer> {
  const stored = await findOrRefuse(deps, kind, id);
  const plugin = await applicablePlugin(deps, context, pluginId, kind, stored.libraryId);
  const found = await existing(deps, context, plugin, stored, query) ??
    await decide(deps, context, plugin, kind, subjectOf(kind, stored.fields, query));
  if (!found.sure) {
    return {
      success: false,
      appliedFields: [],
      skippedFields: [],
      message: found.reason,
      ignored: tellable(found.ignored),
    };
  }
  const { externalId, title } = found.result;
  const applied = await apply(deps, context, kind, id, {
    pluginId,
    externalId,
    dryRun: false,
    lockAfterApply: false,
  });
  return {
    success: applied.success,
    matchedResult: found.result,
    appliedFields: applied.appliedFields,
    skippedFields: applied.skippedFields,
    ignored: [...tellable(found.ignored), ...applied.ignored],
    message: `Matched "${shortTitle(title)}" (${
      found.confidence.toFixed(2)
    } of 1). ${applied.message}`,
  };
}

/** The record that the document names already, unless a query asks for another or it is gone. */
async function existing(
  deps: EnrichDeps,
  context: CallContext,
  plugin: PluginSummary,
  stored: StoredDocument,
  query: string | undefined,
): Promise<MatchDecision | undefined> {
  if (!plugin.useExistingExternalId || query !== undefined) return undefined;
  const source = plugin.manifest?.capabilities.externalIdSource;
  const externalId = knownExternalId(stored.fields, source);
  if (externalId === undefined) return undefined;
  const answer = await getMetadata(deps, context, plugin, stored.kind, externalId)
    .catch((error) => {
      if (error instanceof ProblemError && error.code === "not_found") return undefined;
      throw error;
    });
  if (answer === undefined) return undefined;
  const { title, year } = answer.metadata;
  const result: SearchResult = {
    externalId,
    title: recordTitle(title, stored.title),
    alternateTitles: [],
    ...(year !== undefined && { year }),
  };
  return { sure: true, result, confidence: 1, ignored: [] };
}

/** By `match`, which plugin-host does by searching where the plugin can only search. */
async function decide(
  deps: EnrichDeps,
  context: CallContext,
  plugin: PluginSummary,
  kind: Kind,
  subject: MatchSubject,
): Promise<MatchDecision> {
  const params = matchParams(kind, subject);
  const answer = await callMetadata(deps, context, plugin, kind, "match", params, MatchAnswer);
  if (!answer.ok) throw refusalOf(plugin, answer.error);
  const { value: { match, confidence }, ignored } = answer;
  if (match === undefined) return { sure: false, reason: "The plugin found no match", ignored };
  return confidence >= CONFIDENCE_MIN
    ? { sure: true, result: match, confidence, ignored }
    : { sure: false, reason: unsureOf(match.title, confidence), ignored };
}

/** Only what a metadata plugin may learn (protocol.md: "What a plugin may learn"). */
function matchParams(kind: Kind, { title, authors, year, isbn }: MatchSubject) {
  const [author] = authors;
  return {
    title,
    ...(year !== undefined && { year }),
    ...(kind === "series"
      ? { ...(author !== undefined && { author }) }
      : { authors: [...authors], ...(isbn !== undefined && { isbn }) }),
  };
}
