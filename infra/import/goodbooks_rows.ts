/** The goodbooks-10k list as rows: one book each. */
import { Readable } from "node:stream";
import { parse } from "csv-parse";
import { z } from "zod";
import { Failure } from "../failure.ts";

const blankAsMissing = (raw: unknown) => raw === "" ? undefined : raw;
const optionalText = z.preprocess(blankAsMissing, z.string().trim().optional());
/** The list writes whole numbers as "2008.0"; years before our era are negative. */
const optionalYear = z.preprocess(blankAsMissing, z.coerce.number().int().optional());

const Row = z.object({
  goodreads_book_id: z.string().regex(/^\d+$/, "Must be digits"),
  /** ISBN-10 without the zeros that a spreadsheet took from its front. */
  isbn: optionalText,
  authors: z.string(),
  original_publication_year: optionalYear,
  original_title: optionalText,
  title: z.string().trim().min(1),
  language_code: optionalText,
  /** 1 to 5. */
  average_rating: z.coerce.number().min(0).max(5),
  ratings_count: z.coerce.number().int().nonnegative(),
  image_url: optionalText,
});
export type GoodbooksRow = z.infer<typeof Row>;

/**
 * Reads the list as it streams.
 *
 * @throws {Failure} for what is no such list, with the line
 */
export async function* readGoodbooks(
  csv: ReadableStream<Uint8Array>,
): AsyncGenerator<GoodbooksRow> {
  // The type of node:stream's own web streams differs from the global one in name only.
  const source = Readable.fromWeb(csv as Parameters<typeof Readable.fromWeb>[0]);
  const records = source.pipe(parse({ columns: true, bom: true, info: true }));
  source.on("error", (error) => records.destroy(error));
  try {
    for await (const { record, info } of records) {
      const row = Row.safeParse(record);
      if (!row.success) {
        const [issue] = row.error.issues;
        throw new Failure(`Line ${info.lines}, "${issue?.path.join(".")}": ${issue?.message}`);
      }
      yield row.data;
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && String(error.code).startsWith("CSV_")) {
      throw new Failure(`The file is not a CSV list: ${error.message}`);
    }
    throw error;
  }
}
