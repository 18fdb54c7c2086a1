#!/usr/bin/env python3
"""kill -9 of the owner at random moments, under load, again and again; afterwards the ledgers must agree.

usage: crash.py --stepwell PROGRAM --rounds N   (N = 0: 60 with CI=true, else 200)

A client keeps a ledger of every start that was acknowledged. Commands log their idempotency keys. In the end:
  every acknowledged execution is there, has ended once, and well; its history has no gap and one terminal event;
  no completed step ran again: once a later step of an execution has started, no earlier one starts;
  an attempt ran more than once only when a kill came between;
  what was redriven went on once, whoever lost the answer, and no branch that had ended well ran again;
  timers that fell due while nobody ran have fired;
  the doctor finds nothing, in the end and after some of the kills.
"""
import argparse
import collections
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time

TERMINAL = {"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"}
HERE = os.path.dirname(os.path.abspath(__file__))


def task(following=None, **more):
    state = {"Type": "Task", "Resource": "command:step", **more}
    return {**state, **({"Next": following} if following else {"End": True})}


MACHINES = {
    "chain": {"StartAt": "S1", "States": {
        "S1": task("S2", ResultPath="$.one"), "S2": task("Nap", ResultPath="$.two"),
        "Nap": {"Type": "Wait", "SecondsPath": "$.nap", "Next": "S3"}, "S3": task()}},
    "fan": {"StartAt": "S1", "States": {
        "S1": task("Both"),
        "Both": {"Type": "Parallel", "Next": "S3", "ResultPath": "$.both", "Branches": [
            {"StartAt": "S2", "States": {"S2": task()}},
            {"StartAt": "Wait1", "States": {"Wait1": {"Type": "Wait", "Seconds": 1, "End": True}}}]},
        "S3": task()}},
    "map": {"StartAt": "S1", "States": {
        "S1": task("Each"),
        "Each": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "ResultPath": "$.mapped", "Next": "S3",
                 "ItemProcessor": {"StartAt": "S2", "States": {"S2": task()}}},
        "S3": task()}},
    # One iteration fails, and is redriven. What had ended well by then is not to run again.
    "redo": {"StartAt": "S1", "States": {
        "S1": task("Both"),
        "Both": {"Type": "Parallel", "Next": "S3", "ResultPath": "$.both", "Branches": [
            {"StartAt": "S2", "States": {"S2": task()}},
            {"StartAt": "Each", "States": {"Each": {
                "Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "End": True,
                "ItemProcessor": {"StartAt": "S2i", "States": {"S2i": task(Parameters={
                    "check.$": "States.Format('item {} redrive {}', $, $$.Execution.RedriveCount)"})}}}}}]},
        "S3": task()}},
}
REDO_SUCCESSES = 6  # S1, S2, three times S2i, S3


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


class Gone(Exception):
    """The owner did not answer: it was killed."""


