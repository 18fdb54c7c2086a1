#!/usr/bin/env python3
"""Slow, broken and malicious clients over real sockets: each is refused or waited for as it deserves, and a healthy client
goes on being answered meanwhile.
usage: attack.py --stepwell PROGRAM"""
import json
import os
import random
import resource
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
from door import ARN, PASS, Case, main, task  # noqa: E402
from raw import (PATIENCE_SECONDS, TARGET, Connection, Gone, connections_of, descriptors,  # noqa: E402
                 descriptors_allowed, memory_bytes, request_bytes)

HEAD = f"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: {TARGET}ListStateMachines\r\n".encode()
LISTING = b'{"stateMachines":[]}'
ANSWERS_MEANWHILE = 20  # of the healthy client, on each of its two ways


class Healthy(threading.Thread):
    """A client that does nothing wrong: on a connection that it keeps, and on a new one for each request."""

    def __init__(self, port, keeps=True):
        super().__init__(daemon=True)
        self.port, self.keeps, self.done, self.kept, self.new, self.failure = port, keeps, False, 0, 0, None

    def check(self, connection):
        status, answer = connection.call("ListActivities", {})
        if status != 200 or answer != {"activities": []}:
            raise AssertionError(f"{status} {answer}")

    def run(self):
        try:
            kept = Connection(self.port) if self.keeps else None
            while not self.done:
                if kept:
                    self.check(kept)
                    self.kept += 1
                new = Connection(self.port)
                self.check(new)
                new.close()
                self.new += 1
        except (Gone, AssertionError, ValueError) as e:
            self.failure = repr(e)


class Attack(Case):
    def setUp(self):
        super().setUp()
        # What AddressSanitizer keeps is none of the server's: freed memory, and each new stack of calls that allocated. It
        # unwinds by frame pointers, libmicrohttpd has none, and so stacks never end to be new: 90 bytes for each request.
        self.environment["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=4:malloc_context_size=1"
        self.server = self.enter(self.serving(listen="127.0.0.1:0"))
        self.port = self.server.port

    def enter(self, manager):  # unittest has it from 3.11 on
        entered = manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)
        return entered

    def connection(self, timeout=PATIENCE_SECONDS, **more):
        found = Connection(self.port, timeout, **more)
        self.addCleanup(found.close)
        return found

    def healthy(self, **more):
        """Begun now, and held to it at the end of the test, before the server ends."""
        thread = Healthy(self.port, **more)
        thread.start()
        return thread

    def goes_on(self, healthy):
        """It is answered as often as before, now."""
        kept, new = healthy.kept + ANSWERS_MEANWHILE * healthy.keeps, healthy.new + ANSWERS_MEANWHILE
        self.wait_for("that a healthy client is answered", lambda: healthy.failure or (
            healthy.kept >= kept and healthy.new >= new), PATIENCE_SECONDS)
        self.assertIsNone(healthy.failure)

    def stops(self, healthy):
        self.goes_on(healthy)
        healthy.done = True
        healthy.join(PATIENCE_SECONDS)
        self.assertIsNone(healthy.failure)

    def refused(self, data, *statuses):
        """An error, and the connection is closed: what follows could be anything."""
        connection = self.connection()
        try:
            connection.send(data)
            status = connection.answer()[0]
        except Gone:
            status = 0
        self.assertIn(status, statuses, data[:200])
        connection.ended()

    def answered(self, data, status=200, body=LISTING):
        connection = self.connection()
        connection.send(data)
        answer = connection.answer()
        self.assertEqual((answer[0], answer[2]), (status, body or answer[2]), data[:200])
        return connection


