/** Finds candidates for a wanted book or work and says how surely each is the one. */
import type { CallContext, MatchAnswer, SearchAnswer, SearchResult } from "@codex/plugin-sdk";
import { parseIsbn } from "./isbn.ts";
import type { Lookup } from "./lookup.ts";
import { authorNames, resultFromBook, resultFromDoc } from "./mapping.ts";
import type { OpenLibrary, SearchWords } from "./open_library.ts";
import type { SearchDoc } from "./records.ts";
import {
  confidenceOf,
  type Likeness,
  MATCH_CONFIDENCE_MIN,
  titleSimilarity,
  withoutSeriesNote,
} from "./similarity.ts";

interface Candidate {
  readonly likeness: Likeness;
  readonly confidence: number;
  readonly result: SearchResult;
}

const CANDIDATES_MAX = 10;
const ALTERNATIVES_MAX = 5;
/** An edition with the ISBN asked for that is this like the book needs no further search. */
const CERTAIN = 0.9;
/** Two works this close can't be told apart by what is known. */
const TIE = 0.03;

export class Matching {
  constructor(private readonly openLibrary: OpenLibrary, private readonly lookup: Lookup) {}

  /** One page of results, best first as Open Library ranks them. */
  async search(
    words: SearchWords & { readonly year?: number | undefined },
    page: { readonly limit: number; readonly cursor?: string | undefined },
    context: CallContext,
  ): Promise<SearchAnswer> {
    const offset = readCursor(page.cursor);
    const { year, ...searched } = words;
    const { docs, end, total } = await this.openLibrary.search(
      searched,
      { limit: page.limit, offset },
      context,
    );
    const wanted: Likeness = {
      title: words.anywhere ?? words.title ?? "",
      authors: words.author === undefined ? [] : [words.author],
      year,
    };
    return {
      results: docs.map((doc) => resultFromDoc(doc, relevance(wanted, doc))),
      nextCursor: end > offset && end < total ? String(end) : undefined,
    };
  }

  /** The edition with this ISBN, or else the works that have an edition with it. */
  async byIsbn(text: string, context: CallContext): Promise<SearchResult[]> {
    const isbn = parseIsbn(text);
    if (isbn === undefined) return [];
    const edition = await this.openLibrary.editionByIsbn(isbn, context);
    if (edition !== undefined) {
      return [resultFromBook(await this.lookup.edition(edition, context), 1)];
    }
    const page = { limit: CANDIDATES_MAX, offset: 0 };
    const { docs } = await this.openLibrary.search({ isbn }, page, context);
    return docs.map((doc) => resultFromDoc(doc, 1));
  }

  /** By ISBN first, then by title and author. */
  async match(wanted: Likeness, context: CallContext): Promise<MatchAnswer> {
    const byIsbn = await this.#candidateByIsbn(wanted, context);
    if (byIsbn !== undefined && byIsbn.confidence >= CERTAIN) return answerOf([byIsbn], wanted);
    const docs = await this.#candidateDocs(wanted, context);
    const found = docs.map((doc) => candidateFromDoc(doc, wanted));
    return answerOf(byIsbn === undefined ? found : [byIsbn, ...found], wanted);
  }

  async #candidateByIsbn(wanted: Likeness, context: CallContext): Promise<Candidate | undefined> {
    const isbn = parseIsbn(wanted.isbns?.[0] ?? "");
    if (isbn === undefined) return undefined;
    const edition = await this.openLibrary.editionByIsbn(isbn, context);
    if (edition === undefined) return undefined;
    const book = await this.lookup.edition(edition, context);
    const likeness: Likeness = {
      title: book.title ?? "",
      subtitle: book.subtitle,
      authors: authorNames(book),
      year: book.year,
      isbns: book.isbns,
    };
    const confidence = confidenceOf(wanted, likeness);
    return { likeness, confidence, result: resultFromBook(book, confidence) };
  }

  /** Narrow first; wider only while nothing comes, since each search is a request. */
  async #candidateDocs(wanted: Likeness, context: CallContext): Promise<readonly SearchDoc[]> {
    const title = withoutSeriesNote(wanted.title);
    const mainTitle = title.split(/[:;(]/)[0]?.trim() || title;
    const [author] = wanted.authors;
    const searches: SearchWords[] = [
      ...(author === undefined ? [] : [{ title: mainTitle, author }]),
      { title: mainTitle },
      { anywhere: title },
    ];
    const page = { limit: CANDIDATES_MAX, offset: 0 };
    for (const words of searches) {
      const { docs } = await this.openLibrary.search(words, page, context);
      if (docs.length > 0) return docs;
    }
    return [];
  }
}

function candidateFromDoc(doc: SearchDoc, wanted: Likeness): Candidate {
  const likeness: Likeness = {
    title: doc.title,
    subtitle: doc.subtitle,
    authors: doc.authors.map(({ name }) => name),
    year: doc.firstPublishYear,
    isbns: doc.isbns,
  };
  const confidence = confidenceOf(wanted, likeness);
  return { likeness, confidence, result: resultFromDoc(doc, confidence) };
}

function answerOf(candidates: readonly Candidate[], wanted: Likeness): MatchAnswer {
  const [best, second, ...others] = candidates.toSorted((a, b) => b.confidence - a.confidence);
  if (best === undefined) return { match: null, confidence: 0 };
  // Without an author, works of the same title by different people are a guess.
  const isGuess = wanted.authors.length === 0 && second !== undefined &&
    best.confidence - second.confidence < TIE && !sharesAuthor(best.likeness, second.likeness);
  const confidence = isGuess ? Math.min(best.confidence, MATCH_CONFIDENCE_MIN) : best.confidence;
  const isMatch = confidence >= MATCH_CONFIDENCE_MIN;
  const rest = [...(isMatch ? [] : [best]), ...(second === undefined ? [] : [second]), ...others];
  return {
    match: isMatch ? best.result : null,
    confidence,
    alternatives: rest.slice(0, ALTERNATIVES_MAX).map(({ result }) => result),
  };
}

function sharesAuthor(a: Likeness, b: Likeness): boolean {
  return a.authors.some((name) => b.authors.includes(name));
}

/** How well a result's title fits what was typed; authors only where they were asked for. */
function relevance(wanted: Likeness, doc: SearchDoc): number {
  if (wanted.authors.length > 0) return candidateFromDoc(doc, wanted).confidence;
  return Math.round(titleSimilarity(wanted, doc) * 1000) / 1000;
}

/** A cursor of another form reads as the beginning: it can only come from an older version. */
function readCursor(cursor: string | undefined): number {
  return cursor !== undefined && /^\d{1,6}$/.test(cursor) ? Number(cursor) : 0;
}
