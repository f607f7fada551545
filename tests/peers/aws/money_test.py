#!/usr/bin/env python3
"""What groups of instances cost and what their hours save: the real program, and moto with boto3 as the other side.

money_test.py CAPSTAN_BINARY; needs the packages moto[server] and boto3 (./dev test --peers installs them).
"""
import json
import logging
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

import boto3
from moto.server import ThreadedMotoServer

BINARY = pathlib.Path(sys.argv.pop(1)).resolve()
REGION = "ap-northeast-2"
POLICY = """
policy: web-hours
select: { kind: aws_auto_scaling_group, all: true }
during: "Mon-Fri 09:00-18:00 Asia/Seoul"
keep:
  - { is: is scaled out, so: desired > 0, by: aws.scale_group, with: { to: 1 } }
otherwise:
  - { is: is scaled in, so: desired = 0, by: aws.scale_group, with: { to: 0 } }
approve: ask
"""

logging.getLogger("werkzeug").setLevel(logging.ERROR)


class Money(unittest.TestCase):
    def setUp(self):
        self.moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self.moto.start()
        self.addCleanup(self.moto.stop)
        host, port = self.moto.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"
        urllib.request.urlopen(urllib.request.Request(self.endpoint + "/moto-api/reset", b"")).close()
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="aws-money-"))
        self.addCleanup(shutil.rmtree, self.root, True)
        (self.root / "config").mkdir()
        (self.root / "config" / "site.yaml").write_text(f"services:\n  aws: {{ region: {REGION}, endpoint: '{self.endpoint}' }}\n")
        (self.root / "config" / "hours.yaml").write_text(POLICY)
        self.make_groups()
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.root), "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
        self.log = open(self.root / "log", "wb")
        self.addCleanup(self.log.close)
        self.capstan = subprocess.Popen([BINARY, "run", "--config", self.root / "config", "--data", self.root / "data", "--listen", "127.0.0.1:0"],
                                        env=environment, stdout=self.log, stderr=self.log, cwd=self.root)
        self.addCleanup(self.capstan.wait)
        self.addCleanup(self.capstan.terminate)

    def client(self, service):
        return boto3.client(service, endpoint_url=self.endpoint, region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")

    def make_groups(self):
        ec2 = self.client("ec2")
        image = ec2.describe_images()["Images"][0]["ImageId"]
        subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
        ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData={"ImageId": image, "InstanceType": "m5.large"})
        for name, instances in (("web", 2), ("idle", 0)):
            self.client("autoscaling").create_auto_scaling_group(
                AutoScalingGroupName=name, MinSize=0, MaxSize=4, DesiredCapacity=instances, VPCZoneIdentifier=subnet,
                LaunchTemplate={"LaunchTemplateName": "web", "Version": "$Latest"})
        eks, role = self.client("eks"), "arn:aws:iam::123456789012:role/x"
        eks.create_cluster(name="prod", roleArn=role, resourcesVpcConfig={"subnetIds": [subnet]})
        eks.create_nodegroup(clusterName="prod", nodegroupName="workers", subnets=[subnet], nodeRole=role, instanceTypes=["m5.xlarge"],
                             scalingConfig={"minSize": 0, "maxSize": 4, "desiredSize": 3}, capacityType="SPOT")

    def command(self, *arguments):
        done = subprocess.run([BINARY, *arguments, "--data", self.root / "data"], capture_output=True, text=True, timeout=60)
        self.said = done.stdout + done.stderr
        return done.stdout if done.returncode == 0 else ""

    def rows(self, question):
        text = self.command("sql", question, "--json")
        return json.loads(text)["rows"] if text else []

    def until(self, so, what, patience=90):
        end = time.monotonic() + patience
        while not (found := so()):
            if time.monotonic() > end:
                raise AssertionError(f"not within {patience} s: {what}: {self.said} {(self.root / 'log').read_text()[-2000:]}")
            time.sleep(0.2)
        return found

    def test_a_group_costs_what_its_instances_cost(self):
        question = "SELECT name, price, cost_if_always / hours_existing, hours_running > 0 FROM cost('1h') WHERE hours_existing > 0.0003 ORDER BY name"
        self.until(lambda: len(self.rows(question)) == 3, "all groups are priced")
        priced = {row[0]: row[1:] for row in self.rows(question)}
        self.assertEqual({name: row[0] for name, row in priced.items()},
                         {"web": "aws-auto-scaling-groups", "idle": "aws-auto-scaling-groups", "workers": "aws-eks-node-groups"})
        self.assertAlmostEqual(priced["web"][1], 2 * 0.118, places=3)
        self.assertAlmostEqual(priced["workers"][1], 3 * 0.236 * 0.35, places=3)
        self.assertEqual(priced["idle"][1:], [0.0, 0])
        self.assertEqual([priced["web"][2], priced["workers"][2]], [1, 1])

    def test_what_its_hours_save_is_in_money(self):
        saved = self.until(lambda: [policy for policy in json.loads(self.command("savings", "--since", "1h", "-o", "json") or '{"policies": []}')["policies"]
                                    if policy["policy"] == "web-hours" and policy["baseline"]["money"] > 0], "the policy's savings are known")[0]
        self.assertEqual(saved["currency"], "USD")
        self.assertEqual(saved["unpriced"], 0)


if __name__ == "__main__":
    unittest.main()
