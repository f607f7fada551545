"""HTTP/1.1 over asyncio: just enough of it, quick, and able to fail in the ways that servers do."""
import asyncio
import dataclasses
import http
import urllib.parse

MAX_HEAD = 32 * 1024
MAX_BODY = 1024 * 1024


@dataclasses.dataclass
class Request:
    method: str
    target: str
    headers: dict  # Names in lower case.
    body: bytes = b""

    def __post_init__(self):
        path, _, query = self.target.partition("?")
        self.path = urllib.parse.unquote(path)
        self.query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))


@dataclasses.dataclass
class Answer:
    status: int
    body: bytes = b""
    headers: list = dataclasses.field(default_factory=list)
    delivery: str = "whole"  # "whole", "cut": nothing of it is sent, "half": broken off in the body, "slow": late.

    def head(self):
        lines = [f"HTTP/1.1 {self.status} {http.HTTPStatus(self.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.status != 204:
            lines.append(f"Content-Length: {len(self.body)}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class BadRequest(Exception):
    def __init__(self, status):
        super().__init__(status)
        self.status = status


class Connection(asyncio.Protocol):
    """One client. `respond` takes a Request and returns an Answer at once; requests are answered in order."""

    def __init__(self, respond, slow_seconds):
        self.respond = respond
        self.slow_seconds = slow_seconds
        self.transport = None
        self.buffer = b""
        self.waiting = False
        self.promised = False  # "100 Continue" was sent for the request in the buffer.

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        if len(self.buffer) > MAX_HEAD + MAX_BODY:
            self.transport.abort()  # More than it may send ahead of our answers.
            return
        self.buffer += data
        self.serve()

    def serve(self):
        try:
            while not self.waiting and not self.transport.is_closing() and (request := self.take()):
                answer = self.respond(request)
                if request.method == "HEAD":
                    answer.body = b""  # Which a client of HEAD does not expect.
                self.deliver(answer, request.headers.get("connection", "").lower() == "close")
        except BadRequest as problem:
            self.transport.write(Answer(problem.status, headers=[("Connection", "close")]).head())
            self.transport.close()

    def take(self):
        """The next whole request, or None until more of it came."""
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self.buffer) > MAX_HEAD:
                raise BadRequest(431)
            return None
        first, *lines = self.buffer[:end].decode("latin-1").split("\r\n")
        words = first.split(" ")
        if len(words) != 3 or not words[1].startswith("/"):
            raise BadRequest(400)
        if words[2] != "HTTP/1.1":
            raise BadRequest(505)
        headers = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon or not name or name != name.strip():
                raise BadRequest(400)
            headers[name.lower()] = value.strip()
        if "host" not in headers:
            raise BadRequest(400)
        if "transfer-encoding" in headers:
            raise BadRequest(411)
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            raise BadRequest(400)
        if int(length) > MAX_BODY:
            raise BadRequest(413)
        begin, size = end + 4, int(length)
        if len(self.buffer) < begin + size:
            if headers.get("expect", "").lower() == "100-continue" and not self.promised:
                self.promised = True
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return None
        body, self.buffer, self.promised = self.buffer[begin:begin + size], self.buffer[begin + size:], False
        return Request(words[0], words[1], headers, body)

    def deliver(self, answer, last):
        if answer.delivery == "cut":
            self.transport.abort()
        elif answer.delivery == "half":
            self.transport.write(answer.head() + answer.body[:len(answer.body) // 2])
            self.transport.close()
        elif answer.delivery == "slow":
            self.waiting = True
            asyncio.get_running_loop().call_later(self.slow_seconds, self.deliver_late, answer, last)
        else:
            self.send(answer, last)

    def deliver_late(self, answer, last):
        self.waiting = False
        if not self.transport.is_closing():
            self.send(answer, last)
            self.serve()

    def send(self, answer, last):
        self.transport.write(answer.head() + answer.body)
        if last:
            self.transport.close()


async def listen(respond, slow_seconds):
    """A server at a free port of loopback, for as long as the loop runs; returns the port."""
    server = await asyncio.get_running_loop().create_server(lambda: Connection(respond, slow_seconds), "127.0.0.1", 0, backlog=512)
    return server.sockets[0].getsockname()[1]
