"""Load over HTTP from one thread and many connections, with a ledger of what the server has acknowledged.

An actor is a generator: it yields an action with its request, and is sent the status and the answer, or is thrown Gone
when the connection ended before the answer came. Whether such a request was carried out is not known: the ledger keeps
the start as unsure, and check() repeats it.
"""
import collections
import json
import os
import random
import re
import select
import signal
import socket
import subprocess
import time

from raw import PATIENCE_SECONDS, Connection, Gone, request_bytes

ROLE = "arn:aws:iam::123456789012:role/load"
ARN = "arn:aws:states:us-east-1:123456789012:"
ACTIVITY = ARN + "activity:work"
PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
MACHINES = {
    "pass": PASS,
    "nap": {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 100000, "End": True}}},
    # A task whose worker never learned of it, because the server was killed as it answered, is over after a while.
    "work": {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": ACTIVITY, "TimeoutSeconds": 20, "End": True}}},
    "sync": PASS,
}
AT_RISK_SECONDS = 1.0  # what was acknowledged so shortly before the end is looked at to the last one
KEPT_MAX = 2000        # of what came before, looked at again in every round
STARTS_MAX = 50000     # known at a time in a long run


class Server:
    """`stepwell serve` on a port of its own choice."""

    def __init__(self, stepwell, data, log, *words):
        self.child = subprocess.Popen([stepwell, "serve", "--listen", "127.0.0.1:0", "--data", data, *words],
                                      stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.PIPE)
        line = self.child.stderr.readline().decode()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        if not found:
            raise RuntimeError("the server did not come up: " + line + self.child.stderr.read().decode())
        self.port, self.pid = int(found.group(1)), self.child.pid

    def end(self, how):
        """Exit code, and what it said; how None: it has been told already."""
        if how is not None:
            self.child.send_signal(how)
        try:
            _, said = self.child.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.child.kill()
            _, said = self.child.communicate()
        return self.child.returncode, said.decode("utf-8", "replace")


class Ledger:
    Start = collections.namedtuple("Start", "machine name text arn date")

    def __init__(self):
        self.starts, self.unsure = {}, {}    # by ARN; by name
        self.recent = collections.deque()    # (time, ARN) of what was acknowledged, in order
        self.stopped, self.succeeded = set(), {}
        self.counts = collections.Counter()  # of acknowledged starts of each machine, and of everything else
        self.failures = []

    def fail(self, text):
        if len(self.failures) < 100:
            self.failures.append(text)

    def started(self, machine, name, text, answer):
        arn = answer["executionArn"]
        if arn in self.starts and self.starts[arn].date != answer["startDate"]:
            self.fail(f"{arn} was started twice")
        self.starts[arn] = self.Start(machine, name, text, arn, answer["startDate"])
        self.touched(arn)
        self.counts[machine] += 1
        return arn

    def touched(self, arn):
        self.recent.append((time.monotonic(), arn))

    def forget_some(self):
        """In a long run: all but some of what was not acknowledged just now; the counts stay."""
        now = time.monotonic()
        while self.recent and self.recent[0][0] < now - 2 * AT_RISK_SECONDS:
            self.recent.popleft()
        if len(self.starts) < STARTS_MAX:
            return
        kept = {arn for _, arn in self.recent} | set(random.sample(list(self.starts), KEPT_MAX))
        self.starts = {arn: start for arn, start in self.starts.items() if arn in kept}
        self.stopped &= self.starts.keys()
        self.succeeded = {arn: output for arn, output in self.succeeded.items() if arn in self.starts}


class Place:
    """A connection of an actor, and the request that it waits for."""

    def __init__(self, actor):
        self.actor, self.socket, self.rest, self.request = actor, None, b"", None


