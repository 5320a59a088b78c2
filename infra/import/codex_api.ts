/** The calls of the public API that an import needs (http-api.md: "Library"). */
import { ImportReport, Library, LibraryPage, NDJSON, Problem } from "@codex/protocol";
import type { z } from "zod";
import { Failure, reasonOf } from "../failure.ts";

export interface CodexApi {
  /** The library of this name, made when there is none. */
  openLibrary(name: string): Promise<Library>;
  /** Streams lines into a library and waits for the report. */
  importLines(libraryId: Library["id"], lines: ReadableStream<Uint8Array>): Promise<ImportReport>;
}

interface Call {
  readonly method?: string;
  readonly contentType?: string;
  readonly body?: BodyInit;
}

/**
 * @param url of the gateway, for instance `http://127.0.0.1:8080`
 * @param token a session access token or an API token with the scope `library:manage`
 */
export function codexApi(url: string, token: string, fetchFrom: typeof fetch = fetch): CodexApi {
  async function call<Schema extends z.ZodType>(
    path: string,
    schema: Schema,
    { method = "GET", contentType = "application/json", body }: Call = {},
  ): Promise<z.output<Schema>> {
    const response = await send(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": contentType },
      ...(body === undefined ? {} : { body }),
    });
    if (!response.ok) throw new Failure(await refusalOf(response));
    const answer = schema.safeParse(await response.json());
    if (answer.success) return answer.data;
    throw new Failure(`${method} ${path} answered what makes no sense: is ${url} Codex?`);
  }

  async function send(address: string, init: RequestInit): Promise<Response> {
    try {
      return await fetchFrom(address, init);
    } catch (error) {
      throw new Failure(
        `${url} can't be reached: start Codex, or name where it is by --url (${reasonOf(error)})`,
      );
    }
  }

  async function findLibrary(name: string): Promise<Library | undefined> {
    let cursor: string | undefined;
    do {
      const query = new URLSearchParams({ limit: "200", ...(cursor && { cursor }) });
      const page = await call(`/libraries?${query}`, LibraryPage);
      const found = page.items.find((library) => library.name === name);
      if (found !== undefined) return found;
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return undefined;
  }

  return {
    async openLibrary(name) {
      const body = JSON.stringify({ name });
      return await findLibrary(name) ?? await call("/libraries", Library, { method: "POST", body });
    },
    importLines: (libraryId, lines) =>
      call(`/libraries/${libraryId}/import`, ImportReport, {
        method: "POST",
        contentType: NDJSON,
        body: lines,
      }),
  };
}

/** The problem's own words, else the status. */
async function refusalOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const problem = Problem.parse(JSON.parse(text));
    return `${problem.title}: ${problem.detail} (${problem.status} ${problem.code})`;
  } catch {
    return `${response.url} answered ${response.status}`;
  }
}
