#!/usr/bin/env python3
"""A client under load keeps a ledger of what was acknowledged: StartExecution, StopExecution, SendTaskSuccess over HTTP.
Neither SIGTERM, which ends the server well, nor kill -9 loses any of it.
usage: ledger.py --stepwell PROGRAM     ROUNDS=N: so many of each instead of 2; ROUND_SECONDS=S of load in each"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
from door import SANITIZERS, Case, main, tools  # noqa: E402
import load  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", "2"))
ROUND_SECONDS = float(os.environ.get("ROUND_SECONDS", "1.5"))


class Acknowledged(Case):
    def rounds(self, how):
        ledger = load.Ledger()
        everybody = load.Load(ledger)
        for number in range(ROUNDS + 1):
            server = load.Server(tools.stepwell, self.data, None)
            self.addCleanup(server.child.kill)
            if number == 0:
                load.create(server.port)
            looked_at = load.check(server.port, ledger, everything=ROUNDS < 10)
            self.assertEqual(ledger.failures, [], f"round {number}")
            if number == ROUNDS:
                counts = {machine: load.count_executions(server.port, machine) for machine in ("pass", "nap", "work")}
                self.assertEqual(server.end(load.SIGNALS["SIGTERM"])[0], 0)
                break
            code, said = everybody.run(server, ROUND_SECONDS, load.SIGNALS[how])
            self.assertEqual(code, load.EXIT_CODES[how], said)
            for word in SANITIZERS:
                self.assertNotIn(word, said)
            for action in ("StopExecution", "SendTaskSuccess", "StartSyncExecution", "pass", "nap", "work"):
                self.assertGreater(ledger.counts[action], 0, action)
        for machine, count in counts.items():
            self.assertGreaterEqual(count, ledger.counts[machine], machine)
        self.assertEqual(self.run_("doctor").code, 0)
        print(f"{how}: {ROUNDS} rounds, {dict(ledger.counts)}, {looked_at} looked at in the end")

    def test_sigterm_under_load_loses_nothing(self):
        self.rounds("SIGTERM")

    def test_kill_9_under_load_loses_nothing(self):
        self.rounds("kill -9")


if __name__ == "__main__":
    main()