class Load:
    def __init__(self, ledger, passers=8, nappers=3, feeders=3, workers=3, syncers=1, readers=1):
        self.ledger, self.number, self.port = ledger, 0, 0
        actors = [self.passer(i) for i in range(passers)] + [self.napper() for _ in range(nappers)]
        actors += [self.feeder() for _ in range(feeders)] + [self.worker() for _ in range(workers)]
        actors += [self.syncer() for _ in range(syncers)] + [self.reader() for _ in range(readers)]
        self.places = [Place(actor) for actor in actors]
        for place in self.places:
            place.request = next(place.actor)
        self.epoll, self.by_fd = select.epoll(), {}

    # ---- actors ----

    def name(self):
        self.number += 1
        return f"e{self.number}"

    def start(self, machine, name, text):
        """Its ARN; None: not known to be started."""
        request = {"stateMachineArn": f"{ARN}stateMachine:{machine}", "input": text, **({"name": name} if name else {})}
        try:
            status, answer = yield "StartExecution", request
        except Gone:
            status = 503
        if status == 200:
            return self.ledger.started(machine, name, text, answer)
        if status != 503:
            self.ledger.fail(f"start {name}: {status} {answer}")
        elif name:
            self.ledger.unsure[name] = (machine, text)
        return None

    def ask(self, action, request, *allowed):
        """The answer; None: there was none, or it was one of the errors that are allowed."""
        try:
            status, answer = yield action, request
        except Gone:
            return None
        if status == 200:
            self.ledger.counts[action] += 1
            return answer
        if status != 503 and answer.get("__type") not in allowed:
            self.ledger.fail(f"{action} {request}: {status} {answer}")
        return None

    def passer(self, number):
        while True:
            yield from self.start("pass", self.name() if number % 2 else None, json.dumps({"n": self.number, "x": "y" * 200}))

    def napper(self):
        while True:
            arn = yield from self.start("nap", self.name(), "{}")
            if arn:
                answer = yield from self.ask("StopExecution", {"executionArn": arn, "error": "E"})
                if answer is not None:
                    self.ledger.stopped.add(arn)
                    self.ledger.touched(arn)

    def feeder(self):
        while True:
            name = self.name()
            arn = yield from self.start("work", name, json.dumps(name))
            answer = {"status": "RUNNING"}
            while arn and answer is not None and answer["status"] == "RUNNING":
                answer = yield from self.ask("DescribeExecution", {"executionArn": arn})

    def worker(self):
        while True:
            task = yield from self.ask("GetActivityTask", {"activityArn": ACTIVITY, "workerName": "w"})
            if not task or not task.get("taskToken"):
                continue
            output = json.dumps({"done": json.loads(task["input"])})
            answer = yield from self.ask("SendTaskSuccess", {"taskToken": task["taskToken"], "output": output},
                                         "TaskTimedOut", "TaskDoesNotExist")
            if answer is not None:
                arn = f"{ARN}execution:work:{json.loads(task['input'])}"
                self.ledger.succeeded[arn] = output
                self.ledger.touched(arn)

    def syncer(self):
        while True:
            text = json.dumps([self.name()])
            answer = yield from self.ask("StartSyncExecution", {"stateMachineArn": ARN + "stateMachine:sync", "input": text})
            if answer is not None and (answer["status"] != "SUCCEEDED" or answer["output"] != text):
                self.ledger.fail(f"StartSyncExecution: {answer}")

    def reader(self):
        while True:
            known = self.ledger.recent[0][1] if self.ledger.recent else None
            if known:
                yield from self.ask("DescribeExecution", {"executionArn": known})
            else:
                yield from self.ask("ListStateMachines", {})

    # ---- connections ----

    def connect(self, place):
        try:
            place.socket = socket.create_connection(("127.0.0.1", self.port), PATIENCE_SECONDS)
        except OSError:
            place.socket = None
            return
        place.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        place.rest = b""
        self.by_fd[place.socket.fileno()] = place
        self.epoll.register(place.socket.fileno(), select.EPOLLIN)
        self.send(place)

    def send(self, place):
        try:
            place.socket.sendall(request_bytes(*place.request))
        except OSError:
            self.gone(place)

    def gone(self, place):
        del self.by_fd[place.socket.fileno()]
        place.socket.close()
        place.socket = None
        place.request = place.actor.throw(Gone())

    def receive(self, place):
        try:
            data = place.socket.recv(65536)
        except OSError:
            data = b""
        if not data:
            self.gone(place)
            return
        place.rest += data
        head, found, body = place.rest.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(re.search(rb"\r\nContent-Length: (\d+)", head, re.I).group(1))
        if len(body) < length:
            return
        status, place.rest = int(head[9:12]), body[length:]
        self.ledger.counts["requests"] += 1
        place.request = place.actor.send((status, json.loads(body[:length])))
        self.send(place)

    def drive(self, until, every_second=None):
        """Until that time, or until the server has left all connections."""
        tick = time.monotonic() + 1
        while time.monotonic() < until and self.by_fd:
            if every_second and time.monotonic() >= tick:
                tick += 1
                every_second()
            for fd, _ in self.epoll.poll(0.1):
                place = self.by_fd.get(fd)
                if place:
                    self.receive(place)

    def run(self, server, seconds, how, every_second=None):
        """Load for so long; the signal comes in the midst of it. The server's exit code, and what it said."""
        self.port = server.port
        for place in self.places:
            self.connect(place)
        self.drive(time.monotonic() + seconds, every_second)
        os.kill(server.pid, how)
        self.drive(time.monotonic() + PATIENCE_SECONDS)
        for place in list(self.by_fd.values()):
            self.ledger.fail("a connection outlived its server")
            self.gone(place)
        return server.end(None)


