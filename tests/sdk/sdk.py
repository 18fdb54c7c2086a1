#!/usr/bin/env python3
"""Every action, called by the clients that people have: boto3, the AWS CLI, the SDKs for JavaScript; and a worker.

What comes over the wire is held against the client's own model, member by member; errors must be the classes that it knows.
A client that is not installed is skipped and named. usage: sdk.py --stepwell PROGRAM
"""
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "cli"))
from door import ARN, NAP, PASS, Case, main, task, tools  # noqa: E402  pylint: disable=wrong-import-position

ROLE = "arn:aws:iam::123456789012:role/stepwell"
LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:"
KEY, SECRET = "AKIDSTEPWELLTESTS", "5tepwell/tests+secret=key0"
# What any service may answer, and no model lists.
COMMON = ("InvalidSignatureException", "UnrecognizedClientException")
CONFIG = {"level": "OFF", "includeExecutionData": False}
LINES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
RICH = {"StartAt": "First", "States": {
    "First": {"Type": "Pass", "Assign": {"kept": 1}, "Next": "Which"},
    "Which": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "Both"}], "Default": "No"},
    "Both": {"Type": "Parallel", "Next": "Each", "ResultPath": None, "Branches": [
        {"StartAt": "Nap", "States": {"Nap": {"Type": "Wait", "Seconds": 0, "End": True}}},
        {"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": LAMBDA + "echo", "End": True}}}]},
    "Each": {"Type": "Map", "ItemsPath": "$.list", "ResultPath": None, "Next": "Refused", "ItemProcessor": {
        "StartAt": "Invoke", "States": {"Invoke": {
            "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True,
            "Parameters": {"FunctionName": "echo", "Payload.$": "$"}}}}},
    "Refused": {"Type": "Task", "Resource": LAMBDA + "broken", "End": True,
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Good"}]},
    "Good": {"Type": "Succeed"},
    "No": {"Type": "Fail", "Error": "No", "Cause": "not one"}}}


CAUGHT = {"ErrorEquals": ["States.ALL"], "ResultPath": None}
ROUGH = {"StartAt": "Wrong", "States": {
    "Wrong": {"Type": "Task", "QueryLanguage": "JSONata", "Resource": LAMBDA + "echo", "Arguments": "{% $number('a') %}", "End": True,
              "Catch": [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.input %}", "Next": "Missing"}]},
    "Missing": {"Type": "Task", "Resource": ARN + "activity:nobody", "Catch": [{**CAUGHT, "Next": "Each"}], "End": True},
    "Each": {"Type": "Map", "Catch": [{**CAUGHT, "Next": "Both"}], "End": True, "ItemProcessor": {
        "StartAt": "Bad", "States": {"Bad": {"Type": "Fail", "Error": "Bad"}}}},
    "Both": {"Type": "Parallel", "Catch": [{**CAUGHT, "Next": "Call"}], "End": True, "Branches": [
        {"StartAt": "Nap", "States": {"Nap": {"Type": "Wait", "Seconds": 600, "End": True}}},
        {"StartAt": "Worse", "States": {"Worse": {"Type": "Fail", "Error": "Worse"}}}]},
    "Call": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Catch": [{**CAUGHT, "Next": "Late"}], "End": True,
               "Parameters": {"FunctionName": "broken"}},
    "Late": {"Type": "Task", "Resource": LAMBDA + "slow", "TimeoutSeconds": 1, "End": True}}}


# Errors that clients are shown which take a second for each call.
SHORT = ("StateMachineDoesNotExist", "InvalidName", "TaskTimedOut", "ExecutionNotRedrivable", "ResourceNotFound")


class Refused(Exception):
    def __init__(self, name, message):
        super().__init__(f"{name}: {message}")
        self.name = name


