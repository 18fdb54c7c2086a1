#!/usr/bin/env python3
"""Judge the pure core against recorded executions, without a server.

  replay.py --program BUILD/tests/unit/step/step_replay --cases DIR [--only GLOB] [--without FEATURES]

Runs every case of kind execution through step_replay (sw_step, the case's mocks, a virtual clock) and judges it
with the runner that lies beside the cases (run_aws.py, aws_compare.py): this file only stands in for its HTTP
client.  Skipped (exit status 77) when the folder with the cases or its runner is absent.
"""
import argparse
import fnmatch
import json
import os
import subprocess
import sys
import time

SKIPPED = 77
AREAS = ["arguments", "assign", "base", "callback", "choice_operators", "comments", "context_object", "credentials",
         "error_handling", "intrinsic_functions", "local_mocking", "logs", "query_language", "scenarios", "services",
         "states_variables", "timeouts"]


class ReplayClient:
    """Answers the calls of run_aws.Runner from step_replay."""

    def __init__(self, program, mocks):
        self.child = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.mocks = mocks
        self.machines, self.executions = {}, {}

    def ask(self, request):
        self.child.stdin.write(json.dumps(request) + "\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        if not line:
            sys.exit(f"step_replay ended with status {self.child.wait()}")
        return json.loads(line)

    def call(self, action, request):
        return getattr(self, action)(request)

    def CreateStateMachine(self, request):
        arn = f"arn:aws:states:us-east-1:111111111111:stateMachine:{request['name']}"
        self.machines[arn] = request
        return True, {"stateMachineArn": arn}

    def DeleteStateMachine(self, request):
        return True, {}

    def mocks_of(self, name, label):
        cases = self.mocks["StateMachines"].get(name, {}).get("TestCases", {})
        return {state: self.mocks["MockedResponses"][key] for state, key in cases.get(label, {}).items()}

    def StartExecution(self, request):
        arn, _, label = request["stateMachineArn"].partition("#")
        machine = self.machines[arn]
        name = f"execution-{len(self.executions)}"
        execution_arn = arn.replace(":stateMachine:", ":execution:") + ":" + name
        answer = self.ask({
            "definition": machine["definition"], "input": request.get("input", "{}"), "name": name,
            "arn": execution_arn, "machineName": machine["name"], "machineArn": arn,
            "roleArn": machine["roleArn"], "now": int(time.time() * 1000),
            "mocks": self.mocks_of(machine["name"], label)})
        if "refused" in answer:
            return False, {"code": "InvalidDefinition", "message": answer["refused"]}
        self.executions[execution_arn] = (request, answer)
        return True, {"executionArn": execution_arn, "startDate": answer["startMs"] / 1000}

    def DescribeExecution(self, request):
        arn = request["executionArn"]
        started, answer = self.executions[arn]
        if answer["status"] == "RUNNING":
            return False, {"code": "Stuck", "message": "the execution waits for something that never comes"}
        told = {"executionArn": arn, "stateMachineArn": started["stateMachineArn"].partition("#")[0],
                "name": arn.split(":")[-1], "status": answer["status"], "startDate": answer["startMs"] / 1000,
                "stopDate": answer["stopMs"] / 1000, "input": started.get("input", "{}"),
                "inputDetails": {"included": True}, "redriveCount": 0, "redriveStatus": "REDRIVABLE"}
        if answer["status"] == "SUCCEEDED":
            told["redriveStatus"] = "NOT_REDRIVABLE"
            told["redriveStatusReason"] = "Execution is SUCCEEDED and cannot be redriven"
            told["outputDetails"] = {"included": True}
        told.update({key: answer[key] for key in ("output", "error", "cause") if key in answer})
        return True, told

    def GetExecutionHistory(self, request):
        return True, {"events": self.executions[request["executionArn"]][1]["events"]}


def wanted(case, options):
    if options.only:
        return any(fnmatch.fnmatch(case["id"], glob) for glob in options.only)
    return case["area"] in AREAS


def default_cases():
    """The recorded cases of ../shared/conformance beside the sources, or of where STEPWELL_CONFORMANCE points."""
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    root = os.environ.get("STEPWELL_CONFORMANCE") or os.path.join(source, "..", "shared", "conformance")
    return os.path.join(root, "aws")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--cases", default=default_cases())
    parser.add_argument("--only", action="append")
    parser.add_argument("--without", default="distributed-map,s3")
    parser.add_argument("--min-pass", type=int, default=0)
    parser.add_argument("--list-failures", action="store_true")
    options = parser.parse_args()
    runner_folder = os.path.dirname(os.path.abspath(options.cases)) if options.cases else ""
    if not os.path.isdir(options.cases) or not os.path.exists(os.path.join(runner_folder, "run_aws.py")):
        print("skipped: no folder with recorded cases")
        return SKIPPED
    sys.dont_write_bytecode = True
    sys.path.insert(0, runner_folder)
    import run_aws
    options.cases, options.only_ids = [options.cases], options.only
    only, options.only = options.only, None
    without = {feature for feature in options.without.split(",") if feature}
    cases = [case for case in run_aws.load_cases(options, "") if case["kind"] == "execution"]
    options.only, options.timeout = only, 20
    cases = [case for case in cases if wanted(case, options) and not run_aws.features_of(case) & without]
    runner = run_aws.Runner(ReplayClient(options.program, run_aws.merged_mocks(cases, "")), options, "")
    runner.probe()
    results = [runner.run(case) for case in cases]
    if options.list_failures:
        for result in results:
            if not result.passed:
                print("FAIL", result.id, *(f"{k}={'ok' if v else 'BAD'}" for k, v in result.levels.items()))
                for diff in result.diffs[:8]:
                    print("    ", diff)
    run_aws.table(results)
    passed = sum(result.passed for result in results)
    # What lies above the floor is counted in the table, and does not fail the suite.
    missing = max(0, options.min_pass - passed)
    print(f"{passed} passed, {missing} failed")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
