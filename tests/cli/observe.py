#!/usr/bin/env python3
"""What an operator of serve sees and does: the log, the execution log, metrics, readiness, SIGHUP, systemd's protocols.
usage: observe.py --stepwell PROGRAM"""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

from door import ARN, NAP, PASS, Case, main, task, tools

FAILING = {"StartAt": "A", "States": {
    "A": {"Type": "Task", "Resource": "command:fail", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "F"}],
          "End": True}, "F": {"Type": "Fail", "Error": "E", "Cause": "because"}}}
TYPES = {
    "ALL": ["ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskFailed", "TaskStateExited",
            "FailStateEntered", "ExecutionFailed"],
    "ERROR": ["TaskFailed", "FailStateEntered", "ExecutionFailed"],
    "FATAL": ["ExecutionFailed"],
    "OFF": [],
}


def logging(level, data=False):
    group = {"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:g:*"}}
    return {"level": level, "includeExecutionData": data, "destinations": [group]}


def parse_metrics(text):
    """Sample with its labels -> value; every sample must stand in the family whose TYPE came last."""
    samples, family = {}, None
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            family = line.split()[2]
        elif not line.startswith("#"):
            match = re.fullmatch(r'([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)+\})? ([0-9.]+)', line)
            assert match and match[1].startswith(family), line
            assert line.rpartition(" ")[0] not in samples, line
            samples[line.rpartition(" ")[0]] = float(match[3])
    return samples


