#!/usr/bin/env python3
"""A Slack that rejects what Slack rejects: messages, webhooks, forms, socket mode and signed requests, from the published protocol.

Sources: Slack's API reference (chat.postMessage, chat.update, views.open, apps.connections.open, incoming webhooks, socket mode, handling
user interaction, verifying requests, rate limits) and Block Kit's (block_kit.py).
Started as `emulator.py`; prints its port. Channels: #ops (the bot is a member), #private (unknown to the bot), #lobby (not a
member until POST /_emulator/invite), #old (archived). Tokens: xoxb-good; xoxb-mute (no chat:write); xoxb-revoked; xapp-good;
xapp-idle (no connections:write). The webhook: /services/T000/B000/good; /services/T000/B000/gone was removed.

What a test sees: GET /_emulator/messages (as they are now), /_emulator/answers (what only one person sees), /_emulator/views,
/_emulator/socket ({"connected", "opened", "acknowledged", "unacknowledged", "mistakes"}).
What a test does, each with a JSON body: POST /_emulator/fault {"status": 429, "retry_after": 1, "times": 2} or {"error":
"fatal_error"} makes the next calls fail; /_emulator/press {"user", "ts", "action"} (and "value", for a
message whose plan has changed since, or "message" for one that was updated since but is still on the screen), /_emulator/command {"user", "text"},
/_emulator/submit {"user", "view", "reason"} are what a person does: by the socket, or with "http": {"origin", "secret", "how"}
as a signed request, where "how" is good, forged, old, unsigned or again (the last one, byte by byte); /_emulator/redeliver
sends the last envelope again; /_emulator/disconnect {"reason"} ends the socket as Slack does. They give {"acknowledged"} or
{"status"}.
"""
import hashlib
import hmac
import http.server
import itertools
import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from block_kit import check_message, check_view
from web_socket import PING, ProtocolError, WebSocket, accept_key

CHANNELS = {"#ops": "C0OPS", "#lobby": "C0LOBBY", "#old": "C0OLD"}
IDS = {identifier: name for name, identifier in CHANNELS.items()}
SCOPES = {"xoxb-good": {"chat:write", "commands"}, "xoxb-mute": {"commands"}, "xapp-good": {"connections:write"}, "xapp-idle": set()}
ACKNOWLEDGE_WITHIN = 3
TRIGGER_LASTS = 3
TICKET_LASTS = 30
ANSWERS_EACH = 5

lock = threading.RLock()
numbers = itertools.count(1)
state = {"messages": [], "answers": [], "views": [], "faults": [], "members": {"#ops"}}
tickets, triggers, answer_urls = {}, {}, {}
socket = {"now": None, "opened": 0, "waiting": {}, "acknowledged": [], "mistakes": [], "last": None, "pongs": 0}
last_http = {}
origin = ""


def unique(prefix):
    return f"{prefix}{next(numbers):06d}"


def keep(message):
    with lock:
        message["ts"] = f"1700000000.{next(numbers):06d}"
        # Slack gives every block an id.
        for block in message.get("blocks", []):
            block.setdefault("block_id", unique("b"))
        state["messages"].append(message)
        return message["ts"]


def new_answer_url(ts):
    path = f"/actions/T000/{unique('')}/answer"
    answer_urls[path] = {"ts": ts, "left": ANSWERS_EACH}
    return origin + path


def new_trigger():
    trigger = unique("trigger.")
    triggers[trigger] = time.monotonic()
    return trigger


def press_payload(user, ts, action, value=None, shown=None):
    message = shown or next(one for one in state["messages"] if one["ts"] == ts)
    element = next(element for block in message.get("blocks", []) if block["type"] == "actions"
                   for element in block["elements"] if element["action_id"] == action)
    element = {**element, "value": value or element.get("value")}
    return {"type": "block_actions", "user": {"id": user, "team_id": "T000"}, "api_app_id": "A000", "team": {"id": "T000"},
            "container": {"type": "message", "message_ts": ts, "channel_id": "C0OPS", "is_ephemeral": False},
            "channel": {"id": "C0OPS", "name": "ops"}, "message": message, "response_url": new_answer_url(ts), "trigger_id": new_trigger(),
            "actions": [{**element, "action_ts": "1700000001.000001"}]}


