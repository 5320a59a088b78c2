/** Saves many entries in one request. */
import type { GraphqlCall, GraphqlFault } from "@codex/plugin-sdk/graphql";
import type { SaveArguments } from "./save_plan.ts";

/** A save costs about 17 of the 500 that an operation may cost. */
export const SAVES_PER_REQUEST = 25;

/** AniList's types of the arguments. */
const ARGUMENT_TYPES: Readonly<Record<keyof SaveArguments, string>> = {
  mediaId: "Int",
  status: "MediaListStatus",
  progress: "Int",
  progressVolumes: "Int",
  scoreRaw: "Int",
  notes: "String",
  startedAt: "FuzzyDateInput",
  completedAt: "FuzzyDateInput",
  private: "Boolean",
  hiddenFromStatusLists: "Boolean",
};

/** The first save's line in the document; each has its own, since AniList tells faults by line. */
const FIRST_SAVE_LINE = 2;

export interface SaveOperation {
  readonly document: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Aliased saves `e0`, `e1` … with the arguments that each has; a null would erase. */
export function saveOperation(saves: readonly SaveArguments[]): SaveOperation {
  const variables: Record<string, unknown> = {};
  const declarations: string[] = [];
  const lines = saves.map((save, index) => {
    const given = Object.entries(save).map(([name, value]) => {
      const variable = `${name}${index}`;
      variables[variable] = value;
      declarations.push(`$${variable}: ${ARGUMENT_TYPES[name as keyof SaveArguments]}`);
      return `${name}: $${variable}`;
    });
    return `e${index}: SaveMediaListEntry(${given.join(", ")}) { id mediaId }`;
  });
  const document = `mutation (${declarations.join(", ")}) {\n${lines.join("\n")}\n}`;
  return { document, variables };
}

/** What became of each save: null when it is done, else why not. */
export async function runSaves(
  call: GraphqlCall,
  saves: readonly SaveArguments[],
): Promise<(string | null)[]> {
  const { document, variables } = saveOperation(saves);
  const { data, faults } = await call.queryPartly(document, variables);
  return saves.map((_, index) => {
    if (data[`e${index}`]) return null;
    const own = faults.find((fault) => isOf(fault, index)) ?? faults[0];
    return `AniList didn't save it: ${own?.message ?? "no reason given"}`;
  });
}

function isOf({ field, line }: GraphqlFault, index: number): boolean {
  return field === undefined ? line === FIRST_SAVE_LINE + index : field === `e${index}`;
}
