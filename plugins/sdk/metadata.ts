/**
 * Params and answers of the metadata methods. Optional fields take `undefined`, which JSON drops, so a
 * mapping can be written without conditions; lists left out are sent as empty.
 */

export interface SeriesSearchParams {
  readonly query: string;
  /** How many results are wanted; 1 or more. */
  readonly limit?: number | undefined;
  /** The `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
}

/** At least one of `isbn` and `query` is there. */
export interface BookSearchParams {
  readonly isbn?: string | undefined;
  readonly query?: string | undefined;
  readonly author?: string | undefined;
  readonly year?: number | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export interface GetParams {
  /** As given in one of the plugin's own results, or typed by a person. */
  readonly externalId: string;
}

export interface SeriesMatchParams {
  readonly title: string;
  readonly year?: number | undefined;
  readonly author?: string | undefined;
}

export interface BookMatchParams {
  readonly title: string;
  readonly authors: readonly string[];
  readonly isbn?: string | undefined;
  readonly year?: number | undefined;
  readonly publisher?: string | undefined;
}

export interface SearchResult {
  /** What `get` takes. */
  readonly externalId: string;
  readonly title: string;
  readonly alternateTitles?: readonly string[] | undefined;
  readonly year?: number | undefined;
  readonly coverUrl?: string | undefined;
  /** 0..1. */
  readonly relevanceScore?: number | undefined;
  /** What helps a person to choose. */
  readonly preview?: {
    readonly status?: string | undefined;
    readonly genres?: readonly string[] | undefined;
    /** 0..10. */
    readonly rating?: number | undefined;
    readonly description?: string | undefined;
    readonly bookCount?: number | undefined;
    readonly authors?: readonly string[] | undefined;
    readonly format?: string | undefined;
  } | undefined;
}

export interface SearchAnswer {
  readonly results: readonly SearchResult[];
  /** Opaque; absent on the last page. */
  readonly nextCursor?: string | undefined;
}

export interface MatchAnswer {
  /** Null when nothing found is the thing asked for. */
  readonly match: SearchResult | null;
  /** 0..1: how surely it is the same work. From similarity, never from how complete the record is. */
  readonly confidence: number;
  readonly alternatives?: readonly SearchResult[] | undefined;
}

export type AuthorRole =
  | "author"
  | "co_author"
  | "editor"
  | "translator"
  | "illustrator"
  | "contributor"
  | "writer"
  | "penciller"
  | "inker"
  | "colorist"
  | "letterer"
  | "cover_artist";

export interface Author {
  readonly name: string;
  readonly role?: AuthorRole | undefined;
  /** For instance "Tolkien, J. R. R.". */
  readonly sortName?: string | undefined;
}

export interface AlternateTitle {
  readonly title: string;
  /** BCP 47. */
  readonly language?: string | undefined;
  /** For instance "native", "romaji", "english". */
  readonly titleType?: string | undefined;
}

export interface Rating {
  /** 0..100. */
  readonly score: number;
  readonly voteCount?: number | undefined;
  readonly source: string;
}

export interface ExternalLink {
  readonly url: string;
  readonly label: string;
  readonly linkType?:
    | "provider"
    | "official"
    | "social"
    | "purchase"
    | "read"
    | "other"
    | undefined;
}

export interface ExternalId {
  readonly source: string;
  readonly externalId: string;
}

export interface Cover {
  readonly url: string;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly size?: "small" | "medium" | "large" | undefined;
}

export interface Award {
  readonly name: string;
  readonly year?: number | undefined;
  readonly category?: string | undefined;
  /** False: nominated. */
  readonly won: boolean;
}

interface SharedMetadata {
  readonly externalId: string;
  /** The page for people. */
  readonly externalUrl?: string | undefined;
  readonly title?: string | undefined;
  readonly alternateTitles?: readonly AlternateTitle[] | undefined;
  readonly summary?: string | undefined;
  readonly year?: number | undefined;
  /** BCP 47. */
  readonly language?: string | undefined;
  /** Years. */
  readonly ageRating?: number | undefined;
  readonly genres?: readonly string[] | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly authors?: readonly (Author | string)[] | undefined;
  readonly artists?: readonly (Author | string)[] | undefined;
  readonly publisher?: string | undefined;
  readonly coverUrl?: string | undefined;
  readonly rating?: Rating | undefined;
  readonly externalRatings?: readonly Rating[] | undefined;
  readonly externalLinks?: readonly ExternalLink[] | undefined;
  readonly externalIds?: readonly ExternalId[] | undefined;
}

export interface SeriesMetadata extends SharedMetadata {
  readonly status?: "ongoing" | "ended" | "hiatus" | "abandoned" | "unknown" | undefined;
  readonly totalVolumeCount?: number | undefined;
  /** May be fractional. */
  readonly totalChapterCount?: number | undefined;
  readonly readingDirection?: "ltr" | "rtl" | "ttb" | undefined;
  readonly bannerUrl?: string | undefined;
}

export interface BookMetadata extends SharedMetadata {
  readonly subtitle?: string | undefined;
  readonly bookType?: string | undefined;
  readonly volume?: number | undefined;
  readonly chapter?: number | undefined;
  readonly pageCount?: number | undefined;
  /** ISO 8601 date to the precision known: `1997`, `1997-03`, `1997-03-01`. */
  readonly releaseDate?: string | undefined;
  readonly isbn?: string | undefined;
  readonly isbns?: readonly string[] | undefined;
  readonly edition?: string | undefined;
  readonly originalTitle?: string | undefined;
  readonly originalYear?: number | undefined;
  readonly translator?: string | undefined;
  readonly seriesPosition?: number | undefined;
  readonly seriesTotal?: number | undefined;
  readonly subjects?: readonly string[] | undefined;
  readonly covers?: readonly Cover[] | undefined;
  readonly awards?: readonly Award[] | undefined;
}