def answer_press_payload(user, index, action):
    """A button of an answer that only its reader sees: Slack sends no message with it."""
    answer = state["answers"][index]
    element = next(element for block in answer["blocks"] if block["type"] == "actions" for element in block["elements"]
                   if element["action_id"] == action)
    return {"type": "block_actions", "user": {"id": user}, "container": {"type": "message", "is_ephemeral": True},
            "response_url": new_answer_url(None), "trigger_id": new_trigger(), "actions": [element]}


def command_payload(user, text):
    return {"token": "deprecated", "team_id": "T000", "channel_id": "C0OPS", "user_id": user, "command": "/capstan", "text": text,
            "api_app_id": "A000", "response_url": new_answer_url(None), "trigger_id": new_trigger()}


def submit_payload(user, view_id, reason):
    view = next(one for one in state["views"] if one["id"] == view_id)
    values = {block["block_id"]: {block["element"]["action_id"]: {"type": "plain_text_input", "value": reason}}
              for block in view["blocks"] if block["type"] == "input"}
    return {"type": "view_submission", "user": {"id": user}, "team": {"id": "T000"}, "trigger_id": new_trigger(),
            "view": {**view, "state": {"values": values}}, "response_urls": []}


def deliver(kind, payload, way):
    """As Slack does: over the socket, or as a signed request."""
    if way:
        return deliver_by_http(kind, payload, way)
    envelope = {"envelope_id": unique("envelope-"), "type": "slash_commands" if kind == "command" else "interactive",
                "accepts_response_payload": True, "payload": payload}
    return send_envelope(envelope)


def send_envelope(envelope):
    with lock:
        now, done = socket["now"], threading.Event()
        if now is None:
            return {"acknowledged": False, "error": "the app has no connection"}
        socket["waiting"][envelope["envelope_id"]] = done
        socket["last"] = envelope
    now.send_text(json.dumps(envelope))
    return {"acknowledged": done.wait(ACKNOWLEDGE_WITHIN)}


