/** Subject headings: everything from "Fantasy" to "Open Library Staff Picks" and shelf marks. */

const SUBJECTS_MAX = 40;
const SUBJECT_CHARACTERS_MAX = 100;

/** Headings about the copy or the site, not about what the book is about. */
const NOT_SUBJECTS =
  /^(?:accessible book|protected daisy|in library|large type books|overdrive|open library|nyt:|collection[a-z]*:|series:|award:|reading level|lending library|internet archive|fiction in|general|\d)/i;

/** Headings that name a genre, as people use the word. */
const GENRES = new Map(
  [
    "Adventure",
    "Biography",
    "Children's fiction",
    "Classics",
    "Comics",
    "Crime",
    "Drama",
    "Dystopian",
    "Essays",
    "Fairy tales",
    "Fantasy",
    "Graphic novels",
    "Historical fiction",
    "History",
    "Horror",
    "Humor",
    "Manga",
    "Memoir",
    "Mystery",
    "Mythology",
    "Philosophy",
    "Poetry",
    "Romance",
    "Satire",
    "Science",
    "Science fiction",
    "Short stories",
    "Suspense",
    "Thriller",
    "Travel",
    "True crime",
    "War",
    "Western",
    "Young adult fiction",
  ].map((genre) => [genre.toLowerCase(), genre]),
);

/** What is no genre by itself: "Fantasy fiction", "Horror tales", "Fiction, fantasy, general". */
const FILLER = /\b(?:fiction|novels?|tales|stories|general|juvenile|literature)\b/g;

/** Headings about the content, each once in whatever case it came first, bounded in number and length. */
export function tidySubjects(subjects: readonly string[]): string[] {
  const seen = new Map<string, string>();
  for (const subject of subjects) {
    if (seen.size === SUBJECTS_MAX) break;
    const text = subject.trim().replace(/[.\s]+$/, "");
    if (text.length < 3 || text.length > SUBJECT_CHARACTERS_MAX) continue;
    if (NOT_SUBJECTS.test(text) || text.includes("=")) continue;
    const key = text.toLowerCase();
    if (!seen.has(key)) seen.set(key, text);
  }
  return [...seen.values()];
}

/** The genres that headings name, in order, each once. */
export function genresOf(subjects: readonly string[]): string[] {
  const found = subjects.flatMap((subject) => {
    const key = subject.toLowerCase();
    const genre = GENRES.get(key) ?? GENRES.get(bare(key)) ?? genreInList(key);
    return genre === undefined ? [] : [genre];
  });
  return [...new Set(found)];
}

/** "Fiction, fantasy, epic" has its genre as the second part. */
function genreInList(key: string): string | undefined {
  const [first, second] = key.split(",").map((part) => part.trim());
  if (first !== "fiction" || second === undefined) return undefined;
  return GENRES.get(second) ?? GENRES.get(bare(second));
}

function bare(key: string): string {
  return key.replaceAll(FILLER, "").replaceAll(/\s+/g, " ").trim();
}
