#!/usr/bin/python3
"""A real mailbox for a test in another language: Debian's dovecot with the mails of a directory in it, until stdin ends.

imap_peer.py DIRECTORY: prints "PORT LOGIN PASSWORD"; the files *.eml are its mails, in the order of their names.
"""
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "trial_services"))
import imap_server  # noqa: E402

with imap_server.ImapServer() as server:
    # The order of arrival is that of the names: a Maildir has no other.
    for number, mail in enumerate(sorted(pathlib.Path(sys.argv[1]).glob("*.eml"))):
        path = server.maildir / "tmp" / f"{int(time.time())}.{number:04}.test"
        path.write_bytes(mail.read_bytes())
        os.chown(path, server.account.pw_uid, server.account.pw_gid)
        path.rename(server.maildir / "new" / path.name)
    print(server.port, server.login, server.password, flush=True)
    sys.stdin.read()
