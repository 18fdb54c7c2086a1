"""What the tests of the HTTP door share: requests as bytes, a client that keeps its connection, what /proc says."""
import json
import os
import re
import resource
import socket

PATIENCE_SECONDS = 60
TARGET = "AWSStepFunctions."


def request_bytes(action, request, *more_headers):
    body = request if isinstance(request, bytes) else json.dumps(request).encode()
    lines = ["POST / HTTP/1.1", "Host: 127.0.0.1", "X-Amz-Target: " + TARGET + action,
             "Content-Type: application/x-amz-json-1.0", *more_headers, f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Gone(Exception):
    """The other side closed the connection, or the process is not there."""


class Connection:
    """One connection and one request at a time; a stream of answers is read one by one."""

    def __init__(self, port, timeout=PATIENCE_SECONDS, window_bytes=None):
        """window_bytes: what the system may keep for it of answers it did not read."""
        self.socket = socket.socket()
        self.socket.settimeout(timeout)
        if window_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window_bytes)
        try:
            self.socket.connect(("127.0.0.1", port))
        except OSError as e:
            self.socket.close()
            raise Gone(str(e)) from e
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError as e:
            raise Gone(str(e)) from e

    def more(self):
        try:
            data = self.socket.recv(65536)
        except OSError as e:
            raise Gone(str(e)) from e
        if not data:
            raise Gone("closed")
        self.rest += data

    def answer(self):
        """Status, headers (names in lower case), body of the next answer that is not 100 Continue."""
        while True:
            while b"\r\n\r\n" not in self.rest:
                self.more()
            head, self.rest = self.rest.split(b"\r\n\r\n", 1)
            lines = head.decode("latin-1").split("\r\n")
            status = int(lines[0].split()[1])
            if status != 100:
                break
        headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
        length = int(headers.get("content-length", 0))
        while len(self.rest) < length:
            self.more()
        body, self.rest = self.rest[:length], self.rest[length:]
        return status, headers, body

    def call(self, action, request):
        """Status, answer. Gone: it is not known whether the request was carried out."""
        self.send(request_bytes(action, request))
        status, _, body = self.answer()
        return status, json.loads(body or b"{}")

    def ended(self):
        """Waits until the other side has closed: what came before that."""
        try:
            while True:
                self.more()
        except Gone:
            return self.rest

    def close(self):
        self.socket.close()

    def vanish(self):
        """Closes with a reset, as a process that is killed with data unread does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()


# ---- what the system says --------------------------------------------------------------------------------------------

def descriptors_allowed():
    """Raises the limit of this process, and of those it starts, to what is allowed."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def memory_bytes(pid):
    """Anonymous memory of a process."""
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(re.search(r"^RssAnon:\s+(\d+) kB", f.read(), re.M).group(1)) * 1024


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def connections_of(port):
    """Connections that a server on this machine has at its port, and how many of them it has not read all of."""
    count = unread = 0
    with open("/proc/net/tcp", encoding="ascii") as f:
        for line in f.readlines()[1:]:
            words = line.split()
            if words[1].endswith(f":{port:04X}") and words[3] == "01":
                count += 1
                unread += words[4].split(":")[1] != "00000000"
    return count, unread
