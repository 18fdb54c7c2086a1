#!/usr/bin/env python3
"""Runs the examples of README.md and docs/*.md and compares what they print.

usage: docs.py --stepwell BUILD/cli/stepwell SOURCE [PAGE...]

Each page is a session of its own: a shell in a scratch directory. Every block that is indented by four spaces, or fenced
without the name of another language, must be one of these:

- a console: commands after "$ " and below each what it prints, which is compared line by line. A line "..." stands for any
  lines, "..." at the end of a line for the rest of it. Moments, elapsed seconds and UUIDs may be any.
- commands: lines that begin with "stepwell". They must succeed; what they print is not shown and not compared.
- JSON: a definition, or one state of it, must be valid; resources, mocks and credentials must be accepted; all other must be marked.
- marked by a comment on a line before it:
      <!-- example: not run: REASON -->
      <!-- example: file NAME -->         is kept under this name for the commands below
      <!-- example: api ACTION -->        JSON that is a request: the action must accept it
      <!-- example: volatile REGEX -->    what may be different each time, in what is printed by the block below
      <!-- example: setup                 commands that a reader does not see; they must succeed. $SOURCE is the source
      COMMANDS -->                        tree. Those that serve are started first

"stepwell serve" runs in the background until the next one, or the end of the page. Port 8083 is another one really, and
absolute paths of ROOTS stand in the scratch directory.
"""
import argparse
import functools
import glob
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOTS = ("/home/ada", "/var/lib/stepwell", "/var/log/stepwell", "/etc/stepwell", "/backups", "/tmp/test")
LANGUAGES = ("c", "python", "js", "java", "go", "csharp", "hcl", "ini")
VOLATILE = (
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?"), "<moment>"),
    (re.compile(r"\b1[6-9]\d{8}\.\d{1,3}\b"), "<moment>"),
    (re.compile(r'"<moment>"'), "<moment>"),  # the AWS CLI prints a text or a number, by its version
    (re.compile(r"^( +\d+) +\d+\.\d{3}s  ", re.M), r"\1 <elapsed> "),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<uuid>"),
)
DIRECTIVE = re.compile(r"<!-- example: ?(.*?)\s*-->", re.S)
DEADLINE_S = 60


class Wrong(Exception):
    """An example that does not do what the page says."""


class Missing(Exception):
    """The rest of the page needs a program that is not there."""


# ---- reading pages ------------------------------------------------------------------------------------------------


class Block:
    def __init__(self, line, lines, language):
        self.line, self.lines, self.language = line, lines, language
        self.directives = []

    @property
    def text(self):
        return "\n".join(self.lines)

    def directive(self, word):
        """What follows the word in the directive that begins with it; None: there is none."""
        found = [d[len(word):].strip() for d in self.directives if d.split(None, 1)[0].rstrip(":") == word.split()[0]]
        return found[-1] if found else None


def indented_block(lines, start):
    end = start
    while end < len(lines) and (lines[end].startswith("    ") or not lines[end].strip()):
        end += 1
    while not lines[end - 1].strip():
        end -= 1
    return end, [line[4:] for line in lines[start:end]]


def read_page(text):
    """The blocks of a page in their order, each with the directives before it."""
    lines, at, directives = text.split("\n"), 0, []
    while at < len(lines):
        line, block = lines[at], None
        if line.startswith("<!-- example:"):
            end = at
            while "-->" not in lines[end]:
                end += 1
            directives.append(DIRECTIVE.match("\n".join(lines[at:end + 1])).group(1))
            at = end + 1
            continue
        if line.startswith("```"):
            end = at + 1
            while not lines[end].startswith("```"):
                end += 1
            block, at = Block(at + 2, lines[at + 1:end], line[3:].strip()), end + 1
        elif line.startswith("    ") and line.strip() and not lines[at - 1].strip():
            end, inner = indented_block(lines, at)
            block, at = Block(at + 1, inner, ""), end
        else:
            at += 1
        if block:
            block.directives, directives = directives, []
            yield block
    if directives:
        raise Wrong(f"no block follows <!-- example: {directives[0]} -->")


def commands_of(block):
    """(line, command, lines of output) of a console."""
    found = []
    for number, line in enumerate(block.lines, block.line):
        if line.startswith("$ "):
            found.append((number, line[2:], []))
        elif found and not found[-1][2] and found[-1][1].endswith("\\"):
            found[-1] = (found[-1][0], found[-1][1] + "\n" + line, [])
        elif found:
            found[-1][2].append(line)
        else:
            raise Wrong(f"line {number}: a console begins with a command")
    for _, _, output in found:
        while output and not output[-1].strip():
            output.pop()
    return found


