/** The methods a plugin can be called by, with the schemas of their parameters and answers. */
import { z } from "zod";
import {
  type Capabilities,
  type ContentType,
  ContentType as ContentTypes,
  MetadataAction,
  metadataMethods,
  recommendationMethods,
  syncMethods,
} from "@codex/protocol";

export interface MethodSchema {
  readonly params: z.ZodType;
  readonly answer: z.ZodType;
  /** The content type of a metadata method. */
  readonly contentType?: ContentType;
  /** Whether a plugin with these capabilities may be asked. */
  isCovered(capabilities: Capabilities): boolean;
}

const metadata = ContentTypes.options.flatMap((contentType) =>
  MetadataAction.options.map((action) => {
    const { params, answer } = metadataMethods[contentType][action];
    const schema: MethodSchema = {
      params,
      answer,
      contentType,
      isCovered: ({ metadataProvider }) => metadataProvider.includes(contentType),
    };
    return [metadataMethod(contentType, action), schema] as const;
  })
);
const sync = Object.entries(syncMethods).map(([name, { params, answer }]) =>
  [name, { params, answer, isCovered: (it: Capabilities) => it.userReadSync }] as const
);
const recommendations = Object.entries(recommendationMethods).map(([name, { params, answer }]) =>
  [name, {
    params,
    answer,
    isCovered: (it: Capabilities) => it.userRecommendationProvider,
  }] as const
);

const METHODS: ReadonlyMap<string, MethodSchema> = new Map<string, MethodSchema>([
  ["ping", { params: z.object({}), answer: z.literal("pong"), isCovered: () => true }],
  ...metadata,
  ...sync,
  ...recommendations,
]);

export function findMethod(name: string): MethodSchema | undefined {
  return METHODS.get(name);
}

export function metadataMethod(contentType: ContentType, action: string): string {
  return `metadata/${contentType}/${action}`;
}
