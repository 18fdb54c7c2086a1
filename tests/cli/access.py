#!/usr/bin/env python3
"""Who may call a serve on TCP: signatures, limits of keys, TLS, private files. Requests are signed by Python's own hmac,
by botocore and by curl. usage: access.py --stepwell PROGRAM"""
import contextlib
import datetime
import hashlib
import hmac
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
import unittest
import warnings

from door import ARN, LIMIT_SECONDS, PASS, Case, main

try:
    import botocore.config
    import botocore.exceptions
    import botocore.session
except ImportError:
    botocore = None

ADA, ADA_SECRET = "AKIAADA0000000000000", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
BOB, BOB_SECRET = "AKIABOB0000000000000", "0123456789abcdefghijklmnopqrstuvwxyz+/=="
KEYS = {"credentials": [
    {"accessKeyId": ADA, "secretAccessKey": ADA_SECRET, "user": "ada"},
    {"accessKeyId": BOB, "secretAccessKey": BOB_SECRET, "user": "bob",
     "actions": ["states:Start*", "states:Describe*"], "stateMachines": ["order-*"]}]}
UNKNOWN = ("UnrecognizedClientException", "The security token included in the request is invalid.")


def sign(headers, body, key=ADA, secret=ADA_SECRET, region="us-east-1", ago=0):
    """The Authorization header for a POST of / with these headers, and the X-Amz-Date that goes with it."""
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=ago)
    stamp = at.strftime("%Y%m%dT%H%M%SZ")
    signed = {**{name.lower(): value for name, value in headers.items()}, "x-amz-date": stamp}
    names = ";".join(sorted(signed))
    canonical = "\n".join(["POST", "/", "", *(f"{name}:{signed[name]}" for name in sorted(signed)), "", names,
                           hashlib.sha256(body).hexdigest()])
    scope = f"{stamp[:8]}/{region}/states/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    made = ("AWS4" + secret).encode()
    for part in [*scope.split("/"), text]:
        made = hmac.new(made, part.encode(), hashlib.sha256).digest()
    return stamp, f"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={names}, Signature={made.hex()}"


class Access(Case):
    def private(self, name, content):
        path = self.file(name, content)
        os.chmod(path, 0o600)
        return path

    def open(self, *words, listen="127.0.0.1:0", keys=KEYS):
        """A serve with credentials that is ready."""
        more = [] if keys is None else ["--credentials", self.private("keys.json", keys)]
        child = self.begin("serve", "--listen", listen, *more, *words)
        lines = []
        while not lines or "data in" not in lines[-1]:
            lines.append(child.stderr.readline().decode())
            self.assertTrue(lines[-1], lines)
        child.said = lines
        child.port = int(re.search(r"://[^ ]*:(\d+),", lines[-1])[1])
        return child

    def close(self, child):
        child.terminate()
        done = self.finish(child)
        self.assertEqual(done.code, 0, done)
        for secret in (ADA_SECRET, BOB_SECRET):
            self.assertNotIn(secret, done.err)
        return done

    def ask(self, child, action, request=None, secure=None, **how):
        """A signed request -> status, answer."""
        body = json.dumps(request or {}).encode()
        headers = {"Host": f"127.0.0.1:{child.port}", "X-Amz-Target": "AWSStepFunctions." + action,
                   "Content-Type": "application/x-amz-json-1.0"}
        stamp, authorization = sign(headers, body, **how)
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        more = {"context": secure} if secure else {}
        connection = kind("127.0.0.1", child.port, timeout=LIMIT_SECONDS, **more)
        try:
            connection.request("POST", "/", body, {**headers, "X-Amz-Date": stamp, "Authorization": authorization})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def refused(self, child, kind, text, action="ListStateMachines", request=None, **how):
        status, answer = self.ask(child, action, request, **how)
        self.assertEqual((status, answer["__type"]), (400, kind), answer)
        self.assertIn(text, answer["message"])

    def raw(self, child, text):
        """What comes back for these bytes until the server ends the connection, or an answer is whole."""
        with socket.create_connection(("127.0.0.1", child.port), LIMIT_SECONDS) as sock:
            sock.sendall(text)
            got = b""
            while b"\r\n\r\n" not in got or not got.endswith(b"}"):
                more = sock.recv(65536)
                if not more:
                    break
                got += more
            return got.decode()

    def create(self, child, *names):
        for name in names:
            status, answer = self.ask(child, "CreateStateMachine", {"name": name, "definition": json.dumps(PASS)})
            self.assertEqual(status, 200, answer)


