// Tells the window that began the sign-in how it went. A file of its own: the page allows no script inside it.
const { kind, reason, pluginId } = document.getElementById("outcome").dataset;
const message = { type: "codex:oauth", kind, reason, pluginId };

// The address holds the provider's code: it need not stay in the history.
history.replaceState(null, "", location.pathname);

// A provider's own page may have cut the tie to the opener: all windows of Codex hear this one.
new BroadcastChannel("codex:oauth").postMessage(message);
globalThis.opener?.postMessage(message, location.origin);
if (kind === "connected") globalThis.close();
