"""The analysis service keeps its protocol."""
import unittest

from trial_client import RESOURCES, Case

API = "/api/v2/projects"
BODIES = {
    "workspaces": {"name": "notebook", "image": None, "cpu": 2, "memoryGiB": 8, "gpu": 0},
    "deployments": {"name": "serve", "model": "m", "storage": None, "replicas": 1},
    "automl-jobs": {"name": "automl", "dataset": "d", "target": "y"},
    "autodl-jobs": {"name": "autodl", "dataset": "d", "target": "y"},
    "drift-monitors": {"name": "drift", "deployment": "", "intervalMinutes": 60},
    "storages": {"name": "store", "sizeGiB": 10},
    "images": {"name": "image", "base": "python:3.11"},
}


class ModelerCase(Case):
    def setUp(self):
        super().setUp()
        self.account, self.browser = self.emulator.member(self.admin, "trial_user01", "modeler")
        self.modeler = self.emulator.signed_in(self.admin, "modeler")
        self.user = self.emulator.signed_in(self.browser, "modeler")

    def create(self, client=None, name="trial-01", **more):
        return (client or self.modeler).call("POST", API, {"name": name, "owner": "trial_user01", "resources": RESOURCES, **more})

    def fill(self, place):
        """One of each kind; paths by kind."""
        made = {}
        for kind, body in BODIES.items():
            deployment = {"deployment": made["deployments"].rsplit("/", 1)[1]} if kind == "drift-monitors" else {}
            heard = self.user.call("POST", f"{place}/{kind}", {**body, **deployment})
            self.good(heard, 201)
            made[kind] = heard.headers["Location"]
        return made