class Requests(Attack):
    def test_lengths_that_are_none(self):
        for length in (b"-1", b"-0", b"+2", b"0x2", b"2, 2", b"2 3", b"two", b"", b"2;", b"1e0", b"9" * 23, b"18446744073709551616",
                       b"18446744073709551618", b"18446744073709551615", b"2097153"):
            self.refused(HEAD + b"Content-Length: " + length + b"\r\n\r\n{}", 400, 413)

    def test_an_end_that_others_could_see_elsewhere(self):
        for headers in (b"Content-Length: 2\r\nContent-Length: 2", b"Content-Length: 2\r\nContent-Length: 40",
                        b"Content-Length: 40\r\ncontent-length: 2", b"Content-Length: 2\r\nTransfer-Encoding: chunked",
                        b"Transfer-Encoding: gzip", b"Transfer-Encoding: xchunked", b"Transfer-Encoding: chunked, gzip",
                        b"Transfer-Encoding: identity\r\nContent-Length: 2",
                        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"):
            self.refused(HEAD + headers + b"\r\n\r\n{}", 400)

    def test_chunked_bodies(self):
        head = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
        for body in (b"2\r\n{}\r\n0\r\n\r\n", b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", b"2;a=b\r\n{}\r\n0\r\nTrailer: x\r\n\r\n",
                     b"00002\r\n{}\r\n0\r\n\r\n"):
            self.answered(head + body)
        for body in (b"-2\r\n{}\r\n0\r\n\r\n", b"zz\r\n{}", b"\r\n\r\n", b"f" * 17 + b"\r\n{}", b"f" * 16 + b"1\r\n{}"):
            self.refused(head + body, 400, 413, 0)
        piece = b"10000\r\n" + b" " * 65536 + b"\r\n"
        self.refused(head + piece * 100, 413, 0)
        whole = self.connection()
        whole.send(head + piece * 30 + b"2\r\n{}\r\n0\r\n\r\n")
        self.assertEqual(whole.answer()[2], LISTING)

    def test_expectations(self):
        connection = self.connection()
        connection.send(HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        connection.more()
        self.assertTrue(connection.rest.startswith(b"HTTP/1.1 100 "), connection.rest)
        connection.send(b"{}")
        self.assertEqual(connection.answer()[2], LISTING)
        self.refused(HEAD + b"Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n", 413)

    def test_nul(self):
        self.answered(HEAD + b"Content-Length: 3\r\n\r\n{}\0", 400, None)
        self.answered(HEAD + b"Content-Length: 9\r\n\r\n{\"a\0b\":1}", 400, None)
        for where in (b"X-Other: \0\r\n", b"\0: \0\r\n", b"X\0Y: z\r\n"):
            connection = self.connection()
            connection.send(HEAD + where + b"Content-Length: 2\r\n\r\n{}")
            self.assertIn(connection.answer()[0], (200, 400))
        split = self.connection()
        split.send(HEAD.replace(b"ListState", b"List\0State") + b"Content-Length: 2\r\n\r\n{}")
        self.assertEqual(split.answer()[0], 400)

    def test_heads_that_are_too_large(self):
        for more in (b"X-Long: " + b"a" * 40000, b"\r\n".join(b"X-%d: y" % i for i in range(4000)), b"a" * 100000):
            self.refused(HEAD + more + b"\r\nContent-Length: 2\r\n\r\n{}", 431, 400, 413, 0)
        self.refused(b"POST /" + b"a" * 40000 + b" HTTP/1.1\r\n\r\n", 414, 400, 0)

    def test_what_is_not_http(self):
        random.seed(7)
        for data in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100) + b"\r\n\r\n", b"GET\r\n\r\n", b"GET /\r\n\r\n",
                     b"POST / HTTP/2.0\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\0" * 50000, random.randbytes(50000),
                     b"SSH-2.0-x\r\n\r\n", b"POST / HTTP/1.1\r\nno colon\r\n\r\n"):
            connection = self.connection()
            try:
                connection.send(data)
                connection.socket.shutdown(socket.SHUT_WR)
            except (Gone, OSError):
                pass
            connection.ended()

    def test_more_than_was_announced_is_the_next_request(self):
        connection = self.answered(HEAD + b"Content-Length: 2\r\n\r\n{}{}{}\r\n\r\n")
        connection.ended()
        connection = self.answered(HEAD + b"Content-Length: 2\r\n\r\n{}" + HEAD + b"Content-Length: 2\r\n\r\n{}")
        self.assertEqual(connection.answer()[2], LISTING)

    def test_pipelined_requests_are_answered_in_their_order(self):
        for many, same in ((300, True), (300, False)):
            connection = self.connection()
            actions = ["ListStateMachines" if same or i % 3 else "CreateActivity" for i in range(many)]
            connection.send(b"".join(request_bytes(action, {} if action[0] == "L" else {"name": f"a{i}"})
                                     for i, action in enumerate(actions)))
            for i, action in enumerate(actions):
                status, _, body = connection.answer()
                self.assertEqual(status, 200)
                self.assertEqual(body == LISTING, action == "ListStateMachines", i)
                self.assertTrue(action[0] == "L" or json.loads(body)["activityArn"] == f"{ARN}activity:a{i}")