class Owner:
    def __init__(self, stepwell, data, resources, log):
        self.socket = os.path.join(data, "stepwell.sock")
        self.child = subprocess.Popen([stepwell, "serve", "--listen", "none", "--data", data, "--resources", resources,
                                       "--quiet"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def call(self, action, request):
        connection = UnixConnection(self.socket)
        try:
            connection.request("POST", "/", json.dumps(request), {"X-Amz-Target": "AWSStepFunctions." + action,
                                                                  "Content-Type": "application/x-amz-json-1.0"})
            answer = connection.getresponse()
            body = json.loads(answer.read() or b"{}")
            return answer.status, body
        except (OSError, http.client.HTTPException, ValueError) as e:
            raise Gone(str(e)) from e
        finally:
            connection.close()

    def wait_ready(self):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                return self.call("ListStateMachines", {})
            except Gone:
                if self.child.poll() is not None:
                    raise RuntimeError(f"the owner ended by itself: {self.child.returncode}") from None
                time.sleep(0.005)
        raise RuntimeError("the owner does not answer")

    def kill(self):
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()


class Crash:
    def __init__(self, options, work):
        self.options, self.work = options, work
        self.data, self.log = os.path.join(work, "data"), os.path.join(work, "steps.log")
        self.resources = os.path.join(work, "resources.json")
        with open(self.resources, "w", encoding="utf-8") as f:
            json.dump({"resources": {"command:step": {"command": ["sh", os.path.join(HERE, "step.sh"), self.log],
                                                      "maxConcurrency": 8}}}, f)
        open(self.log, "w").close()
        self.output = open(os.path.join(work, "serve.log"), "ab")
        self.arns, self.ledger, self.ended, self.redriven = {}, {}, {}, {}
        self.number, self.kills, self.failures = 0, 0, []

    def owner(self):
        owner = Owner(self.options.stepwell, self.data, self.resources, self.output)
        owner.wait_ready()
        return owner

    def create(self, owner):
        for name, definition in MACHINES.items():
            status, answer = owner.call("CreateStateMachine", {
                "name": name, "definition": json.dumps(definition), "roleArn": "arn:aws:iam::123456789012:role/crash"})
            assert status == 200, answer
            self.arns[name] = answer["stateMachineArn"]

    def start_one(self, owner):
        """Starts with a name; an answer goes to the ledger. A start without answer is repeated: the same execution."""
        name = f"e{self.number}"
        machine = random.Random(self.number).choice(sorted(MACHINES))
        request = {"stateMachineArn": self.arns[machine], "name": name, "input": json.dumps(
            {"n": self.number, "nap": self.number % 2, "items": [1, 2, 3]})}
        status, answer = owner.call("StartExecution", request)
        if status != 200 and answer.get("__type") != "ExecutionAlreadyExists":
            self.failures.append(f"start {name}: {answer}")
        elif status == 200:
            self.ledger[answer["executionArn"]] = machine
        else:  # acknowledged to nobody, but done
            self.ledger[self.arns[machine].replace(":stateMachine:", ":execution:") + ":" + name] = machine
        self.number += 1

    def round(self):
        owner = self.owner()
        end = time.monotonic() + random.choice([0.005, 0.05, 0.2, 0.5]) * random.uniform(0.5, 1.5)
        self.check_sample(owner)
        killed = False
        pid = owner.child.pid
        # The kill comes from a child of its own, so that it can come while a request waits for its answer.
        killer = os.fork()
        if killer == 0:
            time.sleep(max(0, end - time.monotonic()))
            os.kill(pid, signal.SIGKILL)
            os._exit(0)
        try:
            while time.monotonic() < end + 5:
                self.start_one(owner)
                time.sleep(random.choice([0, 0, 0.005, 0.03]))
        except Gone:
            killed = True
        os.waitpid(killer, 0)
        owner.child.wait()
        self.kills += 1
        if not killed:
            self.failures.append("the owner outlived its kill")

    def check_sample(self, owner):
        """What was acknowledged is there after each restart; what had ended has not changed."""
        known = list(self.ledger)
        try:
            for arn in random.sample(known, min(5, len(known))):
                status, answer = owner.call("DescribeExecution", {"executionArn": arn})
                if status != 200:
                    self.failures.append(f"lost {arn}: {answer}")
                    continue
                outcome = (answer["status"], answer.get("output"), answer.get("stopDate"))
                if arn in self.ended and self.ended[arn] != outcome:
                    self.failures.append(f"{arn} had ended as {self.ended[arn]} and is {outcome}")
                if answer["status"] == "FAILED" and self.ledger[arn] == "redo":
                    self.redrive(owner, arn)
                elif answer["status"] != "RUNNING":
                    self.ended[arn] = outcome
        except Gone:
            pass

    def redrive(self, owner, arn):
        """With a token: however often it is asked, it is one redrive, and the same answer."""
        status, answer = owner.call("RedriveExecution", {"executionArn": arn, "clientToken": "once"})
        if status != 200:
            self.failures.append(f"redrive of {arn}: {answer}")
        elif self.redriven.setdefault(arn, answer["redriveDate"]) != answer["redriveDate"]:
            self.failures.append(f"{arn} was redriven at {self.redriven[arn]}, and at {answer['redriveDate']}")

    def look(self, owner, arn):
        status = owner.call("DescribeExecution", {"executionArn": arn})[1].get("status")
        if status == "FAILED" and self.ledger[arn] == "redo" and arn not in self.redriven:
            self.redrive(owner, arn)
            return "RUNNING"
        return status

    def finish(self):
        owner = self.owner()
        end, running = time.monotonic() + 120, list(self.ledger)
        while running and time.monotonic() < end:
            running = [a for a in running if self.look(owner, a) == "RUNNING"]
            time.sleep(0.1)
        if running:
            self.failures.append(f"{len(running)} executions never ended: {running[:3]}")
        for arn in self.redriven:
            self.redrive(owner, arn)
        histories = {arn: self.history(owner, arn) for arn in self.ledger}
        owner.child.terminate()
        try:
            if owner.child.wait(20) != 0:
                self.failures.append(f"serve ended with {owner.child.returncode} on SIGTERM")
        except subprocess.TimeoutExpired:
            self.failures.append("serve did not end on SIGTERM")
            owner.kill()
        return histories

    def history(self, owner, arn):
        events, token = [], None
        while True:
            request = {"executionArn": arn, "maxResults": 1000, **({"nextToken": token} if token else {})}
            status, answer = owner.call("GetExecutionHistory", request)
            if status != 200:
                self.failures.append(f"history of {arn}: {answer}")
                return events
            events += answer["events"]
            token = answer.get("nextToken")
            if not token:
                return events

    def check_history(self, arn, events):
        types = [e["type"] for e in events]
        if [e["id"] for e in events] != list(range(1, len(events) + 1)):
            self.failures.append(f"{arn}: gaps in the history")
        redo = self.ledger[arn] == "redo"
        if types.count("ExecutionRedriven") != redo:
            self.failures.append(f"{arn}: redriven {types.count('ExecutionRedriven')} times")
        if not types or types[-1] != "ExecutionSucceeded" or sum(t in TERMINAL for t in types) != 1 + redo:
            self.failures.append(f"{arn}: ends with {types[-3:]} {events[-1] if events else ''}")
        if any(not 0 <= e["previousEventId"] < e["id"] for e in events):
            self.failures.append(f"{arn}: a previousEventId that is not before its event")
        times = [e["timestamp"] for e in events]
        if times != sorted(times):
            self.failures.append(f"{arn}: time goes back")
        return collections.Counter(t for t in types if t in ("TaskScheduled", "TaskSucceeded", "TaskFailed"))

    def check_log(self, histories):
        """The commands' own log against the histories."""
        starts, order = collections.Counter(), collections.defaultdict(list)
        with open(self.log, encoding="utf-8") as f:
            for line in f:
                words = line.split()
                if words and words[0] == "start" and len(words) == 5:
                    starts[words[1]] += 1
                    order[words[2]].append((words[3][:2], words[1]))
        keys = collections.defaultdict(set)
        for arn, steps in order.items():
            last = ""
            for state, key in steps:
                keys[arn].add(key)
                if state < last:
                    self.failures.append(f"{arn}: {state} ran again after {last}")
                last = max(last, state)
        for arn, events in histories.items():
            counted = self.check_history(arn, events)
            if self.ledger[arn] == "redo":
                # An attempt that was aborted may have run, or not.
                ended = counted["TaskSucceeded"] + counted["TaskFailed"]
                if counted["TaskSucceeded"] != REDO_SUCCESSES or counted["TaskFailed"] != 1 or \
                        not ended <= len(keys[arn]) <= counted["TaskScheduled"]:
                    self.failures.append(f"{arn}: {counted} in the history, {len(keys[arn])} keys in the log")
            elif counted["TaskScheduled"] != counted["TaskSucceeded"] or len(keys[arn]) != counted["TaskScheduled"]:
                self.failures.append(f"{arn}: {counted} in the history, {len(keys[arn])} keys in the log")
        again = sum(n - 1 for n in starts.values() if n > 1)
        most = max(starts.values(), default=0)
        if again and most > self.kills + 1:
            self.failures.append(f"an attempt ran {most} times with {self.kills} kills")
        print(f"{len(self.ledger)} executions, {sum(starts.values())} commands, {again} delivered again, {self.kills} kills")

    def check_store(self, when):
        """Every record and index, as the last owner left them."""
        done = subprocess.run([self.options.stepwell, "doctor", "--data", self.data], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120, check=False)
        if done.returncode != 0:
            lines = (done.stdout + done.stderr).splitlines()
            self.failures.append(f"{when}: doctor ended with {done.returncode}: " + "\n  ".join(lines[:20] + lines[-1:]))

    def run(self, rounds):
        owner = self.owner()
        self.create(owner)
        owner.kill()
        for number in range(rounds):
            self.round()
            if number % 10 == 0:
                self.check_store(f"after kill {self.kills}")
            if self.failures:
                print(f"round {number + 1}")
                break
            if sys.stdout.isatty():
                print(f"\rround {number + 1} of {rounds}", end="", flush=True)
        self.check_log(self.finish())
        self.check_store("in the end")
        for failure in self.failures[:20]:
            print("FAIL " + failure)
        print(f"{self.kills} passed, {len(self.failures)} failed")
        return 1 if self.failures else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stepwell")
    parser.add_argument("--build", help="a build directory: its stepwell")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--keep", help="work in this directory and leave it")
    options = parser.parse_args()
    options.stepwell = os.path.abspath(options.stepwell or os.path.join(options.build, "cli", "stepwell"))
    seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
    print(f"seed {seed}")
    random.seed(seed)
    rounds = options.rounds or (60 if os.environ.get("CI") == "true" else 200)
    if options.keep:
        os.makedirs(options.keep, exist_ok=True)
        return Crash(options, options.keep).run(rounds)
    with tempfile.TemporaryDirectory() as work:
        return Crash(options, work).run(rounds)


if __name__ == "__main__":
    sys.exit(main())