def deliver_by_http(kind, payload, way):
    how = way.get("how", "good")
    if how == "again":
        url, body, headers = last_http["url"], last_http["body"], last_http["headers"]
    else:
        url = f"{way['origin']}/slack/{'command' if kind == 'command' else 'interactive'}"
        fields = payload if kind == "command" else {"payload": json.dumps(payload)}
        body = urllib.parse.urlencode(fields).encode()
        sent = str(int(time.time()) - (301 if how == "old" else 0))
        secret = "another secret" if how == "forged" else way["secret"]
        signature = hmac.new(secret.encode(), b"v0:" + sent.encode() + b":" + body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Slack-Request-Timestamp": sent}
        if how != "unsigned":
            headers["X-Slack-Signature"] = "v0=" + signature
        last_http.update(url=url, body=body, headers=headers)
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=ACKNOWLEDGE_WITHIN) as answer:
            return {"status": answer.status, "body": answer.read().decode()}
    except urllib.error.HTTPError as refused:
        return {"status": refused.code, "body": refused.read().decode()}


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

    def do_GET(self):
        path = urllib.parse.urlparse(self.path).path
        if path == "/link":
            return self.serve_socket()
        with lock:
            if path == "/_emulator/socket":
                return self.answer(200, {"connected": socket["now"] is not None, "opened": socket["opened"], "acknowledged": socket["acknowledged"],
                                         "unacknowledged": list(socket["waiting"]), "mistakes": socket["mistakes"]})
            shown = path.removeprefix("/_emulator/")
            if shown in ("messages", "answers", "views"):
                return self.answer(200, state[shown])
        return self.answer(404, b"not found")

    def do_POST(self):
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urllib.parse.urlparse(self.path).path
        if path.startswith("/_emulator/"):
            return self.answer(200, self.do_as_told(path.removeprefix("/_emulator/"), json.loads(raw or b"{}")))
        with lock:
            fault = state["faults"].pop(0) if state["faults"] else None
        if fault and "status" in fault:
            headers = [("Retry-After", str(fault["retry_after"]))] if "retry_after" in fault else []
            return self.answer(fault["status"], {"ok": False, "error": "ratelimited"}, headers)
        if path.startswith("/services/"):
            return self.webhook(path, raw, fault)
        if path.startswith("/actions/"):
            return self.take_answer(path, raw)
        methods = {"chat.postMessage": ("chat:write", self.post_message), "chat.update": ("chat:write", self.update_message), "views.open": (None, self.open_view),
                   "apps.connections.open": ("connections:write", self.open_connection), "auth.test": (None, self.test_token)}
        name = path.removeprefix("/api/")
        if name not in methods:
            return self.answer(200, {"ok": False, "error": "unknown_method", "req_method": name})
        scope, method = methods[name]
        problem = self.token_problem("xapp-" if name == "apps.connections.open" else "xoxb-", scope)
        if not problem and fault:
            problem = {"ok": False, "error": fault["error"]}
        return self.answer(200, problem or method(raw))

    def do_as_told(self, what, body):
        if what == "fault":
            with lock:
                state["faults"] += [body] * int(body.get("times", 1))
            return {"ok": True}
        if what == "invite":
            state["members"].add(body["channel"])
            return {"ok": True}
        if what == "press":
            return deliver("press", press_payload(body["user"], body["ts"], body["action"], body.get("value"), body.get("message")), body.get("http"))
        if what == "press_answer":
            return deliver("press", answer_press_payload(body["user"], body["index"], body["action"]), body.get("http"))
        if what == "command":
            return deliver("command", command_payload(body["user"], body["text"]), body.get("http"))
        if what == "submit":
            return deliver("submit", submit_payload(body["user"], body["view"], body["reason"]), body.get("http"))
        if what == "redeliver":
            return send_envelope(socket["last"])
        if what == "disconnect":
            socket["now"].send_text(json.dumps({"type": "disconnect", "reason": body["reason"], "debug_info": {}}))
            return {"ok": True}
        return {"ok": False, "error": f"nobody can {what}"}

    def token_problem(self, prefix, scope):
        header = self.headers.get("Authorization", "")
        if not header.startswith("Bearer "):
            return {"ok": False, "error": "not_authed"}
        token = header.removeprefix("Bearer ")
        if token == "xoxb-revoked":
            return {"ok": False, "error": "token_revoked"}
        if token not in SCOPES:
            return {"ok": False, "error": "invalid_auth"}
        if not token.startswith(prefix):
            return {"ok": False, "error": "not_allowed_token_type"}
        if scope and scope not in SCOPES[token]:
            return {"ok": False, "error": "missing_scope", "needed": scope, "provided": ",".join(SCOPES[token])}
        return None

    def body_of(self, raw):
        if not self.headers.get("Content-Type", "").startswith("application/json"):
            return None, {"ok": False, "error": "invalid_post_type"}
        try:
            body = json.loads(raw.decode("utf-8"))
            assert isinstance(body, dict)
            return body, None
        except (ValueError, AssertionError):
            return None, {"ok": False, "error": "invalid_json"}

    def test_token(self, _):
        return {"ok": True, "team": "emulated", "user": "capstan"}

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
        keep({**message, "via": "webhook"})
        return self.answer(200, b"ok")

    def post_message(self, raw):
        message, problem = self.body_of(raw)
        if problem:
            return problem
        channel = IDS.get(message.get("channel"), message.get("channel"))
        if channel not in CHANNELS:
            return {"ok": False, "error": "channel_not_found"}
        if channel == "#old":
            return {"ok": False, "error": "is_archived"}
        if channel not in state["members"]:
            return {"ok": False, "error": "not_in_channel"}
        found = check_message(message)
        if found:
            return {"ok": False, "error": found[0], "response_metadata": {"messages": found[1]}}
        thread = message.get("thread_ts")
        with lock:
            known = any(one.get("ts") == thread for one in state["messages"])
        if thread is not None and not known:
            return {"ok": False, "error": "thread_not_found"}
        ts = keep({**message, "via": "api"})
        return {"ok": True, "channel": CHANNELS[channel], "ts": ts, "message": {"text": message.get("text", "")}}

    def update_message(self, raw):
        """Only the bot's own messages, by their channel's id and their ts; all of the message is replaced."""
        message, problem = self.body_of(raw)
        if problem:
            return problem
        channel, ts = message.get("channel"), message.get("ts")
        if not channel or not ts:
            return {"ok": False, "error": "invalid_arguments"}
        if channel not in IDS:
            return {"ok": False, "error": "channel_not_found"}
        found = check_message({key: message[key] for key in ("text", "blocks") if key in message})
        if found:
            return {"ok": False, "error": found[0], "response_metadata": {"messages": found[1]}}
        with lock:
            known = next((one for one in state["messages"] if one["ts"] == ts), None)
            if known is None or IDS[channel] != IDS.get(known.get("channel"), known.get("channel")):
                return {"ok": False, "error": "message_not_found"}
            if known["via"] != "api":
                return {"ok": False, "error": "cant_update_message"}
            for block in message.get("blocks", []):
                block.setdefault("block_id", unique("b"))
            known.update(text=message.get("text", ""), blocks=message.get("blocks", []), edited=True, updates=known.get("updates", 0) + 1)
        return {"ok": True, "channel": channel, "ts": ts, "text": message.get("text", "")}

    def open_view(self, raw):
        body, problem = self.body_of(raw)
        if problem:
            return problem
        with lock:
            made = triggers.pop(body.get("trigger_id"), None)  # Each opens one form.
        if made is None:
            return {"ok": False, "error": "invalid_trigger_id" if body.get("trigger_id") else "invalid_arguments"}
        if time.monotonic() - made > TRIGGER_LASTS:
            return {"ok": False, "error": "expired_trigger_id"}
        wrong = check_view(body.get("view"))
        if wrong:
            return {"ok": False, "error": "invalid_arguments", "response_metadata": {"messages": wrong}}
        with lock:
            view = {**body["view"], "id": unique("V")}
            state["views"].append(view)
        return {"ok": True, "view": view}

    def open_connection(self, _):
        with lock:
            ticket = unique("ticket-")
            tickets[ticket] = time.monotonic()
        return {"ok": True, "url": f"{origin.replace('http', 'ws', 1)}/link?ticket={ticket}&app_id=A000"}

    def take_answer(self, path, raw):
        message, problem = self.body_of(raw)
        if problem:
            return self.answer(400, problem)
        with lock:
            known = answer_urls.get(path)
            if known is None:
                return self.answer(404, {"ok": False, "error": "expired_url"})
            if known["left"] == 0:
                return self.answer(404, {"ok": False, "error": "used_url"})
            found = check_message({key: message[key] for key in ("text", "blocks") if key in message})
            if found:
                return self.answer(500 if found[0] == "no_text" else 400, {"ok": False, "error": found[0], "response_metadata": {"messages": found[1]}})
            known["left"] -= 1
            original = next((one for one in state["messages"] if known["ts"] and one["ts"] == known["ts"]), None)
            if message.get("replace_original") and original is not None:
                original.update(text=message.get("text", ""), blocks=message.get("blocks", []), edited=True)
            else:
                state["answers"].append(message)
        return self.answer(200, {"ok": True})

    def serve_socket(self):
        query = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query)
        with lock:
            made = tickets.pop(query.get("ticket", [""])[0], None)  # Each is good for one connection.
        key = self.headers.get("Sec-WebSocket-Key", "")
        if made is None or time.monotonic() - made > TICKET_LASTS:
            return self.answer(403, b"no such ticket")
        if self.headers.get("Upgrade", "").lower() != "websocket" or self.headers.get("Sec-WebSocket-Version") != "13" or not key:
            return self.answer(426, b"a WebSocket is expected")
        self.send_response(101)
        for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept_key(key))):
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True
        now = WebSocket(self.rfile, self.wfile)
        with lock:
            socket["now"], socket["opened"] = now, socket["opened"] + 1
        now.send_text(json.dumps({"type": "hello", "num_connections": 1, "debug_info": {"approximate_connection_time": 18060},
                                  "connection_info": {"app_id": "A000"}}))
        now.send(PING, b"are you there")
        try:
            for text in now.texts():
                self.acknowledge(text)
        except (ProtocolError, UnicodeDecodeError) as mistake:
            socket["mistakes"].append(str(mistake))
        except OSError:
            pass
        finally:
            with lock:
                if socket["now"] is now:
                    socket["now"] = None

    @staticmethod
    def acknowledge(text):
        with lock:
            try:
                identifier = json.loads(text)["envelope_id"]
                waiting = socket["waiting"].pop(identifier)
            except (ValueError, KeyError, TypeError):
                return socket["mistakes"].append(f"this acknowledges nothing: {text[:100]}")
            socket["acknowledged"].append(identifier)
            waiting.set()


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    origin = f"http://127.0.0.1:{server.server_port}"
    print(server.server_port, flush=True)
    server.serve_forever()
