"""The trial accounts' story against the emulated services: issued, healed, put to sleep, taken back, and never twice."""
import collections
import datetime
import json
import os
import pathlib
import re
import sys
import time
import unittest

from story import Capstan, Services, accounts, imap_server

BINARY = pathlib.Path(sys.argv.pop(1)).resolve()
# "2/2" is the second half of the stories: they wait for most of their time, so that halves are run beside each other.
PART, PARTS = map(int, os.environ.get("CAPSTAN_STORIES", "1/1").split("/"))


def created(audit, service, path):
    """The calls that made something, by who asked for what: how often each was acted on."""
    return [call for call in audit if call["service"] == service and call["method"] == "POST" and re.fullmatch(path, call["path"] or "")
            and call["changed"]]


def another_day():
    """Hours that are not now."""
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=3)).strftime("%a") + " 09:00-18:00"


class TrialAccounts(unittest.TestCase):
    services_arguments = ("--delays", "0")

    def setUp(self):
        self.mailbox = imap_server.ImapServer()
        self.mailbox.start()
        self.addCleanup(self.mailbox.stop)
        self.services = None

    def begin(self, text, *arguments):
        self.services = Services(self.mailbox.maildir, *arguments)
        self.addCleanup(self.services.stop)
        self.capstan = Capstan(BINARY, self.services, self.mailbox, text)
        self.addCleanup(self.capstan.clean)
        self.addCleanup(self.capstan.stop)
        self.capstan.start()

    def issue(self, expected):
        """A person approves the plan; `expected` accounts are complete at its end."""
        self.capstan.until(lambda: self.capstan.plans("waiting"), "a plan waits")
        plan = self.capstan.plans("waiting")[0]["plan"]
        self.capstan.command("approve", plan["id"], "--yes")
        self.capstan.until(lambda: self.complete() == expected, f"{expected} accounts are complete", 120)
        return plan["id"]

    def waiting_of(self, policy):
        """The policy's plan that waits to be approved, if there is one."""
        return next((each["plan"] for each in self.capstan.plans("waiting") if each["plan"]["origin"] == f"policy:{policy}"), None)

    def complete(self):
        """How many accounts have everything, as the services see it."""
        state = self.services.state()
        done = 0
        projects = collections.Counter(project["owner"] for project in state["projects"] if project["labels"].get("capstan_account"))
        for account in state["accounts"]:
            login = account["login"]
            groups = [group["id"] for group in state["groups"] if group["name"] == login]
            clusters = [cluster for cluster in state["clusters"] if cluster["owner_group"] in groups and cluster["status"] in ("RUNNING", "STOPPED")]
            granted = [cluster for cluster in clusters if any(grant["account"] == login for grant in cluster.get("grants", []))]
            done += account["status"] == "ACTIVE" and len(granted) == 1 and projects[login] == 1
        return done

    def test_issues_them_all_and_each_thing_once(self):
        self.begin(accounts(5, -10, 20))
        plan = self.issue(5)
        self.capstan.until(lambda: not self.capstan.plans("running"), "the plan ends")
        status = next(each for each in self.capstan.plans() if each["plan"]["id"] == plan)
        self.assertEqual(status["state"], "succeeded", status["says"])
        audit = self.services.audit()
        for service, path, times in [("cloudz", "/api/v1/accounts", 5), ("cloudz", "/api/v1/accounts/[^/]+/subscriptions", 15), ("mcm", "/v1/clusters", 5),
                                     ("mcm", "/v1/clusters/[^/]+/grants", 5), ("modeler", "/api/v2/projects", 5)]:
            self.assertEqual(len(created(audit, service, path)), times, path)
        self.assertNothingSecretIsKept()

    def assertNothingSecretIsKept(self):
        """No password of a portal account, and no token, in any file that Capstan has written, nor in its log."""
        words = [self.services.urls["admin"]["password"], self.services.urls["mcm_api_key"], self.mailbox.password]
        for file in self.capstan.root.rglob("*"):
            if not file.is_file() or "config" in file.parts:
                continue
            content = file.read_bytes()
            for word in words:
                self.assertNotIn(word.encode(), content, file)

    def test_heals_what_vanishes_and_leaves_strangers_alone(self):
        self.begin(accounts(2, -10, 20))
        self.issue(2)
        stray = self.services.control("/stray", {"name": "trial-user01", "owner": "somebody_else", "workspaces": 1})
        beside = self.services.control("/stray", {"name": "my-own", "owner": "trial_user01", "workspaces": 1})["id"]
        cluster = self.services.state()["clusters"][0]["id"]
        self.capstan.until(lambda: len(self.capstan.sql("SELECT id FROM mcm_cluster")) == 2, "both clusters are known")
        self.services.control("/vanish", {"cluster": cluster})
        self.assertEqual(self.complete(), 1)
        self.capstan.until(lambda: self.complete() == 2, "the cluster is made again, with its schedule and grant", 150)
        # What a user has made beside the designated project goes when somebody agrees.
        asked = self.capstan.until(lambda: self.waiting_of("trial-strays"), "a plan asks", 200)
        projects = lambda: {project["id"] for project in self.services.state()["projects"]}
        self.assertIn(beside, projects())
        self.capstan.command("approve", asked["id"], "--yes")
        self.capstan.until(lambda: beside not in projects(), "it is deleted", 100)
        self.assertEqual(self.complete(), 2)
        # Nobody touched what is not managed, though it has the same name; it is told.
        self.assertTrue(self.capstan.sql("SELECT says FROM finding WHERE rule = 'TrialProjectOfAStranger' AND state = 'open'"))
        audit = self.services.audit()
        touched = [call for call in audit if stray["id"] in (call["path"] or "") and call["method"] != "GET" and call.get("via") != "control"]
        self.assertEqual(touched, [])

    def test_an_emptied_file_takes_nothing_back_before_somebody_agrees(self):
        self.begin(accounts(2, -10, 20))
        self.issue(2)
        approvals = lambda: len(json.loads(self.capstan.command("approvals", "--json"))["approvals"])
        began, given = len(self.services.audit()), approvals()
        asked = lambda: self.waiting_of("trial-removed")
        self.capstan.configure("accounts.yaml", "records: trial_account\nitems: []\n")
        plan = self.capstan.until(asked, "a plan asks")
        self.assertEqual({action["target"] for action in plan["actions"] if action["target"].startswith("trial_account/")},
                         {"trial_account/trial_user01", "trial_account/trial_user02"})
        self.capstan.configure("accounts.yaml", accounts(2, -10, 20))
        self.capstan.until(lambda: not asked(), "nobody is asked any more")
        time.sleep(5)
        self.assertEqual([call for call in self.services.audit()[began:] if call["changed"]], [], "nothing was touched")
        self.assertEqual((self.complete(), approvals()), (2, given))
        self.capstan.configure("accounts.yaml", accounts(1, -10, 20))
        plan = self.capstan.until(asked, "a plan asks for the one")
        self.capstan.command("approve", plan["id"], "--yes")
        self.capstan.until(lambda: [account["login"] for account in self.services.state()["accounts"] if account["login"].startswith("trial_")] == ["trial_user01"],
                           "what is not in the file is taken back", 240)
        self.assertEqual(self.complete(), 1)

    def test_stops_what_runs_outside_the_hours_again_and_again(self):
        self.begin(accounts(1, -10, 20, hours=another_day()))
        self.issue(1)
        project = next(project for project in self.services.state()["projects"])["id"]
        made = self.services.control("/act", {"as": "trial_user01", "service": "modeler", "method": "POST",
                                              "path": f"/api/v2/projects/{project}/workspaces",
                                              "body": {"name": "night", "image": None, "cpu": 1, "memoryGiB": 2, "gpu": 0}})["body"]
        status = lambda: self.services.control("/act", {"as": "trial_user01", "service": "modeler", "method": "GET",
                                                        "path": f"/api/v2/projects/{project}/workspaces/{made['id']}"})["body"]["status"]
        self.capstan.until(lambda: status() == "STOPPED", "the workspace is stopped", 150)

    def test_a_person_keeps_an_account_up_by_its_name_alone(self):
        """Its portal account, its group and its record have the same name."""
        self.begin(accounts(2, -10, 20, hours=another_day()))
        self.issue(2)
        named = "SELECT id FROM resource WHERE name = 'trial_user01'"
        self.capstan.until(lambda: len(self.capstan.sql(named)) == 4, "four things have its name", 150)
        kept = lambda: self.capstan.command("keep", "trial_user01", "up", "for", "2h")
        self.capstan.until(lambda: self.capstan.run("why", "trial_user01", "--data", self.capstan.root / "data").returncode == 0, "its record describes it")
        self.assertIn("trial_account/trial_user01 kept up until", kept())
        self.capstan.until(lambda: "override by" in self.capstan.command("why", "trial_user01"), "a policy heeds it")
        # Its cluster, which MCM's schedule stops, runs meanwhile; the other's is left as it is.
        cluster = lambda name: next(one for one in self.services.state()["clusters"] if one["name"] == name)
        own = cluster("trial-user02")["schedule"]
        self.capstan.until(lambda: cluster("trial-user01")["schedule"] != own, "its schedule is put aside", 150)
        self.capstan.until(lambda: cluster("trial-user01")["status"] == "RUNNING", "its cluster runs")
        self.assertEqual(cluster("trial-user02")["schedule"], own)
        override = json.loads(self.capstan.command("overrides", "--json"))["overrides"][0]["id"]
        self.capstan.command("release", override)
        self.capstan.until(lambda: cluster("trial-user01")["schedule"] == own, "it has its schedule back", 150)

    def test_a_cluster_keeps_the_hours_of_its_account(self):
        hours = lambda schedule: (schedule["start"], schedule["stop"], schedule["zone"]) if schedule else None
        cluster = lambda: next(one for one in self.services.state()["clusters"])
        self.begin(accounts(1, -10, 20, hours="Mon-Sat 07:30-16:00", more=", zone: Europe/Berlin"))
        self.issue(1)
        self.assertEqual(hours(cluster()["schedule"]), ("30 7 * * 1-6", "0 16 * * 1-6", "Europe/Berlin"))
        self.capstan.configure("accounts.yaml", accounts(1, -10, 20, hours="Mon-Fri 22:00-06:00"))
        self.capstan.until(lambda: hours(cluster()["schedule"]) == ("0 22 * * 1-5", "0 6 * * 2-6", "Asia/Seoul"), "it follows the file", 240)

    def test_an_issuing_is_undone_though_its_record_was_written_since(self):
        self.begin(accounts(2, -10, 20))
        plan = self.issue(2)
        complete = "SELECT name, zone FROM trial_record WHERE modeler_project IS NOT NULL"
        self.capstan.until(lambda: len(self.capstan.sql(complete)) == 2, "the records say what the accounts have", 150)
        self.assertEqual({zone for _, zone in self.capstan.sql(complete)}, {"Asia/Seoul"}, "what is no secret can be read")
        self.capstan.until(lambda: not self.capstan.plans("running"), "nothing runs")
        self.assertIn("no plan 'plan-nope' is known", self.capstan.run("why", "plan-nope", "--data", self.capstan.root / "data").stderr)
        self.capstan.command("undo", plan, "--reason", "they were the wrong ones")
        gone = lambda: not any(account["login"].startswith("trial_") for account in self.services.state()["accounts"])
        try:
            self.capstan.until(gone, "the accounts are gone", 400)  # One after the other, each looked at until it shows.
        except AssertionError as late:
            raise AssertionError(f"{late}: {self.capstan.troubles()}") from late
        state = self.services.state()
        self.assertEqual((state["clusters"], state["projects"], state["groups"]), ([], [], []))
        time.sleep(45)  # The policies have looked again by then.
        self.assertTrue(gone(), "nobody issues them again")

    def test_takes_everything_back_in_order_when_the_time_is_over(self):
        self.begin(accounts(2, -10, 20))
        self.issue(2)
        began = len(self.services.audit())
        project = self.services.state()["projects"][0]["id"]
        owner = self.services.state()["projects"][0]["owner"]
        self.services.control("/act", {"as": owner, "service": "modeler", "method": "POST", "path": f"/api/v2/projects/{project}/workspaces",
                                       "body": {"name": "left", "image": None, "cpu": 1, "memoryGiB": 2, "gpu": 0}})
        self.capstan.until(lambda: self.capstan.sql("SELECT id FROM modeler_item"), "the workspace is known", 90)
        complete = "SELECT name FROM trial_record WHERE ends_on IS NOT NULL AND mcm_cluster IS NOT NULL AND modeler_project IS NOT NULL"
        self.capstan.until(lambda: len(self.capstan.sql(complete)) == 2, "the records say what the accounts have", 150)
        time.sleep(31)  # What has just been done is given half a minute to show.
        self.capstan.configure("accounts.yaml", accounts(2, -30, -2))
        over = lambda: not any(account["login"].startswith("trial_") for account in self.services.state()["accounts"])
        self.capstan.until(over, "the accounts are gone", 240)
        state = self.services.state()
        self.assertEqual(state["clusters"], [])
        self.assertEqual(state["projects"], [])
        later = self.services.audit()[began:]
        changes = [at for at, call in enumerate(later) if call["path"] == "/api/v1/me/password" and call["changed"]]
        deletions = [at for at, call in enumerate(later) if call["method"] == "DELETE" and call["changed"] and "/accounts/" in call["path"]]
        self.assertEqual(len(changes), 2, "each password is changed once")
        self.assertLess(max(changes), min(deletions), "and before the accounts go")
        self.capstan.until(lambda: len(self.capstan.sql("SELECT name FROM trial_record WHERE closed_on IS NOT NULL")) == 2, "the records say so", 90)
        refused = [call for call in self.services.audit()[began:] if call["method"] == "DELETE" and call["status"] == 409]
        self.assertEqual(refused, [], "the order of dependencies leaves nothing in the way")

    def test_a_kill_in_the_middle_does_nothing_twice(self):
        self.begin(accounts(6, -10, 20), "--delays", "0.2")
        self.capstan.until(lambda: self.capstan.plans("waiting"), "a plan waits")
        self.capstan.command("approve", self.capstan.plans("waiting")[0]["plan"]["id"], "--yes")
        for made in (3, 9, 18):
            self.capstan.until(lambda made=made: len([call for call in self.services.audit() if call["method"] == "POST" and call["changed"]]) >= made,
                               "some of it is done")
            self.capstan.kill()
            self.capstan.start()
        try:
            self.capstan.until(lambda: self.complete() == 6, "all six are complete after three deaths", 240)
        except AssertionError as late:
            raise AssertionError(f"{late}: {self.capstan.troubles()}") from late
        audit = self.services.audit()
        for service, path, times in [("cloudz", "/api/v1/accounts", 6), ("mcm", "/v1/clusters", 6), ("modeler", "/api/v2/projects", 6)]:
            self.assertEqual(len(created(audit, service, path)), times, path)


def load_tests(_loader, all_tests, _pattern):
    """Those of this part; a story that is named runs whatever the part."""
    stories = [story for of_class in all_tests for story in of_class]
    return unittest.TestSuite(stories[PART - 1 :: PARTS])


if __name__ == "__main__":
    unittest.main()
