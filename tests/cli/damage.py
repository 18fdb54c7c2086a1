#!/usr/bin/env python3
"""Stores that are damaged, newer, read-only, or without room: a clear error, and nothing lost.
usage: damage.py --stepwell PROGRAM --make-store PROGRAM"""
import os
import shutil
import socket
import stat
import subprocess
import unittest

from door import ARN, NAP, PASS, Case, main, tools

EXERCISED = [["list", "executions"], ["describe", "x"], ["history", "x"], ["stop", "x"], ["serve", "--listen", "none"]]
MARK = "damaged-here-"


class Opening(Case):
    def every_command_fails(self, text, code=5):
        for words in [*EXERCISED, ["run", self.file("pass.json", PASS)], ["create", self.file("pass.json", PASS)],
                      ["start", "pass"], ["list", "machines"]]:
            self.fails(code, text, *words)

    def test_a_newer_store_is_refused_and_left_alone(self):
        os.mkdir(self.data)
        subprocess.run([tools.make_store, self.data], check=True)
        path = os.path.join(self.data, "data.mdb")
        with open(path, "rb") as file:
            before = file.read()
        self.every_command_fails("newer than this program's format")
        with open(path, "rb") as file:
            self.assertEqual(file.read(), before)

    def test_a_truncated_store_is_refused(self):
        self.ok("run", self.file("pass.json", PASS), "--input", "-", "--quiet", given=b'"' + b"x" * 200000 + b'"')
        path = os.path.join(self.data, "data.mdb")
        self.assertGreater(os.path.getsize(path), 100000)
        os.truncate(path, 40960)
        self.every_command_fails("truncated")
        os.truncate(path, 100)
        self.every_command_fails("data.mdb")

    def test_another_file_is_refused(self):
        os.mkdir(self.data)
        with open(os.path.join(self.data, "data.mdb"), "wb") as file:
            file.write(b"something else " * 10000)
        self.every_command_fails("data.mdb")

    def test_a_directory_that_cannot_be_made(self):
        blocker = self.file("blocker", "")
        for words in (["run", self.file("pass.json", PASS)], ["serve", "--listen", "none"]):
            self.fails(5, "blocker", *words, data=os.path.join(blocker, "data"))
            self.fails(5, "blocker", *words, data=blocker)
        self.fails(5, "", "list", "machines", data=blocker)
        self.fails(2, "--data takes the name of a directory", "run", self.file("pass.json", PASS), data="")

    def test_an_empty_file_is_a_crash_while_the_store_was_made(self):
        os.mkdir(self.data)
        with open(os.path.join(self.data, "data.mdb"), "wb"):
            pass
        self.fails(5, "", "list", "machines")
        self.ok("run", self.file("pass.json", PASS))

    def test_rubbish_beside_the_store_does_not_matter(self):
        self.ok("run", self.file("pass.json", PASS), "--name", "x")
        for name in ("LOCK", "HELPER.LOCK"):
            with open(os.path.join(self.data, name), "wb") as file:
                file.write(b"\xff" * 1000)
        with socket.socket(socket.AF_UNIX) as left_behind:
            left_behind.bind(os.path.join(self.data, "stepwell.sock"))
        self.ok("describe", "x")
        self.ok("run", self.file("pass.json", PASS))

    def test_a_directory_that_is_read_only(self):
        self.ok("run", self.file("pass.json", PASS), "--name", "x", "--input", "[1]")
        user = 65534 if os.getuid() == 0 else None  # root writes everywhere
        if user and not self.others_may_run(user):
            self.skipTest("the program cannot be run by another user")
        for name in os.listdir(self.data):
            os.chmod(os.path.join(self.data, name), 0o444)
        os.chmod(self.data, 0o555)
        os.chmod(self.folder, 0o755)
        pass_ = self.file("pass.json", PASS)
        for words in (["describe", "x"], ["history", "x"], ["list", "executions"], ["watch", "x"]):
            self.ok(*words, user=user)
        for words in (["run", pass_], ["serve", "--listen", "none"], ["create", pass_], ["stop", "x"]):
            self.fails(5, "ermission denied", *words, user=user)
        os.chmod(self.data, 0o755)
        for name in os.listdir(self.data):
            os.chmod(os.path.join(self.data, name), 0o644)
        self.ok("run", pass_)

    @staticmethod
    def others_may_run(user):
        try:
            return subprocess.run([tools.stepwell, "--version"], user=user, capture_output=True, check=False).returncode == 0
        except (OSError, subprocess.SubprocessError):
            return False

    def test_what_is_made_is_for_the_owner_alone(self):
        self.ok("run", self.file("pass.json", PASS))
        self.assertEqual(stat.S_IMODE(os.stat(self.data).st_mode), 0o700)
        with self.serving():
            self.assertEqual(stat.S_IMODE(os.stat(os.path.join(self.data, "stepwell.sock")).st_mode), 0o600)


