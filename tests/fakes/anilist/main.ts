/** `deno task fake:anilist [port]`: the fake for people who try the AniList plugins out. */
import { startFakeAnilist } from "./server.ts";

const PORT = 8092;
const ENTRIES = 12;

const { url, fake } = startFakeAnilist({ port: Number(Deno.args[0] ?? PORT) });
const reader = fake.addUser("reader", "token-of-reader");
for (let mediaId = 1; mediaId <= ENTRIES; mediaId++) {
  fake.change(reader, mediaId, {
    status: mediaId % 3 === 0 ? "COMPLETED" : "CURRENT",
    progressVolumes: mediaId % 5,
    scoreRaw: 60 + mediaId,
  });
}
console.log(`The fake AniList answers at ${url}`);
console.log(`Set "apiUrl" of the plugins to it, and connect with the access token token-of-reader`);
console.log(`"Manga 1" has the id 1 and so on; reader has the first ${ENTRIES} on their list`);
