#!/usr/bin/env python3
"""A long time under full load over HTTP, with restarts by SIGTERM and kill -9 in the midst of it.

usage: soak.py --stepwell PROGRAM [--minutes N] [--keep DIR]

Half of the time goes to one long life of the server, in which its memory and its descriptors must not grow; the other half
to short lives before and after it, which end in turn by SIGTERM and by kill -9. After each life what it had acknowledged
must be there (tests/http/load.py), in the end the doctor must find nothing. Prints a line for each life, and a table of the
long one.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "http"))
import load  # noqa: E402
from raw import descriptors, memory_bytes  # noqa: E402

SHORT_SECONDS = 15
ROWS = 12             # of the table of the long life
WARM_UP = 0.25        # of it
GROWTH_PERCENT = 5    # of memory between the quarter after the warm-up and the last quarter: noise is as much
GROWTH_BYTES = 2 << 20
DESCRIPTORS_MORE = 4  # a connection that is being closed, a file that is being written
ACTORS = {"passers": 56, "nappers": 12, "feeders": 4, "workers": 4, "syncers": 1, "readers": 1}


class Life:
    """Samples of one process."""

    def __init__(self, server, ledger):
        self.server, self.ledger, self.begun, self.before = server, ledger, time.monotonic(), ledger.counts["requests"]
        self.samples = []

    def sample(self):
        self.ledger.forget_some()
        size = os.stat(os.path.join(self.data(), "data.mdb")).st_blocks * 512
        self.samples.append((time.monotonic() - self.begun, memory_bytes(self.server.pid), descriptors(self.server.pid),
                             self.ledger.counts["requests"] - self.before, size))

    def data(self):
        words = self.server.child.args
        return words[words.index("--data") + 1]

    def rate(self):
        seconds, _, _, requests, _ = self.samples[-1]
        return requests / seconds

    def table(self):
        print("   seconds  requests/s  RssAnon MiB  descriptors  data MiB")
        step = max(1, len(self.samples) // ROWS)
        last = (0, 0, 0, 0, 0)
        for sample in self.samples[step - 1::step]:
            seconds, memory, open_, requests, size = sample
            print(f"{seconds:10.0f}  {(requests - last[3]) / (seconds - last[0]):10.0f}  {memory / 2**20:11.1f}  {open_:11}"
                  f"  {size / 2**20:8.0f}")
            last = sample

    def check_flat(self):
        """What has grown."""
        warm = self.samples[int(len(self.samples) * WARM_UP):]
        quarter = max(1, len(warm) // 4)
        first, last = warm[:quarter], warm[-quarter:]
        memory = [statistics.median(sample[1] for sample in part) for part in (first, last)]
        open_ = [max(sample[2] for sample in part) for part in (first, last)]
        print(f"RssAnon {memory[0] / 2**20:.1f} -> {memory[1] / 2**20:.1f} MiB, descriptors {open_[0]} -> {open_[1]}")
        if memory[1] - memory[0] > max(GROWTH_BYTES, memory[0] * GROWTH_PERCENT / 100):
            self.ledger.fail("the memory grows")
        if open_[1] > open_[0] + DESCRIPTORS_MORE:
            self.ledger.fail("the descriptors grow")


class Soak:
    def __init__(self, options, work):
        self.stepwell, self.seconds, self.data = options.stepwell, options.minutes * 60, os.path.join(work, "data")
        self.log = open(os.path.join(work, "serve.log"), "ab")
        self.ledger = load.Ledger()
        self.load = load.Load(self.ledger, **ACTORS)
        self.lives = 0

    def live(self, seconds, how, long=False):
        """One life: what the ledger says of those before, then load, then its end."""
        server = load.Server(self.stepwell, self.data, self.log)
        try:
            if self.lives == 0:
                load.create(server.port)
            looked_at = load.check(server.port, self.ledger)
            life = Life(server, self.ledger)
            code, said = self.load.run(server, seconds, load.SIGNALS[how], life.sample)
        finally:
            server.child.kill()
        self.lives += 1
        print(f"life {self.lives}: {looked_at} executions looked at, {life.samples[-1][0]:.0f} s, {life.rate():.0f} requests/s, "
              f"{life.samples[-1][1] / 2**20:.1f} MiB, {life.samples[-1][2]} descriptors, {how}: {code}", flush=True)
        if code != load.EXIT_CODES[how] or said:
            self.ledger.fail(f"{how}: exit code {code}, {said[-1000:]}")
        if long:
            life.table()
            life.check_flat()

    def finish(self):
        server = load.Server(self.stepwell, self.data, self.log)
        try:
            looked_at = load.check(server.port, self.ledger, everything=True)
            counts = {machine: load.count_executions(server.port, machine) for machine in ("pass", "nap", "work")}
            code, _ = server.end(load.SIGNALS["SIGTERM"])
        finally:
            server.child.kill()
        if code != 0:
            self.ledger.fail(f"SIGTERM: exit code {code}")
        for machine, count in counts.items():
            print(f"{machine}: {self.ledger.counts[machine]} starts acknowledged, {count} executions there")
            if count < self.ledger.counts[machine]:
                self.ledger.fail(f"{self.ledger.counts[machine] - count} executions of {machine} are lost")
        begun = time.monotonic()
        done = subprocess.run([self.stepwell, "doctor", "--data", self.data], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False)
        print(f"{looked_at} executions looked at; doctor: exit code {done.returncode} after {time.monotonic() - begun:.0f} s")
        if done.returncode != 0:
            self.ledger.fail("doctor: " + (done.stdout + done.stderr)[-2000:])

    def run(self):
        short = max(2, round(self.seconds / 2 / SHORT_SECONDS))
        hows = ["SIGTERM", "kill -9"] * short
        for number in range(short // 2):
            self.live(SHORT_SECONDS, hows[number])
        self.live(self.seconds / 2, "SIGTERM", long=True)
        for number in range(short // 2, short):
            self.live(SHORT_SECONDS, hows[number])
        self.finish()
        print(", ".join(f"{count} {name}" for name, count in sorted(self.ledger.counts.items())))
        for failure in self.ledger.failures[:20]:
            print("FAIL " + failure)
        print(f"{self.lives} passed, {len(self.ledger.failures)} failed")
        return 1 if self.ledger.failures else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stepwell", required=True)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--keep", help="work in this directory and leave it")
    options = parser.parse_args()
    options.stepwell = os.path.abspath(options.stepwell)
    if options.keep:
        os.makedirs(options.keep, exist_ok=True)
        return Soak(options, options.keep).run()
    with tempfile.TemporaryDirectory(prefix="stepwell-soak-") as work:
        return Soak(options, work).run()


if __name__ == "__main__":
    sys.exit(main())
