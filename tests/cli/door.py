"""What the tests of the command share: the program, a data directory for each test, definitions, a running serve."""
import argparse
import contextlib
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

LIMIT_SECONDS = 120
SANITIZERS = ("AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "runtime error:", "assertion failed")
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
NAP = {"StartAt": "Nap", "States": {"Nap": {"Type": "Wait", "Seconds": 600, "End": True}}}
ARN = "arn:aws:states:us-east-1:123456789012:"
tools = argparse.Namespace()


def task(resource, **more):
    return {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": resource, "End": True, **more}}}


class Done:
    """What came of one run of the program; text as bytes, too, because hostile input need not be UTF-8."""

    def __init__(self, words, code, out, err):
        self.words, self.code = words, code
        self.out, self.err = out.decode("utf-8", "replace"), err.decode("utf-8", "replace")

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f"{[str(w)[:80] for w in self.words]}: exit {self.code}\n{self.out[-1500:]}\n{self.err[-1500:]}"


class Case(unittest.TestCase):
    """Every test has a folder of its own, with the data directory in it."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="stepwell-cli-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.data = os.path.join(self.folder, "data")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("STEPWELL_")}
        self.environment = {**inherited, "HOME": self.folder, "XDG_STATE_HOME": os.path.join(self.folder, "state")}

    def file(self, name, content):
        path = os.path.join(self.folder.encode() if isinstance(name, bytes) else self.folder, name)
        if not isinstance(content, (bytes, str)):
            content = json.dumps(content)
        with open(path, "wb") as out:
            out.write(content if isinstance(content, bytes) else content.encode())
        return path

    def resources(self, **commands):
        """command:NAME -> a shell script."""
        return self.file("resources.json", {"resources": {
            "command:" + name: {"command": ["/bin/sh", "-c", script]} for name, script in commands.items()}})

    def begin(self, *words, data=None, **more):
        words = [tools.stepwell, *words] + ([] if data is False else ["--data", self.data if data is None else data])
        child = subprocess.Popen(words, stdin=more.pop("stdin", subprocess.DEVNULL), stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, bufsize=0, env=self.environment, cwd=self.folder, **more)
        self.addCleanup(self.end, child)
        return child

    @staticmethod
    def end(child):
        if child.poll() is None:
            child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout, child.stderr):
            if stream:
                stream.close()

    def finish(self, child, given=None):
        out, err = child.communicate(given, timeout=LIMIT_SECONDS)
        done = Done(child.args, child.returncode, out, err)
        for word in SANITIZERS:
            self.assertNotIn(word, done.err, done)
        self.assertIn(done.code, range(6), done)  # a signal is negative
        return done

    def run_(self, *words, given=None, data=None, **more):
        """Runs the program to its end. --data is given unless data is False."""
        if given is not None:
            more["stdin"] = subprocess.PIPE
        return self.finish(self.begin(*words, data=data, **more), given)

    def ok(self, *words, **more):
        done = self.run_(*words, **more)
        self.assertEqual(done.code, 0, done)
        return done

    def fails(self, code, text, *words, **more):
        """Exit code and a text on standard error."""
        done = self.run_(*words, **more)
        self.assertEqual(done.code, code, done)
        self.assertIn(text, done.err, done)
        return done

    def wait_for(self, what, probe, seconds=30):
        """Polls until probe gives something true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = probe()
            if found:
                return found
            time.sleep(0.02)
        self.fail(f"{what} did not happen within {seconds} s")

    @contextlib.contextmanager
    def serving(self, *words, listen="none", data=None):
        """A serve that is ready; ended by SIGTERM, with exit code 0."""
        child = self.begin("serve", "--listen", listen, *words, data=data)
        line = child.stderr.readline().decode()
        self.assertIn("data in", line)
        port = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        child.port = int(port.group(1)) if port else None
        yield child
        child.terminate()
        done = self.finish(child)
        self.assertEqual(done.code, 0, done)

    def call(self, port, action, request):
        """The AWS protocol over TCP -> status, answer."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_SECONDS)
        try:
            connection.request("POST", "/", json.dumps(request), {
                "X-Amz-Target": "AWSStepFunctions." + action, "Content-Type": "application/x-amz-json-1.0"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        finally:
            connection.close()

    def events(self, execution, **more):
        return self.ok("history", execution, "--json", **more).json()["events"]


class Result(unittest.TextTestResult):
    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        print(f"skipped: {test.id().split('.')[-1]}: {reason}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stepwell", required=True)
    parser.add_argument("--make-store", help="the program that makes a store of another format")
    parser.add_argument("tests", nargs="*")
    parser.parse_args(namespace=tools)
    tools.stepwell = os.path.abspath(tools.stepwell)
    loader = unittest.defaultTestLoader
    module = sys.modules["__main__"]
    suite = loader.loadTestsFromNames(tools.tests, module) if tools.tests else loader.loadTestsFromModule(module)
    result = unittest.TextTestRunner(verbosity=int(os.environ.get("VERBOSITY", "1")), resultclass=Result).run(suite)
    failed, skipped = len(result.failures) + len(result.errors), len(result.skipped)
    print(f"{result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)