class Projects(ModelerCase):
    def test_names_are_not_unique(self):
        first, second = self.good(self.create(), 201), self.good(self.create(), 201)
        self.assertNotEqual(first["id"], second["id"])
        self.assertEqual(self.modeler.call("GET", f"{API}?name=trial-01").json["total"], 2)

    def test_lists_have_offset_and_limit(self):
        for number in range(7):
            self.create(name=f"trial-{number:02d}")
        page = self.modeler.call("GET", f"{API}?offset=5&limit=5").json
        self.assertEqual([one["name"] for one in page["items"]], ["trial-05", "trial-06"])
        self.assertEqual((page["offset"], page["limit"], page["total"]), (5, 5, 7))
        self.refused(self.modeler.call("GET", f"{API}?limit=201"), 400, "INVALID_REQUEST")

    def test_an_owner_is_an_account_with_a_subscription(self):
        self.emulator.member(self.admin, "trial_user02")
        self.refused(self.create(owner="trial_user02"), 409, "OWNER_NOT_SUBSCRIBED")
        self.assertIn("owner", self.refused(self.create(owner="nobody"), 400, "INVALID_REQUEST")["fields"])
        self.assertIn("resources.cpu", self.refused(self.create(resources={**RESOURCES, "cpu": 0}), 400, "INVALID_REQUEST")["fields"])

    def test_a_key_makes_a_create_act_once(self):
        body = {"name": "trial-01", "owner": "trial_user01", "resources": RESOURCES}
        first, again = (self.modeler.call("POST", API, body, Idempotency_Key="k") for _ in range(2))
        self.assertEqual(first.json, again.json)
        self.refused(self.modeler.call("POST", API, {**body, "name": "other"}, Idempotency_Key="k"), 422, "IDEMPOTENCY_KEY_REUSED")
        place = f"{API}/{first.json['id']}/workspaces"
        items = [self.modeler.call("POST", place, BODIES["workspaces"], Idempotency_Key="w").json["id"] for _ in range(2)]
        self.assertNotEqual(*items)

    def test_labels_and_resources_change(self):
        place = f"{API}/{self.create().json['id']}"
        changed = self.good(self.modeler.call("PATCH", place, {"labels": {"plan": "trial"}}), 200)
        self.assertEqual((changed["labels"], changed["resources"]), ({"plan": "trial"}, RESOURCES))
        self.refused(self.modeler.call("PATCH", place, {"name": "x"}), 400, "INVALID_REQUEST")

    def test_a_project_goes_when_it_is_empty(self):
        place = f"{API}/{self.create().json['id']}"
        made = self.fill(place)
        blocked = self.refused(self.modeler.call("DELETE", place), 409, "PROJECT_NOT_EMPTY")
        self.assertEqual({one["id"] for one in blocked["blocking"]}, {path.rsplit("/", 1)[1] for path in made.values()})
        self.emulator.later(3)
        for kind, path in made.items():
            if kind != "images":
                self.good(self.modeler.call("POST", f"{path}/stop"), 202)
        self.emulator.later(4)
        for path in made.values():
            self.good(self.modeler.call("DELETE", path), 204)
        self.good(self.modeler.call("DELETE", place), 204)
        self.refused(self.modeler.call("GET", place), 404, "NOT_FOUND")

    def test_users_see_their_own_and_work_with_the_role(self):
        mine = f"{API}/{self.good(self.create(self.user), 201)['id']}"
        self.refused(self.create(self.user, owner="admin"), 403, "FORBIDDEN")
        _, browser = self.emulator.member(self.admin, "trial_user02", "modeler", role="SERVICE_VIEWER")
        viewer = self.emulator.signed_in(browser, "modeler")
        self.refused(viewer.call("GET", mine), 404, "NOT_FOUND")
        theirs = f"{API}/{self.create(owner='trial_user02').json['id']}"
        self.good(viewer.call("GET", f"{theirs}/workspaces"), 200)
        self.refused(viewer.call("POST", f"{theirs}/workspaces", BODIES["workspaces"]), 403, "FORBIDDEN")
        self.assertEqual(self.user.call("GET", API).json["total"], 1)

    def test_strays_come_from_nowhere(self):
        stray = self.emulator.tell("/stray", name="trial-01", owner="ghost", workspaces=2)
        self.assertEqual(self.modeler.call("GET", f"{API}?owner=ghost").json["total"], 1)
        items = self.modeler.call("GET", f"{API}/{stray['id']}/workspaces").json["items"]
        self.assertEqual([one["startedBy"] for one in items], ["ghost", "ghost"])
        self.assertEqual([one["changed"] for one in self.emulator.audit(service="control")], [[f"project {stray['id']} created"]])

    def test_a_project_keeps_the_subscription_of_its_owner(self):
        self.create()
        place = f"/api/v1/accounts/{self.account['id']}"
        self.admin.call("DELETE", f"{place}/roles/{self.admin.call('GET', f'{place}/roles').json['items'][0]['id']}")
        subscription = self.admin.call("GET", f"{place}/subscriptions").json["items"][0]["id"]
        blocked = self.refused(self.admin.call("DELETE", f"{place}/subscriptions/{subscription}"), 409, "SUBSCRIPTION_IN_USE")
        self.assertEqual(blocked["blocking"][0]["kind"], "project")