class Signatures(Access):
    def test_a_request_must_be_signed_by_a_known_key_of_now_and_here(self):
        server = self.open()
        self.assertEqual(self.ask(server, "ListStateMachines"), (200, {"stateMachines": []}))
        self.refused(server, *UNKNOWN, key="AKIAEVE0000000000000")
        self.refused(server, "InvalidSignatureException", "The request signature we calculated does not match",
                     secret=ADA_SECRET + "x")
        self.refused(server, "InvalidSignatureException", "Signature expired: ", ago=302)
        self.refused(server, "InvalidSignatureException", "Signature not yet current: ", ago=-302)
        self.refused(server, "InvalidSignatureException", "not 'eu-west-1': the region of this server is 'us-east-1'",
                     region="eu-west-1")
        self.refused(server, "InvalidSignatureException", "does not match", secret=BOB_SECRET, action="NoSuchAction")
        self.refused(server, "UnknownOperationException", "does not have the action", action="NoSuchAction")
        status, answer = self.call(server.port, "ListStateMachines", {})
        self.assertEqual((status, answer["__type"], answer["message"]),
                         (400, "MissingAuthenticationTokenException", "Missing Authentication Token"))
        done = self.close(server)
        self.assertIn("refused a request from 127.0.0.1: UnrecognizedClientException", done.err)

    def test_the_region_is_that_of_the_server(self):
        server = self.open("--region", "eu-central-1")
        self.assertEqual(self.ask(server, "ListStateMachines", region="eu-central-1")[0], 200)
        self.refused(server, "InvalidSignatureException", "region of this server is 'eu-central-1'")
        self.close(server)

    def test_the_socket_and_health_need_no_signature(self):
        server = self.open()
        self.ok("create", self.file("pass.json", PASS))
        self.assertIn("pass", self.ok("list", "machines").out)
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=LIMIT_SECONDS)
        connection.request("GET", "/healthz")
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()
        self.close(server)

    def test_who_is_refused_is_told_before_the_body(self):
        server = self.open()
        head = "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AWSStepFunctions.ListStateMachines\r\n"
        asking = "Expect: 100-continue\r\nContent-Length: 100000\r\n\r\n"
        self.assertIn("Missing Authentication Token", self.raw(server, (head + asking).encode()))
        stamp, authorization = sign({"Host": "x"}, b"", key="AKIAEVE0000000000000")
        signed = f"{head}X-Amz-Date: {stamp}\r\nAuthorization: {authorization}\r\n"
        self.assertIn(UNKNOWN[0], self.raw(server, (signed + asking).encode()))
        # one that sends the body without asking gets the answer, too, and the connection stays
        whole = f"{head}Content-Length: 1000000\r\n\r\n".encode() + b"x" * 1000000
        self.assertIn("Missing Authentication Token", self.raw(server, whole))
        endless = f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        try:
            self.assertNotIn("200 OK", self.raw(server, endless * 1 + (b"100000\r\n" + b"x" * 0x100000 + b"\r\n") * 8))
        except ConnectionError:
            pass
        self.assertEqual(self.ask(server, "ListStateMachines")[0], 200)
        self.close(server)

    def test_malformed_heads_are_answered(self):
        server = self.open()
        head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
        for line, expected in [
                ("Authorization: Basic YTpi\r\n", "IncompleteSignatureException"),
                ("Authorization: AWS4-HMAC-SHA256 Credential=\xe9\r\n", "IncompleteSignatureException"),
                ("Authorization: AWS4-HMAC-SHA256 \"\\\r\n", "IncompleteSignatureException"),
                ("Authorization: AWS4-HMAC-SHA256 Credential=a/b/c/d/e,SignedHeaders=;;;,Signature=0\r\n", UNKNOWN[0]),
                ("Authorization: \r\n", "MissingAuthenticationTokenException")]:
            answer = self.raw(server, (head + line + "\r\n{}").encode("latin-1"))
            self.assertIn(" 400 ", answer)
            self.assertEqual(json.loads(answer.partition("\r\n\r\n")[2])["__type"], expected, line)
        presigned = self.raw(server, b"POST /?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0 HTTP/1.1\r\nHost: x\r\n"
                                     b"Content-Length: 2\r\n\r\n{}")
        self.assertIn("presigned URLs", presigned)
        self.close(server)

    def test_without_credentials_signatures_are_not_looked_at(self):
        server = self.open(keys=None)
        self.assertEqual(self.ask(server, "ListStateMachines", secret="anything")[0], 200)
        self.assertEqual(self.call(server.port, "ListStateMachines", {})[0], 200)
        self.close(server)

    def test_an_absolute_form_is_signed_as_its_path(self):
        server = self.open()
        body = json.dumps({"name": "a"}).encode()
        headers = {"Host": "x", "X-Amz-Target": "AWSStepFunctions.CreateActivity"}
        stamp, authorization = sign(headers, body)
        signed = {**headers, "X-Amz-Date": stamp, "Authorization": authorization}
        for known, expected in ((headers, "MissingAuthenticationTokenException"), (signed, "activity:a")):
            head = "".join(f"{k}: {v}\r\n" for k, v in {**known, "Content-Length": len(body)}.items())
            self.assertIn(expected, self.raw(server, f"POST http://x/ HTTP/1.1\r\n{head}\r\n".encode() + body))
        self.close(server)

    def test_the_command_signs_with_the_keys_of_its_environment(self):
        server = self.open("--region", "eu-central-1")
        words = ["list", "machines", "--endpoint", f"http://127.0.0.1:{server.port}"]
        self.environment |= {"AWS_ACCESS_KEY_ID": ADA, "AWS_SECRET_ACCESS_KEY": ADA_SECRET, "AWS_REGION": "eu-central-1"}
        self.ok(*words, data=False)
        self.environment["AWS_REGION"] = "us-east-1"
        self.assertIn("region of this server is 'eu-central-1'", self.run_(*words, data=False).err)
        self.environment["AWS_SECRET_ACCESS_KEY"] = BOB_SECRET
        self.environment["AWS_REGION"] = "eu-central-1"
        self.assertIn("does not match", self.run_(*words, data=False).err)
        self.close(server)

    @unittest.skipIf(botocore is None, "there is no botocore (Debian: python3-botocore)")
    def test_botocore_signs_what_is_accepted(self):
        server = self.open()

        def client(key, secret, **more):
            settings = botocore.config.Config(retries={"max_attempts": 0})
            return botocore.session.Session().create_client(
                "stepfunctions", region_name="us-east-1", endpoint_url=f"http://127.0.0.1:{server.port}",
                aws_access_key_id=key, aws_secret_access_key=secret, config=settings, **more)

        ada = client(ADA, ADA_SECRET)
        made = ada.create_state_machine(name="größe", definition=json.dumps(PASS), roleArn="arn:aws:iam::123456789012:role/x")
        run = ada.start_execution(stateMachineArn=made["stateMachineArn"], name="x", input=json.dumps("é" * 100000, ensure_ascii=False))
        self.assertEqual(ada.describe_execution(executionArn=run["executionArn"])["name"], "x")
        for other in (client(ADA, BOB_SECRET), client(ADA, ADA_SECRET, aws_session_token="t"), client("EVE", ADA_SECRET)):
            with self.assertRaises(botocore.exceptions.ClientError) as caught:
                other.list_state_machines()
            self.assertIn(caught.exception.response["Error"]["Code"], (UNKNOWN[0], "InvalidSignatureException"))
            self.assertEqual(caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], 400)
        self.close(server)

    @unittest.skipIf(shutil.which("curl") is None, "there is no curl")
    def test_curl_signs_what_is_accepted(self):
        server = self.open()

        def curl(secret):
            done = subprocess.run(
                ["curl", "-sS", "--aws-sigv4", "aws:amz:us-east-1:states", "--user", f"{ADA}:{secret}",
                 "-H", "X-Amz-Target: AWSStepFunctions.ListStateMachines", "-H", "Content-Type: application/x-amz-json-1.0",
                 "-d", "{}", f"http://127.0.0.1:{server.port}/"],
                capture_output=True, text=True, timeout=LIMIT_SECONDS)
            if "aws-sigv4" in done.stderr:
                self.skipTest("this curl does not sign: " + done.stderr.strip())
            return json.loads(done.stdout)

        self.assertEqual(curl(ADA_SECRET), {"stateMachines": []})
        self.assertEqual(curl(BOB_SECRET)["__type"], "InvalidSignatureException")
        self.close(server)


