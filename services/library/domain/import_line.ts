/** One line of an import, read (http-api.md: "Import line"). */
import {
  type IgnoredValue,
  type ImportReport,
  ImportSeries,
  parseExact,
  readWire,
} from "@codex/protocol";
import { mayNeedReplacing, storable } from "./storable_text.ts";

type Listed = ImportReport["errors"][number];
export type Fault = Omit<Listed, "line">;

export type ImportLine =
  | { readonly kind: "blank" }
  | { readonly kind: "fault"; readonly fault: Fault }
  | {
    readonly kind: "series";
    readonly series: ImportSeries;
    /** Values that can't be kept: left out, the rest goes in. */
    readonly ignored: readonly IgnoredValue[];
  };

const ISSUES_TOLD_MAX = 5;
const BLANK = /^[ \t\r]*$/;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function readImportLine(bytes: Uint8Array): ImportLine {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return fault({ code: "invalid_utf8", detail: "The line is not valid UTF-8" });
  }
  if (BLANK.test(text)) return { kind: "blank" };

  let raw: unknown;
  try {
    raw = parseExact(text).value;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // It counts lines within the text, which is one: beside the line of the file that misleads.
    const reason = message.replace(/ \(line \d+ column \d+\)$/, "");
    return fault({ code: "bad_json", detail: `The line is not JSON: ${shorten(reason)}` });
  }
  if (mayNeedReplacing(text)) raw = storable(raw as Parameters<typeof storable>[0]);

  const result = readWire(ImportSeries, raw);
  if (result.ok) return { kind: "series", series: result.value, ignored: result.ignored };
  const told = result.issues.slice(0, ISSUES_TOLD_MAX)
    .map(({ pointer, message }) => `${pointer || "the line"}: ${message}`);
  const more = result.issues.length - told.length;
  if (more > 0) told.push(`and ${more} more`);
  return fault({ code: "invalid", detail: told.join("; "), ...keyOf(raw) });
}

function fault(fault: Fault): ImportLine {
  return { kind: "fault", fault };
}

function keyOf(raw: unknown): { key?: string } {
  if (typeof raw !== "object" || raw === null || !("key" in raw)) return {};
  return typeof raw.key === "string" ? { key: raw.key.slice(0, 500) } : {};
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
