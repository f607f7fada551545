"""The workflow service keeps its protocol."""
import re
import unittest
import urllib.parse

from trial_client import Case

API = "/api/v1"
ROLE = "arn:aws:iam::123456789012:role/trial-01"


class Pipelines(Case):
    def setUp(self):
        super().setUp()
        self.account, browser = self.emulator.member(self.admin, "trial_user01", "pipeline")
        self.pipeline = self.emulator.signed_in(self.admin, "pipeline")
        self.user = self.emulator.signed_in(browser, "pipeline")

    def make(self, kind, client=None, **body):
        return self.good((client or self.user).call("POST", f"{API}/{kind}", body), 201)

    def test_lists_are_followed_by_their_links(self):
        for number in range(45):
            self.make("models", name=f"m{number}", framework="torch")
        self.make("models", self.pipeline, name="another", framework="jax")
        names, target = [], f"{API}/models?per_page=20&owner=trial_user01"
        while target:
            heard = self.pipeline.call("GET", target)
            self.assertEqual(heard.headers["X-Total-Count"], "45")
            names += [one["name"] for one in self.good(heard, 200)]
            link = re.fullmatch(r'<([^>]+)>; rel="next"', heard.headers["Link"] or "")
            target = urllib.parse.urlparse(link[1])._replace(scheme="", netloc="").geturl() if link else None
            self.assertTrue(link is None or link[1].startswith(self.emulator.places["pipeline"]))
        self.assertEqual(names, [f"m{number}" for number in range(45)])

    def test_what_is_used_stays(self):
        self.make("buckets", name="trial-01-data")
        dataset = self.make("datasets", name="d", bucket="trial-01-data")
        workflow = self.make("workflows", name="w", datasets=[dataset["id"]])
        blocked = self.refused(self.user.call("DELETE", f"{API}/datasets/{dataset['id']}"), 409, "IN_USE")
        self.assertEqual([one["id"] for one in blocked["blocking"]], [workflow["id"]])
        self.refused(self.user.call("DELETE", f"{API}/buckets/trial-01-data"), 409, "BUCKET_NOT_EMPTY")
        for path in (f"workflows/{workflow['id']}", f"datasets/{dataset['id']}", "buckets/trial-01-data"):
            self.good(self.user.call("GET", f"{API}/{path}"), 200)
            self.good(self.user.call("DELETE", f"{API}/{path}"), 204)
            self.refused(self.user.call("DELETE", f"{API}/{path}"), 404, "NOT_FOUND")

    def test_buckets_are_registered_once_with_a_role(self):
        body = {"bucket": "trial-01-s3", "role_arn": ROLE, "owner": "trial_user01"}
        self.assertEqual(self.make("s3-registrations", self.pipeline, **body)["owner"], "trial_user01")
        self.refused(self.pipeline.call("POST", f"{API}/s3-registrations", body), 409, "ALREADY_REGISTERED")
        for wrong in ({"bucket": "Trial"}, {"bucket": "a..b"}, {"bucket": "10.0.0.1"}, {"bucket": "xn--bucket"},
                      {"role_arn": "arn:aws:iam::1:role/x"}):
            fields = self.refused(self.pipeline.call("POST", f"{API}/s3-registrations", {**body, **wrong}), 400, "INVALID_REQUEST")["fields"]
            self.assertEqual(set(fields), set(wrong))
        dataset = self.make("datasets", name="d", bucket="trial-01-s3")
        self.refused(self.user.call("DELETE", f"{API}/s3-registrations/trial-01-s3"), 409, "IN_USE")
        self.good(self.user.call("DELETE", f"{API}/datasets/{dataset['id']}"), 204)
        self.good(self.user.call("DELETE", f"{API}/s3-registrations/trial-01-s3"), 204)

    def test_users_have_their_own(self):
        theirs = self.make("models", self.pipeline, name="m", framework="jax")
        self.refused(self.user.call("GET", f"{API}/models/{theirs['id']}"), 404, "NOT_FOUND")
        self.refused(self.user.call("POST", f"{API}/models", {"name": "m", "framework": "jax", "owner": "admin"}), 403, "FORBIDDEN")
        self.make("buckets", self.pipeline, name="taken-name")
        self.refused(self.user.call("POST", f"{API}/buckets", {"name": "taken-name"}), 409, "NAME_TAKEN")
        self.assertEqual(self.user.call("GET", f"{API}/buckets").json, [])
        self.refused(self.user.call("POST", f"{API}/datasets", {"name": "d", "bucket": "none"}), 400, "INVALID_REQUEST")
        self.refused(self.user.call("POST", f"{API}/workflows", {"name": "w", "datasets": ["ds-0"]}), 400, "INVALID_REQUEST")

    def test_what_is_left_keeps_the_subscription(self):
        model = self.make("models", name="m", framework="torch")
        place = f"/api/v1/accounts/{self.account['id']}"
        self.admin.call("DELETE", f"{place}/roles/{self.admin.call('GET', f'{place}/roles').json['items'][0]['id']}")
        subscription = f"{place}/subscriptions/{self.admin.call('GET', f'{place}/subscriptions').json['items'][0]['id']}"
        self.assertEqual(self.refused(self.admin.call("DELETE", subscription), 409, "SUBSCRIPTION_IN_USE")["blocking"],
                         [{"kind": "model", "id": model["id"]}])
        self.user.call("DELETE", f"{API}/models/{model['id']}")
        self.good(self.admin.call("DELETE", subscription), 202)


if __name__ == "__main__":
    unittest.main()
