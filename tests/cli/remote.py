#!/usr/bin/env python3
"""The command against an endpoint: every subcommand as against a directory, signatures, TLS, what is tried again.

usage: remote.py --stepwell PROGRAM
"""
import contextlib
import errno
import hashlib
import hmac
import http.client
import http.server
import json
import os
import random
import re
import shutil
import socket
import ssl
import subprocess
import threading
import unittest

import commands
from door import ARN, NAP, PASS, Case, main, task

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION")


def make_certificate(folder):
    """Paths of a key and of a certificate for 127.0.0.1 that it signed itself."""
    key, certificate = folder + "/key.pem", folder + "/certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", certificate, "-subj", "/CN=stepwell test", "-days", "2",
                    "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    return key, certificate


class AtEndpoint(Case):
    """Tests of a data directory, run over TCP: a serve owns the directory, --endpoint stands in --data's place."""
    server = None

    def start_server(self, *words, port=0):
        child = super().begin("serve", "--listen", f"127.0.0.1:{port}", *words)
        line = child.stderr.readline().decode()
        child.url = re.search(r"https?://127\.0\.0\.1:\d+|$", line)[0]
        self.assertTrue(child.url, line)
        self.server = child
        self.addCleanup(self.stop_server)

    def stop_server(self):
        if self.server:
            self.server.terminate()
            done = self.finish(self.server)
            self.server = None
            self.assertEqual(done.code, 0, done)

    def begin(self, *words, data=None, **more):
        if data is not None or words[0] == "serve":
            return super().begin(*words, data=data, **more)
        if not self.server:
            self.start_server()
        return super().begin(*words, "--endpoint", self.server.url, data=False, **more)


class MachinesAtEndpoint(AtEndpoint, commands.Machines):
    test_list_and_describe = None  # begins without an owner

    def wait_for_none(self):
        """A server answers a deletion before the machine is gone, as AWS does."""
        self.wait_for("deletion", lambda: not self.ok("list", "machines", "--json").json()["stateMachines"])

    def test_delete(self):
        self.ok("create", self.file("pass.json", PASS))
        self.fails(1, 'no machine "nobody"', "delete", "machine", "nobody")
        self.ok("delete", "machine", "pass")
        self.wait_for_none()
        self.fails(1, 'no machine "pass"', "start", "pass")
        self.ok("create", self.file("pass.json", PASS))

    def test_a_machine_that_runs_is_deleted_when_it_has_ended(self):
        self.ok("create", self.file("nap.json", NAP))
        self.ok("start", "nap", "--name", "x")
        self.ok("delete", "machine", "nap")
        self.assertEqual(self.ok("describe", "nap", "--json").json()["status"], "DELETING")
        self.fails(1, "StateMachineDeleting", "start", "nap")
        self.ok("stop", "x")
        self.wait_for_none()


class ExecutionsAtEndpoint(AtEndpoint, commands.Executions):
    test_start_without_an_owner_waits_for_one = None
    test_a_start_that_nobody_carried_on_is_carried_on_by_its_name = None


