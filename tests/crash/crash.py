#!/usr/bin/env python3
"""kill -9 of the owner at random moments, under load, again and again; afterwards the ledgers must agree.

usage: crash.py --stepwell PROGRAM [--rounds N] [--seed N] [--keep DIR]    (rounds: 60 with CI=true, else 200)

Clients keep a ledger of all that was acknowledged: starts (of machines, versions, aliases), stops, redrives, tokens,
activity tasks, updates, published versions. Commands log their idempotency keys. After each restart a sample of it, and
in the end all of it, must hold:
  every acknowledged execution is there, has ended once, and as it should; its history has no gap and one terminal event;
  no completed step ran again: once a later step of an execution has started, no earlier one starts;
  an attempt ran more than once only when a kill came between, and not after its end was on disk;
  a token was accepted once, and what it was accepted with is in the output;
  what was stopped is ABORTED; what was redriven went on once, and no branch that had ended well ran again;
  an update, a version and where an alias leads are not older than what was acknowledged; an execution runs what it
  was started with;
  timers that fell due while nobody ran have fired;
  the doctor finds nothing, in the end and after some of the kills.
A failure keeps the directory and says where. The seed repeats what is asked for; when the kill comes is chance.
"""
import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import check
from clients import Clients, Gone, Owner
from ledger import Ledger

HERE = os.path.dirname(os.path.abspath(__file__))
DOCTOR_EVERY = 20


class Crash:
    def __init__(self, options, work):
        self.options, self.work = options, work
        self.data, self.log = os.path.join(work, "data"), os.path.join(work, "steps.log")
        self.resources = os.path.join(work, "resources.json")
        check.write_resources(self.resources, os.path.join(HERE, "step.sh"), self.log)
        open(self.log, "w", encoding="utf-8").close()
        self.output = open(os.path.join(work, "serve.log"), "ab")
        self.random = random.Random(options.seed)
        self.ledger = Ledger()
        self.clients = Clients(self.ledger, self.log, options.seed)
        self.kills, self.began = 0, time.monotonic()

    @property
    def failures(self):
        return self.ledger.failures

    def owner(self):
        owner = Owner(self.options.stepwell, self.data, self.resources, self.output)
        owner.wait_ready()
        return owner

    def round(self):
        """A life of the owner: load until the kill, and somebody who looks whether all is there."""
        owner = self.owner()
        end = time.monotonic() + self.random.choice([0.005, 0.05, 0.2, 0.4]) * self.random.uniform(0.5, 1.5)
        threads = [threading.Thread(target=client, args=(owner,), daemon=True) for client in self.clients.all()]
        for thread in threads:
            thread.start()
        try:
            time.sleep(max(0, end - time.monotonic()))
        finally:
            owner.child.send_signal(signal.SIGKILL)
            owner.dead.set()
            for thread in threads:
                thread.join(60)
        if owner.child.wait() != -signal.SIGKILL:
            self.failures.append(f"the owner ended by itself: {owner.child.returncode}")
        if any(thread.is_alive() for thread in threads):
            self.failures.append("a client hangs")
        self.kills += 1

    def finish(self):
        """Goes on without kills until everything has ended; the histories."""
        owner = self.owner()
        threads = [threading.Thread(target=client, args=(owner,), daemon=True) for client in self.clients.helpers()]
        for thread in threads:
            thread.start()
        end, running = time.monotonic() + 240, list(self.ledger.running)
        while running and time.monotonic() < end and not self.failures:
            running = [arn for arn in running if not check.look(owner, self.ledger, arn)]
            time.sleep(0.05)
        if running:
            self.failures.append(f"{len(running)} executions never ended: {running[:3]}")
        owner.dead.set()
        check.machine(owner, self.ledger)
        for arn in self.ledger.executions:
            check.look(owner, self.ledger, arn)
        histories = {arn: check.history(owner, self.ledger, arn) for arn in self.ledger.executions}
        owner.child.terminate()
        try:
            if owner.child.wait(20) != 0:
                self.failures.append(f"serve ended with {owner.child.returncode} on SIGTERM")
        except subprocess.TimeoutExpired:
            self.failures.append("serve did not end on SIGTERM")
            owner.child.kill()
            owner.child.wait()
        for thread in threads:  # one may have waited for work
            thread.join(70)
        return histories

    def tell(self, number, rounds):
        rate = (number + 1) / (time.monotonic() - self.began)
        line = f"round {number + 1} of {rounds}, {len(self.ledger.executions)} executions, {rate:.1f} rounds/s"
        if sys.stdout.isatty():
            print("\r" + line, end="", flush=True)
        elif (number + 1) % 100 == 0:
            print(line, flush=True)

    def run(self, rounds):
        owner = self.owner()
        self.clients.create(owner)
        owner.child.kill()
        owner.child.wait()
        for number in range(rounds):
            self.round()
            if number % DOCTOR_EVERY == 0:
                check.doctor(self.options.stepwell, self.data, self.ledger, f"after kill {self.kills}")
            if self.failures:
                print(f"round {number + 1}")
                break
            self.tell(number, rounds)
        if not self.failures:
            histories = self.finish()
            check.everything(self.ledger, self.log, histories, self.kills)
            check.doctor(self.options.stepwell, self.data, self.ledger, "in the end")
        for failure in self.failures[:20]:
            print("FAIL " + failure)
        print(f"{self.kills} passed, {len(self.failures)} failed")
        return 1 if self.failures else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stepwell")
    parser.add_argument("--build", help="a build directory: its stepwell")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or random.randrange(1 << 32)))
    parser.add_argument("--keep", help="work in this directory and leave it")
    options = parser.parse_args()
    options.stepwell = os.path.abspath(options.stepwell or os.path.join(options.build, "cli", "stepwell"))
    rounds = options.rounds or (60 if os.environ.get("CI") == "true" else 200)
    work = options.keep or tempfile.mkdtemp(prefix="stepwell-crash-")
    os.makedirs(work, exist_ok=True)
    print(f"seed {options.seed}", flush=True)
    try:
        status = Crash(options, work).run(rounds)
    except BaseException:
        print(f"the directory is kept: {work}")
        raise
    if status:
        print(f"the directory is kept: {work}\nrepeat: crash.py --seed {options.seed} --rounds {rounds}")
    elif not options.keep:
        shutil.rmtree(work)
    return status


if __name__ == "__main__":
    sys.exit(main())
