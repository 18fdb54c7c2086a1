#!/usr/bin/env python3
"""backup, restore, status and doctor: while a serve works, without one, and on stores that are damaged.
usage: maintenance.py --stepwell PROGRAM"""
import json
import os
import threading

from door import ARN, NAP, PASS, Case, main, task

CHAIN = {"StartAt": "First", "States": {
    "First": {"Type": "Task", "Resource": "command:step", "ResultPath": "$.first", "Next": "Nap"},
    "Nap": {"Type": "Wait", "Seconds": 1, "Next": "Last"},
    "Last": {"Type": "Task", "Resource": "command:step", "End": True}}}
EACH = {"StartAt": "Each", "States": {"Each": {
    "Type": "Map", "ItemsPath": "$.items", "End": True, "ItemProcessor": {"StartAt": "Step", "States": {
        "Step": {"Type": "Task", "Resource": "command:step", "End": True}}}}}}
INPUT = json.dumps({"items": [1, 2, 3, 4], "long": "x" * 2000})


class Load(threading.Thread):
    """Starts executions one after the other until it is told to stop; notes which were acknowledged."""

    def __init__(self, case, port):
        super().__init__()
        self.case, self.port = case, port
        self.acknowledged, self.enough = [], threading.Event()

    def run(self):
        number = 0
        while not self.enough.is_set():
            machine = "chain" if number % 2 else "each"
            status, answer = self.case.call(self.port, "StartExecution", {
                "stateMachineArn": ARN + "stateMachine:" + machine, "name": f"n{number}", "input": INPUT})
            if status == 200:
                self.acknowledged.append(answer["executionArn"])
            number += 1
            self.enough.wait(0.01)

    def stop(self):
        self.enough.set()
        self.join()


class Backup(Case):
    def path(self, name):
        return os.path.join(self.folder, name)

    def doctor(self, data=None):
        """Nothing is found."""
        done = self.ok("doctor", "--json", data=data)
        self.assertEqual(done.json()["findings"], [], done)
        self.assertEqual(done.err, "")
        return done.json()

    def executions(self, data):
        listed = self.ok("list", "executions", "--json", data=data).json()["executions"]
        return {execution["executionArn"]: execution["status"] for execution in listed}

    def test_a_backup_under_load_is_restored_elsewhere_and_goes_on_there(self):
        resources = self.resources(step="sleep 0.05; cat")
        self.ok("create", self.file("chain.json", CHAIN))
        self.ok("create", self.file("each.json", EACH))
        with self.serving("--resources", resources, listen="127.0.0.1:0") as server:
            load = Load(self, server.port)
            load.start()
            try:
                for turn in range(3):
                    self.wait_for("load", lambda turn=turn: len(load.acknowledged) > 15 * (turn + 1))
                    before = list(load.acknowledged)
                    self.ok("backup", self.path(f"backup{turn}"))
                    self.doctor()
                self.assertGreaterEqual(self.ok("status", "--json").json()["executions"]["RUNNING"], 1)
            finally:
                load.stop()
            server.kill()
            server.wait()
            server.returncode = 0  # so that the end of serving() does not complain
        report = self.doctor(data=self.path("backup2"))
        self.assertGreaterEqual(report["executions"], len(before))
        restored = self.path("new/place/data")
        self.ok("restore", self.path("backup2"), data=restored)
        self.doctor(data=restored)
        there = self.executions(restored)
        self.assertLessEqual(set(before), set(there), "what was acknowledged before the backup is in it")
        self.assertIn("RUNNING", there.values())
        with self.serving("--resources", resources, data=restored):
            self.wait_for("the end of every execution",
                          lambda: "RUNNING" not in self.executions(restored).values(), 60)
            self.doctor(data=restored)
        self.assertEqual(set(self.executions(restored).values()), {"SUCCEEDED"})
        self.assertEqual(set(self.executions(restored)), set(there))
        self.doctor(data=restored)
        self.assertEqual(set(self.executions(self.path("backup2")).values()), set(there.values()))  # as it was

    def test_nothing_is_ever_overwritten(self):
        self.ok("run", self.file("pass.json", PASS), "--name", "x")
        self.assertEqual(os.listdir(self.folder).count("copy"), 0)
        done = self.ok("backup", self.path("copy"))
        self.assertRegex(done.out, r"^\S+/data -> \S+/copy: \d+\.\d KiB\n$")
        self.ok("run", self.file("pass.json", PASS), "--name", "y")
        self.fails(5, "there is a store already", "backup", self.path("copy"))
        self.fails(5, "there is a store already", "backup", self.data)
        self.fails(5, "holds a store already", "restore", self.path("copy"))
        self.assertEqual(len(self.executions(self.data)), 2)
        self.assertEqual(len(self.executions(self.path("copy"))), 1)

    def test_what_cannot_be_copied_is_named(self):
        self.fails(5, "there is no store", "backup", self.path("copy"))
        self.assertFalse(os.path.exists(self.path("copy")))
        self.fails(5, "there is no store", "restore", self.path("copy"))
        self.assertFalse(os.path.exists(self.data))
        self.ok("run", self.file("pass.json", PASS))
        self.fails(5, "No such file or directory", "backup", self.path("not/there"))
        self.fails(2, "usage: stepwell backup DIR", "backup")
        self.fails(2, "usage: stepwell restore DIR", "restore", "a", "b")
        os.mkdir(self.path("rubbish"))
        self.file("rubbish/data.mdb", b"rubbish " * 5000)
        done = self.run_("restore", self.path("rubbish"), data=self.path("other"))
        self.assertEqual(done.code, 5, done)
        self.assertIn("rubbish/data.mdb", done.err)
        self.assertFalse(os.path.exists(self.path("other")))

    def test_json(self):
        self.ok("run", self.file("pass.json", PASS))
        answer = self.ok("backup", self.path("copy"), "--json").json()
        self.assertEqual(answer, {"from": self.data, "to": self.path("copy"),
                                  "bytes": os.path.getsize(self.path("copy/data.mdb"))})
        answer = self.ok("restore", self.path("copy"), "--json", data=self.path("other")).json()
        self.assertEqual((answer["from"], answer["to"]), (self.path("copy"), self.path("other")))

    def test_a_restore_waits_for_nobody(self):
        self.ok("run", self.file("pass.json", PASS))
        self.ok("backup", self.path("copy"))
        with self.serving(data=self.path("busy")):
            self.fails(5, "holds a store already", "restore", self.path("copy"), data=self.path("busy"))


