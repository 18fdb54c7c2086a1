"""Those who ask: each is a thread, keeps the ledger, and goes away when the owner does."""
import http.client
import json
import os
import random
import socket
import subprocess
import threading
import time

import check
from ledger import Execution
from machines import ACTIVITY, MACHINES, ROLE, WEIGHTS, version_of

OPEN_MAX = 200  # more are not started while so many run
PAUSES = [0, 0, 0, 0.01]


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=65)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(65)
        self.sock.connect(self.path)


class Gone(Exception):
    """The owner did not answer: it was killed."""


class Owner:
    def __init__(self, stepwell, data, resources, log):
        self.socket = os.path.join(data, "stepwell.sock")
        self.connections = threading.local()
        self.dead = threading.Event()  # for clients that have nothing to ask just now
        self.child = subprocess.Popen([stepwell, "serve", "--listen", "none", "--data", data, "--resources", resources,
                                       "--quiet"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def call(self, action, request):
        """One connection for each thread; a new one when that fails before anything was answered is not tried."""
        connection = getattr(self.connections, "kept", None) or UnixConnection(self.socket)
        self.connections.kept = connection
        try:
            connection.request("POST", "/", json.dumps(request), {"X-Amz-Target": "AWSStepFunctions." + action,
                                                                  "Content-Type": "application/x-amz-json-1.0"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError) as e:
            connection.close()
            self.connections.kept = None
            raise Gone(str(e)) from e

    def wait_ready(self):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                return self.call("ListStateMachines", {})
            except Gone:
                if self.child.poll() is not None:
                    raise RuntimeError(f"the owner ended by itself: {self.child.returncode}") from None
                time.sleep(0.003)
        raise RuntimeError("the owner does not answer")


def execution_arn(machine_arn, name):
    return machine_arn.replace(":stateMachine:", ":execution:") + ":" + name


class Clients:
    def __init__(self, ledger, log, seed):
        self.ledger, self.log, self.log_read = ledger, log, 0
        self.started, self.wanted, self.over = 0, {}, set()
        self.chances = {name: random.Random(f"{seed} {name}") for name in ("start", "change", "send", "work", "look")}

    def all(self):
        return [lambda owner: self.until_gone(owner, self.start_one, "start"),
                lambda owner: self.until_gone(owner, self.change_one, "change"),
                lambda owner: self.until_gone(owner, self.send_one, "send"),
                lambda owner: self.until_gone(owner, self.work_one, "work"),
                lambda owner: self.until_gone(owner, self.look_one, "look")]

    def helpers(self):
        """Those without whom nothing comes to an end."""
        return [lambda owner: self.until_gone(owner, self.stop_one, "change"),
                lambda owner: self.until_gone(owner, self.send_one, "send"),
                lambda owner: self.until_gone(owner, self.work_one, "work")]

    def until_gone(self, owner, one, name):
        chance = self.chances[name]
        try:
            while not owner.dead.is_set():
                one(owner, chance)
                time.sleep(chance.choice(PAUSES))
        except Gone:
            pass
        except Exception as e:  # a thread that dies unheard would make the test weaker
            self.ledger.fail(f"the client '{name}' failed: {e!r}")

    def expect(self, what, status, answer, *others):
        error = answer.get("__type", "").split("#")[-1]
        if status != 200 and error not in others:
            self.ledger.fail(f"{what}: {status} {answer}")
        return status == 200

    def create(self, owner):
        for name, definition in MACHINES.items():
            status, answer = owner.call("CreateStateMachine", {
                "name": name, "definition": json.dumps(definition), "roleArn": ROLE})
            assert status == 200, answer
            self.ledger.machines[name] = answer["stateMachineArn"]
        assert owner.call("CreateActivity", {"name": "work"})[0] == 200
        status, answer = owner.call("PublishStateMachineVersion", {"stateMachineArn": self.ledger.machines["moving"]})
        assert status == 200, answer
        self.ledger.versions[1] = 0
        status, answer = owner.call("CreateStateMachineAlias", {"name": "live", "routingConfiguration": [
            {"stateMachineVersionArn": answer["stateMachineVersionArn"], "weight": 100}]})
        assert status == 200, answer
        self.ledger.alias = 1

    # ---- starts ----

    def start_one(self, owner, chance):
        """With a name: a start without answer is repeated by the same name, and is the same execution."""
        ledger = self.ledger
        if len(ledger.running) >= OPEN_MAX:
            time.sleep(0.01)
            return
        number = self.started
        pick = random.Random(number)  # the same when it is repeated
        machine = pick.choices(list(WEIGHTS), WEIGHTS.values())[0]
        how = pick.choice(["machine", "version", "alias"]) if machine == "moving" else "machine"
        arn = ledger.machines[machine]
        wanted = {"machine": ledger.updates, "version": ledger.versions[1], "alias": ledger.versions[ledger.alias]}[how]
        # of a start that nobody heard of, what it was to run is what was acknowledged before the first try
        wanted = self.wanted.setdefault(number, wanted)
        name = f"e{number}"
        status, answer = owner.call("StartExecution", {
            "stateMachineArn": arn + {"machine": "", "version": ":1", "alias": ":live"}[how], "name": name,
            "input": json.dumps({"n": number, "nap": number % 2, "items": [1, 2, 3]})})
        self.started += 1
        del self.wanted[number]
        # ExecutionAlreadyExists: acknowledged to nobody, but done, and ended since
        self.expect(f"start {name}", status, answer, "ExecutionAlreadyExists")
        ledger.add(answer.get("executionArn") or execution_arn(arn, name), Execution(machine, wanted, how == "version"))

    # ---- changes ----

    def change_one(self, owner, chance):
        chance.choices([self.stop_one, self.update_one, self.alias_one], [4, 1, 2])[0](owner, chance)
        time.sleep(0.01)

    def stop_one(self, owner, chance):
        napping = [arn for arn, e in self.ledger.running_of("nap") if not e.stopped]
        if not napping:
            time.sleep(0.02)
            return
        arn = chance.choice(napping)
        status, answer = owner.call("StopExecution", {"executionArn": arn, "error": "Enough"})
        if self.expect(f"stop {arn}", status, answer):
            self.ledger.executions[arn].stopped = True

    def update_one(self, owner, _chance):
        """One update, and a version of it. Both may have been done though nobody heard."""
        ledger = self.ledger
        with ledger.lock:
            ledger.updates_asked += 1
            number = ledger.updates_asked
        status, answer = owner.call("UpdateStateMachine", {
            "stateMachineArn": ledger.machines["moving"], "definition": json.dumps(version_of(number)),
            "publish": True})
        if self.expect("update", status, answer):
            version = int(answer["stateMachineVersionArn"].rsplit(":", 1)[1])
            with ledger.lock:
                if version in ledger.versions:
                    ledger.fail(f"version {version} was given twice")
                ledger.updates = number
                ledger.versions[version] = number

    def alias_one(self, owner, _chance):
        ledger = self.ledger
        version = max(ledger.versions)
        if version == ledger.alias:
            return
        arn = ledger.machines["moving"]
        status, answer = owner.call("UpdateStateMachineAlias", {
            "stateMachineAliasArn": arn + ":live",
            "routingConfiguration": [{"stateMachineVersionArn": f"{arn}:{version}", "weight": 100}]})
        if self.expect("alias", status, answer):
            ledger.alias = version

    # ---- callbacks ----

    def read_tokens(self):
        """Whole lines that came since."""
        with open(self.log, encoding="utf-8") as file:
            file.seek(self.log_read)
            text = file.read()
        whole = text.rfind("\n") + 1
        self.log_read += len(text[:whole].encode())
        for line in text[:whole].splitlines():
            words = line.split()
            if len(words) == 3 and words[0] == "token":
                if words[2] not in self.over:  # a command that is delivered again says it again
                    self.ledger.tokens[words[2]] = words[1]

    def send_one(self, owner, chance):
        ledger = self.ledger
        self.read_tokens()
        waiting = [(t, arn) for t, arn in ledger.tokens.items() if arn in ledger.executions]
        if not waiting:
            time.sleep(0.01)
            return
        token, arn = chance.choice(waiting)
        execution = ledger.executions[arn]
        value = len(execution.sent) + 1
        execution.sent.append(value)
        status, answer = owner.call("SendTaskSuccess", {"taskToken": token, "output": str(value)})
        # TaskTimedOut: it had been accepted, and nobody was told
        if not self.expect("a token", status, answer, "TaskTimedOut"):
            if value == 1:
                ledger.fail(f"the token of {arn} was refused the first time: {answer}")
        elif execution.accepted is not None:
            ledger.fail(f"the token of {arn} was accepted with {execution.accepted}, and with {value}")
        else:
            execution.accepted = value
        del ledger.tokens[token]
        self.over.add(token)
        if chance.random() < 0.3:  # once more
            status, answer = owner.call("SendTaskSuccess", {"taskToken": token, "output": "-1"})
            if status == 200:
                ledger.fail(f"the token of {arn} was accepted twice")

    # ---- workers of an activity ----

    def work_one(self, owner, chance):
        ledger = self.ledger
        if not ledger.running_of("work"):
            time.sleep(0.02)
            return
        status, answer = owner.call("GetActivityTask", {"activityArn": ACTIVITY, "workerName": "w"})
        if not self.expect("poll", status, answer) or not answer.get("taskToken"):
            return
        token, number = answer["taskToken"], json.loads(answer["input"])["n"]
        arn = execution_arn(ledger.machines["work"], f"e{number}")
        if chance.random() < 0.3:
            status, answer = owner.call("SendTaskHeartbeat", {"taskToken": token})
            self.expect("heartbeat", status, answer, "TaskTimedOut")
        if arn in ledger.work_accepted:
            ledger.fail(f"{arn}: the work was done, and is given out again")
        value = f"{number}-{time.monotonic_ns()}"
        ledger.worked.setdefault(arn, []).append(value)
        status, answer = owner.call("SendTaskSuccess", {"taskToken": token, "output": json.dumps(value)})
        if self.expect("work", status, answer, "TaskTimedOut"):
            ledger.work_accepted[arn] = value

    # ---- one who looks whether all is there ----

    def look_one(self, owner, chance):
        arn = self.ledger.pick(chance)
        if arn:
            check.look(owner, self.ledger, arn)
            check.note_closed(owner, self.ledger, arn, self.log)
        if chance.random() < 0.1:
            check.machine(owner, self.ledger)