class Limits(Access):
    def test_a_key_does_what_it_may_and_nothing_else(self):
        server = self.open()
        self.create(server, "order-1", "pay")
        bob = {"key": BOB, "secret": BOB_SECRET}
        status, run = self.ask(server, "StartExecution", {"stateMachineArn": ARN + "stateMachine:order-1"}, **bob)
        self.assertEqual(status, 200, run)
        self.assertEqual(self.ask(server, "DescribeExecution", {"executionArn": run["executionArn"]}, **bob)[0], 200)
        denied = ("User: arn:aws:iam::123456789012:user/bob is not authorized to perform: states:{0} on resource: {1} because "
                  "no identity-based policy allows the states:{0} action")
        for action, request, resource in [
                ("StartExecution", {"stateMachineArn": ARN + "stateMachine:pay"}, ARN + "stateMachine:pay"),
                ("StopExecution", {"executionArn": run["executionArn"]}, run["executionArn"]),
                ("DescribeStateMachine", {"stateMachineArn": ARN + "stateMachine:none"}, ARN + "stateMachine:none"),
                ("ListStateMachines", {}, ARN + "stateMachine:*"),
                ("DeleteStateMachine", {"stateMachineArn": ARN + "stateMachine:order-1"}, ARN + "stateMachine:order-1")]:
            status, answer = self.ask(server, action, request, **bob)
            self.assertEqual((status, answer), (400, {"__type": "AccessDeniedException",
                                                      "message": denied.format(action, resource)}))
        # of a member that is there twice the last one counts, for the limit as for the action
        body = f'{{"stateMachineArn":"{ARN}stateMachine:order-1","stateMachineArn":"{ARN}stateMachine:pay"}}'.encode()
        headers = {"Host": "x", "X-Amz-Target": "AWSStepFunctions.StartExecution"}
        stamp, authorization = sign(headers, body, **bob)
        head = "".join(f"{k}: {v}\r\n" for k, v in {**headers, "X-Amz-Date": stamp, "Authorization": authorization,
                                                    "Content-Length": len(body)}.items())
        self.assertIn("AccessDeniedException", self.raw(server, f"POST / HTTP/1.1\r\n{head}\r\n".encode() + body))
        self.close(server)

    def test_a_hangup_reads_the_file_again(self):
        resources = self.file("resources.json", {"resources": {}})
        server = self.open("--resources", resources)
        self.assertEqual(self.ask(server, "ListStateMachines")[0], 200)
        self.file("resources.json", "{")  # a mistake elsewhere does not keep an old key alive
        carol = {"key": "AKIACAROL00000000000", "secret": "carols-secret-carols-secret"}
        self.private("keys.json", {"credentials": [{"accessKeyId": carol["key"], "secretAccessKey": carol["secret"]}]})
        server.send_signal(signal.SIGHUP)
        self.wait_for("the new key", lambda: self.ask(server, "ListStateMachines", **carol)[0] == 200)
        self.refused(server, *UNKNOWN)
        self.private("keys.json", "{")
        server.send_signal(signal.SIGHUP)
        self.wait_for("the complaint", lambda: b"keys.json:1:2" in server.stderr.readline())
        self.assertEqual(self.ask(server, "ListStateMachines", **carol)[0], 200)
        self.close(server)


