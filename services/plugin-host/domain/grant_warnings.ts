/** What of a manifest is unusual enough that an administrator has to accept it by name. */
import { getDomain } from "tldts";
import type { GrantWarning, Manifest } from "@codex/protocol";

/**
 * Where the endpoints of one provider lie in different hands, codes and tokens of users go to
 * somebody else than they signed in at (RFC 9700 section 4.4: mix-up). A few large providers are
 * really made so. An issuer of another domain is the same door: a manifest that names another
 * provider's has that provider's answers pass for its own, and so gets its codes.
 */
export function grantWarnings({ oauth }: Pick<Manifest, "oauth">): GrantWarning[] {
  if (oauth === undefined) return [];
  const signIn = hostOf(oauth.authorizationUrl);
  const receivers = [
    { what: "sign-in codes and the client secret", url: oauth.tokenUrl },
    { what: "access tokens", url: oauth.userInfoUrl },
  ];
  const warnings = receivers.flatMap(({ what, url }) => {
    const host = url === undefined ? signIn : hostOf(url);
    if (isOfOneDomain(signIn, host)) return [];
    return [{
      name: `oauth-domain:${host}`,
      message: `Users sign in at "${signIn}", but ${what} are sent to "${host}", ` +
        "which is of another domain: accept it only if the provider documents both",
    }];
  });
  return [...warnings, ...issuerWarnings(signIn, oauth.issuer)];
}

function issuerWarnings(signIn: string, issuer: string | undefined): GrantWarning[] {
  if (issuer === undefined) return [];
  const host = URL.parse(issuer)?.hostname.toLowerCase() || issuer.slice(0, ISSUER_CHARACTERS_MAX);
  if (isOfOneDomain(signIn, host)) return [];
  return [{
    name: `oauth-issuer:${host}`,
    message: `Users sign in at "${signIn}", but answers are taken from "${host}", which is of ` +
      "another domain: accept it only if the provider documents both",
  }];
}

/** Of one that is no URL; names of warnings have at most 500. */
const ISSUER_CHARACTERS_MAX = 300;

/** The warnings that are not among the accepted names. */
export function unacceptedWarnings(
  manifest: Pick<Manifest, "oauth">,
  accepted: readonly string[] = [],
): GrantWarning[] {
  return grantWarnings(manifest).filter(({ name }) => !accepted.includes(name));
}

/** By registrable domain; what has none, such as an address, has to be the same. */
function isOfOneDomain(one: string, other: string): boolean {
  if (one === other) return true;
  const [a, b] = [one, other].map((host) => getDomain(host, { allowPrivateDomains: true }));
  return a !== null && a === b;
}

function hostOf(url: string): string {
  return new URL(url).hostname.toLowerCase();
}