# ---- comparing ----------------------------------------------------------------------------------------------------


def settled(text, volatile):
    for pattern, name in VOLATILE:
        text = pattern.sub(name, text)
    for pattern in volatile:
        text = pattern.sub("<volatile>", text)
    return text.split("\n") if text else []


def same_line(expected, line):
    if expected.endswith("...") and expected.strip() != "...":
        return line.startswith(expected[:-3])
    return expected.rstrip() == line.rstrip()


def first_difference(expected, happened):
    """None, or (place in expected, place in happened) of the first line that differs."""
    at = 0
    for place, line in enumerate(expected):
        if line.strip() == "...":
            rest = expected[place + 1:]
            if not rest:
                return None
            tries = [first_difference(rest, happened[i:]) for i in range(at, len(happened) + 1)]
            return None if None in tries else (place + 1, at)
        if at == len(happened) or not same_line(line, happened[at]):
            return place, at
        at += 1
    return None if at == len(happened) else (len(expected), at)


def compare(expected, text, volatile, line):
    happened = settled(text.rstrip("\n"), volatile)
    wanted = settled("\n".join(expected), volatile)
    difference = first_difference(wanted, happened)
    if difference is None:
        return
    place, at = difference
    shown = wanted[place] if place < len(wanted) else "(nothing more)"
    actual = happened[at] if at < len(happened) else "(nothing more)"
    raise Wrong(f"line {line + 1 + place}: the page says\n    {shown}\n  printed was\n    {actual}\n  in all\n    "
                + "\n    ".join(happened[:40]))


# ---- a session ----------------------------------------------------------------------------------------------------


def free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


class Session:
    """A shell with a home, in which "stepwell" is the one that was built."""

    def __init__(self, stepwell, source):
        self.root = tempfile.mkdtemp(prefix="docs-")
        self.port, self.server, self.servers, self.usable = free_port(), None, 0, True
        for path in ROOTS + ("/work", "/bin"):
            os.makedirs(self.root + path)
        os.symlink(os.path.abspath(stepwell), self.root + "/bin/stepwell")
        self.keep_home("aws")
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith(("STEPWELL_", "AWS_", "XDG_"))}
        self.environment.update(HOME=self.root + "/home/ada", PATH=f"{self.root}/bin:{os.environ['PATH']}",
                                SOURCE=os.path.abspath(source), LC_ALL="C.UTF-8", NO_COLOR="1", PYTHONUNBUFFERED="1")
        self.shell = subprocess.Popen(["bash", "--norc"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, cwd=self.root + "/work", env=self.environment,
                                      start_new_session=True)

    def keep_home(self, program):
        """Some ways to install it look for it in the home directory."""
        path = shutil.which(program)
        if path:
            with open(f"{self.root}/bin/{program}", "w", encoding="utf-8") as file:
                file.write(f"#!/bin/sh\nHOME={shlex.quote(os.environ.get('HOME', '/'))} "
                           f"AWS_CONFIG_FILE={self.root}/home/ada/.aws/config AWS_SHARED_CREDENTIALS_FILE=/dev/null exec {shlex.quote(path)} \"$@\"\n")
            os.chmod(f"{self.root}/bin/{program}", 0o755)

    def real(self, command):
        """What stands for it in the scratch directory."""
        for path in ROOTS:
            command = re.sub(rf"(?<![\w./]){re.escape(path)}\b", self.root + path, command)
        return command.replace(":8083", f":{self.port}")

    def shown(self, text):
        return text.replace(self.root, "").replace(f":{self.port}", ":8083")

    def run(self, command):
        """Exit status and what was printed. The shell knows the status as $? afterwards."""
        mark = "@@end@@"
        self.shell.stdin.write(f"{{ {self.real(command)}\n}} </dev/null\n__status=$?; printf '\\n{mark} %d\\n' $__status; "
                               f"(exit $__status)\n".encode())
        self.shell.stdin.flush()
        lines = []
        self.usable = False  # until the shell answers
        signal.alarm(DEADLINE_S)
        for raw in self.shell.stdout:
            line = raw.decode("utf-8", "replace")
            if line.startswith(mark):
                signal.alarm(0)
                self.usable = True
                text = "".join(lines)
                return int(line.split()[1]), self.shown(text[:-1] if text.endswith("\n") else text)
            lines.append(line)
        signal.alarm(0)
        raise Wrong("the shell has ended: " + "".join(lines)[-500:])

    def serve(self, command):
        """Starts it, and returns the file of what it prints."""
        self.end_server()
        words = shlex.split(self.real(command.replace("\\\n", " ").rstrip("& ")), comments=True)
        words[0] = self.root + "/bin/stepwell"
        if "--listen" not in words:  # the default is port 8083, which may be in use
            words += ["--listen", f"127.0.0.1:{self.port}"]
        self.servers += 1
        path = f"{self.root}/serve.{self.servers}"
        with open(path, "wb") as out:
            self.server = subprocess.Popen(words, stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                                           cwd=self.root + "/work", env=self.environment)
        return path

    def await_server(self, path, done):
        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end:
            with open(path, encoding="utf-8", errors="replace") as file:
                text = self.shown(file.read())
            if done(text):
                return text
            if self.server.poll() is not None:
                raise Wrong(f"serve ended with {self.server.returncode}: {text[-500:]}")
            time.sleep(0.02)
        raise Wrong(f"serve printed {text[-500:]!r}")

    def serve_until_ready(self, command):
        self.await_server(self.serve(command), lambda text: "listening on" in text)

    def end_server(self):
        if not self.server:
            return
        self.server.send_signal(signal.SIGTERM)
        try:
            status = self.server.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.server.kill()
            status = self.server.wait()
        self.server = None
        if status != 0:
            raise Wrong(f"serve ended with {status}")

    def close(self):
        try:
            self.end_server()
        finally:
            if not self.usable:
                os.killpg(self.shell.pid, signal.SIGKILL)
            self.shell.stdin.close()
            try:
                self.shell.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.shell.pid, signal.SIGKILL)
                self.shell.wait()
            self.shell.stdout.close()
            shutil.rmtree(self.root, ignore_errors=True)