class LineClient:
    """A program that takes requests as lines: boto_client.py and its likes."""
    slow = False

    def __init__(self, case, words, environment):
        self.case, self.called = case, set()
        self.child = subprocess.Popen(words, env=environment, **LINES)
        case.addCleanup(self.close)
        told = json.loads(self.child.stdout.readline())
        self.name, self.actions, self.complete = told["name"], set(told["actions"]), told["complete"]
        case.assertGreaterEqual(len(self.actions), 26, told)

    def close(self):
        self.child.stdin.close()
        self.child.stdout.close()
        self.child.wait()

    def ask(self, action, request):
        self.child.stdin.write(json.dumps({"action": action, "input": request}) + "\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        self.case.assertTrue(line, f"{self.name} broke off at {action}")
        told = json.loads(line)
        self.case.assertEqual(told["problems"], [], self.name)
        if told["error"]:
            self.case.assertTrue(told["error"]["modelled"] or told["error"]["name"] in self.unknown() + COMMON, told["error"])
            raise Refused(told["error"]["name"], told["error"]["message"])
        return told["raw"]

    def unknown(self):
        """Errors younger than an old client's model."""
        return () if self.complete else ("ConflictException", "ValidationException", "ServiceQuotaExceededException")


class CommandClient:
    """The AWS CLI, one run for each call."""
    slow = True

    def __init__(self, case, program, url, environment):
        self.case, self.program, self.url, self.called = case, program, url, set()
        self.environment = environment
        version = subprocess.run([program, "--version"], capture_output=True, text=True, env=environment, check=True)
        self.name, self.complete = program + " " + version.stdout.split()[0], False
        known = self.run("no-such-action").stderr
        self.words = {word for word in re.findall(r"[a-z]+(?:-[a-z]+)+", known)}
        self.actions = {a for a in ACTIONS if self.word(a) in self.words}
        case.assertGreaterEqual(len(self.actions), 26, known)

    @staticmethod
    def word(action):
        return re.sub(r"(?<!^)(?=[A-Z])", "-", action).lower()

    def run(self, *words, **more):
        return subprocess.run([self.program, "stepfunctions", *words, "--endpoint-url", self.url, "--output", "json",
                               "--no-paginate"], capture_output=True, text=True, env={**self.environment, **more}, check=False, timeout=120)

    def ask(self, action, request):
        more = {}
        # The host would be sync-127.0.0.1. All can take this server for their proxy, newer ones can be told.
        if action == "TestState":
            more = {"HTTP_PROXY": self.url}
        elif action == "StartSyncExecution":
            more = {"AWS_DISABLE_HOST_PREFIX_INJECTION": "true"} if "test-state" in self.words else {"HTTP_PROXY": self.url}
        done = self.run(self.word(action), "--cli-input-json", json.dumps(request), **more)
        refused = re.search(r"An error occurred \((\w+)\) when calling the (\w+) operation: (.*)", done.stderr, re.S)
        if refused:
            self.case.assertEqual(refused[2], action)
            raise Refused(refused[1], refused[3])
        self.case.assertEqual(done.returncode, 0, f"{self.name} {action}: {done.stderr}")
        return json.loads(done.stdout or "{}")


class Story:
    """Calls every action that a client knows, in an order that makes sense, and most errors."""

    def __init__(self, case, client):
        self.case, self.client = case, client

    def knows(self, action):
        return action in self.client.actions

    def __call__(self, action, /, **request):
        self.client.called.add(action)
        return self.client.ask(action, request)

    def refused(self, code, action, /, **request):
        if not self.knows(action) or (self.client.slow and code not in SHORT):
            return
        try:
            told = self(action, **request)
        except Refused as error:
            self.case.assertEqual(error.name, code, f"{self.client.name}: {action}: {error}")
            return
        self.case.fail(f"{self.client.name}: {action} was not refused with {code}: {told}")

    def equal(self, *values):
        self.case.assertEqual(*values, self.client.name)

    def machine(self, name, definition, **more):
        return self("CreateStateMachine", name=name, definition=json.dumps(definition), roleArn=ROLE, **more)["stateMachineArn"]

    def end_of(self, execution):
        return self.case.wait_for("the end", lambda: (lambda told: told["status"] != "RUNNING" and told)(
            self("DescribeExecution", executionArn=execution)), 60)

    def machines(self):
        arn = self.machine("rich", RICH, loggingConfiguration=CONFIG, tracingConfiguration={"enabled": False},
                           tags=[{"key": "a", "value": "b"}])
        self.equal(self.machine("rich", RICH, loggingConfiguration=CONFIG, tracingConfiguration={"enabled": False}), arn)
        told = self("DescribeStateMachine", stateMachineArn=arn)
        self.equal((told["name"], told["status"], told["type"]), ("rich", "ACTIVE", "STANDARD"))
        self.equal(json.loads(told["definition"]), RICH)
        self("UpdateStateMachine", stateMachineArn=arn, definition=json.dumps({**RICH, "Comment": "new"}),
             loggingConfiguration=CONFIG, tracingConfiguration={"enabled": True})
        self.machine("second", PASS)
        page = self("ListStateMachines", maxResults=1)
        self.equal(len(self("ListStateMachines", nextToken=page["nextToken"])["stateMachines"]), 1)
        made = {"roleArn": ROLE, "definition": json.dumps(PASS)}
        self.refused("StateMachineAlreadyExists", "CreateStateMachine", name="rich", **made)
        self.refused("InvalidName", "CreateStateMachine", name="a b", **made)
        self.refused("InvalidDefinition", "CreateStateMachine", name="x", roleArn=ROLE, definition="{}")
        self.refused("InvalidArn", "DescribeStateMachine", stateMachineArn="rubbish")
        self.refused("StateMachineDoesNotExist", "DescribeStateMachine", stateMachineArn=ARN + "stateMachine:nobody")
        self.refused("MissingRequiredParameter", "UpdateStateMachine", stateMachineArn=arn)
        self.refused("InvalidToken", "ListStateMachines", nextToken="rubbish")
        return arn

    def tags(self, arn):
        self("TagResource", resourceArn=arn, tags=[{"key": "k", "value": "v"}])
        self("UntagResource", resourceArn=arn, tagKeys=["a"])
        self.equal(self("ListTagsForResource", resourceArn=arn)["tags"], [{"key": "k", "value": "v"}])
        self.refused("ResourceNotFound", "TagResource", resourceArn=ARN + "stateMachine:nobody", tags=[])
        self.refused("TooManyTags", "TagResource", resourceArn=arn,
                     tags=[{"key": str(i), "value": ""} for i in range(60)])

    def executions(self, machine):
        given = {"stateMachineArn": machine, "name": "x", "input": '{"n": 1, "list": [1, 2]}'}
        execution = self("StartExecution", traceHeader="Root=1-2-3", **given)["executionArn"]
        told = self.end_of(execution)
        self.equal((told["status"], told["name"]), ("SUCCEEDED", "x"))
        self.refused("ExecutionAlreadyExists", "StartExecution", **{**given, "input": "{}"})
        self.refused("InvalidExecutionInput", "StartExecution", stateMachineArn=machine, input="{")
        self.refused("StateMachineDoesNotExist", "StartExecution", stateMachineArn=ARN + "stateMachine:nobody")
        self("DescribeStateMachineForExecution", executionArn=execution)
        events = self("GetExecutionHistory", executionArn=execution, maxResults=1000, includeExecutionData=True)["events"]
        kinds = {event["type"] for event in events}
        self.case.assertLessEqual({"LambdaFunctionFailed", "MapIterationSucceeded", "TaskSucceeded", "WaitStateExited"}, kinds)
        page = self("GetExecutionHistory", executionArn=execution, maxResults=3, reverseOrder=True)
        self.equal(page["events"][0]["type"], "ExecutionSucceeded")
        self.case.assertIn("nextToken", page)
        failed = self("StartExecution", stateMachineArn=machine, input='{"n": 2}')["executionArn"]
        self.equal(self.end_of(failed)["cause"], "not one")
        listed = self("ListExecutions", stateMachineArn=machine, statusFilter="FAILED", maxResults=10)["executions"]
        self.equal([e["executionArn"] for e in listed], [failed])
        self.refused("ExecutionDoesNotExist", "DescribeExecution", executionArn=ARN + "execution:rich:nobody")
        if self.knows("RedriveExecution"):
            self("RedriveExecution", executionArn=failed)
            self.equal(self.end_of(failed)["redriveCount"], 1)
            self("GetExecutionHistory", executionArn=failed)
            self.refused("ExecutionNotRedrivable", "RedriveExecution", executionArn=execution)

    def failures(self):
        rough = self("StartExecution", stateMachineArn=self.machine("rough", ROUGH), input="[1, 2]")["executionArn"]
        self.equal(self.end_of(rough)["error"], "States.Timeout")
        kinds = {event["type"] for event in self("GetExecutionHistory", executionArn=rough)["events"]}
        self.case.assertLessEqual({"EvaluationFailed", "ActivityScheduleFailed", "MapIterationFailed", "MapStateFailed", "ParallelStateFailed",
                                   "WaitStateAborted", "TaskFailed", "LambdaFunctionTimedOut", "ExecutionFailed"}, kinds)
        self("DescribeStateMachine", stateMachineArn=ARN + "stateMachine:rough")

    def stop_and_delete(self):
        nap = self.machine("nap", NAP)
        execution = self("StartExecution", stateMachineArn=nap)["executionArn"]
        self("DeleteStateMachine", stateMachineArn=nap)
        self.refused("StateMachineDeleting", "StartExecution", stateMachineArn=nap)
        self("StopExecution", executionArn=execution, error="Stop", cause="enough")
        self.equal(self.end_of(execution)["status"], "ABORTED")

    def activities(self):
        arn = self("CreateActivity", name="work", tags=[{"key": "t", "value": "u"}])["activityArn"]
        self.equal(self("ListTagsForResource", resourceArn=arn)["tags"], [{"key": "t", "value": "u"}])
        self.equal(self("DescribeActivity", activityArn=arn)["name"], "work")
        self.equal(len(self("ListActivities", maxResults=10)["activities"]), 1)
        machine = self.machine("worked", task(arn))
        for end in ("SendTaskSuccess", "SendTaskFailure"):
            execution = self("StartExecution", stateMachineArn=machine, input='{"n": 7}')["executionArn"]
            given = self("GetActivityTask", activityArn=arn, workerName="me")
            self.equal(json.loads(given["input"]), {"n": 7})
            token = given["taskToken"]
            self("SendTaskHeartbeat", taskToken=token)
            if end == "SendTaskSuccess":
                self.refused("InvalidOutput", end, taskToken=token, output="{")
                self(end, taskToken=token, output="[1]")
                self.equal(self.end_of(execution)["output"], "[1]")
            else:
                self(end, taskToken=token, error="Work.Hard", cause="too hard")
                self.equal(self.end_of(execution)["error"], "Work.Hard")
            self("GetExecutionHistory", executionArn=execution)
            self.refused("TaskTimedOut", "SendTaskHeartbeat", taskToken=token)
        self.refused("InvalidToken", "SendTaskHeartbeat", taskToken="rubbish")
        self("DeleteActivity", activityArn=arn)
        self.refused("ActivityDoesNotExist", "DescribeActivity", activityArn=arn)

    def express(self):
        arn = self.machine("quick", PASS, type="EXPRESS")
        if self.knows("StartSyncExecution"):
            told = self("StartSyncExecution", stateMachineArn=arn, name="q", input="[5]")
            self.equal((told["status"], told["output"]), ("SUCCEEDED", "[5]"))
            self.refused("StateMachineTypeNotSupported", "StartSyncExecution", stateMachineArn=ARN + "stateMachine:second")
        self.refused("StateMachineTypeNotSupported", "ListExecutions", stateMachineArn=arn)

    def versions(self, machine):
        if not self.knows("PublishStateMachineVersion"):
            return
        version = self("PublishStateMachineVersion", stateMachineArn=machine, description="first")["stateMachineVersionArn"]
        self.equal(len(self("ListStateMachineVersions", stateMachineArn=machine)["stateMachineVersions"]), 1)
        self("DescribeStateMachine", stateMachineArn=version)
        route = [{"stateMachineVersionArn": version, "weight": 100}]
        alias = self("CreateStateMachineAlias", name="prod", routingConfiguration=route)["stateMachineAliasArn"]
        self("UpdateStateMachineAlias", stateMachineAliasArn=alias, description="changed")
        self.equal(self("DescribeStateMachineAlias", stateMachineAliasArn=alias)["routingConfiguration"], route)
        self.equal(len(self("ListStateMachineAliases", stateMachineArn=machine)["stateMachineAliases"]), 1)
        execution = self("StartExecution", stateMachineArn=alias, input='{"n": 2}')["executionArn"]
        self.equal(self.end_of(execution)["stateMachineAliasArn"], alias)
        self("ListExecutions", stateMachineArn=alias)
        self.refused("ConflictException", "DeleteStateMachineVersion", stateMachineVersionArn=version)
        self.refused("ResourceNotFound", "DescribeStateMachineAlias", stateMachineAliasArn=machine + ":nobody")
        self("DeleteStateMachineAlias", stateMachineAliasArn=alias)
        self("DeleteStateMachineVersion", stateMachineVersionArn=version)

    def trying_out(self):
        if self.knows("ValidateStateMachineDefinition"):
            told = self("ValidateStateMachineDefinition", definition='{"StartAt": "A", "States": {}}', type="STANDARD")
            self.equal(told["result"], "FAIL")
            self.equal(self("ValidateStateMachineDefinition", definition=json.dumps(PASS))["result"], "OK")
        if self.knows("TestState"):
            state = {"Type": "Pass", "InputPath": "$.a", "ResultPath": "$.b", "Assign": {"v": 1}, "Next": "B"}
            told = self("TestState", definition=json.dumps(state), roleArn=ROLE, input='{"a": {"c": 1}}', inspectionLevel="DEBUG")
            self.equal((told["status"], told["nextState"]), ("SUCCEEDED", "B"))
            told = self("TestState", definition='{"Type": "Fail", "Error": "E", "Cause": "C"}', roleArn=ROLE)
            self.equal((told["status"], told["error"], told["cause"]), ("FAILED", "E", "C"))
            self.refused("InvalidDefinition", "TestState", definition="{}", roleArn=ROLE)
            self.refused("InvalidExecutionInput", "TestState", definition=json.dumps(state), roleArn=ROLE, input="{")
        if self.knows("TestState") and self.client.complete:
            state = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True,
                     "Parameters": {"FunctionName": "f"}, "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 3}]}
            told = self("TestState", definition=json.dumps(state), inspectionLevel="TRACE",
                        mock={"errorOutput": {"error": "Busy", "cause": "later"}})
            self.equal(told["status"], "RETRIABLE")

    def map_runs(self):
        execution = self("ListExecutions", stateMachineArn=ARN + "stateMachine:rich", maxResults=1)["executions"][0]
        run = ARN + "mapRun:rich/Each:6cb1a65c-9d22-4f3e-8a8e-2b6a6e0c2a51"
        self.equal(self("ListMapRuns", executionArn=execution["executionArn"])["mapRuns"], [])
        self.refused("ResourceNotFound", "DescribeMapRun", mapRunArn=run)
        self.refused("ResourceNotFound", "UpdateMapRun", mapRunArn=run, maxConcurrency=1)

    def tell(self):
        machine = self.machines()
        self.tags(machine)
        self.executions(machine)
        if not self.client.slow:
            self.failures()
        self.stop_and_delete()
        self.activities()
        self.express()
        self.versions(machine)
        self.trying_out()
        self.map_runs()
        self.equal(sorted(self.client.actions - self.client.called), [])


ACTIONS = """CreateActivity CreateStateMachine CreateStateMachineAlias DeleteActivity DeleteStateMachine DeleteStateMachineAlias
    DeleteStateMachineVersion DescribeActivity DescribeExecution DescribeMapRun DescribeStateMachine DescribeStateMachineAlias
    DescribeStateMachineForExecution GetActivityTask GetExecutionHistory ListActivities ListExecutions ListMapRuns
    ListStateMachineAliases ListStateMachineVersions ListStateMachines ListTagsForResource PublishStateMachineVersion
    RedriveExecution SendTaskFailure SendTaskHeartbeat SendTaskSuccess StartExecution StartSyncExecution StopExecution TagResource
    TestState UntagResource UpdateMapRun UpdateStateMachine UpdateStateMachineAlias ValidateStateMachineDefinition""".split()


def unique(paths):
    """Those that are there, one for each program behind them."""
    found = {}
    for path in paths:
        if path and os.access(path, os.X_OK):
            found.setdefault(os.path.realpath(path), path)
    return list(found.values())


class Served(Case):
    """A server at a port, and an environment without this machine's own AWS settings."""

    def setUp(self):
        super().setUp()
        for name in list(self.environment):
            if name.startswith("AWS_") or name.lower() in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
                del self.environment[name]
        self.environment.update(AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET, AWS_REGION="us-east-1",
                                AWS_DEFAULT_REGION="us-east-1", AWS_PAGER="", AWS_EC2_METADATA_DISABLED="true",
                                NODE_NO_WARNINGS="1")
        # The caches of interpreters and of npm stay where they are.
        self.environment["HOME"] = os.environ.get("HOME", self.folder)
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            self.environment[name] = os.path.join(self.folder, "none")

    def serving_url(self, signed=True):
        """Requests must be signed: each client's signatures are verified with every call."""
        resources = self.file("resources.json", {"resources": {
            LAMBDA + "echo": {"command": ["/bin/cat"]},
            "arn:aws:states:::lambda:invoke": {
                "command": ["/bin/sh", "-c", "if grep -q broken; then exit 1; fi; echo '{\"Payload\": 1}'"]},
            LAMBDA + "slow": {"command": ["/bin/sleep", "60"]},
            LAMBDA + "broken": {"command": ["/bin/sh", "-c", "echo broken >&2; exit 1"]}}})
        keys = self.file("keys.json", {"credentials": [{"accessKeyId": KEY, "secretAccessKey": SECRET}]})
        os.chmod(keys, 0o600)
        words = ["--credentials", keys] if signed else []
        served = self.serving("--resources", resources, *words, listen="127.0.0.1:0")
        child = served.__enter__()  # pylint: disable=unnecessary-dunder-call
        self.addCleanup(served.__exit__, None, None, None)
        return f"http://127.0.0.1:{child.port}"

    def tell(self, client):
        begin = time.monotonic()
        Story(self, client).tell()
        print(f"{client.name}: {len(client.called)} actions in {time.monotonic() - begin:.1f} s")


    def check_refused(self, start):
        """A wrong key is told as AWS tells it. start(url) -> client."""
        self.environment["AWS_SECRET_ACCESS_KEY"] = SECRET[::-1]
        client = start(self.serving_url())
        with self.assertRaises(Refused) as found:
            client.ask("ListActivities", {})
        self.assertEqual(found.exception.name, "InvalidSignatureException")

    def check_finds(self, start):
        """The checks themselves: a wrong type, and a member that nobody knows, are found. start(url) -> client."""
        server = Wrong()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        client = start(server.url)
        with self.assertRaises(AssertionError) as found:
            client.ask("ListActivities", {})
        text = str(found.exception)
        self.assertIn("activities[0].name is not a", text)
        self.assertEqual("activities[0].odd is not in the" in text, client.complete, text)


class Wrong(http.server.ThreadingHTTPServer):
    """A server whose answers do not fit the model."""
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), WrongAnswer)
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class WrongAnswer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        text = json.dumps({"activities": [{"activityArn": "a", "name": 7, "creationDate": 1.5, "odd": True}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Python(Served):
    def setUp(self):
        super().setUp()
        pythons = unique([sys.executable, shutil.which("python3"), "/usr/bin/python3"])
        self.able = [p for p in pythons
                     if subprocess.run([p, "-c", "import boto3"], capture_output=True, check=False).returncode == 0]
        if not self.able:
            self.skipTest("no python3 here has boto3 (Debian: python3-boto3)")

    def client(self, python, url):
        return LineClient(self, [python, os.path.join(HERE, "boto_client.py"), url], self.environment)

    def test_boto3(self):
        for python in self.able:
            self.data = os.path.join(self.folder, "data" + str(self.able.index(python)))
            self.tell(self.client(python, self.serving_url()))

    def test_a_wrong_key(self):
        self.check_refused(lambda url: self.client(self.able[0], url))

    def test_what_does_not_fit_boto3_is_found(self):
        for python in self.able:
            self.check_finds(lambda url, python=python: self.client(python, url))


class Cli(Served):
    def test_the_aws_command(self):
        programs = unique([shutil.which("aws"), "/usr/bin/aws"])
        if not programs:
            self.skipTest("there is no aws here (Debian: awscli)")
        for program in programs:
            self.data = os.path.join(self.folder, "data" + str(programs.index(program)))
            url = self.serving_url()
            self.tell(CommandClient(self, program, url, self.environment))


class JavaScript(Served):
    modules, reason = None, None

    @classmethod
    def setUpClass(cls):
        """The packages of package-lock.json, in a folder of the build tree; they stay there for the next time."""
        scratch = os.path.join(os.path.dirname(tools.stepwell), "..", "tests", "sdk", "npm")
        if not shutil.which("node") or not shutil.which("npm"):
            cls.reason = "there is no node, or no npm"
            return
        os.makedirs(scratch, exist_ok=True)
        same = True
        for name in ("package.json", "package-lock.json"):
            source, target = os.path.join(HERE, name), os.path.join(scratch, name)
            with open(source, "rb") as text:
                wanted = text.read()
            same = same and os.path.exists(target) and open(target, "rb").read() == wanted
            if not same:
                shutil.copyfile(source, target)
        if not same or not os.path.exists(os.path.join(scratch, "node_modules", ".package-lock.json")):
            cls.reason = cls.install(scratch)
        cls.modules = os.path.join(scratch, "node_modules")

    @staticmethod
    def install(scratch):
        """None, or why it cannot be done here."""
        words = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1", "--fetch-timeout=30000"]
        try:
            done = subprocess.run(words, cwd=scratch, capture_output=True, text=True, check=False, timeout=240)
        except subprocess.TimeoutExpired:
            done = subprocess.CompletedProcess(words, 1, "", "network: nothing within 240 s")
        if done.returncode == 0:
            return None
        shutil.rmtree(os.path.join(scratch, "node_modules"), True)
        network = re.search(r"ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|network|E40[13]", done.stderr)
        if not network:
            raise AssertionError(done.stderr)
        return "npm cannot reach its registry: " + network[0]

    def setUp(self):
        super().setUp()
        if self.reason:
            self.skipTest(self.reason)
        self.environment["NODE_PATH"] = os.path.abspath(self.modules)

    def node(self, script, *words):
        return [shutil.which("node"), os.path.join(HERE, script), *words]

    def client(self, script, url):
        return LineClient(self, self.node(script, url), self.environment)

    def test_a_wrong_key(self):
        self.check_refused(lambda url: self.client("v3_client.js", url))

    def test_what_does_not_fit_is_found(self):
        for script in ("v3_client.js", "v2_client.js"):
            self.check_finds(lambda url, script=script: self.client(script, url))

    def test_version_3(self):
        client = self.client("v3_client.js", self.serving_url())
        self.assertEqual(sorted(client.actions), sorted(ACTIONS))
        self.tell(client)

    def test_version_2(self):
        self.tell(self.client("v2_client.js", self.serving_url()))

    def test_a_worker_of_step_function_worker_does_a_thousand_tasks(self):
        url = self.serving_url(signed=False)
        port = int(url.rsplit(":", 1)[1])
        count = 1000
        self.call(port, "CreateActivity", {"name": "double"})
        self.call(port, "CreateStateMachine", {"name": "w", "roleArn": ROLE, "definition": json.dumps(task(ARN + "activity:double"))})
        begin = time.monotonic()
        for n in range(count):
            status, told = self.call(port, "StartExecution", {
                "stateMachineArn": ARN + "stateMachine:w", "name": f"n{n}", "input": json.dumps({"n": n})})
            self.assertEqual(status, 200, told)
        started = time.monotonic()
        done = subprocess.run(self.node("worker.js", url, ARN + "activity:double", str(count), "10"), env=self.environment,
                              capture_output=True, text=True, check=False, timeout=300)
        worked = time.monotonic()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(json.loads(done.stdout), {"done": count, "sum": sum(range(count))})
        for n in (0, 1, count - 1):
            told = self.call(port, "DescribeExecution", {"executionArn": ARN + f"execution:w:n{n}"})[1]
            self.assertEqual((told["status"], json.loads(told["output"])), ("SUCCEEDED", {"doubled": 2 * n}))
        told = self.call(port, "ListExecutions", {"stateMachineArn": ARN + "stateMachine:w", "statusFilter": "SUCCEEDED",
                                                  "maxResults": 1000})[1]
        self.assertEqual(len(told["executions"]), count)
        print(f"step-function-worker: {count} tasks in {worked - started:.1f} s ({started - begin:.1f} s to start them)")


if __name__ == "__main__":
    unittest.TestCase.maxDiff = None
    main()
