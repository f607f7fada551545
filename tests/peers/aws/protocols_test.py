#!/usr/bin/env python3
"""Every operation of every installed model: a random request and a random answer, as botocore and as Capstan has them.

protocols_test.py WIRE_PROBE [MODELS]; needs the package botocore (./dev test --peers installs it).
"""
import base64
import datetime
import json
import random
import subprocess
import sys
import urllib.parse
import xml.etree.ElementTree as tree
from xml.sax.saxutils import escape

import botocore.awsrequest
import botocore.loaders
import botocore.model
import botocore.parsers
import botocore.regions
import botocore.serialize

PROBE = sys.argv[1]
MODELS = sys.argv[2] if len(sys.argv) > 2 else "/usr/lib/python3/dist-packages/botocore/data"
WHEN = datetime.datetime(2015, 8, 30, 12, 36, tzinfo=datetime.timezone.utc)
TEXTS = ["plain", "two words", "a/b+c&d=e", "100%", "ü 한글", "<x y=\"z\">&amp;'"]
UNSPOKEN = {"smithy-rpc-v2-cbor"}
# Algorithms that are not computed here; a member that two names of S3 give, of which botocore makes no value.
NOT_COMPARED = {"ChecksumAlgorithm", "QueueConfiguration", "TopicConfiguration", "CloudFunctionConfiguration"}