class Records(Case):
    """Bits that turned on the disk: LMDB does not see them, the records' checksums do."""

    def damage(self, mark):
        path = os.path.join(self.data, "data.mdb")
        with open(path, "r+b") as file:
            content = file.read()
            at = content.find(mark)
            count = 0
            while at >= 0:
                file.seek(at)
                file.write(b"D")
                count += 1
                at = content.find(mark, at + 1)
        self.assertGreater(count, 0)

    def test_a_damaged_execution_does_not_stop_the_others(self):
        self.ok("create", self.file("nap.json", NAP))
        self.ok("start", "nap", "--name", "good")
        with self.serving():
            self.ok("start", "nap", "--name", "bad", "--input", f'"{MARK}input"')
            self.wait_for("the nap", lambda: len(self.events("bad")) == 2)
        self.damage((MARK + "input").encode())
        for words in (["describe", "bad"], ["history", "bad"], ["list", "executions"], ["describe", "good"]):
            done = self.run_(*words)
            self.assertTrue(done.code == 0 or "damaged" in done.err, done)
        with self.serving():
            self.ok("run", self.file("pass.json", PASS))
            self.ok("stop", "good")
            done = self.run_("stop", "bad")
            self.assertTrue(done.code == 0 or "damaged" in done.err, done)
            self.assertEqual(self.ok("describe", "good", "--json").json()["status"], "ABORTED")

    def test_a_damaged_machine_does_not_stop_the_others(self):
        self.ok("create", self.file("bad.json", {"Comment": MARK + "machine", **NAP}))
        self.ok("start", "bad", "--name", "x")
        self.ok("create", self.file("pass.json", PASS))
        self.damage((MARK + "machine").encode())
        with self.serving():
            self.ok("start", "pass", "--wait")
            for words in (["describe", "bad"], ["start", "bad"], ["stop", "x"], ["describe", ARN + "stateMachine:bad"]):
                done = self.run_(*words)
                self.assertTrue(done.code == 0 or done.err, done)
            self.assertIn("damaged", done.err)
            self.ok("start", "pass", "--wait")

    def test_bytes_turned_anywhere_never_crash_a_command(self):
        self.ok("run", self.file("pass.json", PASS), "--name", "x", "--input", '{"a": "' + "y" * 3000 + '"}', "--quiet")
        self.ok("create", self.file("nap.json", NAP))
        whole = os.path.join(self.folder, "whole")
        shutil.copytree(self.data, whole, ignore=shutil.ignore_patterns("*.sock"))
        with open(os.path.join(whole, "data.mdb"), "rb") as file:
            content = file.read()
        # Inside records only: LMDB does not defend itself against damage of its own pages.
        places = [content.rfind(word) for word in (b"yyyy", b"StartAt", b'"Nap"', b"stepwell", b"SUCC")]
        for place in (p for p in places if p > 0):
            shutil.rmtree(self.data)
            shutil.copytree(whole, self.data)
            with open(os.path.join(self.data, "data.mdb"), "r+b") as file:
                file.seek(place)
                file.write(bytes([content[place] ^ 0x41]))
            for words in EXERCISED[:-1] + [["start", "nap"], ["describe", "nap"]]:
                done = self.run_(*words)
                self.assertTrue(done.code == 0 or done.err, done)
            with self.serving():
                self.run_("start", "pass", "--wait")


