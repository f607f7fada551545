"""The cluster service keeps its protocol."""
import datetime
import unittest
import zoneinfo

import cron
from trial_client import HOURS, POOL, Case

STEADY = {**POOL, "spot": False}


class McmCase(Case):
    def setUp(self):
        super().setUp()
        self.mcm = self.emulator.client("mcm", X_API_Key=self.emulator.places["mcm_api_key"])
        self.group = self.mcm.call("POST", "/v1/groups", {"name": "trial"}).json["id"]

    def create(self, name="trial-01", pool=None, **more):
        body = {"name": name, "owner_group": self.group, "kubernetes_version": "1.31", "node_pools": [pool or STEADY], **more}
        return self.mcm.call("POST", "/v1/clusters", body)

    def running(self, **more):
        """The path of a cluster that is ready."""
        identifier = self.create(**more).json["id"]
        self.emulator.later(8)
        return f"/v1/clusters/{identifier}"


class Clusters(McmCase):
    def test_a_cluster_is_made_and_listed_later(self):
        made = self.create()
        cluster = self.good(made, 202)
        self.assertEqual((cluster["status"], made.headers["Location"]), ("CREATING", f"/v1/clusters/{cluster['id']}"))
        self.good(self.mcm.call("GET", f"/v1/clusters/{cluster['id']}"), 200)
        self.assertEqual(self.mcm.call("GET", "/v1/clusters").json["total_elements"], 0)
        self.refused(self.mcm.call("DELETE", f"/v1/clusters/{cluster['id']}"), 409, "CLUSTER_BUSY")
        self.emulator.later(3)
        self.assertEqual([one["status"] for one in self.mcm.call("GET", "/v1/clusters").json["content"]], ["CREATING"])
        self.emulator.later(5)
        self.assertEqual(self.mcm.call("GET", f"/v1/clusters/{cluster['id']}").json["status"], "RUNNING")

    def test_a_name_is_taken_in_its_group_only(self):
        cluster = self.create().json
        self.assertEqual(self.refused(self.create(), 409, "NAME_TAKEN")["existing"], cluster["id"])
        other = self.mcm.call("POST", "/v1/groups", {"name": "other"}).json["id"]
        self.good(self.create(owner_group=other), 202)

    def test_deleting_takes_a_while(self):
        place = self.running()
        for _ in range(2):
            self.assertEqual(self.good(self.mcm.call("DELETE", place), 202)["status"], "DELETING")
        self.emulator.later(5)
        self.refused(self.mcm.call("GET", place), 404, "NOT_FOUND")
        self.assertEqual(sum("deleted" in change for change in self.changes()), 1)

    def test_lists_have_pages_from_zero_on(self):
        for number in range(25):
            self.create(f"trial-{number:02d}")
        self.emulator.later(8)
        page = self.mcm.call("GET", "/v1/clusters?page=2&size=10").json
        self.assertEqual((len(page["content"]), page["total_elements"], page["total_pages"]), (5, 25, 3))
        self.assertEqual(self.mcm.call("GET", f"/v1/clusters?name=trial-07&owner_group={self.group}").json["total_elements"], 1)

    def test_bad_bodies_are_told_by_field(self):
        fields = self.refused(self.create(name="Trial", pool={**POOL, "count": 0}, owner="x"), 400, "INVALID_REQUEST")["fields"]
        self.assertEqual(set(fields), {"name", "node_pools[0].count", "owner"})
        self.assertIn("owner_group", self.refused(self.create(owner_group="g-0"), 400, "INVALID_REQUEST")["fields"])

    def test_node_pools_change(self):
        place = self.running() + "/node-pools"
        self.refused(self.mcm.call("DELETE", f"{place}/main"), 409, "LAST_NODE_POOL")
        self.good(self.mcm.call("POST", place, {**POOL, "name": "more"}), 201)
        self.refused(self.mcm.call("POST", place, {**POOL, "name": "more"}), 409, "NAME_TAKEN")
        self.assertEqual(self.good(self.mcm.call("PUT", f"{place}/more", {"count": 5}), 200)["count"], 5)
        self.good(self.mcm.call("DELETE", f"{place}/main"), 204)
        self.assertEqual([one["name"] for one in self.mcm.call("GET", place).json["items"]], ["more"])
        self.refused(self.mcm.call("PUT", f"{place}/main", {"count": 5}), 404, "NOT_FOUND")

    def test_a_spot_cluster_vanishes_on_command_with_all_that_it_had(self):
        place = self.running(pool=POOL)
        self.assertTrue(self.mcm.call("GET", place).json["spot"])
        self.good(self.mcm.call("PUT", f"{place}/schedule", HOURS), 201)
        self.emulator.tell("/vanish", cluster=place.rsplit("/", 1)[1])
        for path in (place, f"{place}/schedule", f"{place}/grants"):
            self.refused(self.mcm.call("GET", path), 404, "NOT_FOUND")
        self.assertEqual(self.mcm.call("GET", "/v1/clusters").json["total_elements"], 0)
        self.good(self.create(), 202)

    def test_a_repeated_create_with_a_key_acts_once(self):
        first, again = self.create_with("k1"), self.create_with("k1")
        self.assertEqual((first.json, again.status), (again.json, 202))
        self.assertEqual((first.headers["Idempotency-Replayed"], again.headers["Idempotency-Replayed"]), (None, "true"))
        self.refused(self.create_with("k1", "trial-02"), 422, "IDEMPOTENCY_KEY_REUSED")
        self.refused(self.create_with("k2"), 409, "NAME_TAKEN")
        self.assertEqual(sum(change.startswith("cluster") for change in self.changes()), 1)
        self.emulator.later(24 * 3600)
        self.refused(self.create_with("k1"), 409, "NAME_TAKEN")

    def create_with(self, key, name="trial-01"):
        body = {"name": name, "owner_group": self.group, "kubernetes_version": "1.31", "node_pools": [STEADY]}
        return self.mcm.call("POST", "/v1/clusters", body, Idempotency_Key=key)


