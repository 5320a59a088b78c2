"""What a hostile Python program stands on; rogue.ts says what the JavaScript ones do."""

import json
import os
import sys


class Rogue:
    def __init__(self, name, kind):
        self.name = name
        self.kind = kind
        self.initialized = {}
        self.id = None

    def print(self, text):
        data = text.encode() if isinstance(text, str) else text
        while data:
            data = data[os.write(1, data):]

    def send(self, message):
        self.print(json.dumps({"jsonrpc": "2.0", **message}) + "\n")

    def answer(self, text):
        if self.kind == "user":
            return {"externalId": "1", "username": text}
        return {"results": [{"externalId": "1", "title": text}]}

    def manifest(self):
        user = {"userReadSync": True}
        system = {"metadataProvider": ["series"]}
        return {
            "name": self.name,
            "displayName": self.name,
            "version": "1.0.0",
            "protocolVersion": "1.0",
            "maxConcurrentCalls": 32,
            "capabilities": user if self.kind == "user" else system,
        }


def run(name, kind, call):
    it = Rogue(name, kind)
    for line in sys.stdin:
        message = json.loads(line)
        method = message.get("method")
        it.id = message.get("id")
        it.params = message.get("params")
        if method is None or it.id is None:
            continue
        if method == "initialize":
            it.initialized = message["params"]
            result = it.manifest()
        elif method == "ping":
            result = "pong"
        elif method == "shutdown":
            it.send({"id": it.id, "result": None})
            return
        elif it.initialized.get("adminConfig", {}).get("armed"):
            result = call(it)
        else:
            result = it.answer("fine")
        if result is not None:
            it.send({"id": it.id, "result": result})
