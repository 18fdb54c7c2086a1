#!/usr/bin/env python3
"""Installs into an empty tree and uses nothing else: headers compile alone as C and C++, exactly what they mark is
exported, the examples build by pkg-config (shared and static), run, and leave nothing behind.

usage: embed.py BUILD SOURCE
"""
import glob
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

COUNTS = {True: 0, False: 0}
SKIPPED = []
WARNINGS = ["-Wall", "-Wextra", "-Werror"]
VALGRIND = ["valgrind", "-q", "--leak-check=full", "--show-leak-kinds=definite,indirect,possible",
            "--errors-for-leak-kinds=definite,indirect,possible", "--error-exitcode=99"]
# What the libraries use themselves: their static link needs no more than `pkg-config --static` tells.
LIBRARIES = {"stepwell": ["stepwell"], "stepwell-server": ["stepwell-server", "stepwell"]}


def verdict(what, good, detail=""):
    COUNTS[bool(good)] += 1
    if not good:
        print(f"FAIL {what}: {detail}")


def skip(why):
    SKIPPED.append(why)
    print(f"skipped: {why}")


def run(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=120, **more)


class Tree:
    """What is installed, and how to compile against it."""

    def __init__(self, root, source, pc_directory):
        self.root, self.source = root, source
        self.env = {**os.environ, "PKG_CONFIG_PATH": pc_directory, "PKG_CONFIG_SYSROOT_DIR": root}
        self.library_directory = os.path.dirname(pc_directory)
        self.run_env = {**os.environ, "LD_LIBRARY_PATH": self.library_directory}

    def pkg_config(self, *words):
        done = run("pkg-config", *words, env=self.env)
        verdict(f"pkg-config {' '.join(words)}", done.returncode == 0, done.stderr)
        return done.stdout.split()

    def path(self, name):
        return os.path.join(self.root, name)

    def example(self, name, package="stepwell", more=(), static=False):
        """The example as it is installed, for people to copy."""
        found = glob.glob(f"{self.root}/**/doc/stepwell/examples/{name}", recursive=True)
        verdict(f"{name} is installed", len(found) == 1, found)
        return self.build(found[0], package, more, static) if found else None

    def build(self, source, package="stepwell", more=(), static=False):
        """The program, or None. Static: with the archives of Stepwell itself, and what --static names beside."""
        name = os.path.splitext(os.path.basename(source))[0] + ("-static" if static else "")
        flags = self.pkg_config("--cflags", "--libs", *(["--static"] if static else []), package)
        if static:
            archives = {f"-l{name}": os.path.join(self.library_directory, f"lib{name}.a") for name in LIBRARIES[package]}
            flags = [archives.get(flag, flag) for flag in flags]
        done = run("cc", "-std=c17", "-D_GNU_SOURCE", *WARNINGS, "-o", self.path(name), source, *flags, *more)
        verdict(f"{name} builds", done.returncode == 0, done.stderr[:2000])
        return self.path(name) if done.returncode == 0 else None


def main():
    build, source = sys.argv[1:]
    with tempfile.TemporaryDirectory() as root:
        done = run("meson", "install", "-C", build, "--no-rebuild", "--quiet", env={**os.environ, "DESTDIR": root})
        verdict("install", done.returncode == 0, done.stdout + done.stderr)
        found = glob.glob(f"{root}/**/pkgconfig/stepwell.pc", recursive=True)
        verdict("stepwell.pc", len(found) == 1, found)
        if not found:
            return
        tree = Tree(root, source, os.path.dirname(found[0]))
        headers = glob.glob(f"{root}/**/include/stepwell/**/*.h", recursive=True)
        check_headers(tree, headers)
        check_symbols(tree, headers)
        check_versions(tree)
        shared = run("nm", "-D", os.path.join(tree.library_directory, "libstepwell.so")).stdout
        if "__asan_init" in shared:
            skip("programs are not linked against a library with sanitizers")
            return
        check_libev(tree)
        check_jsonata(tree)
        check_blocking(tree)
        check_poll(tree)
        check_jobrunner(tree)
        check_server(tree)
        check_lifecycle(tree)
        check_cplusplus(tree)