# ---- blocks -------------------------------------------------------------------------------------------------------


def is_serve(command):
    return command.startswith("stepwell serve ")


PROBES = {"aws": "--version", "curl": "--version", "dot": "-V", "jq": "--version", "openssl": "version"}


@functools.lru_cache(maxsize=None)
def is_there(program):
    try:
        tried = subprocess.run([program, PROBES[program]], capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    except OSError:
        return False
    version = re.match(r"aws-cli/(\d+)\.(\d+)", tried.stdout)
    if version:  # older ones do not read AWS_ENDPOINT_URL_SFN
        return (int(version[1]), int(version[2])) >= (1, 29) and not (2, 0) <= (int(version[1]), int(version[2])) < (2, 13)
    return tried.returncode == 0


def missing_of(command):
    """The program of a pipeline that this machine does not have, and the tests do not ask for; None: there are all."""
    for part in command.split("| "):
        word = (part.split() or [""])[0]
        if word in PROBES and not is_there(word):
            return word
    return None


def run_console(session, block, report):
    try:
        volatile = [re.compile(d.split(None, 1)[1], re.M) for d in block.directives if d.startswith("volatile ")]
    except re.error as error:
        raise Wrong(f"line {block.line}: volatile: {error}") from error
    for line, command, output in commands_of(block):
        if missing_of(command):
            report.skip(line, f"there is no {missing_of(command)}")
            continue
        if is_serve(command):
            path = session.serve(command)
            session.await_server(path, lambda text: len(text.splitlines()) >= max(1, len(output)))
            with open(path, encoding="utf-8", errors="replace") as file:
                text = session.shown(file.read())
        else:
            status, text = session.run(command)
            if status > 125:
                raise Wrong(f"line {line}: {command}: exit code {status}\n{text}")
        compare(output, text, volatile, line + command.count("\n"))
        report.good()


def run_commands(session, block, report):
    for at, command in enumerate(block.text.replace("\\\n", "\\\f").split("\n")):
        line, command = block.line + at, command.replace("\f", "\n")
        if missing_of(command):
            report.skip(line, f"there is no {missing_of(command)}")
            continue
        if is_serve(command):
            session.serve_until_ready(command)
        else:
            status, text = session.run(command)
            if status != 0:
                raise Wrong(f"line {line}: {command}: exit code {status}\n{text}")
        report.good()


def definition_of(tree):
    """A machine, if the JSON is a machine, or one state by its name."""
    if "StartAt" in tree:
        return tree
    if len(tree) == 1 and isinstance(list(tree.values())[0], dict) and "Type" in list(tree.values())[0]:
        name, state = list(tree.items())[0]
        return {"StartAt": name, "States": {name: state}}
    return None


def keep_file(session, block):
    path = os.path.join(session.root + "/work", session.real(block.directive("file")))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(session.real(block.text) + "\n")


def check_json(session, block, report):
    text = block.text
    name, action = block.directive("file"), block.directive("api")
    try:
        tree = json.loads(text if text.startswith(("{", "[")) else "{" + text + "}")
    except ValueError as error:
        raise Wrong(f"line {block.line}: not JSON: {error}") from error
    machine = definition_of(tree) if isinstance(tree, dict) else None
    with open(f"{session.root}/work/{name or 'example.json'}", "w", encoding="utf-8") as file:
        file.write(text if name else json.dumps(machine or tree))
    os.chmod(f"{session.root}/work/{name or 'example.json'}", 0o600)
    with open(f"{session.root}/work/nothing.json", "w", encoding="utf-8") as file:
        file.write('{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}')
    if action:
        session.serve_until_ready("stepwell serve --data api")
        command = f"stepwell api {action} @example.json --data api"
    elif machine:
        command = f"stepwell validate {name or 'example.json'}"
    elif "resources" in tree:
        command = f"stepwell run nothing.json --quiet --data resources --resources {name or 'example.json'}"
    elif "MockedResponses" in tree:
        command = f"stepwell run nothing.json --quiet --data mocks --mock-config {name or 'example.json'}"
    elif "credentials" in tree:
        session.serve_until_ready(f"stepwell serve --data credentials --credentials {name or 'example.json'}")
        command = "true"
    elif name:
        command = "true"
    else:
        raise Wrong(f"line {block.line}: JSON of no kind that can be run: mark it")
    status, printed = session.run(command)
    if status != 0 or (machine and "warning" in printed):
        raise Wrong(f"line {block.line}: {command}: {printed}")
    report.good()


def run_setup(session, commands, line):
    lines = commands.split("\n")
    for program in sorted(PROBES.keys() & set(commands.split())):
        if not is_there(program):
            raise Missing(f"there is no {program}")
    for command in [c for c in lines if is_serve(c)]:
        session.serve_until_ready(command)
    status, text = session.run("(set -e\n" + "\n".join(c for c in lines if not is_serve(c)) + "\n)")
    if status != 0:
        raise Wrong(f"line {line}: the setup before it ended with {status}:\n{text}")


def run_block(session, block, report):
    for directive in block.directives:
        if directive.startswith("setup"):
            run_setup(session, directive[5:].strip(), block.line)
    reason = block.directive("not run")
    if reason is not None:
        if len(reason.lstrip(": run").split()) < 2:
            raise Wrong(f"line {block.line}: not run, and no reason")
        report.left_out += 1
    elif block.language in LANGUAGES:
        report.left_out += 1
    elif not (block.directive("file") or ".json").endswith(".json"):
        keep_file(session, block)
    elif any(line.startswith("$ ") for line in block.lines):
        run_console(session, block, report)
    elif all(line.startswith("stepwell ") for line in block.text.replace("\\\n", " ").split("\n")):
        run_commands(session, block, report)
    elif re.match(r'[\[{]|"[^"]+": \{', block.text):
        check_json(session, block, report)
    else:
        raise Wrong(f"line {block.line}: neither a console nor JSON: run it, or mark it with the reason")


class Report:
    def __init__(self):
        self.passed = self.failed = self.skipped = self.left_out = 0
        self.page = ""

    def good(self):
        self.passed += 1

    def bad(self, problem):
        self.failed += 1
        print(f"{self.page}: {problem}")

    def skip(self, line, reason):
        self.skipped += 1
        print(f"skipped: {self.page}:{line}: {reason}")


def run_page(stepwell, source, page, report):
    report.page = os.path.relpath(page, source)
    with open(page, encoding="utf-8") as file:
        text = file.read()
    session = Session(stepwell, source)
    try:
        for block in read_page(text):
            try:
                run_block(session, block, report)
            except Wrong as wrong:
                report.bad(wrong)
                if not session.usable:
                    break
            except Missing as missing:
                report.skip(block.line, f"{missing}, which the rest of the page needs")
                break
        session.close()
    except Wrong as wrong:
        report.bad(wrong)
        session.close()


def late(number, frame):
    raise Wrong(f"a command takes longer than {DEADLINE_S} seconds")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stepwell", required=True)
    parser.add_argument("source")
    parser.add_argument("pages", nargs="*")
    options = parser.parse_args()
    report = Report()
    pages = options.pages or [f"{options.source}/README.md"] + sorted(glob.glob(f"{options.source}/docs/*.md"))

    signal.signal(signal.SIGALRM, late)
    for page in pages:
        run_page(options.stepwell, options.source, page, report)
    print(f"{report.left_out} blocks are not for running")
    print(f"{report.passed} passed, {report.failed} failed, {report.skipped} skipped")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
