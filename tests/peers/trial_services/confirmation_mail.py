"""The mail that confirms an account: RFC 5322, two alternatives, quoted-printable; into a Maildir if there is one."""
import email.headerregistry
import email.message
import email.utils
import html
import os
import pathlib
import re

TEXT = """Hello {name},

an account was made for you at CloudZ.

    Login: {login}

Please confirm your address and set a password within 24 hours:

{link}

이 메일은 발신 전용입니다. If you did not expect this mail, do nothing.
"""
HTML = """<!DOCTYPE html>
<html><body style="font-family: sans-serif">
<p>Hello {name},</p><p>an account was made for you at CloudZ. Login: <b>{login}</b></p>
<p><a href="{link}" style="background: #003da6; color: white; padding: 8px 16px">Confirm your address and set a password</a></p>
<p>이 메일은 발신 전용입니다. See also <a href="https://cloudz.example/help?topic=confirm&amp;lang=en">our help</a>.</p>
</body></html>
"""


def compose(account, link, now, number):
    message = email.message.EmailMessage()
    message["From"] = email.headerregistry.Address("CloudZ 계정", "no-reply", "cloudz.example")
    message["To"] = email.headerregistry.Address(account.name, addr_spec=account.email)
    message["Subject"] = f"[CloudZ] 계정 확인: please confirm your account {account.login}"
    message["Date"] = email.utils.formatdate(now)
    message["Message-ID"] = f"<{number}.{account.id}@cloudz.example>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(TEXT.format(name=account.name, login=account.login, link=link), cte="quoted-printable")
    escaped = {"name": html.escape(account.name), "login": account.login, "link": html.escape(link)}
    message.add_alternative(HTML.format(**escaped), subtype="html", cte="quoted-printable")
    return message


def deliver(maildir, raw, now, number):
    """As maildir(5) says: written below tmp, then moved to new, so that no reader sees half a mail. It belongs to the owner
    of the Maildir, if we may give it away."""
    root = pathlib.Path(maildir)
    for part in ("tmp", "new", "cur"):
        (root / part).mkdir(parents=True, exist_ok=True)
    name = f"{int(now)}.P{os.getpid()}Q{number}.cloudz"
    (root / "tmp" / name).write_bytes(raw)
    if os.geteuid() == 0:
        os.chown(root / "tmp" / name, root.stat().st_uid, root.stat().st_gid)
    (root / "tmp" / name).rename(root / "new" / name)


def send(world, account, link):
    number = len(world.mails) + 1
    message = compose(account, link, world.now(), number)
    raw = message.as_bytes()
    world.mails.append({"to": account.email, "subject": str(message["Subject"]), "raw": raw.decode("ascii")})
    if world.maildir:
        deliver(world.maildir, raw, world.now(), number)


def address_is_good(text):
    return bool(re.fullmatch(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", text))
