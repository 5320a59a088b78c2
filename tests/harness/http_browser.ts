/** As much of a browser as a sign-in takes: cookies by host and path, one hop or many, no person. */

interface Cookie {
  readonly host: string;
  readonly path: string;
  readonly name: string;
  readonly value: string;
}

const HOPS_MAX = 20;

export class HttpBrowser {
  #cookies: Cookie[] = [];

  /** One request; what it sets is kept, and a redirect is not followed. */
  async send(url: URL | string, init: RequestInit = {}): Promise<Response> {
    const target = new URL(url);
    const headers = new Headers(init.headers);
    const cookies = this.#cookies.filter(({ host, path }) =>
      host === target.host && target.pathname.startsWith(path)
    );
    if (cookies.length > 0) {
      headers.set("cookie", cookies.map(({ name, value }) => `${name}=${value}`).join("; "));
    }
    const reply = await fetch(target, { ...init, headers, redirect: "manual" });
    for (const line of reply.headers.getSetCookie()) this.#keep(target, line);
    return reply;
  }

  /** A write from one of the site's own pages. */
  async post(url: URL | string, body?: unknown): Promise<Response> {
    return await this.send(url, {
      method: "POST",
      headers: { "sec-fetch-site": "same-origin", "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  /** Follows redirects from `url` on and answers the first one that leads to `isEnd`, unvisited. */
  async followUntil(url: URL | string, isEnd: (url: URL) => boolean): Promise<URL> {
    let at = new URL(url);
    for (let hop = 0; hop < HOPS_MAX; hop++) {
      if (isEnd(at)) return at;
      const reply = await this.send(at);
      const location = reply.headers.get("location");
      const text = await reply.text();
      if (location === null) throw new Error(`${at} leads nowhere: ${reply.status} ${text}`);
      at = new URL(location, at);
    }
    throw new Error(`${url} redirects without end`);
  }

  /** Another browser that has the same cookies, but for those whose name begins with `without`. */
  copy(without: string): HttpBrowser {
    const other = new HttpBrowser();
    other.#cookies = this.#cookies.filter(({ name }) => !name.startsWith(without));
    return other;
  }

  #keep(url: URL, line: string): void {
    const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
    const equals = pair.indexOf("=");
    const [name, value] = [pair.slice(0, equals), pair.slice(equals + 1)];
    const attribute = (wanted: string) =>
      attributes.find((it) => it.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1);
    const path = attribute("path") ?? "/";
    const isGone = attribute("max-age") === "0" ||
      Date.parse(attribute("expires") ?? "") < Date.now();
    this.#cookies = this.#cookies.filter((it) =>
      it.host !== url.host || it.path !== path || it.name !== name
    );
    if (!isGone) this.#cookies.push({ host: url.host, path, name, value });
  }
}
