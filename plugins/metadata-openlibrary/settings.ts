/** The admin's settings. */
import { type ConfigSchema, type JsonValue, SettingsReader } from "@codex/plugin-sdk";

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
      description: `1 to ${REQUESTS_PER_SECOND_MAX}; at openlibrary.org never more than it allows`,
      type: "number",
    },
  ],
};

/** @throws {ConfigurationError} naming every wrong setting */
export function readSettings(config: Readonly<Record<string, JsonValue>>): Settings {
  const reader = new SettingsReader(config);
  const baseUrl = readBaseUrl(reader);
  const contact = readContact(reader);
  const allowed = requestsAllowed(baseUrl, contact);
  const settings: Settings = {
    baseUrl: baseUrl.href.replace(/\/+$/, ""),
    contact,
    maxResults: reader.integer("maxResults", {
      fallback: MAX_RESULTS_DEFAULT,
      min: 1,
      max: MAX_RESULTS_MAX,
    }),
    requestsPerSecond: reader.integer("requestsPerSecond", {
      fallback: allowed,
      min: 1,
      max: REQUESTS_PER_SECOND_MAX,
    }),
  };
  reader.done();
  if (!isOpenLibrary(baseUrl)) return settings;
  return { ...settings, requestsPerSecond: Math.min(settings.requestsPerSecond, allowed) };
}

function readBaseUrl(reader: SettingsReader): URL {
  const url = new URL(reader.url("baseUrl", BASE_URL_DEFAULT));
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    reader.refuse('"baseUrl" must have no credentials, query and fragment');
  }
  return url;
}

/** It becomes part of a header's comment (RFC 9110, 5.6.5): visible ASCII, no brackets, no backslash. */
function readContact(reader: SettingsReader): string | null {
  const contact = reader.text("contact", "");
  if (contact === "") return null;
  if (!/^[\x21-\x27\x2a-\x5b\x5d-\x7e]{3,200}$/.test(contact)) {
    reader.refuse('"contact" must be an e-mail address or a web page');
  }
  return contact;
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