class Places(Access):
    def test_elsewhere_than_on_loopback_credentials_are_needed(self):
        done = self.fails(2, "without credentials (--credentials FILE)", "serve", "--listen", "0.0.0.0:0")
        self.assertIn("0.0.0.0:0", done.err)
        server = self.open(listen="0.0.0.0:0")
        self.assertIn("without TLS", "".join(server.said))
        self.assertEqual(self.ask(server, "ListStateMachines")[0], 200)
        self.assertEqual(self.call(server.port, "ListStateMachines", {})[0], 400)
        self.close(server)

    def test_metrics_are_for_this_machine_when_there_are_credentials(self):
        def elsewhere():
            """An address of this machine that is not loopback."""
            with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.connect(("192.0.2.1", 9))  # sends nothing
                return sock.getsockname()[0]
            return None

        def get(host, path):
            connection = http.client.HTTPConnection(host, server.port, timeout=LIMIT_SECONDS)
            try:
                connection.request("GET", path)
                return connection.getresponse().status
            finally:
                connection.close()

        address = elsewhere()
        if address is None or address.startswith("127."):
            self.skipTest("this machine has no address but loopback")
        server = self.open(listen="0.0.0.0:0")
        self.assertEqual([get("127.0.0.1", path) for path in ("/metrics", "/healthz", "/readyz")], [200, 200, 200])
        self.assertEqual([get(address, path) for path in ("/metrics", "/healthz", "/readyz")], [404, 200, 200])
        self.close(server)

    def test_files_that_others_can_read_are_refused_with_the_remedy(self):
        keys = self.private("keys.json", KEYS)
        for mode in (0o640, 0o604, 0o620, 0o602):
            os.chmod(keys, mode)
            self.fails(2, "remedy: chmod 600 " + keys, "serve", "--listen", "none", "--credentials", keys)
        self.fails(2, "No such file", "serve", "--listen", "none", "--credentials", keys + "x")
        self.fails(2, "not a regular file", "serve", "--listen", "none", "--credentials", self.folder)
        mistake = self.private("bad.json", '{"credentials": [\n  {"accessKey": "A"}]}')
        self.fails(2, "bad.json:2:4: /credentials/0: this member is not known", "serve", "--listen", "none",
                   "--credentials", mistake)


