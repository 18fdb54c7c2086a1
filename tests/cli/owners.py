#!/usr/bin/env python3
"""Who owns a data directory: nobody, a serve, another run; what clients see, what is cancelled, how it ends.
usage: owners.py --stepwell PROGRAM"""
import fcntl
import json
import os
import signal
import struct
import subprocess
import unittest

from door import ARN, NAP, PASS, Case, main, task, tools

AFTER_TAPE = {"StartAt": "Nap", "States": {"Nap": {"Type": "Wait", "Seconds": 1, "Next": "A"}, **PASS["States"]}}


def alive(pid):
    """Is the process there, and no zombie?"""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Served(Case):
    def test_direct_and_through_the_socket_are_the_same(self):
        self.ok("create", self.file("nap.json", NAP))
        self.ok("run", self.file("pass.json", PASS), "--name", "x", "--input", "[1.10, 12345678901234567890123]")
        self.ok("start", "nap", "--name", "y")
        self.ok("stop", "y", "--cause", "é")
        asked = [["list", "machines", "--json"], ["list", "executions", "--json"], ["list", "executions"],
                 ["describe", "x", "--json"], ["describe", "nap", "--json"], ["describe", "y"], ["history", "x"],
                 ["history", "y", "--json"], ["watch", "y"], ["describe", "nobody"], ["stop", "nobody"],
                 ["describe", "arn:rubbish"], ["start", "nobody"], ["delete", "machine", "nobody"],
                 ["start", "nap", "--name", "y"], ["start", "nap", "--name", "a b"],
                 ["create", self.file("nap.json", PASS)], ["run", self.file("pass.json", PASS), "--name", "x"]]

        def answers():
            return [(done.code, done.out, done.err) for done in (self.run_(*words) for words in asked)]

        direct = answers()
        with self.serving():
            served = answers()
        for words, one, other in zip(asked, direct, served):
            self.assertEqual(one, other, words)

    def test_every_writing_command_goes_through_the_owner(self):
        with self.serving() as server:
            self.ok("create", self.file("nap.json", NAP))
            self.assertEqual(self.ok("start", "nap", "--name", "x").err, "")
            self.assertEqual(self.ok("run", self.file("pass.json", PASS), "--input", "[1]").json(), [1])
            self.ok("stop", "x", "--error", "E")
            self.ok("delete", "execution", "x")
            self.ok("delete", "machine", "nap")
            self.assertIsNone(server.poll())
            self.fails(5, f"process {server.pid}", "serve", "--listen", "none")
            self.fails(2, "resources and mocks", "run", self.file("pass.json", PASS), "--resources", self.resources(a=":"))
            self.fails(2, "resources and mocks", "start", "pass", "--wait", "--resources", self.resources(a=":"))

    def test_watch_follows(self):
        self.ok("create", self.file("slow.json", AFTER_TAPE))
        with self.serving():
            self.ok("start", "slow", "--name", "x", "--input", "7")
            watch = self.begin("watch", "x")
            first = watch.stdout.readline().decode()
            self.assertIn("ExecutionStarted", first)
            done = self.finish(watch)
        self.assertEqual(done.code, 0, done)
        self.assertIn("ExecutionSucceeded", done.out)
        self.assertEqual(done.out.splitlines()[-1], "7")

    def test_watch_goes_on_when_the_owner_changes(self):
        self.ok("create", self.file("nap.json", NAP))
        with self.serving():
            self.ok("start", "nap", "--name", "x")
            watch = self.begin("watch", "x")
            watch.stdout.readline()
        with self.serving():
            self.ok("stop", "x", "--error", "Enough")
            done = self.finish(watch)
        self.assertEqual(done.code, 4, done)
        self.assertIn("Enough", done.err)

    def test_stop_ends_a_running_command_and_what_it_started(self):
        path = self.file("t.json", task("command:hang"))
        words = self.resources(hang="sleep 1000 & echo $$ $! > pids; wait")
        pids = os.path.join(self.folder, "pids")

        def read():
            with open(pids, encoding="ascii") as file:
                return [int(word) for word in file.read().split()]

        run = self.begin("run", path, "--resources", words, "--name", "x")
        self.wait_for("the command", lambda: os.path.exists(pids) and len(read()) == 2)
        self.assertTrue(all(alive(pid) for pid in read()))
        self.ok("stop", "x", "--error", "Enough", "--cause", "was seen")
        done = self.finish(run)
        self.assertEqual(done.code, 4, done)
        self.assertIn("ABORTED  Enough: was seen", done.err)
        self.wait_for("the end of the command", lambda: not any(alive(pid) for pid in read()))

    def test_sigterm_ends_serve_and_its_commands(self):
        self.ok("create", self.file("t.json", task("command:hang")))
        words = self.resources(hang="sleep 1000 & echo $$ $! > pids; wait")
        pids = os.path.join(self.folder, "pids")
        with self.serving("--resources", words):
            self.ok("start", "t", "--name", "x")
            self.wait_for("the command", lambda: os.path.exists(pids) and os.path.getsize(pids))
        with open(pids, encoding="ascii") as file:
            started = [int(word) for word in file.read().split()]
        self.wait_for("the end of the command", lambda: not any(alive(pid) for pid in started))
        self.assertEqual(self.ok("describe", "x", "--json").json()["status"], "RUNNING")
        os.unlink(pids)
        with self.serving("--resources", self.resources(hang="echo 5")):
            self.wait_for("the end", lambda: self.ok("describe", "x", "--json").json()["status"] == "SUCCEEDED")

    def test_serve_ends_on_sigint_too(self):
        child = self.begin("serve", "--listen", "none")
        self.assertIn(b"data in", child.stderr.readline())
        child.send_signal(signal.SIGINT)
        self.assertEqual(self.finish(child).code, 0)
        self.fails(5, "holds no data yet", "list", "machines", data=os.path.join(self.folder, "other"))
        self.ok("list", "machines")

    def test_kill_9_loses_nothing_that_was_acknowledged(self):
        child = self.begin("serve", "--listen", "none")
        child.stderr.readline()
        self.ok("create", self.file("slow.json", AFTER_TAPE))
        self.ok("start", "slow", "--name", "x")
        child.kill()
        child.wait()
        self.assertEqual(self.ok("describe", "x", "--json").json()["status"], "RUNNING")
        self.ok("start", "slow", "--name", "x", "--wait")

    def test_addresses(self):
        with self.serving(listen="127.0.0.1:0") as server:
            status, answer = self.call(server.port, "ListStateMachines", {})
            self.assertEqual((status, answer), (200, {"stateMachines": []}))
            self.fails(5, str(server.port), "serve", "--listen", f"127.0.0.1:{server.port}",
                       data=os.path.join(self.folder, "other"))
        self.fails(2, "loopback", "serve", "--listen", "192.0.2.1:8083")
        self.fails(2, "rubbish", "serve", "--listen", "rubbish")

    def test_a_test_case_of_a_mock_configuration_over_http(self):
        mocks = self.file("mocks.json", {
            "StateMachines": {"m": {"TestCases": {"Good": {"T": "fine"}, "Bad": {"T": "broke"}}}},
            "MockedResponses": {"fine": {"0": {"Return": {"ok": True}}},
                                "broke": {"0-1": {"Throw": {"Error": "Oh", "Cause": "no"}}, "2": {"Return": "third time"}}}})
        retry = [{"ErrorEquals": ["Oh"], "IntervalSeconds": 1, "MaxDelaySeconds": 1, "MaxAttempts": 3}]
        with self.serving("--mock-config", mocks, listen="127.0.0.1:0") as server:
            definition = json.dumps(task("arn:aws:states:::sqs:sendMessage", Retry=retry))
            status, made = self.call(server.port, "CreateStateMachine", {
                "name": "m", "definition": definition, "roleArn": "arn:aws:iam::123456789012:role/r"})
            self.assertEqual(status, 200, made)
            for case, output in (("Good", '{"ok":true}'), ("Bad", '"third time"')):
                status, told = self.call(server.port, "StartExecution", {
                    "stateMachineArn": f"{made['stateMachineArn']}#{case}", "name": case})
                self.assertEqual(status, 200, told)
                done = self.ok("watch", "m:" + case, "--json").json()
                self.assertEqual(done["output"], output)
            status, told = self.call(server.port, "StartExecution", {"stateMachineArn": made["stateMachineArn"] + "#Neither"})
            self.assertEqual(status, 400, told)
            self.assertEqual(self.ok("start", "m", "--case", "Good", "--wait").json(), {"ok": True})
            self.assertEqual(self.ok("start", "m#Good", "--wait").json(), {"ok": True})