def check_headers(tree, headers):
    includes = tree.pkg_config("--cflags", "stepwell-server")
    verdict("installed headers", len(headers) >= 6, headers)
    for header in headers:
        name = header.split("/include/", 1)[1]
        compilers = [("cc", "c", "gnu17" if "adapters/" in name else "c17")]  # libev itself asks for POSIX
        if shutil.which("c++") and "adapters/" not in name:
            compilers.append(("c++", "c++", "c++17"))
        for compiler, language, standard in compilers:
            done = run(compiler, "-x", language, f"-std={standard}", *WARNINGS, "-fsyntax-only", *includes, "-",
                       input=f"#include <{name}>\n")
            verdict(f"{name} alone as {standard}", done.returncode == 0, done.stderr[:800])


def marked(path):
    """The functions that a header marks with SW_API."""
    with open(path, encoding="utf-8") as f:
        text = re.sub(r"/\*.*?\*/|^\s*#[^\n]*(\\\n[^\n]*)*", " ", f.read(), flags=re.S | re.M)
    return set(re.findall(r"\bSW_API\b[^;()]*?\b(\w+)\s*\(", text))


def check_symbols(tree, headers):
    """Each library exports what its headers mark, all of it and nothing else; and all of it begins with sw_."""
    wanted = {"stepwell": set(), "stepwell-server": set()}
    for header in headers:
        wanted["stepwell-server" if os.path.basename(header) == "server.h" else "stepwell"] |= marked(header)
    for library, names in wanted.items():
        path = os.path.join(tree.library_directory, f"lib{library}.so")
        listing = run("nm", "-D", "--defined-only", path).stdout
        # a sanitizer adds names of its own
        exported = set(name for name in re.findall(r"^\S+ [A-Za-z] (\w+)", listing, re.M)
                       if not re.match(r"__(odr_)?(asan|ubsan|sanitizer)_", name))
        verdict(f"lib{library} exports what the headers mark", names and exported == names,
                f"missing {sorted(names - exported)[:10]}, unmarked {sorted(exported - names)[:10]}")
        verdict(f"lib{library} exports sw_ names", all(name.startswith("sw_") for name in exported), exported)


def check_versions(tree):
    """The files say one version, and the name that programs are bound to changes with what may break them."""
    version = tree.pkg_config("--modversion", "stepwell")[0]
    major, minor = version.split(".")[:2]
    abi = major if major != "0" else f"0.{minor}"
    for library in LIBRARIES:
        verdict(f"{library}.pc version", tree.pkg_config("--modversion", library) == [version], version)
        path = os.path.join(tree.library_directory, f"lib{library}.so")
        listing = run("readelf", "-d", path).stdout
        soname = re.findall(r"SONAME.*\[(.*)\]", listing)
        verdict(f"lib{library} soname", soname == [f"lib{library}.so.{abi}"], soname)
        verdict(f"lib{library}.so file", os.path.realpath(path).endswith(f".so.{version}"), os.path.realpath(path))


def check_run(tree, name, words, good, under_valgrind=False, **more):
    prefix = []
    if under_valgrind:
        if not shutil.which("valgrind"):
            return
        prefix, name = VALGRIND, name + " under valgrind"
    done = run(*prefix, *words, env=tree.run_env, **more)
    verdict(f"{name} runs", done.returncode == 0 and good(done.stdout), f"{done.returncode} {done.stdout} {done.stderr}")


def check_kept(tree, program, good):
    """In memory, in a directory that is new, in one that is there, and in that one under valgrind."""
    name = os.path.basename(program)
    for words in ([], [tree.path("data-" + name)], [tree.path("data-" + name)]):
        check_run(tree, name, [program, *words], good)
    check_run(tree, name, [program, tree.path("data-" + name)], good, under_valgrind=True)


