#!/usr/bin/env python3
"""Thousands of workers that wait for a task over real sockets: one of them gets it, the others cost little.
usage: polls.py --stepwell PROGRAM     POLLS=N: so many instead of 10,000"""
import json
import os
import select
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
from door import ARN, Case, main, task  # noqa: E402
from raw import PATIENCE_SECONDS, Connection, connections_of, descriptors_allowed, memory_bytes, request_bytes  # noqa: E402

POLLS = int(os.environ.get("POLLS", "10000"))
ACTIVITY = ARN + "activity:work"
KEPT = 200  # descriptors for everything else


class Polls(Case):
    def setUp(self):
        super().setUp()
        self.served = []

    def workers(self, port, count):
        """Connections with a poll that waits on each."""
        poll = request_bytes("GetActivityTask", {"activityArn": ACTIVITY, "workerName": "w"})
        found = []
        for _ in range(count):
            worker = socket.create_connection(("127.0.0.1", port), 60)
            self.addCleanup(worker.close)
            worker.sendall(poll)
            found.append(worker)
        return found

    def answers(self, workers, count):
        """The next answers to polls; none may come beyond them."""
        poll, by_fd, found = select.poll(), {worker.fileno(): worker for worker in workers}, []
        for fd in by_fd:
            poll.register(fd, select.POLLIN)
        end = time.monotonic() + PATIENCE_SECONDS
        while len(found) < count and time.monotonic() < end:
            for fd, _ in poll.poll(1000):
                poll.unregister(fd)
                self.served.append(by_fd[fd])
                text = by_fd[fd].recv(65536)
                found.append(json.loads(text.split(b"\r\n\r\n", 1)[1]))
        self.assertEqual(len(found), count)
        self.assertEqual(poll.poll(0), [])
        return found

    def test_one_of_all_workers_gets_the_task(self):
        allowed = descriptors_allowed() - KEPT
        count = min(POLLS, allowed)
        if count < POLLS:
            print(f"only {count} of {POLLS} polls: RLIMIT_NOFILE")
        with self.serving(listen="127.0.0.1:0") as server:
            self.assertEqual(self.call(server.port, "CreateActivity", {"name": "work"})[0], 200)
            status, machine = self.call(server.port, "CreateStateMachine", {
                "name": "m", "roleArn": "arn:aws:iam::123456789012:role/r", "definition": json.dumps(task(ACTIVITY))})
            self.assertEqual(status, 200)
            healthy = Connection(server.port)
            before = memory_bytes(server.pid)
            workers = self.workers(server.port, count)
            self.wait_for("that every poll was read", lambda: connections_of(server.port) == (count + 1, 0), PATIENCE_SECONDS)
            each = (memory_bytes(server.pid) - before) // count
            print(f"{count} idle polls, {each} bytes of memory each")
            slowest = 0
            for _ in range(20):
                begun = time.monotonic()
                self.assertEqual(healthy.call("ListStateMachines", {})[0], 200)
                slowest = max(slowest, time.monotonic() - begun)
            print(f"a healthy client meanwhile: {slowest * 1e3:.1f} ms at most")
            begun = time.monotonic()
            started = [healthy.call("StartExecution", {"stateMachineArn": machine["stateMachineArn"], "input": f'"{i}"'})[1]
                       for i in range(3)]
            given = self.answers(workers, 3)
            print(f"3 tasks given after {(time.monotonic() - begun) * 1e3:.1f} ms")
            self.assertEqual(sorted(answer["input"] for answer in given), ['"0"', '"1"', '"2"'])
            self.assertEqual(len({answer["taskToken"] for answer in given}), 3)
            for answer in given:
                self.assertEqual(healthy.call("SendTaskSuccess", {"taskToken": answer["taskToken"], "output": "1"})[0], 200)
            for one in started:
                self.wait_for("the end of the execution", lambda: healthy.call("DescribeExecution", {
                    "executionArn": one["executionArn"]})[1]["status"] == "SUCCEEDED")
            left = [worker for worker in workers if worker not in self.served]
            self.assertEqual(self.answers(left, 0), [])
            healthy.close()


if __name__ == "__main__":
    main()