class Newer(Case):
    """Commands that take the same path to both doors; here the socket of a directory."""

    def setUp(self):
        super().setUp()
        self.open_door()

    def open_door(self):
        served = contextlib.ExitStack()
        served.enter_context(self.serving())
        self.addCleanup(served.close)  # after the server's own clean-up, so before it

    def test_activities(self):
        arn = ARN + "activity:inspect"
        self.assertEqual(self.ok("activity", "create", "inspect").out, arn + "\n")
        self.assertEqual(self.ok("activity", "create", "inspect", "--json").json()["activityArn"], arn)
        self.ok("activity", "create", "other")
        self.assertEqual([a["name"] for a in self.ok("activity", "list", "--json").json()["activities"]],
                         ["inspect", "other"])
        self.assertEqual(len(self.ok("activity", "list", "--max", "1").out.splitlines()), 1)
        for name in ("inspect", arn):
            self.assertEqual(self.ok("activity", "describe", name, "--json").json()["activityArn"], arn)
        self.assertIn(arn, self.ok("activity", "describe", "inspect").out)
        self.ok("activity", "delete", "inspect")
        self.fails(1, "ActivityDoesNotExist", "activity", "describe", "inspect")
        self.fails(2, "InvalidName", "activity", "create", "a b")
        self.fails(2, "activity create, describe, delete or list", "activity", "paint", "x")
        self.fails(2, "takes one name", "activity", "delete")
        self.fails(2, "takes no name", "activity", "list", "x")

    def test_a_worker(self):
        self.ok("activity", "create", "inspect")
        self.ok("create", self.file("w.json", task(ARN + "activity:inspect", HeartbeatSeconds=600)))
        poll = self.begin("task", "poll", "inspect", "--name", "me")  # before there is a task
        self.ok("start", "w", "--name", "x", "--input", '{"n": 1}')
        token, given = self.finish(poll).out.splitlines()
        self.assertEqual(json.loads(given), {"n": 1})
        self.ok("task", "heartbeat", token)
        self.ok("task", "succeed", token, "--input", "[2]")
        self.assertEqual(self.ok("watch", "x").out.splitlines()[-1], "[2]")
        self.fails(2, "TaskTimedOut", "task", "heartbeat", token)

    def test_redrive(self):
        path = self.file("f.json", {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E"}}})
        self.fails(1, "FAILED  E", "run", path, "--name", "x")
        self.assertIn("redriveDate", self.ok("redrive", "x", "--json").json())
        self.fails(1, "FAILED  E", "watch", "x")
        self.assertIn("ExecutionRedriven", [e["type"] for e in self.events("x")])
        self.ok("run", self.file("pass.json", PASS), "--name", "y")
        self.fails(1, "ExecutionNotRedrivable", "redrive", "y")
        self.fails(1, "no execution", "redrive", "nobody")

    def test_express_machines(self):
        path = self.file("pass.json", PASS)
        self.ok("create", path, "--type", "EXPRESS")
        self.assertEqual(self.ok("describe", "pass", "--json").json()["type"], "EXPRESS")
        self.assertEqual(self.ok("start", "pass", "--wait", "--input", "[1]").json(), [1])
        self.fails(2, "ValidationException", "create", path, "--name", "q", "--type", "FAST")

    def test_any_action(self):
        made = self.ok("api", "CreateStateMachine", json.dumps(
            {"name": "m", "definition": json.dumps(PASS), "roleArn": "arn:aws:iam::123456789012:role/r", "type": "EXPRESS"})).json()
        arn = {"stateMachineArn": made["stateMachineArn"]}
        self.assertEqual(made["stateMachineArn"], ARN + "stateMachine:m")
        version = self.ok("api", "PublishStateMachineVersion", "@" + self.file("in.json", arn)).json()
        self.assertEqual(version["stateMachineVersionArn"], ARN + "stateMachine:m:1")
        told = self.ok("api", "ListStateMachineVersions", "-", given=json.dumps(arn).encode()).json()
        self.assertEqual(len(told["stateMachineVersions"]), 1)
        self.assertEqual(self.ok("api", "StartSyncExecution", json.dumps({**arn, "input": "[3]"})).json()["output"], "[3]")
        self.assertEqual(self.ok("api", "ListActivities").json(), {"activities": []})
        self.assertEqual(self.ok("api", "DeleteStateMachine", json.dumps(arn)).json(), {})
        self.wait_for("deletion", lambda: self.run_("api", "DescribeStateMachine", json.dumps(arn)).code)
        self.fails(1, "StateMachineDoesNotExist", "api", "DescribeStateMachine", json.dumps(arn))
        self.fails(2, "InvalidArn", "api", "DescribeExecution", '{"executionArn": "x"}')
        self.fails(2, "UnknownOperation", "api", "FlyToTheMoon")
        self.fails(2, "an action is a name", "api", "List\r\nX-Evil: 1")
        self.fails(2, "an action is a name", "api", "")
        self.fails(2, "a JSON object", "api", "ListActivities", "[]")
        self.fails(2, "request:1:2", "api", "ListActivities", "{")

    def test_a_request_of_a_mebibyte(self):
        big = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": '"' * 270000, "End": True}}}
        request = json.dumps({"name": "big", "definition": json.dumps(big), "roleArn": "arn:aws:iam::123456789012:role/r"})
        self.assertGreater(len(request), 1 << 20)  # where libcurl asks before it sends
        self.ok("api", "CreateStateMachine", "-", given=request.encode())
        self.assertEqual(json.loads(self.ok("describe", "big", "--json").json()["definition"]), big)

    def test_status(self):
        told = self.ok("status", "--json").json()
        self.assertEqual(told.get("owner", {}).get("advances"), "ALL")


class NewerAtEndpoint(AtEndpoint, Newer):
    def open_door(self):
        pass

    def test_status(self):
        told = self.ok("status", "--json").json()
        self.assertEqual((told["advances"], told["region"], told["account"]), ("ALL", "us-east-1", "123456789012"))
        shown = self.ok("status").out
        self.assertIn(self.server.url, shown)
        self.assertIn("advances every execution", shown)

    def test_run_leaves_resources_to_the_server(self):
        words = ("run", self.file("pass.json", PASS), "--resources", self.resources(x="cat"))
        self.fails(2, "give them to `stepwell serve`", *words)
        self.stop_server()
        self.start_server("--resources", self.resources(add="sed s/1/2/"))
        self.assertEqual(self.ok("run", self.file("t.json", task("command:add")), "--input", '"1"').json(), "2")

    def test_a_client_that_takes_the_server_for_its_proxy_is_answered(self):
        self.ok("activity", "list")
        connection = http.client.HTTPConnection(self.server.url.removeprefix("http://"), timeout=60)
        self.addCleanup(connection.close)
        for url, status in (("http://sync-127.0.0.1:8083/", 200), ("http://sync-localhost", 200), ("/", 200),
                            ("http://elsewhere/else", 404), ("http:///", 200), ("http:/", 404), ("https://x/", 404)):
            connection.request("POST", url, b'{"name": "a"}', {"X-Amz-Target": "AWSStepFunctions.CreateActivity"})
            answer = connection.getresponse()
            text = answer.read()
            self.assertEqual(answer.status, status, url)
            if status == 200:
                self.assertEqual(json.loads(text)["activityArn"], ARN + "activity:a")

    @staticmethod
    def lasting_port():
        """One that no client is given while nobody listens there: below those that the kernel gives."""
        for port in random.sample(range(10000, 32768), 100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED:
                    return port
        raise unittest.SkipTest("no free port below 32768")

    def test_a_watch_goes_on_when_the_server_starts_again(self):
        self.start_server(port=self.lasting_port())
        self.ok("create", self.file("nap.json", NAP))
        self.ok("start", "nap", "--name", "x")
        watch = self.begin("watch", "x")
        self.assertIn(b"ExecutionStarted", watch.stdout.readline())
        address = self.server.url.removeprefix("http://")
        self.stop_server()
        with self.serving(listen=address):
            self.ok("stop", "x", "--endpoint", "http://" + address, data=False)
            done = self.finish(watch)
        self.assertEqual(done.code, 4, done)
        self.assertIn("ABORTED", done.err)


@unittest.skipUnless(shutil.which("openssl"), "openssl is not there to make a certificate")
class Guarded(AtEndpoint):
    """The same command against a server that wants signatures and speaks TLS."""
    KEY, SECRET = "AKIDSTEPWELLTESTS", "5tepwell/tests+secret=key0"

    def setUp(self):
        super().setUp()
        for name in (*KEYS, "http_proxy", "https_proxy", "all_proxy"):
            self.environment.pop(name, None)
        key, certificate = make_certificate(self.folder)
        keys = self.file("keys.json", {"credentials": [{"accessKeyId": self.KEY, "secretAccessKey": self.SECRET}]})
        os.chmod(keys, 0o600)
        self.start_server("--credentials", keys, "--tls-cert", certificate, "--tls-key", key)
        self.environment.update(STEPWELL_CA_FILE=certificate, AWS_ACCESS_KEY_ID=self.KEY, AWS_SECRET_ACCESS_KEY=self.SECRET)

    def test_with_keys_everything_works(self):
        self.assertEqual(self.ok("run", self.file("pass.json", PASS), "--input", '"\\u00e9"', "--name", "x").json(), "\u00e9")
        self.ok("activity", "create", "inspect")
        self.ok("create", self.file("w.json", task(ARN + "activity:inspect")))
        poll = self.begin("task", "poll", "inspect")
        self.ok("start", "w", "--name", "y")
        token = self.finish(poll).out.splitlines()[0]
        self.ok("task", "succeed", token, "--input", "[2]")
        self.assertEqual(self.ok("watch", "y").out.splitlines()[-1], "[2]")
        self.environment["AWS_REGION"] = "eu-west-1"
        self.fails(5, "eu-west-1", "list", "executions")
        self.ok("list", "executions", "--region", "us-east-1")

    def test_without_keys_or_with_others_nothing_does(self):
        self.environment["AWS_SECRET_ACCESS_KEY"] = self.SECRET[::-1]
        self.fails(5, "InvalidSignatureException", "list", "machines")
        self.environment["AWS_ACCESS_KEY_ID"] = "AKIDNOBODY"
        self.assertIn("AWS_ACCESS_KEY_ID", self.fails(5, "UnrecognizedClientException", "list", "machines").err)
        del self.environment["AWS_ACCESS_KEY_ID"]
        self.assertIn("AWS_ACCESS_KEY_ID", self.fails(5, "Exception", "list", "machines").err)


class WithoutOwner(Case):
    def test_activities_and_actions_in_a_directory_that_nobody_owns(self):
        self.ok("activity", "create", "inspect")
        self.assertIn("inspect", self.ok("activity", "list").out)
        self.ok("activity", "delete", "inspect")
        self.assertEqual(self.ok("api", "ListActivities").json(), {"activities": []})
        self.ok("create", self.file("pass.json", PASS), "--type", "EXPRESS")
        request = json.dumps({"stateMachineArn": ARN + "stateMachine:pass", "input": "4"})
        self.assertEqual(self.ok("api", "StartSyncExecution", request).json()["output"], "4")
        self.assertIn("stepwell serve", self.ok("api", "StartExecution", request).err)

    def test_a_redriven_execution_waits_for_an_owner(self):
        path = self.file("f.json", {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E"}}})
        self.fails(1, "FAILED  E", "run", path, "--name", "x")
        self.assertIn("stepwell serve", self.ok("redrive", "x").err)
        self.assertEqual(self.ok("describe", "x", "--json").json()["status"], "RUNNING")
        with self.serving():
            self.fails(1, "FAILED  E", "watch", "x")


class Fake(http.server.ThreadingHTTPServer):
    """An endpoint that keeps what it is asked and answers what it is told to: (status, body) or None to hang up."""
    daemon_threads = True

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.headers, body))
        answers = self.server.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        status, text = answer
        text = text if isinstance(text, bytes) else json.dumps(text).encode()
        self.send_response(status)
        if status == 307:
            self.send_header("Location", "http://127.0.0.1:1/")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def signature(headers, body, secret):
    """What AWS's rules make of the request: every header that the client says it signed, in the scope that it says."""
    _, scope, signed, given = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\S+), ?SignedHeaders=(\S+), ?Signature=([0-9a-f]+)",
        headers["Authorization"]).groups()
    lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in signed.split(";"))
    request = "\n".join(["POST", "/", "", lines, signed, hashlib.sha256(body).hexdigest()])
    key = ("AWS4" + secret).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = "\n".join(["AWS4-HMAC-SHA256", headers["X-Amz-Date"], scope, hashlib.sha256(request.encode()).hexdigest()])
    return scope, signed.split(";"), given, hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


