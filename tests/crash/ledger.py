"""What was acknowledged, to whom and with what. Clients write into it from threads; the lock is for what is compound."""
import threading


class Execution:
    def __init__(self, machine, wanted, by_version):
        self.machine = machine
        self.ended = None      # what it was seen to have ended as
        self.stopped = False   # a stop was acknowledged
        self.redriven = None   # the redriveDate that was acknowledged
        self.sent = []         # values that its token was answered with, whether anybody heard or not
        self.accepted = None   # the one that was acknowledged
        self.wanted, self.by_version = wanted, by_version  # the update that it must run: this one, or at least this one


class Ledger:
    def __init__(self):
        self.lock = threading.Lock()
        self.executions = {}       # ARN -> Execution
        self.running = {}          # the same of those that were not seen to have ended
        self.tokens = {}           # token of a callback that may be waited for -> ARN
        self.worked = {}           # ARN -> values that its activity task was completed with
        self.work_accepted = {}    # ARN -> the one that was acknowledged
        self.closed = {}           # ARN -> [(how many attempts had ended, the length of the log after that was seen)]
        self.failures = []
        self.updates = 0           # the last update of `moving` that was acknowledged, and that was asked for
        self.updates_asked = 0
        self.versions = {}         # number of a version -> the update it is of
        self.alias = 0             # the version that the alias was acknowledged to lead to
        self.machines = {}         # name -> ARN

    def fail(self, text):
        self.failures.append(text)

    def add(self, arn, execution):
        with self.lock:
            self.executions[arn] = self.running[arn] = execution

    def end(self, arn, outcome):
        with self.lock:
            self.executions[arn].ended = outcome
            self.running.pop(arn, None)

    def running_of(self, machine):
        with self.lock:
            return [(arn, e) for arn, e in self.running.items() if e.machine == machine]

    def pick(self, chance):
        """One that runs, or any; None: there is none."""
        with self.lock:
            some = list(self.running) if chance.random() < 0.7 else list(self.executions)
        return chance.choice(some) if some else None