class Room(Case):
    """A disk that is full: a small file system in memory, which only root may mount."""

    def mount(self, kib):
        os.mkdir(self.data)
        if os.getuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", self.data], check=False,
                                              capture_output=True).returncode:
            self.skipTest("mounting a small file system needs root")
        self.addCleanup(subprocess.run, ["umount", "-l", self.data], check=False)

    def fill(self):
        """Whatever is left."""
        with open(os.path.join(self.data, "ballast"), "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"b" * 4096)
            except OSError:
                pass

    def free(self):
        os.unlink(os.path.join(self.data, "ballast"))

    def names(self):
        return {e["name"] for e in self.ok("list", "executions", "--json").json()["executions"]}

    def test_a_serve_whose_disk_fills_up_refuses_and_recovers(self):
        self.mount(16384)
        payload = self.file("payload.json", '"' + "p" * 100000 + '"')
        accepted = set()
        with self.serving():
            self.ok("create", self.file("pass.json", PASS))
            self.ok("create", self.file("nap.json", NAP))
            self.ok("start", "nap", "--name", "running")
            self.fill()
            refused = None
            for i in range(200):
                done = self.run_("start", "pass", "--name", f"x{i}", "--input", "@" + payload)
                if done.code:
                    refused = done
                    break
                accepted.add(f"x{i}")
            self.assertIsNotNone(refused, "it was never full")
            self.assertEqual(refused.code, 5, refused)
            self.assertIn("full", refused.err)
            self.assertLessEqual(accepted | {"running"}, self.names())  # reads go on
            self.ok("stop", "running")  # so does what ends something
            self.free()
            self.wait_for("room", lambda: self.run_("start", "pass", "--name", "after", "--input", "@" + payload).code == 0)
            self.wait_for("the end", lambda: self.ok("describe", "pass:after", "--json").json()["status"] == "SUCCEEDED")
            for name in accepted:
                self.wait_for("the end", lambda n=name: self.ok("describe", "pass:" + n, "--json").json()["status"] == "SUCCEEDED")
        self.assertLessEqual(accepted | {"running", "after"}, self.names())
        self.assertEqual(self.ok("describe", "running", "--json").json()["status"], "ABORTED")

    def test_a_run_on_a_full_disk(self):
        self.mount(16384)
        pass_ = self.file("pass.json", {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": 1, "End": True}}})
        self.ok("run", pass_, "--name", "before")
        self.fill()
        payload = "@" + self.file("payload.json", '"' + "p" * 200000 + '"')
        for _ in range(60):
            run = self.begin("run", pass_, "--input", payload, "--quiet")
            if b"full" in run.stderr.readline():
                break
            self.assertEqual(self.finish(run).code, 0)
        else:
            self.fail("it was never full")
        # It says so, and goes on when there is room.
        self.assertEqual(self.ok("describe", "before", "--json").json()["status"], "SUCCEEDED")
        self.free()
        self.assertEqual(self.finish(run).code, 0)
        self.ok("run", pass_, "--input", payload, "--quiet")

    def test_a_store_cannot_be_made_without_room(self):
        self.mount(16384)
        self.fill()
        done = self.run_("run", self.file("pass.json", PASS))
        self.assertEqual(done.code, 5, done)
        self.assertRegex(done.err, "full|No space")
        self.free()
        self.ok("run", self.file("pass.json", PASS))


if __name__ == "__main__":
    main()
