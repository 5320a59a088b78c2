/**
 * Takes secrets out of what plugins write for people: their logs, and the messages of their errors. It
 * guards against accidents: a plugin that wants to tell a secret it was given can disguise it.
 */

/** Takes out the secrets it knows, and whatever looks like one. */
export type Redact = (text: string) => string;

export const REDACTED = "[redacted]";

/** Shorter values would be found in any text. */
const SECRET_LENGTH_MIN = 4;

/**
 * What looks like a secret. No pattern can start more than once in a run of letters, so hostile text costs
 * no more than its length.
 */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // A JSON Web Token: RFC 7519.
  [/(?<![\w-])eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g, REDACTED],
  // RFC 9110 section 11.4.
  [/\b(bearer|basic)\s{1,4}[^\s"',;]{6,}/gi, `$1 ${REDACTED}`],
  // Userinfo of a URL.
  [/:\/\/[^\s/@]{1,300}@/g, `://${REDACTED}@`],
  [
    /(token|secret|passw(?:or)?d|passphrase|api[_-]?key|credential|authorization|cookie)(["']?\s{0,4}[:=]\s{0,4}["']?)(?!undefined\b|null\b|true\b|false\b|bearer\b|basic\b)[^\s"'&,;}]{4,}/gi,
    `$1$2${REDACTED}`,
  ],
  // Opaque: no word of a language, no UUID.
  [/(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{32,}/g, REDACTED],
  [/(?<![\w-])[0-9a-f]{32,}(?![\w-])/gi, REDACTED],
];

/** @param secrets values, in whatever form they are used */
export function createRedact(secrets: readonly string[]): Redact {
  // The longest first: one may be part of another.
  const forms = [...new Set(secrets.flatMap(formsOf))].toSorted((a, b) => b.length - a.length);
  return (text) => {
    const known = forms.reduce((rest, form) => rest.replaceAll(form, REDACTED), text);
    return PATTERNS.reduce((rest, [pattern, put]) => rest.replace(pattern, put), known);
  };
}

/** Of JSON that is redacted: values, and characters in all of its texts. More costs the host time, and tells nobody more. */
const VALUES_MAX = 1000;
const CHARACTERS_MAX = 65_536;

/**
 * JSON with every text in it redacted; the names of fields stay.
 *
 * @returns undefined for what is larger than any error's data needs to be
 */
export function redactJson(redact: Redact, value: unknown): unknown {
  let values = 0;
  let characters = 0;
  const walk = (part: unknown): unknown => {
    characters += typeof part === "string" ? part.length : 0;
    if (++values > VALUES_MAX || characters > CHARACTERS_MAX) return undefined;
    if (typeof part === "string") return redact(part);
    if (typeof part !== "object" || part === null) return part;
    if (Array.isArray(part)) return part.map(walk);
    return Object.fromEntries(Object.entries(part).map(([name, inner]) => [name, walk(inner)]));
  };
  const redacted = walk(value);
  return values > VALUES_MAX || characters > CHARACTERS_MAX ? undefined : redacted;
}

/**
 * A log line of at most `lengthMax` characters.
 *
 * @param secrets whose beginning must not stay where the line was cut
 */
export function createLineRedact(secrets: readonly string[], lengthMax: number): Redact {
  const redact = createRedact(secrets);
  const forms = secrets.flatMap(formsOf);
  return (line) => {
    const text = redact(line.length < lengthMax ? line : withoutPart(line, forms, lengthMax));
    return text.slice(0, lengthMax);
  };
}

/** The forms in which a secret turns up in text. */
function formsOf(secret: string): string[] {
  const bytes = new TextEncoder().encode(secret);
  const forms = [
    secret,
    // A key of many lines is logged line by line.
    ...secret.split(/\r?\n/),
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret.toWellFormed()),
    bytes.toBase64({ omitPadding: true }),
    bytes.toBase64({ omitPadding: true, alphabet: "base64url" }),
  ];
  return forms.filter((form) => form.trim().length >= SECRET_LENGTH_MIN);
}

/** `line` up to `lengthMax`, without the first part of a secret that goes on beyond. */
function withoutPart(line: string, forms: readonly string[], lengthMax: number): string {
  const cut = line.slice(0, lengthMax);
  let start = cut.length;
  for (const form of forms) {
    for (let length = Math.min(form.length - 1, cut.length); length > 0; length--) {
      if (cut.endsWith(form.slice(0, length))) {
        start = Math.min(start, cut.length - length);
        break;
      }
    }
  }
  return cut.slice(0, start);
}