def check_libev(tree):
    program = tree.example("embed-libev.c", more=["-lev"])
    if program:
        check_kept(tree, program, lambda text: '"state": "Shout", "got": {"state": "Greet"' in text)


def check_blocking(tree):
    wanted = ('SUCCEEDED: {"charged": 99}\nSUCCEEDED: {"sorry":true,"why":"more than the card is good for"}\n'
              'SUCCEEDED: {"charged": 12}\n')
    for static in (False, True):
        program = tree.example("embed-blocking.c", static=static)
        if program:
            check_kept(tree, program, lambda text: text == wanted)


def check_cplusplus(tree):
    """A host in C++, as old and as new as hosts are."""
    if not shutil.which("c++"):
        skip("there is no C++ compiler")
        return
    source = os.path.join(tree.source, "tests/embed/host.cpp")
    wanted = '{"output":"7","status":"SUCCEEDED"}\na call that is not allowed, or an argument out of range\n1 succeeded\n'
    for standard in ("c++11", "c++20"):
        program = tree.path("host-" + standard)
        done = run("c++", f"-std={standard}", *WARNINGS, "-Wpedantic", "-o", program, source,
                   *tree.pkg_config("--cflags", "--libs", "stepwell-server"))
        verdict(f"host.cpp builds as {standard}", done.returncode == 0, done.stderr[:2000])
        if done.returncode == 0:
            check_run(tree, os.path.basename(program), [program], lambda text: text == wanted)


def check_poll(tree):
    program = tree.example("embed-poll.c")
    if program:
        check_kept(tree, program, lambda text: text == 'SUCCEEDED: "tock"\n')


def check_jsonata(tree):
    program = tree.example("jsonata.c", more=["-ljansson"])
    if not program:
        return
    given = '{"items": [{"price": 2}, {"price": 3}]}'
    for under_valgrind in (False, True):
        check_run(tree, "jsonata", [program, "$sum(items.price)"], lambda text: text == "5\n", under_valgrind, input=given)
    done = run(program, "$sum(items", env=tree.run_env, input=given)
    verdict("jsonata tells mistakes", done.returncode == 1 and done.stderr.startswith("S0203 at 1:11: "), done.stderr)


REPORT = 'report {"text": "to be or not to be"}\n'
REPORTED = 'SUCCEEDED {"words":6,"digest":"cedefc61503a54bd"}'


def check_jobrunner(tree):
    program = tree.example("jobrunner.c", more=["-ljansson", "-pthread"])
    if not program:
        return
    lines = REPORT + 'report {}\n\nno-such {}\nreport {"text"\n' + 'later {"seconds": 1, "text": "late but here"}'
    for words, under_valgrind in (([], False), (["-d", tree.path("data-jobs")], False), ([], True)):
        check_run(tree, "jobrunner", [program, *words], reported, under_valgrind, input=lines)
    check_jobrunner_again(tree, program)


def reported(text):
    lines = dict(line.split(": ", 1) for line in text.splitlines())
    return (lines.get("1") == REPORTED and lines.get("2") == "FAILED Text.Missing" and lines.get("6") == "SUCCEEDED 3"
            and "no-such" in lines.get("4", "") and "5" in lines and len(lines) == 5)


def connect(path):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(60)
    deadline = time.monotonic() + 60
    while True:
        try:
            client.connect(path)
            return client
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def line_of(descriptor, begin):
    """The first line of a pipe that begins so; all that came instead when none does within a minute."""
    text, deadline = b"", time.monotonic() + 60
    while select.select([descriptor], [], [], max(0, deadline - time.monotonic()))[0]:
        chunk = os.read(descriptor, 4096)
        text += chunk
        for line in text.decode().splitlines(keepends=True):
            if line.startswith(begin) and line.endswith("\n"):
                return line
        if not chunk:
            break
    return text.decode()


