#!/usr/bin/env python3
"""Capstan's AWS client against moto, with boto3 as the other side: what one writes the other reads.

aws_test.py CAPSTAN_BINARY; needs the packages moto[server] and boto3 (./dev test --peers installs them).
"""
import base64
import json
import logging
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import boto3
import botocore.config
from moto.server import ThreadedMotoServer

import signature_proxy

BINARY = sys.argv.pop(1)
REGION = "ap-northeast-2"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
ODD_KEYS = ["plain", "with space", "plus+and&amp;", "한글/키", "a//b", "a/../b", "./x", "100%/%2F", "q?x=1#y", "~t*('!)=@:,;$"]

logging.getLogger("werkzeug").setLevel(logging.ERROR)
moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
moto.start()
moto_port = moto.get_host_and_port()[1]
proxy = signature_proxy.start(moto_port)
ENDPOINT = f"http://127.0.0.1:{proxy.server_port}"
home = tempfile.mkdtemp()
ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": home, "AWS_REGION": REGION, "AWS_ENDPOINT_URL": ENDPOINT,
               "AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": signature_proxy.SECRETS["AKIDTEST"],
               "AWS_EC2_METADATA_DISABLED": "true"}


def theirs(service):
    """boto3, past the proxy."""
    return boto3.client(service, region_name=REGION, endpoint_url=f"http://127.0.0.1:{moto_port}",
                        aws_access_key_id="x", aws_secret_access_key="y",
                        config=botocore.config.Config(s3={"addressing_style": "path"}))


def run(*arguments, environment=None):
    return subprocess.run([BINARY, "aws", *arguments], capture_output=True, text=True, timeout=60,
                          env={**ENVIRONMENT, **(environment or {})})


def call(service, operation, input_value=None, *more, environment=None):
    outcome = run("call", service, operation, "--input", json.dumps(input_value or {}), *more, environment=environment)
    if outcome.returncode != 0:
        raise RuntimeError(outcome.stderr)
    return json.loads(outcome.stdout)


def error(service, operation, input_value, **more):
    outcome = run("call", service, operation, "--input", json.dumps(input_value), **more)
    assert outcome.returncode == 1, outcome.stdout
    return outcome.stderr


