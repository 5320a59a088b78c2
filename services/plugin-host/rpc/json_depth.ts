/**
 * Deepest nesting taken from a plugin. JSON.parse takes any depth, but what comes after it
 * (JSON.stringify, schemas) recurses and would overflow the stack.
 */
export const JSON_DEPTH_MAX = 512;

/**
 * Whether arrays and objects are nested deeper than `depthMax`. Goes level by level, without recursion;
 * `textLength` spares short texts the walk, as each level takes two characters.
 */
export function isTooDeep(value: unknown, textLength: number, depthMax = JSON_DEPTH_MAX): boolean {
  if (textLength <= 2 * depthMax) return false;
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > depthMax) return true;
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item !== "object" || item === null) continue;
      for (const child of Object.values(item)) {
        if (typeof child === "object" && child !== null) next.push(child);
      }
    }
    level = next;
  }
  return false;
}
