"""The portal's mails arrive in a real mailbox, from which a client of IMAP confirms an account."""
import email
import email.policy
import imaplib
import re
import unittest

from imap_server import ImapServer
from trial_client import PASSWORD, Emulator


class Mailbox(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(ImapServer())

    def setUp(self):
        self.emulator = Emulator("--maildir", str(self.server.maildir))
        self.addCleanup(self.emulator.stop)
        self.admin = self.emulator.administrator()
        self.mailbox = imaplib.IMAP4("127.0.0.1", self.server.port)
        self.addCleanup(self.mailbox.logout)
        self.mailbox.login(self.server.login, self.server.password)
        for number in self.found("ALL"):
            self.mailbox.store(number, "+FLAGS", "\\Deleted")
        self.mailbox.expunge()

    def sign_up(self, login):
        body = {"login": login, "email": f"{login}@trial.example", "name": login}
        self.assertEqual(self.admin.call("POST", "/api/v1/accounts", body).status, 201)

    def found(self, *criteria):
        """Numbers of mails, after a look for new ones."""
        self.mailbox.select("INBOX")
        return self.mailbox.search(None, *criteria)[1][0].split()

    def test_the_link_of_one_account_is_found_among_others(self):
        for number in range(1, 4):
            self.sign_up(f"trial_user{number:02d}")
        self.assertEqual(len(self.found("UNSEEN")), 3)
        number, = self.found("TO", "trial_user02@trial.example")
        raw = self.mailbox.fetch(number, "(BODY.PEEK[])")[1][0][1]
        message = email.message_from_bytes(raw, policy=email.policy.default)
        link = re.search(r"http://\S+/confirm\S+", message.get_body(("plain",)).get_content())[0]
        browser = self.emulator.browser()
        self.assertEqual(browser.confirm(link, PASSWORD).json, {"login": "trial_user02", "status": "ACTIVE"})
        self.mailbox.store(number, "+FLAGS", "\\Seen")
        self.assertEqual(len(self.found("UNSEEN")), 2)

    def test_a_later_mail_arrives_too(self):
        self.assertEqual(self.found("ALL"), [])
        self.sign_up("trial_user01")
        self.assertEqual(len(self.found("ALL")), 1)

    def test_the_mailbox_has_a_password(self):
        other = imaplib.IMAP4("127.0.0.1", self.server.port)
        self.addCleanup(other.logout)
        with self.assertRaises(imaplib.IMAP4.error):
            other.login(self.server.login, "wrong")


if __name__ == "__main__":
    unittest.main()