class Use(McmCase):
    def test_a_schedule_is_replaced_by_who_knows_it(self):
        place = self.running() + "/schedule"
        self.refused(self.mcm.call("GET", place), 404, "NOT_FOUND")
        self.refused(self.mcm.call("PUT", place, HOURS, If_Match='"x"'), 412, "PRECONDITION_FAILED")
        first = self.mcm.call("PUT", place, HOURS, If_None_Match="*")
        self.good(first, 201)
        self.refused(self.mcm.call("PUT", place, HOURS, If_None_Match="*"), 412, "PRECONDITION_FAILED")
        self.assertEqual(self.mcm.call("GET", place).headers["ETag"], first.headers["ETag"])
        second = self.mcm.call("PUT", place, {**HOURS, "stop": "0 20 * * 1-5"}, If_Match=first.headers["ETag"])
        self.good(second, 200)
        self.refused(self.mcm.call("PUT", place, HOURS, If_Match=first.headers["ETag"]), 412, "PRECONDITION_FAILED")
        self.refused(self.mcm.call("DELETE", place, If_Match=first.headers["ETag"]), 412, "PRECONDITION_FAILED")
        self.good(self.mcm.call("DELETE", place, If_Match=second.headers["ETag"]), 204)
        self.refused(self.mcm.call("DELETE", place), 404, "NOT_FOUND")

    def test_a_wrong_schedule_is_told_by_field(self):
        place = self.running() + "/schedule"
        wrong = {"start": "0 25 * * *", "stop": "0 9 * *", "zone": "Asia/Nowhere"}
        self.assertEqual(set(self.refused(self.mcm.call("PUT", place, wrong), 400, "INVALID_REQUEST")["fields"]), set(wrong))

    def test_a_schedule_keeps_its_cluster(self):
        place = self.running()
        self.mcm.call("PUT", f"{place}/schedule", HOURS)
        self.refused(self.mcm.call("DELETE", place), 409, "HAS_SCHEDULE")
        self.good(self.mcm.call("DELETE", f"{place}/schedule"), 204)
        self.good(self.mcm.call("DELETE", place), 202)

    def test_a_cluster_follows_its_hours(self):
        place = self.running()
        self.mcm.call("PUT", f"{place}/schedule", HOURS)
        for moment, status in (("2026-03-02T08:59:59Z", "RUNNING"), ("2026-03-02T09:00:00Z", "STOPPED"), ("2026-03-03T00:00:00Z", "RUNNING"),
                               ("2026-03-07T03:00:00Z", "STOPPED")):
            self.emulator.tell("/clock", set=moment)
            self.assertEqual(self.mcm.call("GET", place).json["status"], status, moment)
        self.refused(self.mcm.call("GET", f"{place}/kubeconfig"), 409, "CLUSTER_NOT_RUNNING")

    def test_use_needs_a_grant_and_a_grant_a_schedule(self):
        self.emulator.member(self.admin, "trial_user02")
        account, browser = self.emulator.member(self.admin, "trial_user01", "mcm")
        user = self.emulator.signed_in(browser, "mcm")
        fresh = self.create().json["id"]
        body = {"account": "trial_user01", "role": "user"}
        self.refused(self.mcm.call("POST", f"/v1/clusters/{fresh}/grants", body), 409, "CLUSTER_BUSY")
        self.refused(self.mcm.call("PUT", f"/v1/clusters/{fresh}/schedule", HOURS), 409, "CLUSTER_BUSY")
        self.emulator.later(8)
        place = f"/v1/clusters/{fresh}"
        self.refused(self.mcm.call("POST", f"{place}/grants", body), 409, "SCHEDULE_REQUIRED")
        self.mcm.call("PUT", f"{place}/schedule", HOURS)
        self.refused(user.call("GET", place), 404, "NOT_FOUND")
        self.good(self.mcm.call("POST", f"{place}/grants", body), 201)
        self.refused(self.mcm.call("POST", f"{place}/grants", body), 409, "ALREADY_GRANTED")
        self.refused(self.mcm.call("POST", f"{place}/grants", {**body, "account": "trial_user02"}), 409, "NOT_SUBSCRIBED")
        self.refused(self.mcm.call("POST", f"{place}/grants", {**body, "account": "nobody"}), 400, "INVALID_REQUEST")
        self.assertIn("server", self.good(user.call("GET", f"{place}/kubeconfig"), 200))
        self.assertEqual(user.call("GET", "/v1/clusters").json["total_elements"], 1)
        self.refused(user.call("DELETE", place), 403, "FORBIDDEN")
        self.refused(user.call("GET", "/v1/groups"), 403, "FORBIDDEN")
        self.mcm.call("DELETE", f"{place}/schedule")
        self.refused(user.call("GET", f"{place}/kubeconfig"), 409, "SCHEDULE_REQUIRED")
        self.good(self.mcm.call("DELETE", f"{place}/grants/trial_user01"), 204)
        self.assertEqual(self.mcm.call("GET", f"{place}/grants").json["items"], [])
        self.refused(self.mcm.call("DELETE", f"{place}/grants/trial_user01"), 404, "NOT_FOUND")

    def test_groups_own_clusters_and_have_members(self):
        account, _ = self.emulator.member(self.admin, "trial_user01", "mcm")
        place = f"/v1/groups/{self.group}"
        self.assertEqual(self.refused(self.mcm.call("POST", "/v1/groups", {"name": "trial"}), 409, "NAME_TAKEN")["existing"], self.group)
        for _ in range(2):
            self.good(self.mcm.call("PUT", f"{place}/members/trial_user01"), 204)
        self.assertEqual(self.mcm.call("GET", place).json["members"], ["trial_user01"])
        role = self.admin.call("GET", f"/api/v1/accounts/{account['id']}/roles").json["items"][0]["id"]
        self.admin.call("DELETE", f"/api/v1/accounts/{account['id']}/roles/{role}")
        subscription = self.admin.call("GET", f"/api/v1/accounts/{account['id']}/subscriptions").json["items"][0]["id"]
        blocked = self.admin.call("DELETE", f"/api/v1/accounts/{account['id']}/subscriptions/{subscription}")
        self.assertEqual(self.refused(blocked, 409, "SUBSCRIPTION_IN_USE")["blocking"][0]["kind"], "groupMembership")
        self.good(self.mcm.call("DELETE", f"{place}/members/trial_user01"), 204)
        self.refused(self.mcm.call("DELETE", f"{place}/members/trial_user01"), 404, "NOT_FOUND")
        cluster = self.create().json["id"]
        self.assertEqual(self.refused(self.mcm.call("DELETE", place), 409, "GROUP_IN_USE")["blocking"][0]["id"], cluster)
        self.emulator.later(8)
        self.mcm.call("DELETE", f"/v1/clusters/{cluster}")
        self.emulator.later(5)
        self.good(self.mcm.call("DELETE", place), 204)
        self.assertEqual(self.mcm.call("GET", "/v1/groups?name=trial").json["total_elements"], 0)