class Wire(Case):
    NOTHING = (200, {"stateMachines": []})

    def setUp(self):
        super().setUp()
        for name in (*KEYS, "STEPWELL_ENDPOINT", "STEPWELL_CA_FILE", "http_proxy", "https_proxy", "all_proxy"):
            self.environment.pop(name, None)

    def fake(self, *answers):
        server = Fake(*answers)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server

    def list(self, server, *words):
        return self.run_("list", "machines", "--endpoint", server.url, *words, data=False)

    def test_requests_are_aws_json(self):
        server = self.fake(self.NOTHING)
        self.ok("api", "ListStateMachines", '{"maxResults": 5}', "--endpoint", server.url, data=False)
        headers, body = server.asked[0]
        self.assertEqual(headers["X-Amz-Target"], "AWSStepFunctions.ListStateMachines")
        self.assertEqual(headers["Content-Type"], "application/x-amz-json-1.0")
        self.assertEqual(json.loads(body), {"maxResults": 5})
        self.assertIsNone(headers["Authorization"])

    def test_with_keys_requests_are_signed(self):
        server = self.fake(self.NOTHING)
        secret = "wJalr/XUtnFEMI:K7MDENG+bPx"
        self.environment.update(AWS_ACCESS_KEY_ID="AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY=secret)
        self.assertEqual(self.list(server).code, 0)
        self.environment.update(AWS_SESSION_TOKEN="to/ken+==", AWS_DEFAULT_REGION="eu-west-1")
        self.assertEqual(self.list(server).code, 0)
        self.environment["AWS_REGION"] = "eu-west-2"
        self.assertEqual(self.list(server).code, 0)
        self.assertEqual(self.list(server, "--region", "ap-south-1").code, 0)
        regions = []
        for headers, body in server.asked:
            scope, signed, given, wanted = signature(headers, body, secret)
            self.assertEqual(given, wanted)
            self.assertLessEqual({"host", "x-amz-date", "x-amz-target", "content-type"}, set(signed))
            self.assertEqual(scope.split("/")[2:], ["states", "aws4_request"])
            regions.append(scope.split("/")[1])
        self.assertEqual(regions, ["us-east-1", "eu-west-1", "eu-west-2", "ap-south-1"])
        self.assertIn("x-amz-security-token", signed)
        self.assertEqual(headers["X-Amz-Security-Token"], "to/ken+==")

    def test_the_variable_names_the_endpoint(self):
        server = self.fake(self.NOTHING)
        self.environment["STEPWELL_ENDPOINT"] = server.url
        self.ok("list", "machines", data=False)
        self.assertEqual(len(server.asked), 1)
        self.ok("create", self.file("pass.json", PASS))  # --data is nearer
        self.assertEqual(len(server.asked), 1)
        self.fails(2, "either --data or --endpoint", "list", "machines", "--endpoint", server.url)
        for words in (["doctor"], ["backup", "x"], ["restore", "x"]):
            self.fails(2, "name the directory with --data", *words, data=False)
            self.fails(2, "run it where the directory is", *words, "--endpoint", server.url, data=False)
        self.fails(2, "run it where the directory is", "serve", "--endpoint", server.url, data=False)
        self.fails(2, "no option --endpoint", "graph", "x", "--endpoint", server.url, data=False)

    def test_what_is_no_endpoint(self):
        for url in ("ftp://host", "127.0.0.1:8083", "http://", "http://me:secret@host", "http://host/?a=b", "rubbish", ""):
            done = self.fails(2, "an endpoint is http://HOST:PORT", "list", "machines", "--endpoint", url, data=False)
            self.assertEqual(done.out, "")

    def test_who_cannot_be_reached_is_told_with_the_remedy(self):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{closed.getsockname()[1]}"
            done = self.fails(5, "nobody listens at " + url, "list", "machines", "--endpoint", url, data=False)
            self.assertIn("stepwell serve --listen 127.0.0.1:", done.err)
        self.fails(5, "no such host", "list", "machines", "--endpoint", "http://nowhere.invalid", data=False)
        server = self.fake(self.NOTHING)
        self.fails(5, "is it http:// there?", "list", "machines", "--endpoint", server.url.replace("http", "https"), data=False)

    def test_busy_servers_are_asked_again(self):
        busy = (503, {"__type": "ServiceUnavailable", "message": "the disk is full"})
        server = self.fake(busy, (500, {"__type": "InternalFailure", "message": "?"}), self.NOTHING)
        self.assertEqual(self.list(server).code, 0)
        self.assertEqual(len(server.asked), 3)
        server = self.fake(busy)
        done = self.list(server)
        self.assertEqual((done.code, len(server.asked)), (5, 4), done)
        self.assertIn("the disk is full", done.err)

    def test_only_what_reads_is_asked_again_after_a_lost_answer(self):
        server = self.fake(None, None, self.NOTHING)
        self.assertEqual(self.list(server).code, 0)
        self.assertEqual(len(server.asked), 3)
        server = self.fake(None)
        self.fails(5, "may have been carried out", "api", "StartExecution", "--endpoint", server.url, data=False)
        self.assertEqual(len(server.asked), 1)

    def test_errors_have_the_exit_code_of_their_class(self):
        for status, name, code in ((400, "StateMachineDoesNotExist", 1), (400, "com.amazonaws.states#ResourceNotFound", 1),
                                   (400, "ConflictException", 1), (400, "ValidationException", 2),
                                   (403, "AccessDeniedException", 5), (403, "InvalidSignatureException", 5),
                                   (400, "ThrottlingException", 5)):
            server = self.fake((status, {"__type": name, "Message": "no\x1b[31m"}))
            done = self.list(server)
            self.assertEqual(done.code, code, done)
            self.assertIn(name.split("#")[-1] + ": no", done.err)
            self.assertNotIn("\x1b", done.err)
            self.assertEqual("AWS_ACCESS_KEY_ID" in done.err, status == 403)

    def test_answers_that_are_none(self):
        for status, text in ((502, b"<html>Bad Gateway</html>"), (200, b""), (200, b"\xff\xfe"), (200, b"[" * 100000),
                             (307, b"elsewhere")):
            server = self.fake((status, text))
            done = self.list(server)
            if text:
                self.assertEqual(done.code, 5, done)
                self.assertIn("is it a Step Functions endpoint?", done.err)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            def greet():
                connection, _ = listener.accept()
                connection.recv(65536)
                connection.sendall(b"220 mail.example ESMTP\r\n")
                connection.close()
            threading.Thread(target=greet, daemon=True).start()
            self.fails(5, "does not speak HTTP", "list", "machines", "--endpoint",
                       f"http://127.0.0.1:{listener.getsockname()[1]}", data=False)

    @unittest.skipUnless(shutil.which("openssl"), "openssl is not there to make a certificate")
    def test_https(self):
        key, certificate = make_certificate(self.folder)
        server = self.fake(self.NOTHING)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        words = ("list", "machines", "--endpoint", server.url.replace("http", "https"))
        self.fails(5, "--ca-file", *words, data=False)
        self.assertEqual(server.asked, [])
        self.ok(*words, "--ca-file", certificate, data=False)
        self.environment["STEPWELL_CA_FILE"] = certificate
        self.ok(*words, data=False)
        self.fails(5, "nowhere.pem", *words, "--ca-file", "nowhere.pem", data=False)
        self.fails(5, "is not trusted", *words[:3], words[3].replace("127.0.0.1", "localhost"), data=False)


if __name__ == "__main__":
    main()