class Observed(Case):
    def get(self, port, path):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), dict(answer.getheaders())
        finally:
            connection.close()

    def metrics(self, port):
        status, text, headers = self.get(port, "/metrics")
        self.assertEqual(status, 200)
        self.assertEqual(headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        return parse_metrics(text)

    def create(self, port, name, definition, **more):
        status, answer = self.call(port, "CreateStateMachine", {
            "name": name, "definition": json.dumps(definition), "roleArn": "arn:aws:iam::123456789012:role/r", **more})
        self.assertEqual(status, 200, answer)
        return answer["stateMachineArn"]

    def start(self, port, machine, **more):
        status, answer = self.call(port, "StartExecution", {"stateMachineArn": ARN + "stateMachine:" + machine, **more})
        self.assertEqual(status, 200, answer)
        return answer["executionArn"]

    def ended(self, port, arn):
        def probe():
            status = self.call(port, "DescribeExecution", {"executionArn": arn})[1]["status"]
            return status != "RUNNING" and status
        return self.wait_for("the end", probe)

    def stall(self, port):
        """A client that does not read its answers: it holds up a clean end for some seconds."""
        self.create(port, "big", {**PASS, "Comment": "x" * 900000})
        slow = socket.create_connection(("127.0.0.1", port))
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        body = json.dumps({"stateMachineArn": ARN + "stateMachine:big"}).encode()
        request = (b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AWSStepFunctions.DescribeStateMachine\r\n"
                   b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        slow.sendall(request * 20)
        self.assertTrue(slow.recv(1))
        return slow

    def lines(self, path):
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file.read().splitlines()]


class ExecutionLog(Observed):
    def test_each_level_logs_what_aws_lists_for_it(self):
        path = os.path.join(self.folder, "executions.log")
        with self.serving("--execution-log", path, "--resources", self.resources(fail="exit 3"),
                          listen="127.0.0.1:0") as server:
            for level, expected in TYPES.items():
                for kind in ("STANDARD", "EXPRESS"):
                    name = level + kind
                    self.create(server.port, name, FAILING, type=kind, loggingConfiguration=logging(level, True))
                    if kind == "STANDARD":
                        arn = self.start(server.port, name, input='{"secret": "x"}')
                        self.assertEqual(self.ended(server.port, arn), "FAILED")
                    else:
                        status, answer = self.call(server.port, "StartSyncExecution", {
                            "stateMachineArn": ARN + "stateMachine:" + name, "input": '{"secret": "x"}'})
                        self.assertEqual(status, 200, answer)
                        arn = answer["executionArn"]
                    found = self.wait_for("the lines", lambda arn=arn, expected=expected: [
                        [line["type"] for line in self.lines(path) if line["execution_arn"] == arn]
                    ] == [expected] and [expected])
                    self.assertEqual(found, [expected])
            started = [line for line in self.lines(path) if line["type"] == "ExecutionStarted"]
            self.assertEqual(started[0]["details"], {"input": '{"secret": "x"}', "inputDetails": {"truncated": False},
                                                     "roleArn": "arn:aws:iam::123456789012:role/r"})
            self.assertEqual(sorted(started[0]), sorted([
                "id", "type", "details", "previous_event_id", "event_timestamp", "execution_arn", "redrive_count"]))
            samples = self.metrics(server.port)
            self.assertEqual(samples["stepwell_execution_log_written_total"], len(self.lines(path)))
            self.assertEqual(samples["stepwell_execution_log_dropped_total"], 0)
        self.assertEqual(os.stat(path).st_mode & 0o777 & ~0o640, 0)

    def test_the_history_and_the_log_tell_the_same(self):
        path = os.path.join(self.folder, "executions.log")
        with self.serving("--execution-log", path, "--resources", self.resources(fail="exit 3"),
                          listen="127.0.0.1:0") as server:
            self.create(server.port, "m", FAILING, loggingConfiguration=logging("ALL", True))
            arn = self.start(server.port, "m", name="n")
            self.ended(server.port, arn)
            self.wait_for("the lines", lambda: len(self.lines(path)) == len(TYPES["ALL"]))
            events = self.call(server.port, "GetExecutionHistory", {"executionArn": arn})[1]["events"]
        for event, line in zip(events, self.lines(path)):
            details = [value for key, value in event.items() if key.endswith("EventDetails")]
            self.assertEqual(line["details"], details[0] if details else {})
            self.assertEqual((line["id"], line["previous_event_id"], line["type"]),
                             (str(event["id"]), str(event["previousEventId"]), event["type"]))
            self.assertEqual(line["event_timestamp"], str(round(event["timestamp"] * 1000)))

    def test_a_file_that_was_moved_away_is_opened_again(self):
        path = os.path.join(self.folder, "executions.log")
        with self.serving("--execution-log", path, listen="127.0.0.1:0") as server:
            self.create(server.port, "m", PASS, loggingConfiguration=logging("ALL"))
            self.start(server.port, "m")
            self.wait_for("lines", lambda: len(self.lines(path)) == 4)
            os.rename(path, path + ".1")
            self.start(server.port, "m")
            self.wait_for("lines in the old file", lambda: len(self.lines(path + ".1")) == 8)
            server.send_signal(signal.SIGHUP)
            self.wait_for("the new file", lambda: os.path.exists(path))
            self.start(server.port, "m")
            self.wait_for("lines in the new file", lambda: len(self.lines(path)) == 4)
        self.assertEqual(len(self.lines(path + ".1")), 8)

    def test_standard_output_gets_lines_and_may_stand_still(self):
        child = self.begin("serve", "--listen", "127.0.0.1:0", "--execution-log", "-")
        child.port = int(re.search(rb":(\d+), data in", child.stderr.readline())[1])
        self.create(child.port, "m", PASS, loggingConfiguration=logging("ALL", True))
        big = json.dumps({"x": "y" * 200000})
        for number in range(10):  # far more than a pipe holds; nobody reads
            self.start(child.port, "m", name=f"n{number}", input=big)
        self.assertEqual(self.get(child.port, "/readyz")[0], 200)
        lines = [json.loads(child.stdout.readline()) for _ in range(1)]
        self.assertEqual(lines[0]["type"], "ExecutionStarted")
        rest = []
        reader = threading.Thread(target=lambda: rest.extend(child.stdout.read().splitlines()))
        reader.start()
        child.terminate()
        self.assertEqual(child.wait(60), 0)
        reader.join()
        self.assertEqual([json.loads(line)["id"] for line in rest], (["1", "2", "3", "4"] * 10)[1:])

    def test_a_write_that_fails_is_counted_and_logged_once(self):
        child = self.begin("serve", "--listen", "127.0.0.1:0", "--execution-log", "/dev/full")
        port = int(re.search(rb":(\d+), data in", child.stderr.readline())[1])
        self.create(port, "m", PASS, loggingConfiguration=logging("ALL"))
        for turn in range(1, 4):
            self.start(port, "m")
            self.wait_for("the count", lambda turn=turn: self.metrics(port)[
                "stepwell_execution_log_dropped_total"] == 4 * turn)
        self.assertEqual(self.metrics(port)["stepwell_execution_log_errors_total"], 3)
        child.terminate()
        done = self.finish(child)
        self.assertEqual(done.code, 0, done)
        self.assertEqual(done.err.count("No space left on device"), 1, done)
        self.fails(2, "--execution-log", "serve", "--listen", "none", "--execution-log", "/nowhere/x.log")

    def test_what_is_logged_was_committed(self):
        path = os.path.join(self.folder, "executions.log")
        with self.serving("--execution-log", path, listen="127.0.0.1:0") as server:
            self.create(server.port, "m", PASS, loggingConfiguration=logging("ALL"))
            stop = threading.Event()

            def load():
                while not stop.is_set():
                    try:
                        self.start(server.port, "m")
                    except (OSError, http.client.HTTPException):
                        return
            loader = threading.Thread(target=load)
            loader.start()
            self.wait_for("lines", lambda: os.path.exists(path) and os.path.getsize(path) > 20000)
            server.kill()
            stop.set()
            loader.join()
            server.wait()
            server.returncode = 0
        with open(path, encoding="utf-8") as file:
            whole = file.read().rpartition("\n")[0]
        arns = {json.loads(line)["execution_arn"] for line in whole.splitlines()}
        listed = self.ok("list", "executions", "--json").json()["executions"]
        self.assertLessEqual(arns, {execution["executionArn"] for execution in listed})


class DaemonLog(Observed):
    def log_of(self, form, *words, secret='{"password": "hunter2"}'):
        child = self.begin("serve", "--listen", "127.0.0.1:0", "--log-format", form, "--log-level", "debug", *words)
        lines = []

        def port():
            lines.append(child.stderr.readline().decode())
            return re.search(r'msg"?[:=]"?serves"?.*port"?[:=](\d+)', lines[-1])
        found = self.wait_for("the port", port)
        child.port = int(found[1])
        self.create(child.port, "m", PASS)
        self.start(child.port, "m", name="n", input=secret)
        self.call(child.port, "Nonsense", {})
        child.terminate()
        done = self.finish(child)
        self.assertEqual(done.code, 0, done)
        return "".join(lines) + done.err

    def test_json_lines(self):
        text = self.log_of("json")
        events = [json.loads(line) for line in text.splitlines()]
        for event in events:
            self.assertRegex(event["ts"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertIn(event["level"], ("error", "warning", "info", "debug"))
            self.assertIn(event["component"], ("engine", "server", "cli", "store"))
        asked = [(event["action"], event["status"]) for event in events if event["msg"] == "request"]
        self.assertEqual(asked, [("CreateStateMachine", 200), ("StartExecution", 200), ("unknown", 400)])
        self.assertNotIn("hunter2", text)

    def test_logfmt_lines(self):
        text = self.log_of("logfmt")
        for line in text.splitlines():
            self.assertRegex(line, r'^ts=\S+Z level=[a-z]+ component=[a-z]+ msg=("(?:[^"\\]|\\.)*"|[^ "=]+)'
                                   r'( [a-z_]+=("(?:[^"\\]|\\.)*"|[^ "=]+))*$')
        self.assertIn("msg=request action=StartExecution status=200", text)
        self.assertNotIn("hunter2", text)

    def test_an_event_about_an_execution_names_it_and_its_machine(self):
        self.ok("create", self.file("t.json", task("command:gone")))
        with self.serving("--resources", self.resources(gone="sleep 100")) as server:
            self.ok("start", "t", "--name", "n\u00e9")
            self.wait_for("the task", lambda: self.ok("status", "--json").json()["waiting"].get("tasks", 0)
                          if "waiting" in self.ok("status", "--json").json() else True)
            time.sleep(0.3)
            server.kill()
            server.wait()
            server.returncode = 0
        child = self.begin("serve", "--listen", "none", "--log-format", "json")

        def event():
            line = json.loads(child.stderr.readline())
            return line if "nothing here is mapped" in line["msg"] else None
        found = self.wait_for("the warning", event)
        self.assertEqual((found["level"], found["component"], found["machine"]), ("warning", "engine", "t"))
        self.assertEqual(found["execution"], ARN + "execution:t:n\u00e9")
        child.terminate()
        self.assertEqual(self.finish(child).code, 0)

    def test_wrong_words_are_refused(self):
        self.fails(2, "--log-format", "serve", "--log-format", "xml")
        self.fails(2, "--log-level", "serve", "--log-level", "loud")


class Metrics(Observed):
    def test_counters_grow_with_what_happens(self):
        with self.serving("--resources", self.resources(echo="cat", fail="exit 3"), listen="127.0.0.1:0") as server:
            self.create(server.port, "pass", PASS)
            self.create(server.port, "nap", NAP)
            self.create(server.port, "echo", task("command:echo"))
            self.create(server.port, "x", PASS, type="EXPRESS")
            before = self.metrics(server.port)
            for _ in range(3):
                self.start(server.port, "pass")
            self.ended(server.port, self.start(server.port, "echo"))
            self.start(server.port, "nap", name="n")
            self.call(server.port, "StartSyncExecution", {"stateMachineArn": ARN + "stateMachine:x"})
            self.call(server.port, "DescribeExecution", {"executionArn": ARN + "execution:nap:nobody"})
            self.call(server.port, "CreateActivity", {"name": "a"})
            poll = threading.Thread(target=self.call, args=(server.port, "GetActivityTask", {
                "activityArn": ARN + "activity:a"}))
            poll.start()
            self.wait_for("the poll", lambda: self.metrics(server.port)["stepwell_activity_pollers"] == 1)
            after = self.metrics(server.port)

            def grown(name):
                return after[name] - before.get(name, 0)
            self.assertEqual(grown('stepwell_executions_started_total{type="STANDARD"}'), 5)
            self.assertEqual(grown('stepwell_executions_started_total{type="EXPRESS"}'), 1)
            self.assertEqual(grown('stepwell_executions_ended_total{type="STANDARD",status="SUCCEEDED"}'), 4)
            self.assertEqual(after['stepwell_executions_running{type="STANDARD"}'], 1)
            self.assertGreaterEqual(grown("stepwell_transitions_total"), 6)
            self.assertGreaterEqual(grown("stepwell_commit_seconds_count"), 2)
            self.assertEqual(after['stepwell_commit_seconds_bucket{le="+Inf"}'], after["stepwell_commit_seconds_count"])
            self.assertEqual(after['stepwell_task_seconds_count{resource="command:echo"}'], 1)
            self.assertEqual(grown('stepwell_http_requests_total{action="StartExecution",code="200"}'), 5)
            self.assertEqual(grown('stepwell_http_requests_total{action="DescribeExecution",code="400"}'), 1)
            self.assertEqual(after["stepwell_http_requests_open"], 1)
            self.assertGreater(after["stepwell_memory_anonymous_bytes"], 100000)
            self.assertGreater(after['stepwell_store_bytes{what="map"}'], after['stepwell_store_bytes{what="used"}'])
            self.assertLess(abs(after["process_start_time_seconds"] - time.time()), 1000)
            self.assertGreater(after["process_open_fds"], 5)
            self.call(server.port, "DeleteActivity", {"activityArn": ARN + "activity:a"})
            server.terminate()  # answers the poll
            poll.join()
            self.assertEqual(server.wait(60), 0)

    def test_executions_of_an_earlier_process_count_as_running(self):
        self.ok("create", self.file("nap.json", NAP))
        for number in range(3):
            self.ok("start", "nap", "--name", f"n{number}")
        with self.serving(listen="127.0.0.1:0") as server:
            name = 'stepwell_executions_running{type="STANDARD"}'
            self.wait_for("the count", lambda: self.metrics(server.port).get(name) == 3)
            self.ok("stop", "n1")
            self.assertEqual(self.metrics(server.port)[name], 2)

    def text(self):
        with self.serving("--resources", self.resources(echo="cat"), listen="127.0.0.1:0") as server:
            self.create(server.port, "echo", task("command:echo"))
            self.ended(server.port, self.start(server.port, "echo"))
            return self.get(server.port, "/metrics")[1]

    def test_promtool_has_nothing_to_say(self):
        if not shutil.which("promtool"):
            self.skipTest("promtool (package prometheus) is not installed")
        done = subprocess.run(["promtool", "check", "metrics"], input=self.text(), text=True, capture_output=True,
                              timeout=60, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_the_client_library_of_prometheus_reads_it(self):
        try:
            from prometheus_client.parser import text_string_to_metric_families  # pylint: disable=C0415
        except ImportError:
            self.skipTest("python3-prometheus-client is not installed")
        families = {family.name: family for family in text_string_to_metric_families(self.text())}
        self.assertEqual(families["stepwell_task_seconds"].type, "histogram")
        self.assertEqual(families["stepwell_executions_started"].type, "counter")


class Readiness(Observed):
    def test_ready_while_it_serves(self):
        with self.serving(listen="127.0.0.1:0") as server:
            status, text, _ = self.get(server.port, "/readyz")
            self.assertEqual((status, json.loads(text)), (200, {"status": "ready"}))
            self.assertEqual(self.metrics(server.port)["stepwell_ready"], 1)

    def test_not_ready_while_it_ends(self):
        with self.serving(listen="127.0.0.1:0") as server:
            kept = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            kept.request("GET", "/readyz")
            self.assertEqual(kept.getresponse().read(), b'{"status":"ready"}')
            slow = self.stall(server.port)
            server.terminate()
            self.wait_for("the end of accepting", lambda: not self.accepts(server.port))
            kept.request("GET", "/readyz")
            answer = kept.getresponse()
            self.assertEqual(answer.status, 503)
            self.assertIn("shutting down", json.loads(answer.read())["reason"])
            slow.close()
            self.assertEqual(server.wait(60), 0)
            kept.close()

    @staticmethod
    def accepts(port):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=60).close()
            return True
        except OSError:
            return False


class Signals(Observed):
    def test_sighup_reads_the_resources_again_and_leaves_running_tasks_alone(self):
        path = self.resources(work="sleep 1; echo 1")
        with self.serving("--resources", path, listen="127.0.0.1:0") as server:
            self.create(server.port, "t", task("command:work"))
            old = self.start(server.port, "t")
            self.wait_for("the task", lambda: self.metrics(server.port)["stepwell_commands_busy"] == 1)
            self.resources(work="echo 2", other="echo 3")
            server.send_signal(signal.SIGHUP)
            self.create(server.port, "o", task("command:other"))

            def other():
                arn = self.start(server.port, "o")
                return self.ended(server.port, arn) == "SUCCEEDED"
            self.wait_for("the new file", other)
            new = self.start(server.port, "t")
            self.assertEqual(self.ended(server.port, new), "SUCCEEDED")
            self.assertEqual(self.ended(server.port, old), "SUCCEEDED")
            outputs = [self.call(server.port, "DescribeExecution", {"executionArn": arn})[1]["output"]
                       for arn in (old, new)]
            self.assertEqual(outputs, ["1", "2"])

    def test_a_broken_file_leaves_the_old_one_in_force(self):
        path = self.resources(work="echo 1")
        child = self.begin("serve", "--listen", "127.0.0.1:0", "--resources", path)
        port = int(re.search(rb":(\d+), data in", child.stderr.readline())[1])
        self.create(port, "t", task("command:work"))
        self.file("resources.json", '{"resources": {"command:work": {"comand": []}}}')
        child.send_signal(signal.SIGHUP)
        line = child.stderr.readline().decode()
        self.assertIn("resources.json:1:", line)
        self.assertIn("stays in force", line)
        self.assertEqual(self.ended(port, self.start(port, "t")), "SUCCEEDED")
        os.unlink(path)
        child.send_signal(signal.SIGHUP)
        self.assertIn("resources.json", child.stderr.readline().decode())
        self.assertEqual(self.ended(port, self.start(port, "t")), "SUCCEEDED")
        child.terminate()
        self.assertEqual(self.finish(child).code, 0)

    def test_sighup_reads_the_mocks_again(self):
        def mocks(answer):
            return self.file("mocks.json", {
                "StateMachines": {"t": {"TestCases": {"case": {"T": "answer"}}}},
                "MockedResponses": {"answer": {"0": {"Return": answer}}}})
        with self.serving("--mock-config", mocks(1), listen="127.0.0.1:0") as server:
            self.create(server.port, "t", task("command:none"))

            def output():
                status, answer = self.call(server.port, "StartExecution", {
                    "stateMachineArn": ARN + "stateMachine:t#case"})
                self.assertEqual(status, 200, answer)
                self.ended(server.port, answer["executionArn"])
                return self.call(server.port, "DescribeExecution", {"executionArn": answer["executionArn"]})[1]["output"]
            self.assertEqual(output(), "1")
            mocks(2)
            server.send_signal(signal.SIGHUP)
            self.wait_for("the new mocks", lambda: output() == "2")

    def test_sighup_reads_the_credentials_again(self):
        path = os.path.join(self.folder, "keys.json")

        def keep(text):
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                file.write(text)

        def key(name):
            return json.dumps({"credentials": [{"accessKeyId": name, "secretAccessKey": "s" * 40}]})

        keep(key("ONE"))
        child = self.begin("serve", "--listen", "127.0.0.1:0", "--credentials", path)
        port = int(re.search(rb":(\d+), data in", child.stderr.readline())[1])

        def works(name):
            self.environment.update(AWS_ACCESS_KEY_ID=name, AWS_SECRET_ACCESS_KEY="s" * 40)
            return self.run_("list", "machines", "--endpoint", f"http://127.0.0.1:{port}", data=False).code == 0
        self.assertTrue(works("ONE"))
        self.assertFalse(works("TWO"))
        keep(key("TWO"))
        child.send_signal(signal.SIGHUP)
        self.wait_for("the new key", lambda: works("TWO"))
        self.assertFalse(works("ONE"))
        keep('{"credentials": 7}')
        child.send_signal(signal.SIGHUP)
        self.wait_for("the complaint", lambda: b"keys.json:1:" in child.stderr.readline())
        self.assertTrue(works("TWO"))
        self.assertEqual(self.get(port, "/readyz")[0], 200)  # open, without a signature
        self.assertGreater(self.metrics(port)["stepwell_http_requests_total{action=\"ListStateMachines\",code=\"200\"}"], 2)
        child.terminate()
        self.assertEqual(self.finish(child).code, 0)

    def test_sigterm_under_load_answers_and_loses_nothing(self):
        path = os.path.join(self.folder, "executions.log")
        acknowledged, lock = [], threading.Lock()
        with self.serving("--execution-log", path, listen="127.0.0.1:0") as server:
            self.create(server.port, "m", PASS)

            def load(worker):
                for number in range(100000):
                    try:
                        arn = self.start(server.port, "m", name=f"w{worker}-{number}")
                    except (OSError, http.client.HTTPException, AssertionError):
                        return
                    with lock:
                        acknowledged.append(arn)
            workers = [threading.Thread(target=load, args=(worker,)) for worker in range(4)]
            for worker in workers:
                worker.start()
            self.wait_for("load", lambda: len(acknowledged) > 100)
            server.terminate()
            self.assertEqual(server.wait(60), 0)
            for worker in workers:
                worker.join()
        listed = self.ok("list", "executions", "--json").json()["executions"]
        self.assertLessEqual(set(acknowledged), {execution["executionArn"] for execution in listed})

    def test_the_second_sigterm_ends_at_once(self):
        child = self.begin("serve", "--listen", "127.0.0.1:0")
        port = int(re.search(rb":(\d+), data in", child.stderr.readline())[1])
        slow = self.stall(port)  # keeps the first one waiting
        child.send_signal(signal.SIGTERM)
        with self.assertRaises(subprocess.TimeoutExpired):
            child.wait(0.5)
        child.send_signal(signal.SIGTERM)
        self.assertEqual(child.wait(60), -signal.SIGTERM)
        slow.close()


class Supervised(Observed):
    def supervisor(self, path=None):
        """A socket that gets the notices."""
        path = path or os.path.join(self.folder, "notify")
        heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        heard.bind("\0" + path[1:] if path[0] == "@" else path)
        heard.settimeout(60)
        self.addCleanup(heard.close)
        self.environment["NOTIFY_SOCKET"] = path
        return heard

    @staticmethod
    def until(heard, word):
        """The notices up to the one that holds word."""
        notices = []
        while not notices or word not in notices[-1]:
            notices.append(heard.recv(4096).decode())
        return notices

    def test_notices_of_a_life(self):
        heard = self.supervisor()
        with self.serving("--resources", self.resources(a="true")) as server:
            ready = self.until(heard, "READY=1")[-1]
            self.assertIn(f"MAINPID={server.pid}", ready)
            self.assertIn("STATUS=serves", ready)
            server.send_signal(signal.SIGHUP)
            self.assertRegex(self.until(heard, "RELOADING=1")[-1], r"MONOTONIC_USEC=\d+\n")
            self.assertIn("STATUS=serves", self.until(heard, "READY=1")[-1])
            self.file("resources.json", "{")
            server.send_signal(signal.SIGHUP)
            self.assertIn("reload failed", self.until(heard, "READY=1")[-1])
        self.until(heard, "STOPPING=1")

    def test_an_abstract_socket_gets_notices_too(self):
        heard = self.supervisor("@stepwell-test-%d" % os.getpid())
        with self.serving():
            self.until(heard, "READY=1")

    def test_the_watchdog_is_fed(self):
        heard = self.supervisor()
        self.environment["WATCHDOG_USEC"] = "200000"
        with self.serving():
            self.until(heard, "WATCHDOG=1")
            self.until(heard, "WATCHDOG=1")

    def test_the_watchdog_of_another_process_is_not(self):
        heard = self.supervisor()
        self.environment.update(WATCHDOG_USEC="50000", WATCHDOG_PID="1")
        with self.serving():
            time.sleep(0.3)
        self.assertNotIn("WATCHDOG=1", "".join(self.until(heard, "STOPPING=1")))

    def passing(self, *listeners, words=()):
        """A serve that gets listening sockets as systemd passes them."""
        launcher = ("import os, sys\n"
                    "fds = [os.dup(int(word)) for word in sys.argv[1].split(',')]\n"
                    "for place, fd in enumerate(fds):\n"
                    "    os.dup2(fd, 3 + place)\n"
                    "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(fds)))\n"
                    "os.execv(sys.argv[2], sys.argv[2:])\n")
        fds = [listener.fileno() for listener in listeners]
        child = subprocess.Popen([sys.executable, "-c", launcher, ",".join(map(str, fds)), tools.stepwell, "serve",
                                  "--data", self.data, *words], stderr=subprocess.PIPE, bufsize=0,
                                 env=self.environment, cwd=self.folder, pass_fds=fds)
        child.stdin = child.stdout = None
        self.addCleanup(self.end, child)
        return child

    def test_sockets_that_are_passed(self):
        tcp = socket.create_server(("127.0.0.1", 0))
        local = socket.socket(socket.AF_UNIX)
        path = os.path.join(self.folder, "passed.sock")
        local.bind(path)
        local.listen()
        port = tcp.getsockname()[1]
        early = socket.create_connection(("127.0.0.1", port))  # before anybody serves
        early.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        child = self.passing(tcp, local)
        self.assertIn(b"data in", child.stderr.readline())
        early.settimeout(60)
        self.assertIn(b"200 OK", early.recv(4096))
        early.close()
        self.assertEqual(self.get(port, "/readyz")[0], 200)
        over = socket.socket(socket.AF_UNIX)
        over.connect(path)
        over.sendall(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertIn(b"200 OK", over.recv(4096))
        over.close()
        child.terminate()
        self.assertEqual(child.wait(60), 0)
        self.assertTrue(os.path.exists(path))  # it is the supervisor's
        tcp.close()
        local.close()

    def test_sockets_of_another_process_are_left_alone(self):
        self.environment.update(LISTEN_FDS="1", LISTEN_PID="1")
        with self.serving():
            pass

    def test_a_passed_socket_must_be_local(self):
        everywhere = socket.create_server(("0.0.0.0", 0))
        child = self.passing(everywhere)
        self.assertEqual(child.wait(60), 2)
        self.assertIn(b"loopback", child.stderr.read())
        everywhere.close()


class Units(unittest.TestCase):
    def test_systemd_accepts_the_units(self):
        folder = os.path.join(os.path.dirname(__file__), "..", "..", "examples", "systemd")
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not installed")
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", os.path.join(folder, "stepwell.socket"),
                               os.path.join(folder, "stepwell.service")], capture_output=True, text=True, timeout=60,
                              check=False)
        if "Failed to initialize manager" in done.stderr:
            self.skipTest("systemd-analyze does not work here: " + done.stderr.strip())
        complaints = [line for line in done.stderr.splitlines()
                      if "stepwell" in line and "is not executable" not in line]
        self.assertEqual(complaints, [])


if __name__ == "__main__":
    main()