@unittest.skipIf(shutil.which("openssl") is None, "there is no openssl to make a certificate with")
class Tls(Access):
    def setUp(self):
        super().setUp()
        self.cert, self.key = self.certificate("one")

    def certificate(self, name):
        cert, key = (os.path.join(self.folder, name + suffix) for suffix in (".crt", ".key"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                        key, "-out", cert, "-days", "2", "-subj", "/CN=stepwell", "-addext", "subjectAltName=IP:127.0.0.1"],
                       check=True, capture_output=True, timeout=LIMIT_SECONDS)
        os.chmod(key, 0o600)
        return cert, key

    def secure(self, **more):
        server = self.open("--tls-cert", self.cert, "--tls-key", self.key, **more)
        return server, ssl.create_default_context(cafile=self.cert)

    def test_signed_requests_over_tls(self):
        server, context = self.secure(listen="0.0.0.0:0")
        self.assertNotIn("without TLS", "".join(server.said))
        self.assertIn("https://", server.said[-1])
        self.assertEqual(self.ask(server, "ListStateMachines", secure=context)[0], 200)
        self.refused(server, *UNKNOWN, key="AKIAEVE0000000000000", secure=context)
        big = {"name": "order-1", "definition": json.dumps(PASS) + " " * 900000}
        self.assertEqual(self.ask(server, "CreateStateMachine", big, secure=context)[0], 200)
        with self.assertRaises((ConnectionError, http.client.HTTPException)):
            self.ask(server, "ListStateMachines")
        self.close(server)

    def test_old_versions_are_refused(self):
        server, context = self.secure()
        warnings.simplefilter("ignore", DeprecationWarning)  # that is what is tested
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises(OSError):
            self.ask(server, "ListStateMachines", secure=context)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.assertEqual(self.ask(server, "ListStateMachines", secure=context)[0], 200)
        self.close(server)

    def test_a_worker_that_goes_away_takes_no_task(self):
        server, context = self.secure(keys=None)
        activity = ARN + "activity:w"
        quiet = self.descriptors(server)
        self.assertEqual(self.ask(server, "CreateActivity", {"name": "w"}, secure=context)[0], 200)
        self.wait_for("the end of the connection", lambda: self.descriptors(server) <= quiet)
        before = self.descriptors(server)
        with socket.create_connection(("127.0.0.1", server.port)) as plain, \
                context.wrap_socket(plain, server_hostname="127.0.0.1") as gone:
            body = json.dumps({"activityArn": activity})
            gone.sendall(f"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AWSStepFunctions.GetActivityTask\r\nContent-Length: "
                         f"{len(body)}\r\n\r\n{body}".encode())
            time.sleep(0.3)  # so that it waits, most likely; what follows holds in any case
            gone.setblocking(False)
            with contextlib.suppress(ssl.SSLError):
                gone.unwrap()  # sends the notice of the end; the end itself follows
        self.wait_for("the end of the poll", lambda: self.descriptors(server) == before)
        work = {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": activity, "End": True}}}
        self.ask(server, "CreateStateMachine", {"name": "m", "definition": json.dumps(work)}, secure=context)
        self.ask(server, "StartExecution", {"stateMachineArn": ARN + "stateMachine:m"}, secure=context)
        status, task = self.ask(server, "GetActivityTask", {"activityArn": activity}, secure=context)
        self.assertTrue(status == 200 and task.get("taskToken"), task)
        self.close(server)

    @staticmethod
    def descriptors(child):
        return len(os.listdir(f"/proc/{child.pid}/fd"))

    def test_mistakes_of_certificate_and_key_are_told(self):
        other_cert, other_key = self.certificate("two")
        text = self.file("text.pem", "no certificate")
        for expected, words in [
                ("both a certificate and its key", ["--tls-cert", self.cert]),
                ("both a certificate and its key", ["--tls-key", self.key]),
                ("does not belong to the certificate", ["--tls-cert", self.cert, "--tls-key", other_key]),
                ("does not begin with a certificate", ["--tls-cert", text, "--tls-key", self.key]),
                ("holds no private key", ["--tls-cert", self.cert, "--tls-key", self.private("key.pem", "none")])]:
            self.fails(2, expected, "serve", "--listen", "127.0.0.1:0", *words)
        os.chmod(other_key, 0o644)
        self.fails(2, "remedy: chmod 600", "serve", "--listen", "127.0.0.1:0", "--tls-cert", other_cert, "--tls-key", other_key)


if __name__ == "__main__":
    main()