class Lives(McmCase):
    options = ("--spot-life", "3600")

    def lives(self, seed):
        """How many of ten spot clusters, and a steady one, are left after each of some hours."""
        self.emulator.tell("/reset", seed=seed)
        self.group = self.mcm.call("POST", "/v1/groups", {"name": "trial"}).json["id"]
        for number in range(10):
            self.create(f"trial-{number}", POOL)
        self.create("steady")
        left = []
        for _ in range(8):
            self.emulator.later(3600)
            left.append([one["name"] for one in self.mcm.call("GET", "/v1/clusters").json["content"]])
        return left

    def test_spot_clusters_vanish_by_the_seed(self):
        first = self.lives(1)
        self.assertEqual(first, self.lives(1))
        self.assertNotEqual(first, self.lives(2))
        self.assertTrue(all("steady" in left for left in first))
        self.assertLess(len(first[-1]), 5)
        vanished = [one for one in self.emulator.audit() if one["via"] == "itself"]
        self.assertEqual(len(vanished), 11 - len(self.mcm.call("GET", "/v1/clusters").json["content"]))


class Cron(unittest.TestCase):
    SEOUL = zoneinfo.ZoneInfo("Asia/Seoul")

    def last(self, text, moment):
        then = cron.Cron(text).last(datetime.datetime.fromisoformat(moment).replace(tzinfo=self.SEOUL).timestamp(), self.SEOUL)
        return datetime.datetime.fromtimestamp(then, self.SEOUL).isoformat()[:16]

    def test_the_last_time_is_found(self):
        for text, moment, expected in (
                ("0 9 * * 1-5", "2026-03-02T08:59", "2026-02-27T09:00"), ("0 9 * * 1-5", "2026-03-02T09:00", "2026-03-02T09:00"),
                ("*/15 8-10 * * *", "2026-03-02T12:00", "2026-03-02T10:45"), ("30 0 1 */3 *", "2026-03-02T12:00", "2026-01-01T00:30"),
                ("0 0 13 * 5", "2026-03-15T00:00", "2026-03-13T00:00"), ("0 0 13 * 0", "2026-03-15T01:00", "2026-03-15T00:00"),
                ("0 0 * * 7", "2026-03-16T01:00", "2026-03-15T00:00"), ("0 0 29 2 *", "2026-03-16T01:00", "2024-02-29T00:00")):
            self.assertEqual(self.last(text, moment), expected, text)

    def test_what_is_no_cron_is_refused(self):
        for text in ("", "* * * *", "60 * * * *", "* * 0 * *", "* * * 13 *", "a * * * *", "*/0 * * * *", "5-1 * * * *", "@daily"):
            with self.assertRaises(ValueError, msg=text):
                cron.Cron(text)


if __name__ == "__main__":
    unittest.main()
