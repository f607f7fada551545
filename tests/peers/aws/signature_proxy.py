"""Stands before moto, which takes any signature: lets pass only what botocore would have signed in the same way."""
import hashlib
import http.client
import http.server
import re
import threading
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials

SECRETS = {"AKIDTEST": "secret/with+characters"}
TOKENS = {}  # Of the keys that STS gave: key -> secret.
HEADER = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d+)/([^/]+)/([^/]+)/aws4_request, "
                    r"SignedHeaders=([^,]+), Signature=(\w+)")


def secret_of(key):
    return SECRETS.get(key) or TOKENS.get(key)


def expected(command, url, headers, body, key, token, region, service, names, date):
    """The signature that botocore makes of what arrived."""
    signer = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    auth = signer(botocore.credentials.Credentials(key, secret_of(key), token), service, region)
    request = botocore.awsrequest.AWSRequest(command, url, data=body)
    for name in names:
        if name != "host":
            request.headers[name] = headers[name]
    request.context["timestamp"] = date
    canonical = auth.canonical_request(request)
    return auth.signature(auth.string_to_sign(request, canonical), request)


def problem_with(command, path, headers, body, port):
    """What is wrong with the signature of a request, or None."""
    lower = {name.lower(): value for name, value in headers}
    found = HEADER.fullmatch(lower.get("authorization", ""))
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(path).query))
    if "X-Amz-Signature" in query:
        return None  # A pre-signed URL: aws_test.py compares it with the one that boto3 makes.
    if not found:
        return "no signature" if "AssumeRoleWithWebIdentity" not in body.decode("latin-1") else None
    key, _, region, service, names, signature = found.groups()
    names = names.split(";")
    if secret_of(key) is None:
        return f"unknown key {key}"
    if service == "s3" and lower.get("x-amz-content-sha256") != hashlib.sha256(body).hexdigest():
        return "x-amz-content-sha256 is not the body's"
    wanted = expected(command, f"http://127.0.0.1:{port}{path}", lower, body, key, lower.get("x-amz-security-token"),
                      region, service, names, lower.get("x-amz-date"))
    return None if wanted == signature else f"signature of {command} {path} differs"


class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    upstream = 0
    problems = []
    break_next = []  # What the next requests get in place of moto's answer: (status, body).

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        problem = problem_with(self.command, self.path, list(self.headers.items()), body, self.server.server_port)
        if problem:
            Proxy.problems.append(problem)
            return self.answer(403, [], f"<Error><Code>SignatureDoesNotMatch</Code><Message>{problem}</Message></Error>")
        if Proxy.break_next:
            status, text = Proxy.break_next.pop(0)
            return self.answer(status, [], text)
        upstream = http.client.HTTPConnection("127.0.0.1", Proxy.upstream)
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            upstream.putheader(name, value)
        upstream.endheaders(body)
        answer = upstream.getresponse()
        data = answer.read()
        self.answer(answer.status, answer.getheaders(), data)

    def answer(self, status, headers, data):
        data = data.encode() if isinstance(data, str) else data
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        length = next((v for n, v in headers if n.lower() == "content-length"), len(data))
        self.send_header("Content-Length", str(length if self.command == "HEAD" else len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = forward

    def log_message(self, *arguments):
        pass


def start(upstream):
    Proxy.upstream = upstream
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