class Status(Case):
    def status(self, **more):
        return self.ok("status", "--json", **more).json()

    def test_without_an_owner(self):
        self.ok("create", self.file("nap.json", NAP))
        self.ok("start", "nap", "--name", "x")
        status = self.status()
        self.assertEqual((status["owned"], status["ownerPid"], status["owner"]), (False, None, None))
        self.assertEqual((status["machines"], status["executions"]["RUNNING"]), (1, 1))
        self.assertEqual(status["oldest"]["executionArn"], ARN + "execution:nap:x")
        self.assertGreater(status["dataBytes"], 0)
        self.assertGreater(status["diskFreeBytes"], 0)
        text = self.ok("status").out
        self.assertIn("owner        nobody; executions do not advance\n", text)
        self.assertIn("nap:x", text)

    def test_the_owner_is_asked(self):
        with self.serving("--resources", self.resources(hold="sleep 60")) as server:
            self.ok("create", self.file("nap.json", NAP))
            self.ok("create", self.file("hold.json", task("command:hold", TimeoutSeconds=300)))
            self.ok("start", "nap", "--name", "x")
            self.ok("start", "hold", "--name", "y")
            self.wait_for("a task in flight", lambda: self.status()["owner"]["stats"]["tasksInFlight"] == 1)
            status = self.status()
            self.assertEqual((status["owned"], status["ownerPid"]), (True, server.pid))
            self.assertEqual((status["owner"]["pid"], status["owner"]["advances"]), (server.pid, "ALL"))
            self.assertEqual(status["waiting"], {"tasks": 1, "moments": 1, "callbacks": 0, "retries": 0,
                                                 "children": 0, "ready": 0, "damaged": 0})
            self.assertEqual([(timer["executionArn"], timer["state"]) for timer in status["nextDue"]],
                             [(ARN + "execution:hold:y", "T"), (ARN + "execution:nap:x", "Nap")])
            self.assertIn(f"owner        process {server.pid}, stepwell ", self.ok("status").out)
            self.ok("stop", "y")

    def test_an_owner_that_does_not_answer_is_named_all_the_same(self):
        with self.serving() as server:
            self.ok("create", self.file("nap.json", NAP))
            os.unlink(os.path.join(self.data, "stepwell.sock"))
            status = self.status()
            self.assertEqual((status["ownerPid"], status["owner"]), (server.pid, None))
            self.assertIn(f"process {server.pid}, which does not answer", self.ok("status").out)

    def test_no_store(self):
        self.fails(5, "there is no store", "status")
        self.fails(5, "there is no store", "doctor")
        self.assertFalse(os.path.exists(self.data))


class Doctor(Case):
    def test_a_sound_store(self):
        self.ok("run", self.file("pass.json", PASS))
        self.assertRegex(self.ok("doctor").out,
                         r"^1 machines, 1 executions, 4 events, \d+ records: 0 errors, 0 warnings\n$")

    def test_a_record_that_is_damaged_is_found_and_told(self):
        self.ok("create", self.file("nap.json", NAP))
        self.ok("start", "nap", "--name", "damaged", "--input", '{"find": "me-in-the-file"}')
        self.ok("backup", os.path.join(self.folder, "copy"))  # compact: each record is there once
        path = os.path.join(self.folder, "copy", "data.mdb")
        with open(path, "rb") as file:
            content = file.read()
        self.assertIn(b"me-in-the-file", content)
        with open(path, "wb") as file:
            file.write(content.replace(b"me-in-the-file", b"me-in-the-pile"))
        copy = os.path.join(self.folder, "copy")
        done = self.run_("doctor", data=copy)
        self.assertEqual((done.code, done.err), (1, ""), done)
        self.assertRegex(done.out, r"(?m)^error damaged-(head|branch|history)  \S+ [0-9a-f]{16}")
        self.assertIn("its checksum is wrong", done.out)
        self.assertRegex(done.out, r"[1-9]\d* errors, \d+ warnings\n$")
        done = self.run_("doctor", "--json", data=copy)
        self.assertEqual(done.code, 1)
        report = done.json()
        self.assertEqual(report["errors"], len([f for f in report["findings"] if f["severity"] == "error"]))
        for finding in report["findings"]:
            self.assertEqual(set(finding), {"severity", "code", "executionArn", "record", "text", "advice"})
        self.ok("doctor")  # the original is sound

    def test_a_truncated_file_is_refused(self):
        self.ok("run", self.file("pass.json", PASS))
        self.ok("backup", os.path.join(self.folder, "copy"))
        os.truncate(os.path.join(self.folder, "copy", "data.mdb"), 9000)
        self.fails(5, "truncated", "doctor", data=os.path.join(self.folder, "copy"))
        self.fails(5, "truncated", "status", data=os.path.join(self.folder, "copy"))
        self.fails(5, "truncated", "restore", os.path.join(self.folder, "copy"), data=os.path.join(self.folder, "new"))


if __name__ == "__main__":
    main()