class AwsTest(unittest.TestCase):
    def tearDown(self):
        self.assertEqual(signature_proxy.Proxy.problems, [])

    def test_roles_and_policies_are_read_by_the_other_side(self):
        role = call("iam", "CreateRole", {"RoleName": "web", "AssumeRolePolicyDocument": TRUST,
                                          "Tags": [{"Key": "team", "Value": "é + x"}]})["Role"]
        policy = call("iam", "CreatePolicy", {"PolicyName": "read", "PolicyDocument": json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]})})
        call("iam", "AttachRolePolicy", {"RoleName": "web", "PolicyArn": policy["Policy"]["Arn"]})
        seen = theirs("iam").get_role(RoleName="web")["Role"]
        self.assertEqual(seen["Arn"], role["Arn"])
        self.assertEqual(seen["Tags"], [{"Key": "team", "Value": "é + x"}])
        self.assertEqual(seen["AssumeRolePolicyDocument"], json.loads(TRUST))
        attached = theirs("iam").list_attached_role_policies(RoleName="web")["AttachedPolicies"]
        self.assertEqual([each["PolicyName"] for each in attached], ["read"])
        self.assertEqual(call("iam", "ListAttachedRolePolicies", {"RoleName": "web"})["AttachedPolicies"],
                         [{"PolicyArn": policy["Policy"]["Arn"], "PolicyName": "read"}])

    def test_all_pages_of_many_roles_come_as_one(self):
        names = [f"many-{number:03}" for number in range(130)]
        for name in names:
            theirs("iam").create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
        first = call("iam", "ListRoles", {"MaxItems": 50})
        self.assertTrue(first["IsTruncated"])
        self.assertEqual(len(first["Roles"]), 50)
        roles = call("iam", "ListRoles", {"MaxItems": 50}, "--all-pages")["Roles"]
        many = [role["RoleName"] for role in roles if role["RoleName"].startswith("many-")]
        self.assertEqual(sorted(many), names)

    def test_objects_with_odd_keys_go_both_ways(self):
        call("s3", "CreateBucket", {"Bucket": "odd-keys", "CreateBucketConfiguration": {"LocationConstraint": REGION}})
        self.assertEqual(call("s3", "GetBucketLocation", {"Bucket": "odd-keys"})["LocationConstraint"], REGION)
        for key in ODD_KEYS:
            body = f"written by Capstan to {key}".encode()
            call("s3", "PutObject", {"Bucket": "odd-keys", "Key": key, "Body": base64.b64encode(body).decode(),
                                     "Metadata": {"color": "red"}, "ContentType": "text/x-odd"})
            seen = theirs("s3").get_object(Bucket="odd-keys", Key=key)
            self.assertEqual(seen["Body"].read(), body, key)
            self.assertEqual(seen["Metadata"], {"color": "red"})
            self.assertEqual(seen["ContentType"], "text/x-odd")
            theirs("s3").put_object(Bucket="odd-keys", Key=key, Body=b"\x00\xffback")
            read = call("s3", "GetObject", {"Bucket": "odd-keys", "Key": key})
            self.assertEqual(base64.b64decode(read["Body"]), b"\x00\xffback")
            self.assertEqual(read["ContentLength"], 6)
        listed = call("s3", "ListObjectsV2", {"Bucket": "odd-keys", "MaxKeys": 3}, "--all-pages")["Contents"]
        self.assertEqual(sorted(each["Key"] for each in listed), sorted(ODD_KEYS))
        deleted = call("s3", "DeleteObjects", {"Bucket": "odd-keys", "Delete": {"Objects": [{"Key": k} for k in ODD_KEYS]}})
        self.assertEqual(sorted(each["Key"] for each in deleted["Deleted"]), sorted(ODD_KEYS))
        self.assertNotIn("Contents", theirs("s3").list_objects_v2(Bucket="odd-keys"))

    def test_a_presigned_url_is_all_that_curl_needs(self):
        call("s3", "CreateBucket", {"Bucket": "signed", "CreateBucketConfiguration": {"LocationConstraint": REGION}})
        theirs("s3").put_object(Bucket="signed", Key="a b/ü", Body=b"by a link")
        where = json.dumps({"Bucket": "signed", "Key": "a b/ü"})
        url = run("presign", "s3", "GetObject", "--input", where).stdout.strip()
        fetched = subprocess.run(["curl", "-sSf", url], capture_output=True)
        self.assertEqual(fetched.stdout, b"by a link", fetched.stderr)
        other = boto3.client("s3", region_name=REGION, endpoint_url=ENDPOINT, aws_access_key_id="AKIDTEST",
                             aws_secret_access_key=signature_proxy.SECRETS["AKIDTEST"],
                             config=botocore.config.Config(signature_version="s3v4", s3={"addressing_style": "path"}))
        # The same second, the same URL.
        for _ in range(5):
            ours = run("presign", "s3", "GetObject", "--input", where).stdout.strip()
            expected = other.generate_presigned_url("get_object", Params=json.loads(where), ExpiresIn=900)
            if sorted(ours.split("?")[1].split("&")) == sorted(expected.split("?")[1].split("&")):
                break
        else:
            self.fail(f"{ours}\n{expected}")

    def test_auto_scaling_groups(self):
        ec2 = theirs("ec2")
        image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        call("autoscaling", "CreateLaunchConfiguration", {"LaunchConfigurationName": "lc", "ImageId": image,
                                                          "InstanceType": "t3.micro"})
        call("autoscaling", "CreateAutoScalingGroup", {
            "AutoScalingGroupName": "web", "LaunchConfigurationName": "lc", "MinSize": 0, "MaxSize": 5, "DesiredCapacity": 2,
            "AvailabilityZones": [REGION + "a"],
            "Tags": [{"Key": "team", "Value": "shop", "PropagateAtLaunch": True, "ResourceId": "web",
                      "ResourceType": "auto-scaling-group"}]})
        seen = theirs("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"][0]
        self.assertEqual((seen["MinSize"], seen["MaxSize"], seen["DesiredCapacity"]), (0, 5, 2))
        theirs("autoscaling").set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=3)
        group = call("autoscaling", "DescribeAutoScalingGroups", {"AutoScalingGroupNames": ["web"]})["AutoScalingGroups"][0]
        self.assertEqual(group["DesiredCapacity"], 3)
        self.assertEqual(len(group["Instances"]), 3)
        self.assertEqual(group["Tags"][0]["Value"], "shop")

    def test_node_groups_and_a_waiter(self):
        role = "arn:aws:iam::123456789012:role/eks"
        subnets = [each["SubnetId"] for each in theirs("ec2").describe_subnets()["Subnets"]][:2]
        cluster = call("eks", "CreateCluster", {"name": "prod", "roleArn": role, "tags": {"a/b": "c"},
                                                "resourcesVpcConfig": {"subnetIds": subnets}})["cluster"]
        waited = run("wait", "eks", "ClusterActive", "--input", '{"name": "prod"}')
        self.assertEqual(json.loads(waited.stdout)["cluster"]["status"], "ACTIVE")
        made = call("eks", "CreateNodegroup", {
            "clusterName": "prod", "nodegroupName": "workers", "nodeRole": role, "subnets": subnets, "instanceTypes": ["t3.large"],
            "scalingConfig": {"minSize": 1, "maxSize": 4, "desiredSize": 2}, "labels": {"team": "shop"}})["nodegroup"]
        seen = theirs("eks").describe_nodegroup(clusterName="prod", nodegroupName="workers")["nodegroup"]
        self.assertEqual(seen["scalingConfig"], {"minSize": 1, "maxSize": 4, "desiredSize": 2})
        self.assertEqual(made["nodegroupArn"], seen["nodegroupArn"])
        self.assertEqual(call("eks", "ListTagsForResource", {"resourceArn": cluster["arn"]}), {"tags": {"a/b": "c"}})
        missing = run("wait", "eks", "NodegroupActive", "--input", '{"clusterName": "prod", "nodegroupName": "none"}')
        self.assertIn("ResourceNotFoundException", missing.stderr)

    def test_instances_of_ec2_in_its_own_dialect(self):
        image = theirs("ec2").describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        made = call("ec2", "RunInstances", {
            "ImageId": image, "MinCount": 1, "MaxCount": 2, "InstanceType": "t3.micro",
            "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}]}]})
        ids = sorted(each["InstanceId"] for each in made["Instances"])
        found = theirs("ec2").describe_instances(Filters=[{"Name": "tag:Name", "Values": ["web"]}])["Reservations"][0]
        self.assertEqual(sorted(each["InstanceId"] for each in found["Instances"]), ids)
        running = run("wait", "ec2", "InstanceRunning", "--input", json.dumps({"InstanceIds": ids}))
        self.assertEqual(running.returncode, 0, running.stderr)
        self.assertIn("InvalidInstanceID", error("ec2", "DescribeInstances", {"InstanceIds": ["i-0123456789abcdef0"]}))

    def test_tables_by_the_json_protocol(self):
        call("dynamodb", "CreateTable", {
            "TableName": "table", "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}]})
        theirs("dynamodb").put_item(TableName="table", Item={"k": {"S": "a"}, "n": {"N": "1"}, "b": {"B": b"\x00"}})
        item = call("dynamodb", "GetItem", {"TableName": "table", "Key": {"k": {"S": "a"}}})["Item"]
        self.assertEqual(item, {"k": {"S": "a"}, "n": {"N": "1"}, "b": {"B": "AA=="}})

    def test_a_role_is_taken_on_and_its_keys_are_never_shown(self):
        arn = theirs("iam").create_role(RoleName="ops", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        shown = call("sts", "AssumeRole", {"RoleArn": arn, "RoleSessionName": "me"})["Credentials"]
        self.assertEqual((shown["SecretAccessKey"], shown["SessionToken"]), ("***", "***"))
        # The proxy does not know the role's secret yet: it learns it as moto gives it.
        with learning_keys():
            caller = call("sts", "GetCallerIdentity", {}, "--role", arn)
            self.assertIn(":assumed-role/ops/capstan", caller["Arn"])
            config = pathlib.Path(home, "config")
            config.write_text(f"[profile ops]\nrole_arn = {arn}\nsource_profile = keys\nrole_session_name = by-profile\n"
                              f"region = {REGION}\n"
                              f"[profile keys]\naws_access_key_id = AKIDTEST\n"
                              f"aws_secret_access_key = {signature_proxy.SECRETS['AKIDTEST']}\n")
            caller = call("sts", "GetCallerIdentity", {}, "--profile", "ops", environment={"AWS_CONFIG_FILE": str(config)})
            self.assertIn(":assumed-role/ops/by-profile", caller["Arn"])
            token = pathlib.Path(home, "token")
            token.write_text("a.web.token")
            caller = call("sts", "GetCallerIdentity", {}, environment={
                "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
                "AWS_ROLE_ARN": arn, "AWS_ROLE_SESSION_NAME": "by-web"})
            self.assertIn(":assumed-role/ops/by-web", caller["Arn"])

    def test_the_proxy_lets_no_wrong_signature_pass(self):
        said = error("iam", "ListRoles", {}, environment={"AWS_SECRET_ACCESS_KEY": "wrong"})
        self.assertIn("SignatureDoesNotMatch", said)
        self.assertEqual(len(signature_proxy.Proxy.problems), 1)
        signature_proxy.Proxy.problems.clear()

    def test_errors_say_what_the_service_said(self):
        self.assertIn("iam GetRole: NoSuchEntity: ", error("iam", "GetRole", {"RoleName": "nobody"}))
        self.assertIn("s3 GetObject: NoSuch", error("s3", "GetObject", {"Bucket": "no-such-bucket", "Key": "k"}))
        self.assertIn("s3 HeadBucket: 404", error("s3", "HeadBucket", {"Bucket": "no-such-bucket"}))
        self.assertIn("eks DescribeCluster: ResourceNotFoundException: ", error("eks", "DescribeCluster", {"name": "nobody"}))
        self.assertIn("iam GetRole: input.RoleName: expected text, got number", error("iam", "GetRole", {"RoleName": 1}))
        self.assertIn("did you mean 'GetRole'", error("iam", "GetRoles", {}))
        self.assertIn("there is no model of an AWS service 'iamm'", error("iamm", "GetRole", {}))

    def test_trouble_is_survived_where_that_is_safe(self):
        slow = (400, "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>")
        broken = (500, "<ErrorResponse><Error><Code>InternalFailure</Code></Error></ErrorResponse>")
        signature_proxy.Proxy.break_next = [slow, broken]
        self.assertIn("Roles", call("iam", "ListRoles"))
        signature_proxy.Proxy.break_next = [broken]
        said = error("iam", "CreateRole", {"RoleName": "once", "AssumeRolePolicyDocument": TRUST})
        self.assertIn("it may have happened", said)
        self.assertEqual(signature_proxy.Proxy.break_next, [])
        refused = run("call", "iam", "ListRoles", "--endpoint", "http://127.0.0.1:1")
        self.assertIn("after 3 attempts", refused.stderr)


class learning_keys:
    """Takes the secrets of sessions from moto's own store."""

    def __enter__(self):
        from moto.sts.models import sts_backends
        self.original = signature_proxy.secret_of

        def secret_of(key):
            for account in sts_backends.values():
                for backend in account.values():
                    for role in backend.assumed_roles:
                        if role.access_key_id == key:
                            return role.secret_access_key
            return self.original(key)

        signature_proxy.secret_of = secret_of

    def __exit__(self, *_):
        signature_proxy.secret_of = self.original


if __name__ == "__main__":
    try:
        unittest.main(verbosity=2)
    finally:
        moto.stop()
