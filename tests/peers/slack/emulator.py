#!/usr/bin/env python3
"""A Slack that rejects what Slack rejects: chat.postMessage, auth.test and incoming webhooks, from the published protocol.

Sources: Slack's API reference (chat.postMessage, incoming webhooks, Block Kit reference, rate limits).
Started as `emulator.py`; prints its port. What was accepted is at GET /_emulator/messages; POST /_emulator/fault with
{"status": 429, "retry_after": 1, "times": 2} or {"error": "fatal_error", "times": 1} makes the next calls fail.
Channels: #ops (the bot is a member), #private (unknown to the bot), #lobby (not a member), #old (archived).
Tokens: xoxb-good; xoxb-revoked. The webhook: /services/T000/B000/good; /services/T000/B000/gone was removed.
"""
import http.server
import json
import re
import threading
import urllib.parse

CHANNELS = {"#ops": "C0OPS", "#lobby": "C0LOBBY", "#old": "C0OLD"}
IDS = {identifier: name for name, identifier in CHANNELS.items()}
MAX_BLOCKS = 50
MAX_TEXT = 40_000

state = {"messages": [], "faults": [], "ts": 0}
lock = threading.Lock()


class Invalid(Exception):
    """A block that Slack would not take; the text is what response_metadata.messages would hold."""


def need(condition, what, pointer):
    if not condition:
        raise Invalid(f"[ERROR] {what} [json-pointer:{pointer}]")


def check_keys(thing, allowed, pointer):
    need(isinstance(thing, dict), "must be an object", pointer)
    for key in thing:
        need(key in allowed, f"no more than allowed fields: additional property: {key}", pointer)


def check_text(text, types, limit, pointer):
    check_keys(text, {"type", "text", "emoji", "verbatim"}, pointer)
    need(text.get("type") in types, f"unsupported type: {text.get('type')}", pointer + "/type")
    need(isinstance(text.get("text"), str), "missing required field: text", pointer)
    need(len(text["text"]) >= 1, "must be more than 0 characters", pointer + "/text")
    need(len(text["text"]) <= limit, f"must be less than {limit + 1} characters", pointer + "/text")
    need("emoji" not in text or text["type"] == "plain_text", "emoji is for plain_text only", pointer)
    need("verbatim" not in text or text["type"] == "mrkdwn", "verbatim is for mrkdwn only", pointer)
    if text["type"] == "mrkdwn":
        check_mrkdwn(text["text"], pointer + "/text")


def check_mrkdwn(text, pointer):
    """Control characters must be escaped; what stands in <> must be a link, a mention or a date."""
    for match in re.finditer(r"&(?!amp;|lt;|gt;)", text):
        need(False, f"unescaped & at {match.start()}", pointer)
    rest = re.sub(r"<(https?://[^<>|\s]+|mailto:[^<>|\s]+|[@#!][^<>|]+)(\|[^<>]*)?>", "", text)
    need("<" not in rest and ">" not in rest, "unescaped < or >", pointer)


def check_button(element, pointer):
    check_keys(element, {"type", "action_id", "text", "url", "value", "style", "confirm", "accessibility_label"}, pointer)
    check_text(element.get("text"), {"plain_text"}, 75, pointer + "/text")
    need(len(element.get("action_id", "")) <= 255, "action_id is too long", pointer)
    if "url" in element:
        need(len(element["url"]) <= 3000, "url must be less than 3001 characters", pointer + "/url")
        need(re.match(r"https?://[^\s]+$", element["url"]), "invalid url", pointer + "/url")
    need(element.get("style") in (None, "primary", "danger"), "unknown style", pointer + "/style")


def check_rich_text(element, pointer):
    kinds = {"rich_text_preformatted", "rich_text_section", "rich_text_quote", "rich_text_list"}
    need(isinstance(element, dict) and element.get("type") in kinds, "unknown rich text element", pointer)
    check_keys(element, {"type", "elements", "border", "style", "indent"}, pointer)
    need(isinstance(element.get("elements"), list) and element["elements"], "missing elements", pointer)
    for i, part in enumerate(element["elements"]):
        here = f"{pointer}/elements/{i}"
        need(isinstance(part, dict) and part.get("type") in {"text", "link", "emoji", "user", "channel"}, "unknown element", here)
        if part["type"] == "text":
            check_keys(part, {"type", "text", "style"}, here)
            need(isinstance(part.get("text"), str) and part["text"], "must be more than 0 characters", here)


def check_block(block, pointer, action_ids):
    need(isinstance(block, dict), "must be an object", pointer)
    kind = block.get("type")
    if kind == "header":
        check_keys(block, {"type", "text", "block_id"}, pointer)
        check_text(block.get("text"), {"plain_text"}, 150, pointer + "/text")
    elif kind == "section":
        check_keys(block, {"type", "text", "fields", "accessory", "block_id", "expand"}, pointer)
        need("text" in block or "fields" in block, "one of text or fields is required", pointer)
        if "text" in block:
            check_text(block["text"], {"plain_text", "mrkdwn"}, 3000, pointer + "/text")
        if "fields" in block:
            need(isinstance(block["fields"], list) and 1 <= len(block["fields"]) <= 10, "1 to 10 fields", pointer + "/fields")
            for i, field in enumerate(block["fields"]):
                check_text(field, {"plain_text", "mrkdwn"}, 2000, f"{pointer}/fields/{i}")
    elif kind == "actions":
        check_keys(block, {"type", "elements", "block_id"}, pointer)
        need(isinstance(block.get("elements"), list) and 1 <= len(block["elements"]) <= 25, "1 to 25 elements", pointer)
        for i, element in enumerate(block["elements"]):
            here = f"{pointer}/elements/{i}"
            need(isinstance(element, dict) and element.get("type") == "button", "only buttons are emulated", here)
            check_button(element, here)
            action = element.get("action_id")
            need(action is None or action not in action_ids, f"action_id {action} already exists", here)
            action_ids.add(action)
    elif kind == "context":
        check_keys(block, {"type", "elements", "block_id"}, pointer)
        need(isinstance(block.get("elements"), list) and 1 <= len(block["elements"]) <= 10, "1 to 10 elements", pointer)
        for i, element in enumerate(block["elements"]):
            check_text(element, {"plain_text", "mrkdwn"}, 2000, f"{pointer}/elements/{i}")
    elif kind == "rich_text":
        check_keys(block, {"type", "elements", "block_id"}, pointer)
        need(isinstance(block.get("elements"), list) and block["elements"], "missing elements", pointer)
        for i, element in enumerate(block["elements"]):
            check_rich_text(element, f"{pointer}/elements/{i}")
    elif kind == "divider":
        check_keys(block, {"type", "block_id"}, pointer)
    else:
        need(False, f"unsupported type: {kind}", pointer + "/type")


