#!/usr/bin/env python3
"""What serve keeps, for how long and how surely: --retention and --relaxed, as their users meet them.
usage: keeping.py --stepwell PROGRAM"""
import http.client
import json

from door import ARN, NAP, PASS, Case, main


class Keeping(Case):
    def create(self, port, name, definition):
        status, answer = self.call(port, "CreateStateMachine", {
            "name": name, "definition": json.dumps(definition), "roleArn": "arn:aws:iam::123456789012:role/r"})
        self.assertEqual(status, 200, answer)

    def start(self, port, machine, **more):
        status, answer = self.call(port, "StartExecution", {"stateMachineArn": ARN + "stateMachine:" + machine, **more})
        self.assertEqual(status, 200, answer)
        return answer["executionArn"]

    def describe(self, port, arn):
        return self.call(port, "DescribeExecution", {"executionArn": arn})

    def metric(self, port, name):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(name + " "))


class Retention(Keeping):
    def test_executions_go_when_their_time_is_over(self):
        with self.serving("--retention", "1s", listen="127.0.0.1:0") as server:
            self.create(server.port, "m", PASS)
            self.create(server.port, "nap", NAP)
            running = self.start(server.port, "nap")
            old = self.start(server.port, "m", name="name", input='{"n": 1}')
            self.wait_for("its removal", lambda: self.describe(server.port, old)[0] == 400)
            self.assertIn("ExecutionDoesNotExist", self.describe(server.port, old)[1]["__type"])
            self.assertGreaterEqual(self.metric(server.port, "stepwell_executions_removed_total"), 1)
            # the name is free: another input, and it is another execution
            self.assertEqual(self.start(server.port, "m", name="name", input='{"n": 2}'), old)
            self.assertEqual(self.describe(server.port, running)[1]["status"], "RUNNING")
            self.assertIn("0 errors, 0 warnings", self.ok("doctor").out)

    def test_the_time_is_kept_in_the_data_directory(self):
        with self.serving("--retention", "1s"):
            pass
        self.ok("create", self.file("m.json", PASS))
        self.ok("start", "m", "--name", "n", "--wait")
        with self.serving():
            self.wait_for("its removal", lambda: self.run_("describe", "m:n").code == 1)
        with self.serving("--retention", "0"):
            pass
        text = self.ok("dump", "settings").out
        self.assertIn("retention", text)
        self.assertIn(str(2**63 - 1), text)

    def test_what_is_no_time_is_refused(self):
        for text in ("", "3", "-1d", "1w", "1.5h", "d", "5d ", "99999999999999999999d", "106751991168d"):
            self.fails(2, "--retention", "serve", "--listen", "none", "--retention", text)


class Relaxed(Keeping):
    def test_who_started_something_can_look_at_it(self):
        with self.serving("--relaxed", "2000", listen="127.0.0.1:0") as server:
            self.create(server.port, "m", PASS)
            self.create(server.port, "nap", NAP)
            for number in range(3):
                arn = self.start(server.port, "nap", name=f"n{number}")
                status, answer = self.describe(server.port, arn)
                self.assertEqual((status, answer.get("status")), (200, "RUNNING"), answer)
            arn = self.start(server.port, "nap", name="history")
            status, answer = self.call(server.port, "GetExecutionHistory", {"executionArn": arn})
            self.assertEqual((status, len(answer["events"])), (200, 2), answer)
            status, answer = self.describe(server.port, arn + "x")
            self.assertEqual(status, 400, answer)
            self.assertEqual(self.ok("start", "m", "--wait", "--input", "[1]").json(), [1])

    def test_a_clean_end_loses_nothing(self):
        with self.serving("--relaxed", "60000", listen="127.0.0.1:0") as server:
            self.create(server.port, "nap", NAP)
            for number in range(20):
                self.start(server.port, "nap", name=f"n{number}")
        self.assertEqual(len(self.ok("list", "executions", "--json").json()["executions"]), 20)
        self.assertIn("0 errors, 0 warnings", self.ok("doctor").out)

    def test_after_a_kill_what_is_there_is_sound(self):
        with self.serving("--relaxed", "100", listen="127.0.0.1:0") as server:
            self.create(server.port, "nap", NAP)
            first = self.start(server.port, "nap", name="first")
            self.describe(server.port, first)  # from here on it is on disk
            for number in range(200):
                self.start(server.port, "nap", name=f"n{number}")
            server.kill()
            server.wait()
            server.returncode = 0
        names = [each["name"] for each in self.ok("list", "executions", "--json").json()["executions"]]
        self.assertEqual(names[::-1], ["first"] + [f"n{number}" for number in range(len(names) - 1)])
        self.assertIn("0 errors, 0 warnings", self.ok("doctor").out)

    def test_what_is_no_number_is_refused(self):
        for text in ("", "0", "-5", "x", "5s", "60001"):
            self.fails(2, "--relaxed", "serve", "--listen", "none", "--relaxed", text)


if __name__ == "__main__":
    main()
