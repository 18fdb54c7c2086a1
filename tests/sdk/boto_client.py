#!/usr/bin/env python3
"""boto3 as a client for sdk.py: one request a line on standard input, one answer a line on standard output.

usage: boto_client.py ENDPOINT

It needs nothing but boto3, so that any interpreter that has one can run it. The first line says who it is. A request is
{"action", "input"}; an answer has "raw" (what came over the wire), "error" (its code, and the class that was raised) and
"problems" (where the wire does not fit the model).
"""
import json
import sys

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

SCALARS = {"string": str, "boolean": bool, "integer": int, "long": int, "timestamp": (int, float), "double": (int, float),
           "float": (int, float)}


def mistakes(shape, value, path, complete):
    """Every place where value is not what the model says; complete: the model knows every member that there is."""
    if shape.type_name == "structure":
        if not isinstance(value, dict):
            yield f"{path} is not an object"
            return
        for name in shape.required_members:
            if name not in value:
                yield f"{path}.{name} is missing"
        for name, member in value.items():
            if name in shape.members:
                yield from mistakes(shape.members[name], member, f"{path}.{name}", complete)
            elif complete:
                yield f"{path}.{name} is not in the model"
    elif shape.type_name == "list":
        if not isinstance(value, list):
            yield f"{path} is not a list"
            return
        for i, item in enumerate(value):
            yield from mistakes(shape.member, item, f"{path}[{i}]", complete)
    elif shape.type_name == "map":
        for name, item in value.items():
            yield from mistakes(shape.value, item, f"{path}.{name}", complete)
    elif value is None and path.endswith("GetActivityTask.taskToken"):
        return  # AWS's answer when nothing came
    elif not isinstance(value, SCALARS[shape.type_name]) or isinstance(value, bool) != (shape.type_name == "boolean"):
        yield f"{path} is not a {shape.type_name}: {value!r}"
    elif complete and getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{path} is none of the words of the model: {value!r}"


class Client:
    def __init__(self, endpoint):
        self.client = boto3.client("stepfunctions", endpoint_url=endpoint, region_name="us-east-1", config=Config(
            inject_host_prefix=False, read_timeout=70, retries={"max_attempts": 0}))
        self.model = self.client.meta.service_model
        self.methods = {api: method for method, api in self.client.meta.method_to_api_mapping.items()}
        self.raw = None
        session = self.client._endpoint.http_session  # pylint: disable=protected-access
        send = session.send

        def keep(request):
            answer = send(request)
            self.raw = answer.content
            return answer
        session.send = keep
        self.complete = "TestState" in self.methods and "mock" in self.model.operation_model("TestState").input_shape.members

    def call(self, action, request):
        error = None
        try:
            parsed = getattr(self.client, self.methods[action])(**request)
        except ClientError as raised:
            code = raised.response["Error"]["Code"]
            modelled = getattr(self.client.exceptions, code) if code in dir(self.client.exceptions) else None
            error = {"name": code, "message": raised.response["Error"]["Message"],
                     "raised": type(raised).__name__, "modelled": modelled is not None and isinstance(raised, modelled)}
        raw = json.loads(self.raw)
        problems = []
        if not error:
            shape = self.model.operation_model(action).output_shape
            problems = list(mistakes(shape, raw, action, self.complete))
            problems += [f"{action}.{name} was not parsed" for name in raw
                         if raw[name] is not None and name in shape.members and name not in parsed]
        return {"raw": raw, "error": error, "problems": problems}


def main():
    client = Client(sys.argv[1])
    version = botocore.session.Session().user_agent_version
    print(json.dumps({"name": f"boto3 {boto3.__version__}, botocore {version}", "actions": sorted(client.methods),
                      "complete": client.complete}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(client.call(asked["action"], asked["input"])), flush=True)


if __name__ == "__main__":
    main()
