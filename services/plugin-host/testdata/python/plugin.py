"""The least that a plugin in Python is, without any SDK."""
import json
import sys

MANIFEST = {
    "name": "scripted",
    "displayName": "Scripted",
    "version": "1.0.0",
    "description": "Answers a ping",
    "author": "Codex",
    "protocolVersion": "1.0",
    "capabilities": {"metadataProvider": ["series"]},
}
RESULTS = {"initialize": MANIFEST, "ping": "pong", "shutdown": None}

for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message:
        continue
    result = RESULTS.get(message["method"])
    print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
    if message["method"] == "shutdown":
        break