class Running(Case):
    def test_a_second_command_talks_to_a_run(self):
        self.ok("create", self.file("pass.json", PASS))
        run = self.begin("run", self.file("nap.json", NAP), "--name", "x")
        self.assertIn(b"ExecutionStarted", run.stderr.readline())
        self.assertEqual(self.ok("describe", "x", "--json").json()["status"], "RUNNING")
        self.assertEqual(self.ok("start", "pass", "--wait", "--input", "[2]").json(), [2])
        self.fails(5, f"process {run.pid}", "serve", "--listen", "none")
        self.ok("stop", "x")
        self.assertEqual(self.finish(run).code, 4)

    def test_what_is_started_at_a_run_goes_on_when_that_ends(self):
        first = self.begin("run", self.file("nap.json", NAP), "--name", "x")
        first.stderr.readline()
        second = self.begin("run", self.file("slow.json", AFTER_TAPE), "--input", "[3]", "--json")
        second.stderr.readline()
        self.ok("stop", "x")
        self.assertEqual(self.finish(first).code, 4)
        done = self.finish(second)
        self.assertEqual(done.code, 0, done)
        self.assertEqual(done.json()["output"], "[3]")
        self.assertEqual(len(self.ok("list", "executions", "--json").json()["executions"]), 2)

    def test_what_waits_at_a_serve_does_not_go_on_without_it(self):
        with self.serving():
            run = self.begin("run", self.file("slow.json", NAP), "--name", "x")
            run.stderr.readline()
        done = self.finish(run)
        self.assertEqual(done.code, 5, done)
        self.assertIn("has gone", done.err)
        self.assertEqual(self.ok("describe", "x", "--json").json()["status"], "RUNNING")

    def test_many_runs_at_once_all_succeed(self):
        path = self.file("pass.json", PASS)
        children = [self.begin("run", path, "--quiet", "--input", str(i)) for i in range(24)]
        done = [self.finish(child) for child in children]
        for i, one in enumerate(done):
            self.assertEqual((one.code, one.out), (0, f"{i}\n"), one)
        self.assertEqual(len(self.ok("list", "executions", "--json").json()["executions"]), 24)

    def test_a_killed_run_goes_on_under_its_name(self):
        words = ["run", self.file("slow.json", AFTER_TAPE), "--name", "x", "--input", "[4]"]
        run = self.begin(*words)
        run.stderr.readline()
        run.kill()
        run.wait()
        done = self.ok(*words)
        self.assertEqual(done.json(), [4])
        self.assertEqual(len([e for e in self.events("x") if e["type"] == "WaitStateEntered"]), 1)

    def test_an_owner_that_does_not_listen_is_told(self):
        os.mkdir(self.data)
        # A lock of the open file, as an engine takes it (struct flock of 64-bit Linux).
        whole = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        with open(os.path.join(self.data, "LOCK"), "w", encoding="ascii") as lock:
            fcntl.fcntl(lock, fcntl.F_OFD_SETLK, whole)
            self.fails(5, "in use", "serve", "--listen", "none")
            self.fails(5, "does not answer", "run", self.file("pass.json", PASS))


if __name__ == "__main__":
    main()
