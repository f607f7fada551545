#!/usr/bin/python3
"""A real submission server: Debian's aiosmtpd at a free port of loopback, with a login that it takes only after STARTTLS.

smtp_server.py DIRECTORY: makes a certificate there (ca.pem), prints its port, and writes each mail that it takes to
DIRECTORY/N.eml with its envelope in the headers X-Peer-From and X-Peer-To, its subject as Python reads it in N.subject. Who is written to decides what happens:
nobody@… is refused for good (550), busy@… for now (450); alice, with the password 한글 "pass", may send.
"""
import asyncio
import email
import email.policy
import pathlib
import ssl
import subprocess
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

directory = pathlib.Path(sys.argv[1])
USER, PASSWORD = b"alice", '한글 "pass"'.encode()


class Handler:
    count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such user here"
        if address.startswith("busy@"):
            return "450 4.2.1 mailbox busy, try again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        Handler.count += 1
        head = f"X-Peer-From: {envelope.mail_from}\r\nX-Peer-To: {', '.join(envelope.rcpt_tos)}\r\nX-Peer-Tls: {bool(session.ssl)}\r\n"
        mail = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        (directory / f"{Handler.count}.subject").write_text(mail["Subject"])
        partial = directory / "partial"
        partial.write_bytes(head.encode() + envelope.original_content)
        partial.rename(directory / f"{Handler.count}.eml")
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER, PASSWORD)
    return AuthResult(success=good, handled=good)


class Submission(Controller):
    def factory(self):
        return SMTP(self.handler, tls_context=self.tls, require_starttls=True, auth_required=True, authenticator=authenticate,
                    enable_SMTPUTF8=True, hostname="localhost")


subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", directory / "key.pem", "-out", directory / "ca.pem"],
               check=True, capture_output=True)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(directory / "ca.pem", directory / "key.pem")
controller = Submission(Handler(), hostname="127.0.0.1", port=0)
controller.tls = context


# Controller connects to the port that it was given; port 0 is known only once it listens.
async def serve():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(controller.factory, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)  # Until whoever started it is gone.


asyncio.run(serve())
