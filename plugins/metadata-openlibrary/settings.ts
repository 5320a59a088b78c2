/** The admin's settings. */
import { type ConfigSchema, ConfigurationError, type JsonValue } from "@codex/plugin-sdk";

export interface Settings {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  /** An e-mail address or a web page; goes into the User-Agent. */
  readonly contact: string | null;
  /** Results per search at most. */
  readonly maxResults: number;
  readonly requestsPerSecond: number;
}

const BASE_URL_DEFAULT = "https://openlibrary.org";
const MAX_RESULTS_DEFAULT = 10;
const MAX_RESULTS_MAX = 100;

/** What Open Library allows: openlibrary.org/developers/api, "Rate limits". */
const REQUESTS_PER_SECOND_UNIDENTIFIED = 1;
const REQUESTS_PER_SECOND_IDENTIFIED = 3;
/** A server on this machine is nobody's to be polite to. */
const REQUESTS_PER_SECOND_LOOPBACK = 100;
const REQUESTS_PER_SECOND_MAX = 100;

export const configSchema: ConfigSchema = {
  description: "Open Library asks programs to say whom to write to.",
  fields: [
    {
      key: "contact",
      label: "Contact",
      description: "E-mail address or web page of whoever runs this server, sent to Open Library " +
        "with every request; three requests a second instead of one, and fewer refusals",
      type: "string",
      example: "librarian@example.org",
    },
    {
      key: "maxResults",
      label: "Results per search",
      description: `1 to ${MAX_RESULTS_MAX}`,
      type: "number",
      default: MAX_RESULTS_DEFAULT,
    },
    {
      key: "baseUrl",
      label: "Base URL",
      description: "Another server that speaks Open Library's API; its host has to be granted",
      type: "string",
      default: BASE_URL_DEFAULT,
    },
    {
      key: "requestsPerSecond",
      label: "Requests per second",
      description: `Up to ${REQUESTS_PER_SECOND_MAX}; at openlibrary.org never more than it allows`,
      type: "number",
    },
  ],
};

/** @throws {ConfigurationError} naming every wrong setting */
export function readSettings(config: Readonly<Record<string, JsonValue>>): Settings {
  const problems: string[] = [];
  const url = readUrl(config.baseUrl, problems);
  const contact = readContact(config.contact, problems);
  const maxResults = config.maxResults ?? MAX_RESULTS_DEFAULT;
  if (!isNumberWithin(maxResults, 1, MAX_RESULTS_MAX) || !Number.isInteger(maxResults)) {
    problems.push(`"maxResults" must be a whole number from 1 to ${MAX_RESULTS_MAX}`);
  }
  const allowed = requestsAllowed(url, contact);
  const wanted = config.requestsPerSecond ?? allowed;
  if (!isNumberWithin(wanted, 0.01, REQUESTS_PER_SECOND_MAX)) {
    problems.push(`"requestsPerSecond" must be a number up to ${REQUESTS_PER_SECOND_MAX}`);
  }
  if (problems.length > 0) throw new ConfigurationError(problems.join("; "));
  const requestsPerSecond = isOpenLibrary(url) ? Math.min(Number(wanted), allowed) : Number(wanted);
  return {
    baseUrl: url.href.replace(/\/+$/, ""),
    contact,
    maxResults: Number(maxResults),
    requestsPerSecond,
  };
}

function readUrl(value: JsonValue | undefined, problems: string[]): URL {
  const text = value === undefined || value === null || value === "" ? BASE_URL_DEFAULT : value;
  const url = typeof text === "string" ? URL.parse(text) : null;
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.username === "" &&
    url.password === "" && url.search === "" && url.hash === "";
  if (isPlain) return url;
  problems.push('"baseUrl" must be an http or https address without credentials and query');
  return new URL(BASE_URL_DEFAULT);
}

function readContact(value: JsonValue | undefined, problems: string[]): string | null {
  if (value === undefined || value === null || value === "") return null;
  // It becomes part of a header's comment (RFC 9110, 5.6.5): visible ASCII, no brackets.
  if (typeof value === "string" && /^[\x21-\x27\x2a-\x5b\x5d-\x7e]{3,200}$/.test(value)) {
    return value;
  }
  problems.push('"contact" must be an e-mail address or a web page');
  return null;
}

function requestsAllowed(url: URL, contact: string | null): number {
  if (isLoopback(url)) return REQUESTS_PER_SECOND_LOOPBACK;
  return contact === null ? REQUESTS_PER_SECOND_UNIDENTIFIED : REQUESTS_PER_SECOND_IDENTIFIED;
}

function isOpenLibrary({ hostname }: URL): boolean {
  return hostname === "openlibrary.org" || hostname.endsWith(".openlibrary.org");
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d+){3}$/.test(hostname);
}

function isNumberWithin(value: JsonValue, min: number, max: number): value is number {
  return typeof value === "number" && value >= min && value <= max;
}