def check_jobrunner_again(tree, program):
    """Two clients on the socket; the process is killed while a job waits, and the next one shows its result."""
    data, path = tree.path("data-jobs"), tree.path("jobs.sock")
    words = [program, "-d", data, "-s", path]
    with subprocess.Popen(words, env=tree.run_env) as host:
        with connect(path) as one, connect(path) as other:
            one.sendall(b'later {"seconds": 5, "text": "after a crash"}\n' + REPORT.encode())
            answer = one.makefile().readline()
            verdict("jobrunner answers on its socket", answer == f"2: {REPORTED}\n", answer)
            other.sendall(b"nothing\n" + REPORT.encode())
            answer = other.makefile().read(2)
            verdict("jobrunner has several clients", answer == "1:", answer)
        host.kill()
    with subprocess.Popen(words, env=tree.run_env, stdout=subprocess.PIPE, text=True) as host:
        line = line_of(host.stdout.fileno(), "later ")  # the other client's report may go on, too
        verdict("jobrunner goes on after kill -9", line.startswith("later ") and line.endswith(": SUCCEEDED 3\n"), line)
        host.send_signal(signal.SIGTERM)
        host.wait(60)
    verdict("jobrunner ends well", host.returncode == 0, host.returncode)


def call(port, action, **body):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", json.dumps(body).encode(), {
        "X-Amz-Target": f"AWSStepFunctions.{action}", "Content-Type": "application/x-amz-json-1.0"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def converse(port):
    """What StartSyncExecution answers of a machine whose task is the host's C function."""
    definition = {"StartAt": "Up", "States": {"Up": {"Type": "Task", "Resource": "function:upper", "End": True}}}
    machine = call(port, "CreateStateMachine", name="up", type="EXPRESS", definition=json.dumps(definition),
                   roleArn="arn:aws:iam::123456789012:role/up")
    done = call(port, "StartSyncExecution", stateMachineArn=machine["stateMachineArn"], input='"hello"')
    return done.get("output", done)


def check_server(tree):
    for static in (False, True):
        program = tree.example("embed-server.c", "stepwell-server", static=static)
        if not program:
            continue
        data = tree.path("data-" + os.path.basename(program))
        ways = [("", [program, "127.0.0.1:0", data], True)]
        if shutil.which("valgrind") and not static:
            ways.append((" under valgrind", [*VALGRIND, program], False))
        for suffix, words, kept in ways:
            name = os.path.basename(program) + suffix
            with subprocess.Popen(words, env=tree.run_env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as host:
                line = host.stdout.readline()
                try:
                    answer = converse(int(line.rsplit(" ", 1)[-1]))
                    verdict(f"{name} answers", answer == '"HELLO"', answer)
                    if kept:
                        verdict(f"{name} has its socket", os.path.exists(data + "/stepwell.sock"), os.listdir(data))
                except (OSError, ValueError, KeyError) as error:
                    verdict(f"{name} answers", False, f"{line} {error}")
                host.send_signal(signal.SIGTERM)
                try:
                    errors = host.communicate(timeout=60)[1]
                except subprocess.TimeoutExpired:
                    host.kill()
                    errors = "does not end"
            verdict(f"{name} ends well", host.returncode == 0 and not errors, f"{host.returncode} {errors}")
            if kept:
                verdict(f"{name} removes its socket", not os.path.exists(data + "/stepwell.sock"))


def check_lifecycle(tree):
    program = tree.build(os.path.join(tree.source, "tests/embed/lifecycle.c"), "stepwell-server")
    if not program:
        return
    check_run(tree, "lifecycle", [program, tree.path("data-lifecycle")], lambda text: not text)
    for under_valgrind in (False, True):
        check_run(tree, "lifecycle in memory", [program, "-"], lambda text: not text, under_valgrind)


if __name__ == "__main__":
    if not shutil.which("valgrind"):
        skip("valgrind is not installed")
    main()
    print(f"{COUNTS[True]} passed, {COUNTS[False]} failed, {len(SKIPPED)} skipped")
    sys.exit(1 if COUNTS[False] else 0)
