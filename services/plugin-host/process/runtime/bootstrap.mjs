// The main module of every Deno plugin. The plugin itself must not be it: Deno doesn't check the static
// module graph of a main module against --allow-read, but checks every import below a dynamic one.
//
// For the same reason the SDK is imported here: the plugin then finds it loaded, and needs no
// permission to read it. With one it could change the mode, the times and, as root, the owner of
// the SDK's files by `fs.fchmod` and the like, which Deno lets pass for files that were opened for
// reading alone [tried].
import "@codex/plugin-sdk";
import "@codex/plugin-sdk/call-record";
import "@codex/plugin-sdk/graphql";
import "@codex/plugin-sdk/http";
import "@codex/plugin-sdk/pacing";

await import(Deno.args[0]);