class Items(ModelerCase):
    def setUp(self):
        super().setUp()
        self.place = f"{API}/{self.create().json['id']}"

    def test_each_kind_starts_stops_and_starts_again(self):
        made = self.fill(self.place)
        self.assertEqual(self.modeler.call("GET", made.pop("images")).json["status"], "AVAILABLE")
        for path in made.values():
            self.assertEqual(self.refused(self.modeler.call("POST", f"{path}/stop"), 409, "INVALID_STATE")["status"], "STARTING")
        self.emulator.later(3)
        for path in made.values():
            self.refused(self.modeler.call("POST", f"{path}/start", {}), 409, "INVALID_STATE")
            self.refused(self.modeler.call("DELETE", path), 409, "NOT_STOPPED")
            for _ in range(2):
                self.assertEqual(self.good(self.modeler.call("POST", f"{path}/stop", {}), 202)["status"], "STOPPING")
            self.refused(self.modeler.call("DELETE", path), 409, "NOT_STOPPED")
        self.emulator.later(4)
        for path in made.values():
            self.assertEqual(self.modeler.call("GET", path).json["status"], "STOPPED")
            self.refused(self.modeler.call("POST", f"{path}/stop"), 409, "INVALID_STATE")
            self.assertEqual(self.good(self.modeler.call("POST", f"{path}/start"), 202)["status"], "STARTING")
        self.emulator.later(3)
        self.assertEqual({self.modeler.call("GET", path).json["status"] for path in made.values()}, {"RUNNING"})

    def test_jobs_end_by_themselves_and_can_be_run_again(self):
        path = self.user.call("POST", f"{self.place}/automl-jobs", BODIES["automl-jobs"]).headers["Location"]
        self.assertEqual(self.status_after(7199), "RUNNING")
        self.assertEqual(self.status_after(1), "COMPLETED")
        again = {"as": "trial_user01", "service": "modeler", "method": "POST", "path": f"{path}/start"}
        self.assertEqual(self.emulator.tell("/act", **again)["status"], 202)
        self.assertEqual(self.status_after(7199), "RUNNING")
        self.assertEqual(self.status_after(1), "COMPLETED")
        self.assertEqual(self.emulator.tell("/act", **{**again, "method": "DELETE", "path": path})["status"], 204)

    def status_after(self, seconds):
        """Of the only thing in the project, however long tokens live."""
        self.emulator.later(seconds)
        return self.emulator.state()["projects"][0]["items"][0]["status"]

    def test_images_cannot_be_stopped_and_what_is_used_stays(self):
        image = self.user.call("POST", f"{self.place}/images", BODIES["images"]).headers["Location"]
        self.refused(self.modeler.call("POST", f"{image}/stop"), 404, "NOT_FOUND")
        workspace = self.user.call("POST", f"{self.place}/workspaces", {**BODIES["workspaces"], "image": image.rsplit("/", 1)[1]})
        storage = self.user.call("POST", f"{self.place}/storages", BODIES["storages"]).headers["Location"]
        deployment = self.user.call("POST", f"{self.place}/deployments", {**BODIES["deployments"], "storage": storage.rsplit("/", 1)[1]})
        self.emulator.later(3)
        paths = [workspace.headers["Location"], deployment.headers["Location"], storage]
        for path in paths:
            self.good(self.modeler.call("POST", f"{path}/stop"), 202)
        self.emulator.later(4)
        for user, used in ((workspace, image), (deployment, storage)):
            blocked = self.refused(self.modeler.call("DELETE", used), 409, "IN_USE")["blocking"]
            self.assertEqual([one["id"] for one in blocked], [user.json["id"]])
            self.good(self.modeler.call("DELETE", user.headers["Location"]), 204)
            self.good(self.modeler.call("DELETE", used), 204)
        self.refused(self.user.call("POST", f"{self.place}/workspaces", {**BODIES["workspaces"], "image": "img-0"}), 400, "INVALID_REQUEST")

    def test_a_project_holds_a_thousand_of_a_kind(self):
        for number in range(1000):
            self.good(self.user.call("POST", f"{self.place}/images", {"name": f"i{number}", "base": "b"}), 201)
        self.refused(self.user.call("POST", f"{self.place}/images", BODIES["images"]), 409, "LIMIT_REACHED")

    def test_cursors_go_through_a_list_that_changes(self):
        paths = [self.user.call("POST", f"{self.place}/images", {"name": f"i{n}", "base": "b"}).headers["Location"] for n in range(7)]
        seen, cursor = [], ""
        while cursor is not None:
            page = self.good(self.modeler.call("GET", f"{self.place}/images?limit=3{cursor and '&cursor=' + cursor}"), 200)
            seen += [one["name"] for one in page["items"]]
            self.modeler.call("DELETE", paths[0])  # Nothing is skipped when what was read is deleted.
            cursor = page["nextCursor"]
        self.assertEqual(seen, [f"i{n}" for n in range(7)])
        other = self.modeler.call("GET", f"{self.place}/images?limit=3").json["nextCursor"]
        for bad in (other, "AAAA", "%ff"):
            self.refused(self.modeler.call("GET", f"{self.place}/storages?cursor={bad}"), 400, "INVALID_CURSOR")
        self.refused(self.modeler.call("GET", f"{self.place}/notebooks"), 404, "NOT_FOUND")

    def test_control_makes_a_user_do_things(self):
        body = {"as": "trial_user01", "service": "modeler", "method": "POST", "path": f"{self.place}/workspaces", "body": BODIES["workspaces"]}
        done = self.emulator.tell("/act", **body)
        self.assertEqual((done["status"], done["body"]["startedBy"]), (201, "trial_user01"))
        last = self.emulator.audit(service="modeler")[-1]
        self.assertEqual((last["principal"], last["via"]), ("trial_user01", "control"))


if __name__ == "__main__":
    unittest.main()
