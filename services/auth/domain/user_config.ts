/** A user's configuration of a plugin, checked by what the plugin declares (`userConfigSchema`). */
import {
  type ConfigField,
  type ConfigSchema,
  type FieldError,
  type Json,
  type JsonObject,
  RESERVED_CONFIG_KEY,
  SyncSettingsChange,
  toPointer,
} from "@codex/protocol";

/** What a value of a declared type must be; a word that this host doesn't know allows any. */
const TYPES: ReadonlyMap<string, { readonly words: string; is(value: Json): boolean }> = new Map([
  ["string", { words: "text", is: (value) => typeof value === "string" }],
  ["number", { words: "a number", is: (value) => typeof value === "number" }],
  ["boolean", { words: "true or false", is: (value) => typeof value === "boolean" }],
  ["string-array", {
    words: "a list of texts",
    is: (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
  }],
  ["object", { words: "an object", is: isObject }],
]);

/**
 * Every wrong part of a configuration, by pointer into `{config}`. A plugin that declares no schema
 * takes whatever it is given.
 */
export function findConfigFaults(
  schema: ConfigSchema | undefined,
  config: JsonObject,
): FieldError[] {
  const { [RESERVED_CONFIG_KEY]: reserved, ...own } = config;
  return [
    ...(reserved === undefined ? [] : findReservedFaults(reserved)),
    ...(schema === undefined ? [] : findOwnFaults(schema.fields, own)),
  ];
}

function findOwnFaults(fields: readonly ConfigField[], config: JsonObject): FieldError[] {
  const byKey = new Map(fields.map((field) => [field.key, field]));
  const faults: FieldError[] = [];
  for (const [key, value] of Object.entries(config)) {
    const field = byKey.get(key);
    const detail = field === undefined ? "Is not a setting of this plugin" : faultOf(field, value);
    if (detail !== undefined) faults.push({ pointer: pointerOf(key), detail });
  }
  for (const { key, required, default: preset } of fields) {
    if (required && preset === undefined && (config[key] ?? null) === null) {
      faults.push({ pointer: pointerOf(key), detail: "Is required" });
    }
  }
  return faults;
}

/** Null is a setting that is left open, as forms send it. */
function faultOf(field: ConfigField, value: Json): string | undefined {
  if (value === null) return undefined;
  const type = TYPES.get(field.type);
  return type === undefined || type.is(value) ? undefined : `Must be ${type.words}`;
}

/** The server's own part, of which every name is known. */
function findReservedFaults(reserved: Json): FieldError[] {
  const parsed = SyncSettingsChange.safeParse(reserved);
  if (parsed.success) return [];
  return parsed.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({
        pointer: pointerOf(RESERVED_CONFIG_KEY, key),
        detail: "Is not a setting",
      }))
      : [{ pointer: pointerOf(RESERVED_CONFIG_KEY, ...issue.path), detail: issue.message }]
  );
}

function pointerOf(...path: readonly PropertyKey[]): string {
  return toPointer(["config", ...path]);
}

function isObject(value: Json): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
