/**
 * `deno task import:goodbooks <csv>`: brings the goodbooks-10k list into a library, or with
 * `--ndjson -` prints the lines that it would send.
 */
import { parseArgs } from "node:util";
import type { ImportReport } from "@codex/protocol";
import { exitOnFailure, Failure, reasonOf } from "../failure.ts";
import { type CodexApi, codexApi } from "./codex_api.ts";
import { type GoodbooksRow, readGoodbooks } from "./goodbooks_rows.ts";
import { gatherSeries, type SeriesLine } from "./goodbooks_series.ts";

const USAGE = "deno task import:goodbooks <csv> [--url http://127.0.0.1:8080] [--token TOKEN] " +
  "[--library NAME] [--ndjson -]; the token can be in CODEX_TOKEN";
const ERRORS_SHOWN_MAX = 20;
/** Progress is told whenever so many more series have been sent. */
const PROGRESS_STEP = 1000;

if (import.meta.main) {
  await exitOnFailure(() => main(Deno.args, Deno.env.get("CODEX_TOKEN")));
}

async function main(
  args: readonly string[],
  environmentToken: string | undefined,
): Promise<number> {
  const options = readArguments(args);
  const series = gatherSeries(await readRows(options.csv));
  if (options.ndjson) {
    await print(linesOf(series));
    return 0;
  }
  const token = options.token ?? environmentToken;
  if (token === undefined) throw new Failure(`A token is missing: ${USAGE}`);
  const tell = (line: string) => console.error(line);
  return await importSeries(codexApi(options.url, token), options.library, series, tell);
}

/** Sends everything and tells how it went; 1 when a line didn't go in. */
export async function importSeries(
  api: CodexApi,
  libraryName: string,
  series: readonly SeriesLine[],
  tell: (line: string) => void,
): Promise<number> {
  const library = await api.openLibrary(libraryName);
  const onSent = (sent: number) => tell(`Sent ${sent} of ${series.length} series`);
  const report = await api.importLines(library.id, linesOf(series, onSent));
  for (const line of summaryOf(library.name, report)) tell(line);
  return report.failed === 0 ? 0 : 1;
}

/** One JSON line per series, made as they are read. */
export function linesOf(
  series: Iterable<SeriesLine>,
  onSent: (sent: number) => void = () => {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let sent = 0;
  return ReadableStream.from(series).pipeThrough(
    new TransformStream<SeriesLine, Uint8Array<ArrayBuffer>>({
      transform(line, controller) {
        controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`));
        if (++sent % PROGRESS_STEP === 0) onSent(sent);
      },
    }),
  );
}

/** A reader that has seen enough, such as `head`, ends the printing. */
async function print(lines: ReadableStream<Uint8Array>): Promise<void> {
  try {
    await lines.pipeTo(Deno.stdout.writable);
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

async function readRows(path: string): Promise<GoodbooksRow[]> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    throw new Failure(`"${path}" can't be read: ${reasonOf(error)}`);
  }
  return await Array.fromAsync(readGoodbooks(file.readable));
}

function readArguments(args: readonly string[]) {
  const parsed = parseOrUndefined(args);
  const [csv, ...others] = parsed?.positionals ?? [];
  if (parsed === undefined || csv === undefined || others.length > 0) {
    throw new Failure(`Usage: ${USAGE}`);
  }
  const { url, token, library, ndjson } = parsed.values;
  if (!URL.canParse(url)) throw new Failure(`"--url" must be an address, not "${url}"`);
  if (ndjson !== undefined && ndjson !== "-") throw new Failure('"--ndjson" must be "-"');
  return { csv, url: url.replace(/\/+$/, ""), token, library, ndjson: ndjson !== undefined };
}

function parseOrUndefined(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        url: { type: "string", default: "http://127.0.0.1:8080" },
        token: { type: "string" },
        library: { type: "string", default: "Goodbooks" },
        ndjson: { type: "string" },
      },
    });
  } catch {
    return undefined;
  }
}

function summaryOf(library: string, report: ImportReport): string[] {
  const counts = (name: string, { created, updated, unchanged }: ImportReport["books"]) =>
    `${name}: ${created} created, ${updated} updated, ${unchanged} unchanged`;
  const errors = report.errors.slice(0, ERRORS_SHOWN_MAX).map(({ line, code, detail }) =>
    `Line ${line}: ${detail} (${code})`
  );
  return [
    ...errors,
    `Imported ${report.lines} lines into "${library}", ${report.failed} failed`,
    counts("Series", report.series),
    counts("Books", report.books),
  ];
}
