/** Who a user is at a plugin's service, read from what the service says (protocol.md: `sync/getUserInfo`). */
import { z } from "zod";

export interface ExternalIdentity {
  readonly externalId: string | null;
  readonly username: string | null;
  readonly avatarUrl: string | null;
}

const TEXT_CHARACTERS_MAX = 200;
const URL_CHARACTERS_MAX = 2000;

/** A line of text to be shown; anything else counts as missing. */
const Text = z.union([z.string(), z.number().transform(String)]).transform(shown)
  .nullable().catch(null).default(null);
const Link = z.string().max(URL_CHARACTERS_MAX)
  .refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? "")).nullable().catch(null)
  .default(null);

/**
 * Names under which services tell the same: the plugin protocol's own, those of OpenID Connect
 * (Core section 5.1), and what others use.
 */
const Claims = z.object({
  externalId: Text,
  sub: Text,
  id: Text,
  username: Text,
  preferred_username: Text,
  login: Text,
  name: Text,
  nickname: Text,
  avatarUrl: Link,
  picture: Link,
  avatar_url: Link,
  avatar: Link,
});

/** Null where nothing usable is told. Email addresses are not asked for and not kept. */
export function readIdentity(claims: unknown): ExternalIdentity | null {
  const parsed = Claims.safeParse(claims);
  if (!parsed.success) return null;
  const it = parsed.data;
  const identity = {
    externalId: it.externalId ?? it.sub ?? it.id,
    username: it.username ?? it.preferred_username ?? it.login ?? it.name ?? it.nickname,
    avatarUrl: it.avatarUrl ?? it.picture ?? it.avatar_url ?? it.avatar,
  };
  return Object.values(identity).every((value) => value === null) ? null : identity;
}

function shown(text: string): string | null {
  const line = text.replaceAll(/\p{C}+/gu, " ").trim().slice(0, TEXT_CHARACTERS_MAX);
  return line === "" ? null : line;
}
