/** Reads the params of the metadata methods. */
import type {
  BookMatchParams,
  BookSearchParams,
  GetParams,
  SeriesMatchParams,
  SeriesSearchParams,
} from "./metadata.ts";
import { ParamsReader } from "./params.ts";

/** Each throws InvalidParamsError, naming every wrong field. */

export function readSeriesSearch(raw: unknown): SeriesSearchParams {
  const reader = new ParamsReader(raw);
  const params = { query: reader.text("query"), ...readPage(reader) };
  reader.done();
  return params;
}

export function readBookSearch(raw: unknown): BookSearchParams {
  const reader = new ParamsReader(raw);
  const params = {
    isbn: reader.optionalText("isbn"),
    query: reader.optionalText("query"),
    author: reader.optionalText("author"),
    year: reader.optionalInteger("year"),
    ...readPage(reader),
  };
  reader.done();
  if (params.isbn === undefined && params.query === undefined) {
    reader.refuse('"isbn" or "query" must be a non-empty string');
  }
  reader.done();
  return params;
}

export function readGet(raw: unknown): GetParams {
  const reader = new ParamsReader(raw);
  const params = { externalId: reader.text("externalId") };
  reader.done();
  return params;
}

export function readSeriesMatch(raw: unknown): SeriesMatchParams {
  const reader = new ParamsReader(raw);
  const params = {
    title: reader.text("title"),
    year: reader.optionalInteger("year"),
    author: reader.optionalText("author"),
  };
  reader.done();
  return params;
}

export function readBookMatch(raw: unknown): BookMatchParams {
  const reader = new ParamsReader(raw);
  const params = {
    title: reader.text("title"),
    authors: reader.texts("authors"),
    isbn: reader.optionalText("isbn"),
    year: reader.optionalInteger("year"),
    publisher: reader.optionalText("publisher"),
  };
  reader.done();
  return params;
}

function readPage(reader: ParamsReader) {
  return {
    limit: reader.optionalInteger("limit", 1),
    cursor: reader.optionalText("cursor"),
  };
}