loader = botocore.loaders.Loader(extra_search_paths=[MODELS], include_default_search_paths=False)
probe = subprocess.Popen([PROBE, MODELS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
rng = random.Random(7)
failures = []
counts = {"requests": 0, "answers": 0, "endpoints": 0}


def ask(question):
    probe.stdin.write(json.dumps(question) + "\n")
    probe.stdin.flush()
    answer = json.loads(probe.stdout.readline())
    return answer.get("said"), answer.get("error")


def differs(what, theirs, ours):
    failures.append(what)
    if len(failures) <= 20:
        print(f"{what}\n  botocore {str(theirs)[:600]}\n  capstan  {str(ours)[:600]}")


def made_up(shape, depth, location=None):
    """A random value as botocore takes it."""
    kind = shape.type_name
    if kind == "structure":
        if getattr(shape, "is_document_type", False):
            return {"any": [1, "x", None]}
        members = {}
        for name, member in shape.members.items():
            if member.serialization.get("eventstream") or getattr(member, "is_eventstream", False):
                continue
            place = member.serialization.get("location")
            if name in NOT_COMPARED:
                continue
            if name not in shape.required_members and place != "uri" and (depth > 3 or rng.random() < 0.4):
                continue
            if depth > 8:
                continue
            members[name] = made_up(member, depth + 1, place)
            if getattr(shape, "is_tagged_union", False):
                break
        return members
    if kind == "list":
        return [made_up(shape.member, depth + 1, location) for _ in range(rng.randint(1, 2) if depth < 8 else 0)]
    if kind == "map":
        keys = ["a", "b c"][: rng.randint(1, 2)] if location is None else ["key-1"]
        return {key: made_up(shape.value, depth + 1, location) for key in keys} if depth < 8 else {}
    if kind in ("integer", "long"):
        return rng.randint(1, 1000)
    if kind in ("float", "double"):
        return rng.randint(1, 1000) / 4
    if kind == "boolean":
        return rng.random() < 0.5
    if kind == "timestamp":
        return WHEN
    if kind == "blob":
        return b"\x00\xffbytes"
    if shape.serialization.get("jsonvalue"):
        return {"a": 1}
    if location in ("header", "headers"):
        return rng.choice(["plain", "two-words", "a/b=c"])
    if location == "uri":
        return rng.choice(["plain", "two words", "arn:aws:x/y+z"])
    return rng.choice(TEXTS)


def as_json(value):
    """The same as Capstan takes and gives it."""
    if isinstance(value, dict):
        return {key: as_json(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(each) for each in value]
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def sorted_tree(element):
    """Members in any order, elements of a list in theirs."""
    children = sorted((sorted_tree(child) for child in element), key=lambda child: child[0])
    return (element.tag, sorted(element.attrib.items()), element.text or "", children)


def body_of(protocol, body):
    if not body:
        return None
    if protocol in ("query", "ec2"):
        return sorted(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
    if protocol == "rest-xml" and body.startswith(b"<") and not body.startswith(b"<x y="):
        return sorted_tree(tree.fromstring(body))
    if "json" in protocol and body.startswith(b"{"):
        return json.loads(body)
    return body


def headers_of(items):
    ignored = ("content-type", "content-md5", "accept", "user-agent", "content-length", "x-amz-target", "content-encoding",
               "x-amz-api-version")
    return sorted((name.lower(), value.decode() if isinstance(value, bytes) else str(value)) for name, value in items
                  if name.lower() not in ignored and not name.lower().startswith("x-amzn-query-mode"))


def compare_request(service, operation, protocol):
    values = made_up(operation.input_shape, 0) if operation.input_shape else {}
    for member in operation.idempotent_members:
        values[member] = "token"
    where = f"{service} {operation.name} request"
    try:
        serialized = botocore.serialize.create_serializer(protocol, include_validation=False).serialize_to_request(
            values, operation)
        serialized["context"] = {}
        botocore.awsrequest.prepare_request_dict(serialized, "https://host")
        theirs = botocore.awsrequest.create_request_object(serialized).prepare()
    except Exception:
        return  # What botocore cannot write nobody compares.
    ours, error = ask({"service": service, "operation": operation.name, "input": as_json(values)})
    counts["requests"] += 1
    if error:
        return differs(where, theirs.url, error)
    url = urllib.parse.urlsplit(theirs.url)
    body = theirs.body if isinstance(theirs.body, bytes) else (theirs.body or "").encode()
    expected = (theirs.method, url.path, sorted(urllib.parse.parse_qsl(url.query, keep_blank_values=True)),
                headers_of(theirs.headers.items()), body_of(protocol, body))
    found = (ours["method"], ours["path"], sorted(map(tuple, ours["query"])), headers_of(ours["headers"]),
             body_of(protocol, base64.b64decode(ours["body"])))
    if expected[4] in (None, {}) and found[4] in (None, {}):
        expected, found = expected[:4], found[:4]
    if expected != found:
        pairs = [(a, b) for a, b in zip(expected, found) if a != b]
        differs(where, pairs[0][0], pairs[0][1])


def text_of(shape, value, header=False):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        stamp = shape.serialization.get("timestampFormat", "rfc822" if header else "iso8601")
        return {"iso8601": "2015-08-30T12:36:00Z", "rfc822": "Sun, 30 Aug 2015 12:36:00 GMT",
                "unixTimestamp": "1440938160"}[stamp]
    return as_json(value) if isinstance(value, bytes) else str(value)


def xml_of(shape, value, name):
    """A value as a service writes it; members that travel elsewhere are left out by the caller."""
    kind = shape.type_name
    if kind == "structure":
        attributes, children = "", ""
        for key, each in value.items():
            member = shape.members[key]
            if member.serialization.get("location"):
                continue
            label = member.serialization.get("name", key)
            if member.serialization.get("xmlAttribute"):
                attributes += f' xmlns:xsi="http://x" {label}="{escape(text_of(member, each), {chr(34): "&quot;"})}"'
            elif member.type_name == "list" and member.serialization.get("flattened"):
                label = member.member.serialization.get("name", label)
                children += "".join(xml_of(member.member, item, label) for item in each)
            else:
                children += xml_of(member, each, label)
        return f"<{name}{attributes}>{children}</{name}>"
    if kind == "list":
        label = shape.member.serialization.get("name", "member")
        return f"<{name}>" + "".join(xml_of(shape.member, item, label) for item in value) + f"</{name}>"
    if kind == "map":
        flattened = shape.serialization.get("flattened")
        entry = name if flattened else "entry"
        key_name, value_name = shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")
        entries = "".join(f"<{entry}><{key_name}>{escape(key)}</{key_name}>{xml_of(shape.value, item, value_name)}</{entry}>"
                          for key, item in value.items())
        return entries if flattened else f"<{name}>{entries}</{name}>"
    return f"<{name}>{escape(text_of(shape, value))}</{name}>"


def json_of(shape, value):
    if shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        return {shape.members[key].serialization.get("name", key): json_of(shape.members[key], each)
                for key, each in value.items() if not shape.members[key].serialization.get("location")}
    if shape.type_name == "list":
        return [json_of(shape.member, each) for each in value]
    if shape.type_name == "map":
        return {key: json_of(shape.value, each) for key, each in value.items()}
    if shape.type_name == "timestamp":
        stamp = shape.serialization.get("timestampFormat")
        return 1440938160 if stamp in (None, "unixTimestamp") else text_of(shape, value)
    return as_json(value)


def headers_for(shape, values):
    headers = {}
    for key, value in values.items():
        member = shape.members[key]
        place, name = member.serialization.get("location"), member.serialization.get("name", key)
        if place == "headers":
            headers.update({name + item: str(each) for item, each in value.items()})
        elif place == "header":
            if member.serialization.get("jsonvalue"):
                headers[name] = base64.b64encode(b'{"a": 1}').decode()
            elif member.type_name == "list":
                headers[name] = ",".join(text_of(member.member, each, True) for each in value)
            else:
                headers[name] = text_of(member, value, True)
    return headers


def answer_of(operation, protocol, values):
    """Headers and body of a made-up answer."""
    shape = operation.output_shape
    rest = protocol.startswith("rest")
    headers = headers_for(shape, values) if rest else {}
    payload = shape.serialization.get("payload") if rest else None
    if payload:
        value, member = values.get(payload), shape.members[payload]
        if value is None:
            return headers, b""
        if isinstance(value, bytes):
            return headers, value
        if isinstance(value, str):
            return headers, value.encode()
        if protocol == "rest-json":
            return headers, json.dumps(json_of(member, value)).encode()
        return headers, xml_of(member, value, member.serialization.get("name", payload)).encode()
    if "json" in protocol:
        return headers, json.dumps(json_of(shape, values)).encode()
    if protocol == "query":
        wrapper = shape.serialization.get("resultWrapper")
        inner = xml_of(shape, values, wrapper or "Bare")
        inner = inner if wrapper else inner[len("<Bare>"):-len("</Bare>")]
        return headers, f"<Answer>{inner}<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></Answer>".encode()
    return headers, xml_of(shape, values, operation.name + "Output").encode()


def compare_answer(service, operation, protocol):
    shape = operation.output_shape
    if shape is None or operation.has_event_stream_output:
        return
    values = made_up(shape, 0)
    payload = shape.serialization.get("payload")
    if payload and payload not in values:
        values[payload] = made_up(shape.members[payload], 1)
    headers, body = answer_of(operation, protocol, values)
    response = {"status_code": 200, "headers": botocore.awsrequest.HeadersDict(headers), "body": body}
    where = f"{service} {operation.name} answer"
    try:
        theirs = botocore.parsers.create_parser(protocol).parse(response, shape)
    except Exception:
        return
    theirs.pop("ResponseMetadata", None)
    ours, error = ask({"service": service, "operation": operation.name,
                       "answer": {"status": 200, "headers": headers, "body": base64.b64encode(body).decode()}})
    counts["answers"] += 1
    theirs = as_json(theirs)
    if error or theirs != ours:
        only = {k: v for k, v in theirs.items() if (ours or {}).get(k) != v}
        differs(where, only or theirs, error or {k: v for k, v in ours.items() if theirs.get(k) != v} or ours)


def compare_endpoints():
    rules = json.load(open(f"{MODELS}/endpoints.json"))
    resolver = botocore.regions.EndpointResolver(rules)
    for partition in rules["partitions"]:
        for prefix, service in partition["services"].items():
            for region in partition["regions"]:
                # botocore forgets a service's own domain in regions for which the file does not spell it out.
                if "dnsSuffix" in service.get("defaults", {}) and "hostname" not in service["endpoints"].get(region, {}):
                    continue
                for fips, dualstack in ((False, False), (True, False), (False, True)):
                    compare_endpoint(resolver, prefix, region, fips, dualstack)


def compare_endpoint(resolver, prefix, region, fips, dualstack):
    try:
        theirs = resolver.construct_endpoint(prefix, region, use_fips_endpoint=fips, use_dualstack_endpoint=dualstack)
    except Exception:
        theirs = None
    ours, error = ask({"endpoint": prefix, "region": region, "fips": fips, "dualstack": dualstack})
    counts["endpoints"] += 1
    if theirs is None:
        if ours is not None:
            differs(f"endpoint {prefix} {region} fips={fips} dualstack={dualstack}", None, ours)
        return
    scope = theirs.get("credentialScope", {}).get("region", region)
    if error or (theirs["hostname"], scope) != (ours["host"], ours["region"]):
        differs(f"endpoint {prefix} {region} fips={fips} dualstack={dualstack}", (theirs["hostname"], scope), error or ours)


for service in loader.list_available_services("service-2"):
    version = loader.determine_latest_version(service, "service-2")
    # Without what botocore adds to models for conveniences of its own.
    description = json.load(open(f"{MODELS}/{service}/{version}/service-2.json"))
    model = botocore.model.ServiceModel(description, service)
    spoken = [description["metadata"]["protocol"], *description["metadata"].get("protocols", [])]
    protocol = next((each for each in spoken if each not in UNSPOKEN), None)
    for name in model.operation_names if protocol else []:
        for _ in range(2):
            compare_request(service, model.operation_model(name), protocol)
            compare_answer(service, model.operation_model(name), protocol)
compare_endpoints()
probe.stdin.close()
print(f"{counts['requests']} requests, {counts['answers']} answers, {counts['endpoints']} endpoints; {len(failures)} differ")
sys.exit(1 if failures or min(counts.values()) == 0 else 0)
