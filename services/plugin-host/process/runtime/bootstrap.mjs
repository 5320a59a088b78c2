// The main module of every Deno plugin. The plugin itself must not be it: Deno doesn't check the static
// module graph of a main module against --allow-read, but checks every import below a dynamic one.
await import(Deno.args[0]);
