"""What trial accounts have at AWS, issued and taken back against moto, with boto3 as the other side."""
import datetime
import pathlib
import sys
import time
import unittest
import urllib.request

import boto3
from moto.server import ThreadedMotoServer

from story import Capstan, Services, accounts, imap_server

BINARY = pathlib.Path(sys.argv.pop(1)).resolve()
REGION = "ap-northeast-2"


class TrialCloud(unittest.TestCase):
    def setUp(self):
        self.mailbox = imap_server.ImapServer()
        self.mailbox.start()
        self.addCleanup(self.mailbox.stop)
        self.moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self.moto.start()
        self.addCleanup(self.moto.stop)
        host, port = self.moto.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"
        urllib.request.urlopen(urllib.request.Request(self.endpoint + "/moto-api/reset", b"")).close()
        ec2 = self.client("ec2")
        image = ec2.describe_images()["Images"][0]["ImageId"]
        ec2.create_launch_template(LaunchTemplateName="trial-workers", LaunchTemplateData={"ImageId": image, "InstanceType": "m5.large"})
        self.subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]

    def client(self, service):
        return boto3.client(service, endpoint_url=self.endpoint, region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")

    def begin(self, hours):
        self.services = Services(self.mailbox.maildir, "--delays", "0")
        self.addCleanup(self.services.stop)
        self.more = f", region: {REGION}, launch_template: trial-workers, subnets: '{self.subnet}'"
        self.capstan = Capstan(BINARY, self.services, self.mailbox, accounts(2, -10, 20, hours, self.more), aws=self.endpoint)
        self.addCleanup(self.capstan.clean)
        self.addCleanup(self.capstan.stop)
        self.capstan.start()
        self.capstan.until(lambda: self.capstan.plans("waiting"), "a plan waits")
        self.capstan.command("approve", self.capstan.plans("waiting")[0]["plan"]["id"], "--yes")

    def groups(self):
        return {group["AutoScalingGroupName"]: group["DesiredCapacity"] for group in self.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]}

    def test_issues_role_bucket_and_workers(self):
        self.begin("Mon-Sun 00:00-24:00")
        self.capstan.until(lambda: self.groups() == {"capstan-trial-user01": 1, "capstan-trial-user02": 1}, "the workers run within the hours", 240)
        role = self.client("iam").get_role(RoleName="capstan-trial-user01")["Role"]
        attached = self.client("iam").list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
        self.assertEqual([policy["PolicyName"] for policy in attached], ["capstan-trial-user01"])
        registered = self.services.state()["pipeline"]["s3-registrations"]
        self.assertIn(("capstan-trial-user01", role["Arn"]), [(each["bucket"], each["role_arn"]) for each in registered])

    def test_scales_the_workers_in_outside_the_hours(self):
        other_day = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=3)).strftime("%a")
        self.begin(f"{other_day} 09:00-18:00")
        self.capstan.until(lambda: len(self.groups()) == 2, "the workers are there", 240)
        self.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName="capstan-trial-user01", MinSize=2, DesiredCapacity=2)
        self.capstan.until(lambda: set(self.groups().values()) == {0}, "they are scaled in", 240)

    def test_takes_back_what_is_at_aws(self):
        self.begin("Mon-Sun 00:00-24:00")
        self.capstan.until(lambda: self.groups() == {"capstan-trial-user01": 1, "capstan-trial-user02": 1}, "the workers run within the hours", 240)
        self.capstan.until(lambda: len(self.capstan.sql("SELECT id FROM aws_iam_role WHERE name LIKE 'capstan-trial-%'")) == 2, "the roles are known", 90)
        time.sleep(31)  # What has just been done is given half a minute to show.
        self.capstan.configure("accounts.yaml", accounts(2, -30, -2, "Mon-Sun 00:00-24:00", self.more))
        try:
            self.capstan.until(lambda: not self.groups() and not self.services.state()["accounts"][1:], "what is at AWS and the accounts are gone", 300)
        except AssertionError as late:
            raise AssertionError(f"{late}: {self.capstan.command('policies')} {self.capstan.troubles()}") from late
        iam = self.client("iam")
        self.assertEqual([role["RoleName"] for role in iam.list_roles()["Roles"] if role["RoleName"].startswith("capstan-")], [])
        self.assertEqual(iam.list_policies(Scope="Local")["Policies"], [])
        self.assertEqual(self.client("s3").list_buckets()["Buckets"], [])


if __name__ == "__main__":
    unittest.main()
