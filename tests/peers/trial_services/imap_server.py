"""A real mailbox for the mails of the portal: Debian's dovecot over a Maildir, at a free port of loopback, without TLS."""
import ctypes
import grp
import os
import pathlib
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PR_SET_PDEATHSIG = 1
PATIENCE_SECONDS = 10
ATTEMPTS = 3  # A free port may be taken by somebody else before dovecot listens there.
libc = ctypes.CDLL(None)
CONFIGURATION = """
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/log
protocols = imap
ssl = no
disable_plaintext_auth = no
auth_failure_delay = 0
listen = 127.0.0.1
first_valid_uid = 1
first_valid_gid = 1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_location = maildir:{root}/mail
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={root}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class ImapServer:
    """`with ImapServer() as server`: mails put into `maildir` are read at `port` as `login`, any name, with `password`.

    All of it runs as an ordinary user: as `nobody` when we are root, whom dovecot would not serve."""

    login = "mailbox"

    def __init__(self):
        self.account = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self.password = secrets.token_hex(8)
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="imap-"))  # Short: it holds sockets, whose paths are short.
        self.maildir = self.root / "mail"
        self.process = None
        self.port = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        for path in (self.root, self.maildir, *(self.maildir / part for part in ("tmp", "new", "cur")), self.root / "home"):
            path.mkdir(mode=0o700, exist_ok=True)
            os.chown(path, self.account.pw_uid, self.account.pw_gid)
        for _ in range(ATTEMPTS):
            self.port = free_port()
            self.launch()
            if self.listens():
                return
            self.end_process()
        raise RuntimeError(f"dovecot does not listen; the end of its log:\n{self.log()[-2000:]}")

    def launch(self):
        configuration = self.root / "dovecot.conf"
        configuration.write_text(CONFIGURATION.format(root=self.root, port=self.port, password=self.password, user=self.account.pw_name,
                                                      group=grp.getgrgid(self.account.pw_gid).gr_name))
        configuration.chmod(0o644)
        as_user = {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        with open(self.root / "stderr", "ab") as errors:
            self.process = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", configuration], stdin=subprocess.DEVNULL, stderr=errors,
                                            start_new_session=True, preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM),
                                            **as_user)

    def listens(self):
        """Whether it greets within our patience."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                    if connection.recv(100).startswith(b"* OK"):
                        return True
            except OSError:
                pass
            time.sleep(0.05)
        return False

    def log(self):
        return "".join(path.read_text() for path in (self.root / "stderr", self.root / "log") if path.exists())

    def end_process(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None

    def stop(self):
        self.end_process()
        shutil.rmtree(self.root, ignore_errors=True)
