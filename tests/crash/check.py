"""What must hold, of the ledger, the answers, the histories, the commands' log and the store."""
import collections
import json
import os
import subprocess

from machines import CALLBACK, SEQUENTIAL, TASKS

TERMINAL = {"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"}
COUNTED = ("TaskScheduled", "TaskSucceeded", "TaskFailed")


def write_resources(path, script, log):
    command = {"command": ["sh", script, log], "maxConcurrency": 8}
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"resources": {"command:step": command, CALLBACK: command}}, file)


# ---- executions ----

def redrive(owner, ledger, arn, execution):
    """With a token: however often it is asked, it is one redrive, and the same answer."""
    status, answer = owner.call("RedriveExecution", {"executionArn": arn, "clientToken": "once"})
    if status != 200:
        ledger.fail(f"redrive of {arn}: {answer}")
    elif execution.redriven not in (None, answer["redriveDate"]):
        ledger.fail(f"{arn} was redriven at {execution.redriven}, and at {answer['redriveDate']}")
    else:
        execution.redriven = answer["redriveDate"]


def is_as_it_should_be(ledger, arn, execution, answer):
    machine, output = execution.machine, json.loads(answer.get("output", "null"))
    if answer["status"] != ("ABORTED" if machine == "nap" else "SUCCEEDED"):
        return f"ended as {answer['status']}: {answer}"
    if machine == "call":
        wanted = [execution.accepted] if execution.accepted is not None else execution.sent
        if output["called"] not in wanted:
            return f"its token was answered with {wanted}, and its output is {output}"
    if machine == "work":
        accepted = ledger.work_accepted.get(arn)
        wanted = [accepted] if accepted is not None else ledger.worked.get(arn, [])
        if output["worked"] not in wanted:
            return f"its work was {wanted}, and its output is {output}"
    if machine == "moving":
        good = output == execution.wanted if execution.by_version else \
            execution.wanted <= output <= ledger.updates_asked
        if not good:
            return f"it ran update {output} instead of {execution.wanted}"
    return None


def look(owner, ledger, arn):
    """It is there, and as it was. Has it ended?"""
    execution = ledger.executions[arn]
    stopped, redriven = execution.stopped, execution.redriven  # as was known before it was asked
    status, answer = owner.call("DescribeExecution", {"executionArn": arn})
    if status != 200:
        ledger.fail(f"lost {arn}: {answer}")
        return True
    outcome = (answer["status"], answer.get("output"), answer.get("stopDate"))
    if execution.ended and execution.ended != outcome:
        ledger.fail(f"{arn} had ended as {execution.ended} and is {outcome}")
    if stopped and answer["status"] != "ABORTED":
        ledger.fail(f"{arn} was stopped and is {answer['status']}")
    if redriven and answer.get("redriveCount") != 1:
        ledger.fail(f"{arn} was redriven and has redriveCount {answer.get('redriveCount')}")
    if answer["status"] == "FAILED" and execution.machine == "redo" and not redriven:
        redrive(owner, ledger, arn, execution)
    elif answer["status"] != "RUNNING" and not execution.ended:
        wrong = is_as_it_should_be(ledger, arn, execution, answer)
        if wrong:
            ledger.fail(f"{arn}: {wrong}")
        ledger.end(arn, outcome)
    return answer["status"] != "RUNNING" and execution.ended is not None


def machine(owner, ledger):
    """Nothing of the machine that moves is older than what was acknowledged."""
    arn, updates, alias, versions = ledger.machines["moving"], ledger.updates, ledger.alias, dict(ledger.versions)
    status, answer = owner.call("DescribeStateMachine", {"stateMachineArn": arn})
    shown = json.loads(answer["definition"])["States"]["Tell"]["Result"] if status == 200 else -1
    if not updates <= shown <= ledger.updates_asked:
        ledger.fail(f"update {updates} was acknowledged, {shown} is shown: {'' if status == 200 else answer}")
    status, answer = owner.call("DescribeStateMachineAlias", {"stateMachineAliasArn": arn + ":live"})
    route = answer["routingConfiguration"][0]["stateMachineVersionArn"] if status == 200 else arn + ":0"
    if int(route.rsplit(":", 1)[1]) < alias:
        ledger.fail(f"the alias leads to {route}, and was told to lead to {alias}: {'' if status == 200 else answer}")
    last = max(versions)
    status, answer = owner.call("DescribeStateMachine", {"stateMachineArn": f"{arn}:{last}"})
    if status != 200 or json.loads(answer["definition"])["States"]["Tell"]["Result"] != versions[last]:
        ledger.fail(f"version {last} of update {versions[last]} is lost: {answer}")