def check_message(message):
    """The error's name and its details, or None."""
    text, blocks = message.get("text", ""), message.get("blocks", [])
    if not text and not blocks and not message.get("attachments"):
        return "no_text", []
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        return "msg_too_long", []
    if not isinstance(blocks, list):
        return "invalid_blocks_format", []
    if len(blocks) > MAX_BLOCKS:
        return "invalid_blocks", [f"[ERROR] no more than {MAX_BLOCKS} items allowed [json-pointer:/blocks]"]
    details, action_ids = [], set()
    for i, block in enumerate(blocks):
        try:
            check_block(block, f"/blocks/{i}", action_ids)
        except Invalid as problem:
            details.append(str(problem))
    return ("invalid_blocks", details) if details else None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, headers=()):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if isinstance(body, bytes) else "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(raw)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def do_GET(self):
        if self.path == "/_emulator/messages":
            with lock:
                self.answer(200, state["messages"])
        else:
            self.answer(404, b"not found")

    def do_POST(self):
        raw = self.body()
        path = urllib.parse.urlparse(self.path).path
        if path == "/_emulator/fault":
            fault = json.loads(raw)
            with lock:
                state["faults"] += [fault] * int(fault.get("times", 1))
            return self.answer(200, {"ok": True})
        with lock:
            fault = state["faults"].pop(0) if state["faults"] else None
        if fault and "status" in fault:
            headers = [("Retry-After", str(fault["retry_after"]))] if "retry_after" in fault else []
            return self.answer(fault["status"], {"ok": False, "error": "ratelimited"}, headers)
        if path.startswith("/services/"):
            return self.webhook(path, raw, fault)
        if path == "/api/chat.postMessage":
            return self.post_message(raw, fault)
        if path == "/api/auth.test":
            return self.answer(200, self.token_problem() or {"ok": True, "team": "emulated", "user": "capstan"})
        return self.answer(200, {"ok": False, "error": "unknown_method", "req_method": path.rsplit("/", 1)[-1]})

    def webhook(self, path, raw, fault):
        if fault:
            return self.answer(500, fault["error"].encode())
        if path == "/services/T000/B000/gone":
            return self.answer(404, b"no_service")
        if path != "/services/T000/B000/good":
            return self.answer(403, b"invalid_token")
        try:
            message = json.loads(raw.decode("utf-8"))
        except ValueError:
            return self.answer(400, b"invalid_payload")
        problem = check_message(message) if isinstance(message, dict) else ("invalid_payload", [])
        if problem:
            return self.answer(400, problem[0].encode())
        self.keep({**message, "via": "webhook"})
        return self.answer(200, b"ok")

    def token_problem(self):
        token = self.headers.get("Authorization", "")
        if not token.startswith("Bearer "):
            return {"ok": False, "error": "not_authed"}
        if token == "Bearer xoxb-revoked":
            return {"ok": False, "error": "token_revoked"}
        return None if token == "Bearer xoxb-good" else {"ok": False, "error": "invalid_auth"}

    def post_message(self, raw, fault):
        problem = self.token_problem()
        if problem:
            return self.answer(200, problem)
        if fault:
            return self.answer(200, {"ok": False, "error": fault["error"]})
        if not self.headers.get("Content-Type", "").startswith("application/json"):
            return self.answer(200, {"ok": False, "error": "invalid_post_type"})
        try:
            message = json.loads(raw.decode("utf-8"))
            assert isinstance(message, dict)
        except (ValueError, AssertionError):
            return self.answer(200, {"ok": False, "error": "invalid_json"})
        channel = IDS.get(message.get("channel"), message.get("channel"))
        if channel not in CHANNELS:
            return self.answer(200, {"ok": False, "error": "channel_not_found"})
        if channel == "#lobby":
            return self.answer(200, {"ok": False, "error": "not_in_channel"})
        if channel == "#old":
            return self.answer(200, {"ok": False, "error": "is_archived"})
        found = check_message(message)
        if found:
            return self.answer(200, {"ok": False, "error": found[0], "response_metadata": {"messages": found[1]}})
        thread = message.get("thread_ts")
        with lock:
            known = any(one.get("ts") == thread for one in state["messages"])
        if thread is not None and not known:
            return self.answer(200, {"ok": False, "error": "thread_not_found"})
        ts = self.keep({**message, "via": "api"})
        return self.answer(200, {"ok": True, "channel": CHANNELS[channel], "ts": ts, "message": {"text": message.get("text", "")}})

    def keep(self, message):
        with lock:
            state["ts"] += 1
            message["ts"] = f"1700000000.{state['ts']:06d}"
            state["messages"].append(message)
            return message["ts"]


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(server.server_port, flush=True)
    server.serve_forever()