class Disturbance(Attack):
    """Many at once, and a healthy client beside them."""

    def many(self, count, data):
        connections = [self.connection() for _ in range(count)]
        for connection in connections:
            connection.send(data)
        return connections

    def test_half_requests(self):
        healthy = self.healthy()
        for data in (b"P", HEAD, HEAD + b"Content-Length: 100000\r\n\r\n{", HEAD + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n{"):
            self.many(200, data)
            self.goes_on(healthy)
        self.stops(healthy)

    def test_slow_requests_are_answered_in_their_time(self):
        healthy = self.healthy()
        slow, data = self.many(50, b""), HEAD + b"Content-Length: 2\r\n\r\n{}"
        for at in range(len(data)):
            for connection in slow:
                connection.send(data[at:at + 1])
        for connection in slow:
            self.assertEqual(connection.answer()[2], LISTING)
        self.stops(healthy)

    def test_clients_that_vanish(self):
        healthy = self.healthy()
        status, machine = self.call(self.port, "CreateStateMachine", {
            "name": "m", "definition": json.dumps(PASS), "roleArn": "arn:aws:iam::123456789012:role/r"})
        self.assertEqual(status, 200)
        self.call(self.port, "CreateStateMachine", {"name": "x", "type": "EXPRESS", "definition": json.dumps(PASS),
                                                    "roleArn": "arn:aws:iam::123456789012:role/r"})
        start = request_bytes("StartExecution", {"stateMachineArn": machine["stateMachineArn"]})
        sync = request_bytes("StartSyncExecution", {"stateMachineArn": ARN + "stateMachine:x"})
        for data in (b"", start[:50], start[:-1], start, start * 5, sync, sync * 5, b"\0" * 1000):
            for leave in (Connection.close, Connection.vanish):
                for _ in range(30):
                    connection = Connection(self.port)
                    connection.send(data)
                    leave(connection)
        self.stops(healthy)
        self.wait_for("the end of their connections", lambda: connections_of(self.port)[0] == 0)

        def all_ended():
            """Some were started, which may be later than their connections' end, and each went its way."""
            listed = self.call(self.port, "ListExecutions", {"stateMachineArn": machine["stateMachineArn"]})[1]["executions"]
            return listed and all(one["status"] == "SUCCEEDED" for one in listed)

        self.wait_for("the end of their executions", all_ended)

    def test_polls_whose_clients_vanish_get_no_task(self):
        self.assertEqual(self.call(self.port, "CreateActivity", {"name": "work"})[0], 200)
        status, machine = self.call(self.port, "CreateStateMachine", {
            "name": "m", "definition": json.dumps(task(ARN + "activity:work")), "roleArn": "arn:aws:iam::123456789012:role/r"})
        self.assertEqual(status, 200)
        poll = request_bytes("GetActivityTask", {"activityArn": ARN + "activity:work"})
        for leave in (Connection.close, Connection.vanish):
            gone, left = self.many(100, poll), self.connection()
            self.wait_for("that every poll waits", lambda: connections_of(self.port) == (101, 0))
            left.send(poll)
            for connection in gone:
                leave(connection)
            self.wait_for("the end of their connections", lambda: connections_of(self.port)[0] == 1)
            self.assertEqual(self.call(self.port, "StartExecution", {"stateMachineArn": machine["stateMachineArn"]})[0], 200)
            token = json.loads(left.answer()[2])["taskToken"]
            self.assertEqual(left.call("SendTaskSuccess", {"taskToken": token, "output": "{}"}), (200, {}))
            left.close()
            self.wait_for("the end of the last connection", lambda: connections_of(self.port)[0] == 0)

    def test_clients_that_do_not_read(self):
        """Their requests stay in the sockets once their answers fill them, not in the server's memory."""
        healthy = self.healthy()
        self.goes_on(healthy)
        before, data = memory_bytes(self.server.pid), request_bytes("ListStateMachines", {}) * 200
        for _ in range(20):
            deaf = self.connection(0.5, window_bytes=4096)
            with self.assertRaises(TimeoutError, msg="the server goes on reading"):
                for _ in range(1000):
                    deaf.socket.sendall(data)
        self.goes_on(healthy)
        self.assertLess(memory_bytes(self.server.pid) - before, 64 << 20)
        self.stops(healthy)

    def test_no_descriptor_is_left_behind(self):
        self.assertEqual(self.call(self.port, "ListActivities", {})[0], 200)
        self.wait_for("that nobody is connected", lambda: connections_of(self.port)[0] == 0)
        before = descriptors(self.server.pid)
        for _ in range(3):
            # An end that comes together with half a request is seen by libmicrohttpd only when the time is up.
            for data, whole in ((b"", True), (b"P", False), (b"\0\r\n\r\n", False), (HEAD, False),
                                (HEAD + b"Content-Length: 2\r\n\r\n{}", True),
                                (request_bytes("GetActivityTask", {"activityArn": ARN + "activity:none"}), True)):
                connections = self.many(50, data)
                if not whole:
                    self.wait_for("that all was read", lambda: connections_of(self.port)[1] == 0)
                    self.assertEqual(self.call(self.port, "ListActivities", {})[0], 200)
                for connection in connections:
                    connection.close()
        self.wait_for("that descriptors are closed", lambda: descriptors(self.server.pid) <= before)


class Flood(Attack):
    """More connections than the process may have descriptors."""
    DESCRIPTORS = 512

    def setUp(self):
        descriptors_allowed()
        super().setUp()

    def serving(self, *words, **more):
        """The server may have few descriptors, this process many."""
        begin = self.begin
        self.begin = lambda *w, **m: begin(*w, preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_NOFILE, (self.DESCRIPTORS, self.DESCRIPTORS)), **m)
        return super().serving(*words, **more)

    def test_a_flood_of_idle_connections(self):
        healthy = self.healthy(keeps=False)
        flood = []
        for _ in range(3 * self.DESCRIPTORS):
            try:
                flood.append(self.connection())
            except Gone:  # the queue of the socket is full
                time.sleep(0.01)
            if len(flood) % 100 == 0:
                self.goes_on(healthy)
        self.stops(healthy)
        self.assertLess(descriptors(self.server.pid), self.DESCRIPTORS)
        self.assertGreater(len(flood), self.DESCRIPTORS)

    def test_a_flood_of_half_requests(self):
        healthy = self.healthy(keeps=False)
        for i in range(3 * self.DESCRIPTORS):
            connection = self.connection()
            try:
                connection.send(HEAD if i % 2 else HEAD + b"Content-Length: 9\r\n\r\n{")
            except Gone:
                pass
        self.stops(healthy)

    def test_a_flood_of_polls(self):
        """They wait for something: their connections are kept, and others share what is left."""
        self.assertEqual(self.call(self.port, "CreateActivity", {"name": "work"})[0], 200)
        poll = request_bytes("GetActivityTask", {"activityArn": ARN + "activity:work"})
        places = self.DESCRIPTORS - 128 - 32
        polls = [self.connection() for _ in range(places)]
        for connection in polls:
            connection.send(poll)
        self.wait_for("that every poll waits", lambda: connections_of(self.port) == (places, 0))
        for _ in range(200):
            self.assertEqual(self.call(self.port, "ListStateMachines", {})[0], 200)
        self.assertEqual(connections_of(self.port)[1], 0)
        polls[0].socket.setblocking(False)
        with self.assertRaises(BlockingIOError):
            polls[0].socket.recv(1)


if __name__ == "__main__":
    main()