def note_closed(owner, ledger, arn, log):
    """Attempts whose end is on disk; from here on none of them may start again."""
    if ledger.executions[arn].machine in SEQUENTIAL and not ledger.executions[arn].ended:
        types = collections.Counter(e["type"] for e in history(owner, ledger, arn))
        ledger.closed.setdefault(arn, []).append((types["TaskSucceeded"] + types["TaskFailed"], os.path.getsize(log)))


# ---- histories and the log ----

def history(owner, ledger, arn):
    events, token = [], None
    while True:
        request = {"executionArn": arn, "maxResults": 1000, "includeExecutionData": False,
                   **({"nextToken": token} if token else {})}
        status, answer = owner.call("GetExecutionHistory", request)
        if status != 200:
            ledger.fail(f"history of {arn}: {answer}")
            return events
        events += answer["events"]
        token = answer.get("nextToken")
        if not token:
            return events


def check_history(ledger, arn, execution, events):
    types = [e["type"] for e in events]
    redo = execution.machine == "redo"
    if [e["id"] for e in events] != list(range(1, len(events) + 1)):
        ledger.fail(f"{arn}: gaps in the history")
    if types.count("ExecutionRedriven") != redo:
        ledger.fail(f"{arn}: redriven {types.count('ExecutionRedriven')} times")
    last = "ExecutionAborted" if execution.machine == "nap" else "ExecutionSucceeded"
    if not types or types[-1] != last or sum(t in TERMINAL for t in types) != 1 + redo:
        ledger.fail(f"{arn}: ends with {types[-3:]} {events[-1] if events else ''}")
    if any(not 0 <= e["previousEventId"] < e["id"] for e in events):
        ledger.fail(f"{arn}: a previousEventId that is not before its event")
    times = [e["timestamp"] for e in events]
    if times != sorted(times):
        ledger.fail(f"{arn}: time goes back")
    return collections.Counter(t for t in types if t in COUNTED)


def read_log(path):
    """How often each attempt started; of each execution the states, keys and places in the log, in order."""
    starts, order, place = collections.Counter(), collections.defaultdict(list), 0
    with open(path, "rb") as file:
        for line in file:
            words = line.decode().split()
            if words and words[0] == "start" and len(words) == 5:
                starts[words[1]] += 1
                order[words[2]].append((words[3][:2], words[1], place))
            place += len(line)
    return starts, order


def check_order(ledger, arn, steps):
    last, keys = "", []
    for state, key, place in steps:
        if state < last:
            ledger.fail(f"{arn}: {state} ran again after {last}")
        last = max(last, state)
        if key not in keys:
            keys.append(key)
        if any(keys.index(key) < ended and place >= seen_at for ended, seen_at in ledger.closed.get(arn, [])):
            ledger.fail(f"{arn}: attempt {key} had ended, and ran again")


def check_tasks(ledger, arn, execution, counted, keys):
    """The history against the log: as many attempts as there are keys, and no more than there should be."""
    scheduled, succeeded, failed = (counted[name] for name in COUNTED)
    wanted_succeeded, wanted_failed = TASKS[execution.machine]
    good = failed == wanted_failed and wanted_succeeded in (None, succeeded) and \
        succeeded + failed <= len(keys) <= scheduled
    if execution.machine not in ("redo", "nap"):  # there an attempt that was aborted may have run, or not
        good = good and len(keys) == scheduled == succeeded + failed
    if not good:
        ledger.fail(f"{arn}: {dict(counted)} in the history, {len(keys)} keys in the log")


def everything(ledger, log, histories, kills):
    starts, order = read_log(log)
    for arn, steps in order.items():
        check_order(ledger, arn, steps)
    for arn, events in histories.items():
        execution = ledger.executions[arn]
        counted = check_history(ledger, arn, execution, events)
        check_tasks(ledger, arn, execution, counted, {key for _state, key, _place in order[arn]})
    for arn in ledger.work_accepted:
        if arn not in ledger.executions:
            ledger.fail(f"{arn}: nobody started it, and its work was done")
    again = sum(n - 1 for n in starts.values() if n > 1)
    most = max(starts.values(), default=0)
    if again and most > kills + 1:
        ledger.fail(f"an attempt ran {most} times with {kills} kills")
    machines = collections.Counter(e.machine for e in ledger.executions.values())
    print(f"{len(ledger.executions)} executions {dict(sorted(machines.items()))}, {sum(starts.values())} commands, "
          f"{again} delivered again, {ledger.updates} updates, {len(ledger.versions)} versions, {kills} kills")


# ---- the store ----

def doctor(stepwell, data, ledger, when):
    """Every record and index, as the last owner left them."""
    done = subprocess.run([stepwell, "doctor", "--data", data], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=300, check=False)
    if done.returncode != 0:
        lines = (done.stdout + done.stderr).splitlines()
        ledger.fail(f"{when}: doctor ended with {done.returncode}: " + "\n  ".join(lines[:20] + lines[-1:]))
