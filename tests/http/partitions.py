#!/usr/bin/env python3
"""One API over several partitions: what a client sees is what it sees of one engine, through restarts and kill -9.
usage: partitions.py --stepwell PROGRAM     ROUND_SECONDS=S of load in each round"""
import concurrent.futures
import json
import os
import shutil
import sys
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
from door import ARN, NAP, PASS, SANITIZERS, Case, main, task, tools  # noqa: E402
import load  # noqa: E402

ROLE = "arn:aws:iam::123456789012:role/r"
ACTIVITY = ARN + "activity:work"
ROUND_SECONDS = float(os.environ.get("ROUND_SECONDS", "1.5"))
COUNT = 3


def machine_arn(name):
    return f"{ARN}stateMachine:{name}"


def partition_of(arn):
    """Of a name that the engine made: the first byte of the id that it carries."""
    return int(arn.rsplit(":", 1)[1][:2], 16)


class Partitions(Case):
    def up(self, count=COUNT, *words):
        return self.serving(*(["--partitions", str(count)] if count else []), *words, listen="127.0.0.1:0")

    def good(self, port, action, **request):
        status, answer = self.call(port, action, request)
        self.assertEqual(status, 200, answer)
        return answer

    def bad(self, port, error, action, **request):
        status, answer = self.call(port, action, request)
        self.assertEqual((status, answer.get("__type")), (400, error), answer)

    def create(self, port, name="m", definition=PASS, **more):
        return self.good(port, "CreateStateMachine", name=name, definition=json.dumps(definition), roleArn=ROLE, **more)

    def start(self, port, machine="m", **more):
        return self.good(port, "StartExecution", stateMachineArn=machine_arn(machine), **more)["executionArn"]

    def ended(self, port, arn):
        def look():
            found = self.good(port, "DescribeExecution", executionArn=arn)
            return found if found["status"] != "RUNNING" else None
        return self.wait_for(f"the end of {arn}", look)

    def listed(self, port, page=7, **request):
        found, token = [], None
        while True:
            answer = self.good(port, "ListExecutions", maxResults=page, **request, **({"nextToken": token} if token else {}))
            self.assertLessEqual(len(answer["executions"]), page)
            found += answer["executions"]
            token = answer.get("nextToken")
            if not token:
                return found

    def page(self, port, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}") as answer:
            return answer.read().decode()

    # ---- executions ----

    def test_executions_are_spread_and_listed_as_one(self):
        with self.up() as server:
            port = server.port
            self.create(port)
            arns = [self.start(port) for _ in range(20)] + [self.start(port, name=f"n{i}") for i in range(10)]
            self.assertEqual({partition_of(arn) for arn in arns[:20]}, {0, 1, 2})
            for arn in arns:
                self.assertEqual(self.ended(port, arn)["status"], "SUCCEEDED")
                self.assertEqual(len(self.good(port, "GetExecutionHistory", executionArn=arn)["events"]), 4)
                self.assertEqual(self.good(port, "DescribeStateMachineForExecution", executionArn=arn)["name"], "m")
            listed = self.listed(port, stateMachineArn=machine_arn("m"))
            self.assertEqual(sorted(one["executionArn"] for one in listed), sorted(arns))
            dates = [one["startDate"] for one in listed]
            for newer, older in zip(dates, dates[1:]):  # each partition has a clock of its own
                self.assertGreater(newer, older - 0.01)
            self.assertEqual(self.listed(port, stateMachineArn=machine_arn("m"), statusFilter="RUNNING"), [])
            for arn in arns[:COUNT]:
                self.good(port, "StepwellDeleteExecution", executionArn=arn)
                self.bad(port, "ExecutionDoesNotExist", "DescribeExecution", executionArn=arn)
            self.assertEqual(len(self.listed(port, stateMachineArn=machine_arn("m"))), len(arns) - COUNT)
            metrics = self.page(port, "metrics")
            self.assertIn('stepwell_executions_started_total{type="STANDARD"} 30\n', metrics)
            self.assertIn("stepwell_ready 1\n", metrics)
            self.assertIn("ready", self.page(port, "readyz"))
            status = self.good(port, "StepwellStatus")
            self.assertEqual((status["partitions"], status["stats"]["started"]), (3, 30))

    def test_names_are_met_by_the_partition_that_knows_them(self):
        with self.up() as server:
            port = server.port
            self.create(port, definition=NAP)
            for i in range(12):
                name = f"n{i}"
                first = self.good(port, "StartExecution", stateMachineArn=machine_arn("m"), name=name, input="{}")
                again = self.good(port, "StartExecution", stateMachineArn=machine_arn("m"), name=name, input="{}")
                self.assertEqual(first, again)
                self.bad(port, "ExecutionAlreadyExists", "StartExecution", stateMachineArn=machine_arn("m"), name=name,
                         input="1")
                self.good(port, "StopExecution", executionArn=first["executionArn"], error="E", cause="C")
                self.assertEqual(self.ended(port, first["executionArn"])["error"], "E")
                self.bad(port, "ExecutionAlreadyExists", "StartExecution", stateMachineArn=machine_arn("m"), name=name,
                         input="{}")
                self.good(port, "RedriveExecution", executionArn=first["executionArn"])
                self.assertEqual(self.good(port, "DescribeExecution", executionArn=first["executionArn"])["status"],
                                 "RUNNING")
            with concurrent.futures.ThreadPoolExecutor(8) as pool:  # one name from many sides: one execution
                starts = list(pool.map(lambda _: self.start(port, name="same", input="1"), range(24)))
            self.assertEqual(len(set(starts)), 1)
            listed = self.listed(port, stateMachineArn=machine_arn("m"))
            self.assertEqual(len([one for one in listed if one["name"] == "same"]), 1)
            self.bad(port, "ExecutionDoesNotExist", "StopExecution", executionArn=f"{ARN}execution:m:nobody")
            self.bad(port, "ExecutionDoesNotExist", "DescribeExecution",
                     executionArn=f"{ARN}execution:m:02688085-eb17-8800-81ba-13596a23c41c")
            self.bad(port, "InvalidName", "StartExecution", stateMachineArn=machine_arn("m"), name="a b")
            self.bad(port, "InvalidToken", "SendTaskSuccess", taskToken="x", output="1")

    def test_express_executions_run_in_all_of_them(self):
        logging = {"level": "ALL", "includeExecutionData": True, "destinations": [
            {"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:g:*"}}]}
        log = os.path.join(self.folder, "log")
        with self.up(COUNT, "--execution-log", log) as server:
            port = server.port
            self.create(port, name="x", type="EXPRESS", loggingConfiguration=logging)
            for i in range(9):
                answer = self.good(port, "StartSyncExecution", stateMachineArn=machine_arn("x"), input=f"{i}")
                self.assertEqual((answer["status"], answer["output"]), ("SUCCEEDED", str(i)))
                self.start(port, "x", input=f"{i}")
            metrics = 'stepwell_executions_ended_total{type="EXPRESS",status="SUCCEEDED"} 18\n'
            self.wait_for("the end of all", lambda: metrics in self.page(port, "metrics"))
        with open(log) as lines:
            self.assertEqual(len({json.loads(line)["execution_arn"] for line in lines}), 18)

    # ---- state machines ----

    def test_a_change_of_a_machine_holds_everywhere_at_once(self):
        with self.up() as server:
            port = server.port
            self.create(port)
            for i in range(10):
                definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": i, "End": True}}}
                self.good(port, "UpdateStateMachine", stateMachineArn=machine_arn("m"), definition=json.dumps(definition))
                for arn in [self.start(port) for _ in range(COUNT)]:
                    self.assertEqual(self.ended(port, arn)["output"], str(i))
            version = self.good(port, "PublishStateMachineVersion", stateMachineArn=machine_arn("m"))["stateMachineVersionArn"]
            self.good(port, "CreateStateMachineAlias", name="live",
                      routingConfiguration=[{"stateMachineVersionArn": version, "weight": 100}])
            self.good(port, "UpdateStateMachine", stateMachineArn=machine_arn("m"), definition=json.dumps(PASS))
            for _ in range(COUNT):
                arn = self.start(port, "m:live", input="{}")
                self.assertEqual(self.ended(port, arn)["output"], "9")
            self.assertEqual(len(self.listed(port, stateMachineArn=machine_arn("m:live"))), COUNT)
            self.good(port, "TagResource", resourceArn=machine_arn("m"), tags=[{"key": "a", "value": "b"}])
            self.assertEqual(len(self.good(port, "ListTagsForResource", resourceArn=machine_arn("m"))["tags"]), 1)

    def test_a_machine_goes_when_its_last_execution_has_ended_anywhere(self):
        with self.up() as server:
            port = server.port
            self.create(port, definition=NAP)
            arns = [self.start(port) for _ in range(2 * COUNT)]
            self.good(port, "DeleteStateMachine", stateMachineArn=machine_arn("m"))
            for _ in range(COUNT):
                self.bad(port, "StateMachineDeleting", "StartExecution", stateMachineArn=machine_arn("m"))
            for arn in arns[:-1]:
                self.good(port, "StopExecution", executionArn=arn)
            time.sleep(0.2)
            self.assertEqual(self.good(port, "DescribeStateMachine", stateMachineArn=machine_arn("m"))["status"], "DELETING")
        with self.up(None) as server:  # another process goes on waiting
            port = server.port
            self.assertEqual(self.good(port, "DescribeStateMachine", stateMachineArn=machine_arn("m"))["status"], "DELETING")
            self.good(port, "StopExecution", executionArn=arns[-1])
            self.wait_for("the end of the machine", lambda: self.call(
                port, "DescribeStateMachine", {"stateMachineArn": machine_arn("m")})[0] == 400)
            self.create(port)  # another one of its name
            for _ in range(COUNT):
                self.assertEqual(self.ended(port, self.start(port))["status"], "SUCCEEDED")
            self.assertEqual(len(self.listed(port, stateMachineArn=machine_arn("m"))), COUNT)
            self.good(port, "DeleteStateMachine", stateMachineArn=machine_arn("m"))
            self.wait_for("the end of that, too", lambda: self.good(port, "ListStateMachines")["stateMachines"] == [])
        self.ok("doctor")

    # ---- tasks ----

    def test_workers_get_the_tasks_of_all_partitions_each_once(self):
        tasks, workers = 60, 8
        with self.up() as server:
            port = server.port
            self.good(port, "CreateActivity", name="work")
            self.create(port, definition=task(ACTIVITY))
            done, stop = [], []

            def work(number):
                while not stop:
                    given = self.good(port, "GetActivityTask", activityArn=ACTIVITY, workerName=f"w{number}")
                    if not given["taskToken"]:
                        continue
                    done.append(given["input"])
                    if given["input"] == '"stop"':
                        stop.append(True)
                    self.good(port, "SendTaskHeartbeat", taskToken=given["taskToken"])
                    self.good(port, "SendTaskSuccess", taskToken=given["taskToken"], output=given["input"])

            with concurrent.futures.ThreadPoolExecutor(workers) as pool:
                waiting = [pool.submit(work, number) for number in range(workers)]
                time.sleep(0.3)  # most of them wait already
                arns = [self.start(port, input=f'"{i}"') for i in range(tasks)]
                for i, arn in enumerate(arns):
                    self.assertEqual(self.ended(port, arn)["output"], f'"{i}"')
                self.assertEqual(sorted(done), sorted(f'"{i}"' for i in range(tasks)))
                stop.append(True)
                for _ in range(workers):  # those that still wait get one more
                    self.start(port, input='"stop"')
                for one in waiting:
                    one.result()

    def test_tasks_wait_for_their_worker_through_a_kill(self):
        server = load.Server(tools.stepwell, self.data, None, "--partitions", str(COUNT))
        self.addCleanup(server.child.kill)
        self.good(server.port, "CreateActivity", name="work")
        self.create(server.port, definition=task(ACTIVITY))
        arns = [self.start(server.port, input=f'"{i}"') for i in range(3 * COUNT)]
        server.end(load.SIGNALS["kill -9"])
        found = []
        with self.up() as again:
            port = again.port
            for _ in arns:
                given = self.good(port, "GetActivityTask", activityArn=ACTIVITY)
                self.assertTrue(given["taskToken"])
                found.append(given["input"])
                self.good(port, "SendTaskFailure", taskToken=given["taskToken"], error="E")
            for arn in arns:
                self.assertEqual(self.ended(port, arn)["status"], "FAILED")
        self.assertEqual(sorted(found), sorted(f'"{i}"' for i in range(3 * COUNT)))

    # ---- the directory ----

    def test_a_directory_grows_and_never_shrinks(self):
        with self.serving(listen="127.0.0.1:0") as server:
            self.create(server.port, definition=NAP)
            old = [self.start(server.port, name=f"n{i}") for i in range(8)]
            self.assertEqual(self.good(server.port, "StepwellStatus")["partitions"], 1)
        with self.up(3) as server:
            port = server.port
            for i, arn in enumerate(old):  # a name that is taken stays taken
                self.assertEqual(self.start(port, name=f"n{i}"), arn)
                self.bad(port, "ExecutionAlreadyExists", "StartExecution", stateMachineArn=machine_arn("m"), name=f"n{i}",
                         input="1")
            new = [self.start(port) for _ in range(6)]
            self.assertEqual({partition_of(arn) for arn in new}, {0, 1, 2})
            self.good(port, "StopExecution", executionArn=old[0])
        self.fails(2, "has 3 partitions", "serve", "--listen", "none", "--partitions", "2")
        self.fails(2, "from 1 to 64", "serve", "--partitions", "0")
        self.fails(2, "partition 1 of another", "serve", "--listen", "none", data=os.path.join(self.data, "partition-1"))
        with self.up(None) as server:  # as many as there are
            self.assertEqual(self.good(server.port, "StepwellStatus")["partitions"], 3)
            self.assertEqual(len(self.listed(server.port, stateMachineArn=machine_arn("m"))), 14)
            self.assertEqual(self.good(server.port, "DescribeExecution", executionArn=old[0])["status"], "ABORTED")
        moved = os.path.join(self.folder, "moved")
        shutil.move(os.path.join(self.data, "partition-2"), moved)
        self.fails(5, "partition 2 is missing", "serve", "--listen", "none")
        self.fails(5, "partition 2 is missing", "list", "executions")
        shutil.copytree(os.path.join(self.data, "partition-1"), os.path.join(self.data, "partition-2"))
        self.fails(2, "is not partition 2", "serve", "--listen", "none")
        shutil.rmtree(os.path.join(self.data, "partition-2"))
        shutil.move(moved, os.path.join(self.data, "partition-2"))
        self.ok("doctor")

    def test_a_limit_that_holds_in_each_partition_is_warned_of(self):
        path = self.file("resources.json", {"resources": {"command:x": {"command": ["true"], "maxConcurrency": 1}}})
        child = self.begin("serve", "--listen", "none", "--partitions", "2", "--resources", path)
        self.assertIn("maxConcurrency holds in each of 2 partitions", child.stderr.readline().decode())
        self.assertIn("data in", child.stderr.readline().decode())
        child.terminate()
        self.assertEqual(self.finish(child).code, 0)

    def test_the_command_sees_all_partitions_without_a_server(self):
        with self.up() as server:
            self.create(server.port, definition=NAP)
            naps = [self.start(server.port) for _ in range(COUNT)]
            self.create(server.port, name="p")
            for arn in [self.start(server.port, "p") for _ in range(COUNT)]:
                self.ended(server.port, arn)
        self.assertEqual(len(self.ok("list", "executions", "--json").json()["executions"]), 2 * COUNT)
        self.assertEqual(len(self.ok("list", "executions", "--machine", "m", "--json").json()["executions"]), COUNT)
        for arn in naps:
            self.assertEqual(self.ok("describe", arn, "--json").json()["status"], "RUNNING")
            self.assertEqual(len(self.events(arn)), 2)
        status = self.ok("status", "--json").json()
        self.assertEqual(status["executions"]["RUNNING"], COUNT, status)
        self.assertEqual(self.ok("doctor", "--json").json()["executions"], 2 * COUNT)
        copy, back = os.path.join(self.folder, "copy"), os.path.join(self.folder, "back")
        self.ok("backup", copy)
        self.fails(5, "there is a store already", "backup", copy)
        self.ok("restore", copy, data=back)
        self.ok("doctor", data=back)
        self.assertEqual(len(self.ok("list", "executions", "--json", data=back).json()["executions"]), 2 * COUNT)
        for arn in naps:  # by the command itself, which owns the directory for that long
            self.ok("stop", arn, data=back)
            self.assertEqual(self.ok("describe", arn, "--json", data=back).json()["status"], "ABORTED")
        path = self.file("echo.json", PASS)
        for i in range(2 * COUNT):
            self.assertEqual(self.ok("run", path, "--input", f"{i}", "--quiet", data=back).json(), i)
        self.assertEqual(self.ok("start", "p", "--wait", "--name", "named", "--input", "7", "--quiet", data=back).json(), 7)

    # ---- under load ----

    def test_kill_9_under_load_loses_nothing(self):
        ledger = load.Ledger()
        everybody = load.Load(ledger)
        for number in range(3):
            server = load.Server(tools.stepwell, self.data, None, "--partitions", str(COUNT))
            self.addCleanup(server.child.kill)
            if number == 0:
                load.create(server.port)
            load.check(server.port, ledger, everything=True)
            self.assertEqual(ledger.failures, [], f"round {number}")
            if number == 2:
                self.assertEqual(server.end(load.SIGNALS["SIGTERM"])[0], 0)
                break
            code, said = everybody.run(server, ROUND_SECONDS, load.SIGNALS["kill -9"])
            self.assertEqual(code, load.EXIT_CODES["kill -9"], said)
            for word in SANITIZERS:
                self.assertNotIn(word, said)
        for action in ("StopExecution", "SendTaskSuccess", "StartSyncExecution", "pass", "nap", "work"):
            self.assertGreater(ledger.counts[action], 0, action)
        self.ok("doctor")

    def test_sigterm_under_load_answers_everybody(self):
        ledger = load.Ledger()
        everybody = load.Load(ledger)
        server = load.Server(tools.stepwell, self.data, None, "--partitions", str(COUNT))
        self.addCleanup(server.child.kill)
        load.create(server.port)
        code, said = everybody.run(server, ROUND_SECONDS, load.SIGNALS["SIGTERM"])
        self.assertEqual(code, 0, said)
        for word in (*SANITIZERS, "ThreadSanitizer"):
            self.assertNotIn(word, said)
        self.assertEqual(ledger.failures, [])
        self.ok("doctor")


if __name__ == "__main__":
    main()
