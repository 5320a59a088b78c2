/** Who had which part in a book: the goodbooks list gives names alone. */
import type { Author } from "@codex/protocol";

type Role = NonNullable<Author["role"]>;

/**
 * Names whose part is known, because they hold it in every book of theirs on the list. Anybody else
 * after the first is a co-author if the list has a book of their own, and else just a contributor.
 */
const KNOWN_ROLES: ReadonlyMap<string, Role> = new Map(
  Object.entries(
    {
      illustrator: [
        "Brandon Dorman",
        "Brett Helquist",
        "Charles Vess",
        "Charlie Adlard",
        "Dave McKean",
        "Douglas Smith",
        "Ernest H. Shepard",
        "Felicia Bond",
        "Fiona Staples",
        "Garth Williams",
        "Gilbert Ford",
        "Greg Call",
        "Hablot Knight Browne",
        "Jan Berenstain",
        "John Tenniel",
        "Mary GrandPré",
        "Michael Hague",
        "Nick Sharratt",
        "Patrick Arrasmith",
        "Pauline Baynes",
        "Peter Ferguson",
        "Peter de Sève",
        "Pia Guerra",
        "Quentin Blake",
        "Salvatore Murdocca",
        "Steve Dillon",
        "Takeshi Obata",
      ],
      translator: [
        "Alethea Nibley",
        "Alfred Birnbaum",
        "Ann Goldstein",
        "Anthea Bell",
        "Athena Nibley",
        "Aylmer Maude",
        "Don Bartlett",
        "Edith Grossman",
        "Gregory Rabassa",
        "Jay Rubin",
        "Larissa Volokhonsky",
        "Laurie Thompson",
        "Louise Maude",
        "Lucia Graves",
        "Margaret Jull Costa",
        "Margaret Sayers Peden",
        "Philip Gabriel",
        "Reg Keeland",
        "Richard Pevear",
        "Robert Fagles",
        "Steven T. Murray",
        "William Weaver",
      ],
    } satisfies Partial<Record<Role, string[]>>,
  ).flatMap(([role, names]) => names.map((name) => [name, role as Role] as const)),
);

/** The names of "Neil Gaiman, Terry  Pratchett", each once. */
export function readNames(authors: string): string[] {
  const names = authors.split(",").map((name) => name.trim().replaceAll(/\s+/g, " "));
  return [...new Set(names.filter((name) => name !== ""))];
}

/** @param firstNames everybody whom the list names first at some book */
export function creditsOf(names: readonly string[], firstNames: ReadonlySet<string>): Author[] {
  return names.map((name, index) => {
    if (index === 0) return { name, role: "author" };
    const role = KNOWN_ROLES.get(name) ?? (firstNames.has(name) ? "co_author" : "contributor");
    return { name, role };
  });
}
