/** The works that the fake knows, made up by number. */

export interface FakeMedia {
  readonly id: number;
  readonly type: "MANGA" | "ANIME";
  readonly title: {
    readonly romaji: string | null;
    readonly english: string | null;
    readonly native: string | null;
  };
  readonly synonyms: readonly string[];
  readonly format: string | null;
  readonly status: string | null;
  readonly description: string | null;
  readonly startYear: number | null;
  readonly chapters: number | null;
  readonly volumes: number | null;
  readonly countryOfOrigin: string | null;
  readonly genres: readonly string[];
  readonly averageScore: number | null;
  readonly popularity: number;
  readonly isAdult: boolean;
  /** Ids of works that people recommend to who likes this one, and how many more for than against. */
  readonly recommendations: readonly { readonly id: number; readonly rating: number }[];
}

const GENRES = ["Action", "Adventure", "Comedy", "Drama", "Fantasy", "Mystery"];
const COUNTRIES = ["JP", "JP", "JP", "KR", "CN"];
const STATUSES = ["FINISHED", "RELEASING", "FINISHED", "HIATUS"];
const RECOMMENDATIONS = 5;

/** A manga that follows from its id alone; some have no totals and no English title, as at AniList. */
export function madeUpMedia(id: number): FakeMedia {
  const isOngoing = id % 4 === 1;
  return {
    id,
    type: "MANGA",
    title: {
      romaji: `Manga ${id}`,
      english: id % 3 === 0 ? null : `The Manga ${id}`,
      native: id % 5 === 0 ? null : `漫画${id}`,
    },
    synonyms: [`Manga number ${id}`],
    format: id % 10 === 0 ? "NOVEL" : "MANGA",
    status: pick(STATUSES, id),
    description: `What the manga ${id} is about.<br>It is made up.`,
    startYear: 1990 + id % 35,
    chapters: isOngoing ? null : 10 * (5 + id % 20),
    volumes: isOngoing ? null : 5 + id % 20,
    countryOfOrigin: pick(COUNTRIES, id),
    genres: [pick(GENRES, id), pick(GENRES, id + 2)],
    averageScore: 50 + id % 45,
    popularity: 100_000 - id,
    isAdult: false,
    recommendations: Array.from({ length: RECOMMENDATIONS }, (_, index) => ({
      id: id + index + 1,
      rating: 100 - 15 * index,
    })),
  };
}

/** Every positive id is a manga, unless a test gave it another meaning. */
export class Catalogue {
  readonly #given = new Map<number, FakeMedia | null>();

  constructor(private readonly idMax: number) {}

  /** Makes a work, like the made-up one but for what is given. */
  add(id: number, media: Partial<Omit<FakeMedia, "id">> = {}): FakeMedia {
    const added = { ...madeUpMedia(id), ...media };
    this.#given.set(id, added);
    return added;
  }

  remove(id: number): void {
    this.#given.set(id, null);
  }

  find(id: number): FakeMedia | null {
    const given = this.#given.get(id);
    if (given !== undefined) return given;
    return Number.isInteger(id) && id > 0 && id <= this.idMax ? madeUpMedia(id) : null;
  }

  /** Works with all words of the text in one of their titles: exact titles first, then by popularity. */
  search(text: string, type: string | null): FakeMedia[] {
    const words = wordsOf(text);
    const exact = words.join(" ");
    const found = [...this.#all()].filter((media) =>
      (type === null || media.type === type) &&
      titlesOf(media).some((title) => words.every((word) => wordsOf(title).includes(word)))
    );
    const isExact = (media: FakeMedia) =>
      titlesOf(media).some((title) => wordsOf(title).join(" ") === exact);
    return found.sort((a, b) =>
      Number(isExact(b)) - Number(isExact(a)) || b.popularity - a.popularity
    );
  }

  *#all(): Generator<FakeMedia> {
    for (const media of this.#given.values()) if (media !== null) yield media;
    for (let id = 1; id <= this.idMax; id++) if (!this.#given.has(id)) yield madeUpMedia(id);
  }
}

function titlesOf({ title, synonyms }: FakeMedia): string[] {
  return [title.romaji, title.english, title.native, ...synonyms].filter((text) => text !== null);
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
}

function pick(values: readonly string[], number: number): string {
  return values[number % values.length] ?? "";
}
