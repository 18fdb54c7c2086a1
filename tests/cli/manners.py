#!/usr/bin/env python3
"""What a command leaves behind when it is refused, and how it takes what is slightly off. usage: manners.py --stepwell PROGRAM"""
import json
import os
import pty
import signal
import subprocess

from door import ARN, NAP, PASS, Case, Done, main, tools

EACH = {"StartAt": "M", "States": {"M": {"Type": "Map", "End": True, "ItemProcessor": {
    "StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}}}}


class Refused(Case):
    def leaves_nothing(self, code, text, *words):
        self.fails(code, text, *words)
        self.assertFalse(os.path.exists(self.data), words)

    def test_what_needs_something_that_is_there_makes_no_directory(self):
        for words in (("stop", "x"), ("start", "x"), ("start", "x", "--wait"), ("redrive", "x"), ("delete", "machine", "x"),
                      ("delete", "execution", "x"), ("task", "poll", "x"), ("task", "heartbeat", "token"),
                      ("activity", "list"), ("activity", "delete", "x"), ("api", "StopExecution"), ("watch", "x"),
                      ("api", "ListStateMachines"), ("api", "StartSyncExecution")):
            self.leaves_nothing(5, "holds no data yet", *words)

    def test_a_serve_with_mistakes_makes_no_directory(self):
        rubbish, open_key = self.file("rubbish.json", "rubbish"), self.file("key.pem", "key")
        os.chmod(open_key, 0o644)
        for text, *words in (
                ("cannot listen on here", "--listen", "here"), ("127.0.0.1:99999", "--listen", "127.0.0.1:99999"),
                ("without credentials", "--listen", "0.0.0.0:18083"), ("rubbish.json:1:1", "--mock-config", rubbish),
                ("rubbish.json:1:1", "--resources", rubbish), ("No such file", "--credentials", "nowhere.json"),
                ("No such file", "--tls-cert", "nowhere.pem", "--tls-key", "nowhere.pem"), ("chmod 600", "--credentials", open_key),
                ("both a certificate and its key", "--tls-cert", open_key), ("a region is", "--region", "us east"),
                ("an account is 12 digits", "--account", "12345")):
            self.leaves_nothing(2, text, "serve", *words)

    def test_a_refused_serve_divides_nothing(self):
        self.ok("create", self.file("pass.json", PASS))
        self.fails(2, "cannot listen", "serve", "--listen", "here", "--partitions", "3")
        self.assertNotIn("partition-1", os.listdir(self.data))

    def test_arns_are_built_of_regions_and_accounts(self):
        path = self.file("pass.json", PASS)
        for words in (("--region", "a:b"), ("--region", ""), ("--region", "x" * 64), ("--account", "12345678901x"),
                      ("--account", "1234567890123")):
            self.leaves_nothing(2, "a region is" if words[0] == "--region" else "an account is", "run", path, *words)
        self.ok("create", path)
        self.fails(2, "a region is", "list", "machines", "--region", "a:b")

    def test_a_serve_beside_another_is_told_who_has_the_directory(self):
        with self.serving(listen="127.0.0.1:0") as served:
            self.fails(5, f"in use by process {served.pid}", "serve", "--listen", f"127.0.0.1:{served.port}")


class Words(Case):
    def test_a_reader_that_has_seen_enough_hears_no_complaint(self):
        items = self.file("items.json", list(range(300)))
        self.ok("run", self.file("each.json", EACH), "--input", "@" + items, "--name", "x", "--quiet")
        for words in (["history", "x"], ["history", "x", "--json"], ["dump"], ["graph", self.file("each.json", EACH)]):
            child = self.begin(*words, data=False if words[0] == "graph" else None)
            child.stdout.close()
            err = child.stderr.read()
            self.assertEqual((child.wait(), err), (5, b""), words)

    def test_output_of_any_length_that_is_not_written_is_an_error(self):
        items = self.file("items.json", list(range(300)))
        self.ok("run", self.file("each.json", EACH), "--input", "@" + items, "--name", "x", "--quiet")
        for words in (["history", "x", "--data", self.data], ["validate", self.file("each.json", EACH)]):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([tools.stepwell, *words], stdout=full, stderr=subprocess.PIPE, env=self.environment,
                                      check=False)
            self.assertEqual(done.returncode, 5, done)
            self.assertIn(b"standard output: ", done.stderr)

    def test_json_of_validate_tells_why_a_file_cannot_be_read(self):
        told = self.run_("validate", "--json", "nowhere.json", data=False).json()
        self.assertEqual(told["diagnostics"][0]["text"], "nowhere.json: No such file or directory")
        path = self.file("p.json", '{"StartAt": "${Start}"}')
        told = self.run_("validate", "--json", path, data=False).json()
        self.assertIn("Start", told["diagnostics"][0]["text"])
        self.assertEqual(told["diagnostics"][0]["line"], 1)
        self.fails(2, "p.json:1:14", "validate", path, data=False)
        told = self.run_("validate", "--json", path, "--substitutions", "nowhere.json", data=False)
        self.assertEqual((told.code, told.err), (2, ""))
        self.assertIn("nowhere.json", told.json()["diagnostics"][0]["text"])

    def test_a_byte_order_mark_before_a_definition_is_skipped(self):
        path = self.file("pass.json", b"\xef\xbb\xbf" + json.dumps(PASS).encode())
        self.ok("validate", path, data=False)
        self.ok("run", path)

    def test_yaml_is_told_to_be_yaml(self):
        path = self.file("m.asl.yaml", "StartAt: A\nStates:\n  A: {Type: Pass, End: true}\n")
        for command in ("validate", "run", "graph"):
            self.fails(2, "definitions are JSON; `yq -o json", command, path, data=None if command == "run" else False)
        self.ok("validate", self.file("json.yaml", PASS), data=False)

    def test_misuse_that_was_taken_silently(self):
        path = self.file("pass.json", PASS)
        self.ok("create", path)
        self.fails(2, "--set takes NAME=VALUE", "validate", path, "--set", "=x", data=False)
        self.fails(2, "for `list executions`", "list", "machines", "--status", "RUNNING")
        self.fails(2, "for `list executions`", "list", "machines", "--machine", "pass")
        self.fails(2, "usage: stepwell serve [OPTIONS]", "serve", "here")
        self.fails(2, "request:1:2", "api", "ListStateMachines", "{")

    def test_slips_of_the_pen_are_recognised(self):
        path = self.file("pass.json", PASS)
        self.fails(2, 'did you mean "validate"?', "valdate", path, data=False)
        self.fails(2, 'did you mean "history"?', "help", "histroy", data=False)
        self.fails(2, 'did you mean "status"?', "statu", data=False)
        self.fails(2, "did you mean --resources?", "run", path, "--resorces", "r.json")
        self.fails(2, "did you mean --keep-placeholders?", "validate", path, "--keep-placeholder=1", data=False)
        self.fails(2, "`stepwell --help` lists them", "fly", data=False)

    def test_nothing_on_standard_input_is_no_input_of_an_expression(self):
        self.assertEqual(self.ok("jsonata", "1 + 1", given=b"", data=False).out, "2\n")
        self.assertEqual(self.fails(1, "", "jsonata", "$", given=b"", data=False).out, "")
        self.fails(2, "in.json:1:1", "jsonata", "$", self.file("in.json", ""), data=False)
        done = self.on_terminal("jsonata", "1 + 1")
        self.assertEqual((done.code, done.out), (0, "2\n"))
        self.assertEqual(self.on_terminal("intrinsic", "States.MathAdd(1, 1)").out, "2\n")

    def test_colours_are_for_terminals_that_have_them(self):
        self.ok("run", self.file("pass.json", PASS), "--name", "x")
        for more, coloured in (({"TERM": "xterm"}, True), ({"TERM": "dumb"}, False), ({"TERM": "xterm", "NO_COLOR": "1"}, False)):
            self.environment.update(more)
            self.assertEqual("\x1b[" in self.on_terminal("list", "executions", "--data", self.data).out, coloured, more)

    def on_terminal(self, *words):
        """Run with a terminal as standard input and output."""
        ours, theirs = pty.openpty()
        child = subprocess.Popen([tools.stepwell, *words], stdin=theirs, stdout=theirs, stderr=subprocess.PIPE,
                                 env=self.environment)
        os.close(theirs)
        out = b""
        try:
            while chunk := os.read(ours, 65536):
                out += chunk
        except OSError:  # the other end is closed
            pass
        err = child.stderr.read()
        child.stderr.close()
        os.close(ours)
        return Done(words, child.wait(), out.replace(b"\r\n", b"\n"), err)

    def test_control_characters_of_files_and_words_do_not_reach_a_terminal(self):
        state = "\x1b]0;title\x07\u009b31m"
        machine = self.file("m.json", json.dumps({"StartAt": "A", "States": {
            "A": {"Type": "Pass", "Next": state + "x"}, state: {"Type": "Succeed", "F" + state: 1}}}))
        resources = self.file("r.json", json.dumps({"resources": {"command:a": {state: 1}}}))
        path = self.file("pass.json", PASS)
        for words in (["validate", machine], ["run", path, "--resources", resources], ["jsonata", "a." + state, path],
                      ["jsonata", f'$error("{state}")', path], ["jsonpath", "$." + state + "[", path], [state],
                      ["intrinsic", f"States.{state}()"], ["test", machine, state]):
            done = self.run_(*words, data=None if words[0] == "run" else False)
            self.assertIn(done.code, (1, 2))
            self.assertIn("title", done.err)
            self.assertNotRegex(done.err, "[\x00-\x08\x0b-\x1f\x7f-\x9f]")

    def test_columns_are_those_of_characters(self):
        path = self.file("pass.json", PASS)
        for name in ("plain", "größe", "流れ"):
            self.ok("create", path, "--name", name)
        lines = self.ok("list", "machines").out.splitlines()
        self.assertEqual({line.index("STANDARD") for line in lines}, {41})


class Kinds(Case):
    def setUp(self):
        super().setUp()
        self.path = self.file("pass.json", PASS)
        self.ok("create", self.path, "--name", "short", "--type", "EXPRESS")

    def test_express_machines_do_not_end_the_list_of_executions(self):
        self.ok("run", self.path, "--name", "x")
        told = self.ok("list", "executions", "--json").json()["executions"]
        self.assertEqual([e["executionArn"] for e in told], [ARN + "execution:pass:x"])
        self.fails(2, "StateMachineTypeNotSupported", "list", "executions", "--machine", "short")

    def test_the_type_of_a_machine_stays(self):
        done = self.fails(1, "is of type EXPRESS", "create", self.path, "--name", "short", "--type", "STANDARD", "--update")
        self.assertEqual(done.out, "")
        self.fails(1, "another definition or type", "create", self.path, "--name", "short")
        self.ok("create", self.path, "--name", "short", "--type", "EXPRESS", "--update")
        self.ok("create", self.path, "--name", "short", "--update")

    def test_run_of_a_machine_that_is_express(self):
        path = self.file("short.json", PASS)
        self.assertEqual(self.ok("run", path, "--input", '{"a": 1}').json(), {"a": 1})
        self.assertEqual(self.ok("run", path, "--json").json()["status"], "SUCCEEDED")
        fail = self.file("short.json", {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "No", "Cause": "why"}}})
        self.fails(1, "FAILED  No: why", "run", fail)


class States(Case):
    """stepwell test: one state without an execution."""
    MACHINE = {"StartAt": "Pay", "States": {
        "Pay": {"Type": "Task", "Resource": "function:pay", "ResultPath": "$.paid", "Next": "Each",
                "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 3}],
                "Catch": [{"ErrorEquals": ["Declined"], "ResultPath": "$.why", "Next": "No"}]},
        "Each": {**EACH["States"]["M"]}, "No": {"Type": "Fail", "Error": "No", "Cause": "of course"}}}

    def test_outputs_and_what_comes_next(self):
        path = self.file("m.json", self.MACHINE)
        done = self.ok("test", path, "Pay", "--input", '{"n": 1}', "--mock", '"yes"', data=False)
        self.assertEqual((done.json(), done.err), ({"n": 1, "paid": "yes"}, "SUCCEEDED; next: Each\n"))
        done = self.ok("test", path, "Pay", "--error", "Declined", "--cause", "no money", data=False)
        self.assertEqual(done.json(), {"why": {"Error": "Declined", "Cause": "no money"}})
        self.assertEqual(done.err, "CAUGHT_ERROR  Declined: no money; next: No\n")
        done = self.fails(1, "RETRIABLE  Busy; again after 3 s", "test", path, "Pay", "--error", "Busy", data=False)
        self.assertEqual(done.out, "")
        self.fails(1, "FAILED  No: of course", "test", path, "No", data=False)
        self.assertEqual(self.ok("test", path, "P", "--input", "[1]", data=False).json(), [1])
        self.assertEqual(self.ok("test", path, "Each", "--input", "[1]", "--mock", "[2]", data=False).json(), [2])

    def test_a_single_state_with_variables(self):
        path = self.file("s.json", {"Type": "Pass", "QueryLanguage": "JSONata", "Next": "Any",
                                    "Output": "{% [$states.input, $x] %}"})
        done = self.ok("test", path, "--input", "1", "--variables", '{"x": 2}', data=False)
        self.assertEqual(done.json(), [1, 2])
        told = self.ok("test", path, "--input", "1", "--variables", '{"x": 2}', "--json", data=False).json()
        self.assertEqual((told["status"], told["nextState"]), ("SUCCEEDED", "Any"))
        self.assertEqual(told["inspectionData"]["input"], "1")

    def test_what_cannot_be_tried_is_told_with_the_remedy(self):
        path = self.file("m.json", self.MACHINE)
        self.fails(2, "--mock JSON", "test", path, "Pay", data=False)
        self.fails(2, "stepwell explain", "test", path, "Pya", data=False)
        self.fails(2, "name the state", "test", path, data=False)
        self.fails(2, "--mock", "test", path, "Pay", "--mock", "1", "--error", "E", data=False)
        self.fails(2, "--mock:1:1", "test", path, "Pay", "--mock", "x", data=False)
        self.fails(2, "No such file", "test", "nowhere.json", data=False)
        context = self.file("c.json", {"Type": "Task", "Resource": "function:x", "End": True, "ResultSelector": {"n.$": "$$.State.Name"}})
        self.assertEqual(self.ok("test", context, "--mock", "{}", "--context", '{"State": {"Name": "N"}}', data=False).json(), {"n": "N"})
        wrong = self.file("s.json", {"Type": "Wait", "Seconds": 1, "Nxt": "B"})
        done = self.fails(2, 'did you mean "Next"?', "test", wrong, data=False)
        self.assertNotIn(":0:", done.err)


class Times(Case):
    def test_history_counts_from_the_start_whatever_is_shown(self):
        self.ok("run", self.file("nap.json", {"StartAt": "N", "States": {"N": {"Type": "Wait", "Seconds": 1, "End": True}}}),
                "--name", "x", "--quiet")
        whole = self.ok("history", "x").out.splitlines()
        self.assertGreaterEqual(float(whole[-1].split()[1][:-1]), 0.9)
        self.assertEqual(self.ok("history", "x", "--reverse", "--max", "2").out.splitlines(), whole[::-1][:2])
        self.assertEqual(self.ok("history", "x", "--reverse").out.splitlines(), whole[::-1])

    def test_an_interrupted_run_says_how_to_go_on(self):
        path = self.file("nap.json", {"StartAt": "N", "States": {"N": {"Type": "Wait", "Seconds": 3, "End": True}}})
        child = self.begin("run", path)
        self.assertIn(b"ExecutionStarted", child.stderr.readline())
        child.send_signal(signal.SIGINT)
        err = child.stderr.read().decode()
        self.assertEqual(child.wait(), -signal.SIGINT)
        name = self.ok("list", "executions", "--json").json()["executions"][0]["name"]
        self.assertIn(f"interrupted: nap:{name} ", err)
        self.assertIn(f"--name {name};", err)
        self.assertIn("ExecutionSucceeded", self.ok("run", path, "--name", name).err)

    def test_a_worker_without_anybody_who_gives_tasks_is_told(self):
        self.ok("activity", "create", "inspect")
        self.fails(5, "start `stepwell serve`", "task", "poll", "inspect")

    def test_watch_ends_with_the_reader_of_its_output(self):
        self.ok("create", self.file("nap.json", {"StartAt": "N", "States": {"N": {"Type": "Wait", "Seconds": 1, "End": True}}}))
        with self.serving():
            self.ok("start", "nap", "--name", "x")
            child = self.begin("watch", "x")
            child.stdout.close()
            self.assertEqual((child.wait(timeout=60), child.stderr.read()), (5, b""))

    def test_watch_says_that_nobody_advances(self):
        self.ok("create", self.file("nap.json", NAP))
        self.ok("start", "nap", "--name", "x")
        child = self.begin("watch", "x")
        line = child.stderr.readline()
        self.assertIn(b"nobody owns the data directory", line)
        child.send_signal(signal.SIGINT)
        self.assertEqual(child.wait(), -signal.SIGINT)


if __name__ == "__main__":
    main()
