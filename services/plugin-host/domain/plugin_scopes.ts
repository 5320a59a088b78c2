/** Where a plugin can be run from. */
import type { ContentType, Manifest, PluginScope } from "@codex/protocol";

/** The content types a plugin serves: what it can do, narrowed by the administrator's targets. */
export function contentTypesOf(
  manifest: Manifest | null,
  targets: readonly ContentType[],
): ContentType[] {
  const able = manifest?.capabilities.metadataProvider ?? [];
  return targets.length === 0 ? [...able] : able.filter((type) => targets.includes(type));
}

export function scopesOf(contentTypes: readonly ContentType[]): PluginScope[] {
  const scopes: PluginScope[] = contentTypes.flatMap((type) =>
    type === "series"
      ? ["series:detail", "series:bulk"] as const
      : ["book:detail", "book:bulk"] as const
  );
  return scopes.length === 0 ? [] : [...scopes, "library:detail"];
}
