/** Language codes of catalogues as BCP 47 tags. */

/** Codes for "several", "unknown" and "no language" (ISO 639-2): no language at all. */
const NO_LANGUAGE = new Set(["mul", "und", "zxx", "mis", "unk"]);

/**
 * `eng` and `fre` (MARC, that is ISO 639-2/B) become `en` and `fr`; undefined for what is no language.
 * The table is the runtime's own: BCP 47 canonicalization replaces the longer codes (RFC 5646, 4.5).
 */
export function languageTagOf(code: string): string | undefined {
  try {
    const [tag] = Intl.getCanonicalLocales(code.trim().replaceAll("_", "-"));
    return tag === undefined || NO_LANGUAGE.has(tag) ? undefined : tag;
  } catch {
    return undefined;
  }
}