def create(port):
    connection = Connection(port)
    for name, definition in MACHINES.items():
        status, answer = connection.call("CreateStateMachine", {
            "name": name, "type": "EXPRESS" if name == "sync" else "STANDARD", "definition": json.dumps(definition),
            "roleArn": ROLE})
        assert status == 200, answer
    assert connection.call("CreateActivity", {"name": "work"})[0] == 200
    connection.close()


# ---- the ledger against the server ----

def describe(connection, ledger, arn):
    status, answer = connection.call("DescribeExecution", {"executionArn": arn})
    if status != 200:
        ledger.fail(f"lost {arn}: {status} {answer}")
        return None
    return answer


def check_start(connection, ledger, start):
    """It is there, as it was acknowledged; a start repeated is the same execution, or refused because that has ended."""
    found = describe(connection, ledger, start.arn)
    if found and (found["startDate"] != start.date or json.loads(found["input"]) != json.loads(start.text)):
        ledger.fail(f"{start.arn} is not what was started: {found}")
    if not found or not start.name:
        return
    status, again = connection.call("StartExecution", {"stateMachineArn": f"{ARN}stateMachine:{start.machine}",
                                                       "name": start.name, "input": start.text})
    if status == 200 and (again["executionArn"], again["startDate"]) != (start.arn, start.date):
        ledger.fail(f"{start.arn}, repeated, is another one: {again}")
    if status != 200 and (again.get("__type") != "ExecutionAlreadyExists" or found["status"] == "RUNNING"):
        # It may have ended between the two calls.
        if describe(connection, ledger, start.arn)["status"] == "RUNNING" or again["__type"] != "ExecutionAlreadyExists":
            ledger.fail(f"{start.arn} repeated: {status} {again}")


def check_outcome(connection, ledger, arn):
    """A stop and a success that were acknowledged have ended it."""
    end = time.monotonic() + PATIENCE_SECONDS
    found = describe(connection, ledger, arn)
    while found and found["status"] == "RUNNING" and time.monotonic() < end:
        time.sleep(0.02)
        found = describe(connection, ledger, arn)
    if found and arn in ledger.stopped and (found["status"], found.get("error")) != ("ABORTED", "E"):
        ledger.fail(f"{arn} was stopped: {found}")
    if found and arn in ledger.succeeded and (found["status"], found.get("output")) != ("SUCCEEDED", ledger.succeeded[arn]):
        ledger.fail(f"{arn} was given {ledger.succeeded[arn]}: {found}")


def settle_unsure(connection, ledger):
    """Started now, or before: it is one execution from now on."""
    for name, (machine, text) in ledger.unsure.items():
        status, answer = connection.call("StartExecution", {"stateMachineArn": f"{ARN}stateMachine:{machine}", "name": name,
                                                            "input": text})
        if status != 200:
            if answer.get("__type") != "ExecutionAlreadyExists":
                ledger.fail(f"start {name} repeated: {status} {answer}")
                continue
            answer = describe(connection, ledger, f"{ARN}execution:{machine}:{name}")
        if answer:
            ledger.started(machine, name, text, answer)
    ledger.unsure.clear()


def check(port, ledger, everything=False):
    """After a restart. The number of executions that were looked at."""
    connection = Connection(port)
    last = ledger.recent[-1][0] if ledger.recent else 0
    at_risk = {arn for when, arn in ledger.recent if when > last - AT_RISK_SECONDS}
    settle_unsure(connection, ledger)
    known = list(ledger.starts)
    chosen = known if everything else at_risk | set(random.sample(known, min(len(known), KEPT_MAX)))
    for arn in chosen:
        if arn in ledger.starts:
            check_start(connection, ledger, ledger.starts[arn])
        if arn in ledger.stopped or arn in ledger.succeeded:
            check_outcome(connection, ledger, arn)
    connection.close()
    return len(chosen)


def count_executions(port, machine):
    connection, count, token = Connection(port), 0, None
    while True:
        _, answer = connection.call("ListExecutions", {"stateMachineArn": f"{ARN}stateMachine:{machine}", "maxResults": 1000,
                                                       **({"nextToken": token} if token else {})})
        count, token = count + len(answer["executions"]), answer.get("nextToken")
        if not token:
            connection.close()
            return count


SIGNALS = {"SIGTERM": signal.SIGTERM, "kill -9": signal.SIGKILL}
EXIT_CODES = {"SIGTERM": 0, "kill -9": -signal.SIGKILL}
