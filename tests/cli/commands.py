#!/usr/bin/env python3
"""Every subcommand: what it prints, where, and its exit code. usage: commands.py --stepwell PROGRAM"""
import json
import os
import re
import subprocess
import unittest

from door import ARN, NAP, PASS, Case, main, task, tools

COMMANDS = ["run", "validate", "create", "start", "list", "describe", "history", "watch", "stop", "delete", "redrive",
            "activity", "task", "api", "serve",
            "graph", "explain", "test", "jsonata", "jsonpath", "intrinsic", "status", "doctor", "dump", "backup", "restore"]
BAD = '{\n  "StartAt": "A",\n  "States": {"A": {"Type": "Pass", "Next": "Nowhere"}}\n}'


class Help(Case):
    def test_help_lists_every_command(self):
        done = self.ok("--help", data=False)
        for name in COMMANDS:
            self.assertIn(f"\n  {name} ", done.out)
        self.assertEqual(done.out, self.ok("help", data=False).out)
        self.assertEqual(done.out, self.ok("-h", data=False).out)

    def test_every_option_has_a_letter_of_its_own(self):
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../cli/main.c"), encoding="utf-8") as source:
            letters = re.findall(r"^\t\{'(.)', \"", source.read(), re.M)
        self.assertGreater(len(letters), 30)
        self.assertEqual(sorted(letters), sorted(set(letters)))

    def test_each_command_has_help_of_its_own(self):
        for name in COMMANDS:
            done = self.ok(name, "--help", data=False)
            self.assertTrue(done.out.startswith(f"usage: stepwell {name}"), done)
            self.assertEqual(done.out, self.ok("help", name, data=False).out)
            self.assertEqual(done.err, "")

    def test_without_a_command_there_is_help_and_exit_code_2(self):
        done = self.run_(data=False)
        self.assertEqual(done.code, 2)
        self.assertIn("usage: stepwell COMMAND", done.out)

    def test_version(self):
        self.assertRegex(self.ok("--version", data=False).out, r"^stepwell \d+\.\d+\.\d+\n$")

    def test_misuse_is_named(self):
        self.fails(2, 'no command "fly"', "fly", data=False)
        self.fails(2, "no option --fast", "run", "x.json", "--fast")
        self.fails(2, "no option --wait", "run", "x.json", "--wait")
        self.fails(2, "needs a value", "run", "x.json", "--input", data=False)
        self.fails(2, "usage: stepwell run FILE", "run")
        self.fails(2, "usage: stepwell run FILE", "run", "a.json", "b.json")
        self.fails(2, "usage: stepwell describe", "describe")
        self.fails(2, "--max takes a number", "list", "machines", "--max", "none")
        self.fails(2, "--max takes a number", "list", "machines", "--max", "0")
        self.fails(2, "--set takes NAME=VALUE", "run", "a.json", "--set", "A")
        self.fails(2, "list what?", "list", "everything")
        self.fails(2, "delete what?", "delete", "everything", "x")
        self.fails(2, "--format is dot or mermaid", "graph", self.file("pass.json", PASS), "--format", "png", data=False)

    def test_output_that_cannot_be_written_is_an_error(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([tools.stepwell, "--help"], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 0)  # help is help
        path = self.file("pass.json", PASS)
        with open("/dev/full", "wb") as full:
            done = subprocess.run([tools.stepwell, "graph", path], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 5)
        self.assertIn(b"standard output", done.stderr)


class Run(Case):
    def test_only_the_output_is_on_standard_output(self):
        done = self.ok("run", self.file("pass.json", PASS), "--input", '{"a": 1}')
        self.assertEqual(done.json(), {"a": 1})
        self.assertEqual(done.out.count("\n"), 1)
        self.assertIn("ExecutionSucceeded", done.err)
        self.assertEqual(self.ok("run", self.file("pass.json", PASS), "--quiet").err, "")

    def test_input_as_text_file_standard_input_or_nothing(self):
        path = self.file("pass.json", PASS)
        self.assertEqual(self.ok("run", path, "--input", '"é"').json(), "é")
        self.assertEqual(self.ok("run", path, "--input", "@" + self.file("in.json", [1])).json(), [1])
        self.assertEqual(self.ok("run", path, "--input", "-", given=b" {\n} ").json(), {})
        self.assertEqual(self.ok("run", path).json(), {})
        self.assertEqual(self.ok("run", "-", given=json.dumps(PASS).encode()).json(), {})
        self.fails(2, "--input:1:2", "run", path, "--input", "{a}")
        self.fails(2, "in.json:2:1", "run", path, "--input", "@" + self.file("in.json", "[1\n"))
        self.fails(2, "No such file", "run", path, "--input", "@nowhere.json")
        self.fails(2, "directory", "run", self.folder)

    def test_json_is_the_answer_of_describe_execution(self):
        told = self.ok("run", self.file("pass.json", PASS), "--name", "x", "--json").json()
        self.assertEqual(told["executionArn"], ARN + "execution:pass:x")
        self.assertEqual(told["stateMachineArn"], ARN + "stateMachine:pass")
        self.assertEqual((told["status"], told["input"], told["output"]), ("SUCCEEDED", "{}", "{}"))
        self.assertEqual(told, self.ok("describe", "x", "--json").json())
        self.assertLess(told["startDate"] - told["stopDate"], 0.001)

    def test_a_failure_has_exit_code_1_and_error_and_cause(self):
        path = self.file("f.json", {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "My.Error", "Cause": "why"}}})
        done = self.fails(1, "FAILED  My.Error: why", "run", path, "--quiet")
        self.assertEqual(done.out, "")

    def test_a_failing_command_task(self):
        path = self.file("t.json", task("command:break"))
        words = ["--resources", self.resources(**{"break": "echo broken >&2; exit 3"})]
        done = self.run_("run", path, *words, "--name", "x")
        self.assertEqual(done.code, 1, done)
        told = self.ok("describe", "x", "--json").json()
        self.assertEqual(told["status"], "FAILED")
        self.assertIn("broken", told["cause"])
        self.assertIn(told["error"] + ": ", done.err)
        self.assertEqual([e["type"] for e in self.events("x")][-2:], ["TaskFailed", "ExecutionFailed"])

    def test_a_command_task_gets_input_and_gives_output(self):
        path = self.file("t.json", task("command:add"))
        words = ["--resources", self.resources(add="sed 's/1/[1,2]/'")]
        self.assertEqual(self.ok("run", path, *words, "--input", '{"n": 1}').json(), {"n": [1, 2]})

    def test_a_resource_that_is_not_mapped_is_named(self):
        self.fails(1, "command:nobody", "run", self.file("t.json", task("command:nobody")))

    def test_a_machine_that_times_out_has_exit_code_3(self):
        path = self.file("slow.json", {**NAP, "TimeoutSeconds": 1})
        self.fails(3, "TIMED_OUT", "run", path)
        self.assertEqual(self.ok("list", "executions", "--status", "TIMED_OUT", "--json").json()["executions"][0]["status"],
                         "TIMED_OUT")

    def test_the_same_name_twice(self):
        path = self.file("pass.json", PASS)
        self.ok("run", path, "--name", "x")
        self.fails(1, "ExecutionAlreadyExists", "run", path, "--name", "x")
        self.fails(2, "InvalidName", "run", path, "--name", "a b")

    def test_a_changed_file_changes_the_machine(self):
        path = self.file("pass.json", PASS)
        self.ok("run", path)
        self.file("pass.json", {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": 7, "End": True}}})
        self.assertEqual(self.ok("run", path).json(), 7)
        self.assertEqual(len(self.ok("list", "machines", "--json").json()["stateMachines"]), 1)

    def test_a_machine_is_named_after_its_file(self):
        for name, machine in [("a b.asl.json", "a-b"), (".hidden", ".hidden"), ("é#1.json", "é-1"),
                              ("n" * 100 + ".json", "n" * 80), ("n" + "é" * 60, "n" + "é" * 39),
                              (b"\xff.json", "-")]:
            self.ok("run", self.file(name, PASS), "--name", "x")
            self.assertEqual(self.ok("describe", ARN + f"execution:{machine}:x", "--json").json()["name"], "x")

    def test_placeholders(self):
        path = self.file("p.json", {"StartAt": "A", "States": {"A": {
            "Type": "Pass", "Result": {"x": "${Who}", "y": "${Where}"}, "End": True}}})
        done = self.fails(2, "Who", "run", path)
        self.assertRegex(done.err, r"p\.json:1:\d+")
        self.fails(2, "Where", "run", path, "--set", "Who=Ada")
        values = self.file("values.json", {"Where": 'at "home"'})
        self.assertEqual(self.ok("run", path, "--set", "Who=a=b", "--substitutions", values).json(),
                         {"x": "a=b", "y": 'at "home"'})
        self.assertEqual(self.ok("run", path, "--keep-placeholders").json()["x"], "${Who}")
        self.fails(2, "must be a string", "run", path, "--substitutions", self.file("values.json", {"Where": 1}))
        self.fails(2, "a JSON object", "run", path, "--substitutions", self.file("values.json", []))

    def test_mocks(self):
        path = self.file("m.json", task("arn:aws:states:::lambda:invoke", Parameters={"FunctionName": "f"}))
        mocks = self.file("mocks.json", {
            "StateMachines": {"m": {"TestCases": {"Good": {"T": "fine"}, "Bad": {"T": "broke"}}}},
            "MockedResponses": {"fine": {"0": {"Return": {"Payload": 1}}},
                                "broke": {"0": {"Throw": {"Error": "Oh", "Cause": "no"}}}}})
        words = ["run", path, "--mock-config", mocks, "--case"]
        self.assertEqual(self.ok(*words, "Good").json()["Payload"], 1)
        self.fails(1, "Oh: no", *words, "Bad")
        self.assertNotEqual(self.run_(*words, "Neither").code, 0)

    def test_mistakes_of_resources_and_mocks_have_a_place(self):
        path, wrong = self.file("pass.json", PASS), self.file("wrong.json", '{"resources":\n {"x": 1}}')
        for command in (["run", path], ["serve", "--listen", "none"]):
            self.fails(2, "wrong.json:2:", *command, "--resources", wrong)
            self.fails(2, "wrong.json:1:", *command, "--mock-config", wrong)
            self.fails(2, "No such file", *command, "--resources", "nowhere.json")
            done = self.fails(2, "m.json:2:", *command, "--resources", wrong, "--mock-config", self.file("m.json", {}))
            self.assertIn("wrong.json", done.err)

    def test_region_and_account_are_kept(self):
        path = self.file("pass.json", PASS)
        self.ok("run", path, "--region", "eu-west-1", "--account", "000000000001", "--name", "x")
        self.assertEqual(self.ok("describe", "x", "--json").json()["executionArn"],
                         "arn:aws:states:eu-west-1:000000000001:execution:pass:x")

    def test_a_long_data_path(self):
        data = os.path.join(self.folder, *["d" * 60] * 5)  # longer than the name of a socket may be
        path = self.file("pass.json", PASS)
        self.ok("run", path, "--name", "x", data=data)
        with self.serving(data=data):
            self.assertEqual(self.ok("describe", "x", "--json", data=data).json()["status"], "SUCCEEDED")
            self.ok("run", path, "--name", "y", data=data)

    def test_the_default_directory(self):
        self.ok("run", self.file("pass.json", PASS), "--name", "x", data=False)
        self.assertTrue(os.path.exists(os.path.join(self.folder, "state/stepwell/data.mdb")))
        self.ok("describe", "x", data=False)


class Files(Case):
    def test_validate_tells_every_mistake_with_its_place(self):
        good, bad = self.file("good.json", PASS), self.file("bad.json", BAD)
        done = self.ok("validate", good, data=False)
        self.assertEqual(done.out, f"{good}: ok\n")
        done = self.run_("validate", bad, good, data=False)
        self.assertEqual(done.code, 2)
        self.assertRegex(done.err, r"bad\.json:3:\d+: error: /States/A/Next: ")
        self.assertIn("Nowhere", done.err)
        self.assertEqual(done.out, f"{good}: ok\n")
        self.fails(2, "No such file", "validate", "nowhere.json", data=False)

    def test_validate_holds_against_the_type(self):
        task = {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync", "Parameters": {}, "End": True}
        file = self.file("sync.json", {"StartAt": "A", "States": {"A": task}})
        self.ok("validate", file, "--type", "STANDARD", data=False)
        self.fails(2, "/States/A/Resource: an EXPRESS state machine cannot wait", "validate", file, "--type", "EXPRESS", data=False)
        mistake = self.run_("validate", file, "--type", "EXPRESS", "--json", data=False).json()["diagnostics"][0]
        self.assertEqual(mistake["message"], "Express state machine does not support '.sync' service integration")
        self.fails(2, "--type must be", "validate", file, "--type", "FAST", data=False)

    def test_validate_json(self):
        good, bad = self.file("good.json", PASS), self.file("bad.json", BAD)
        self.assertEqual(self.ok("validate", good, "--json", data=False).json(),
                         {"file": good, "result": "OK", "diagnostics": []})
        done = self.run_("validate", bad, good, "--json", data=False)
        first, second = done.json()
        self.assertEqual((done.code, first["result"], second["result"]), (2, "FAIL", "OK"))
        mistake = first["diagnostics"][0]
        self.assertEqual((mistake["severity"], mistake["code"], mistake["line"]), ("ERROR", "MISSING_TRANSITION_TARGET", 3))
        self.assertEqual(first["diagnostics"][-1]["code"], "MISSING_END_STATE")
        self.assertEqual({"severity", "code", "message", "location", "pointer", "text", "line", "column"}, set(mistake))
        name = "n" + "é" * 200  # texts are cut at the border of a character
        long = self.file("long.json", {"StartAt": name, "States": {name: {"Type": "Pass", "Next": name + "x"}}})
        for mistake in self.run_("validate", long, "--json", data=False).json()["diagnostics"]:
            self.assertIsInstance(mistake, dict)

    def test_run_and_create_refuse_mistakes_before_anything_is_made(self):
        bad = self.file("bad.json", BAD)
        self.fails(2, "bad.json:3:", "run", bad)
        self.fails(2, "bad.json:3:", "create", bad)
        self.assertFalse(os.path.exists(self.data))

    def test_graph(self):
        path = self.file("pass.json", PASS)
        dot, mermaid = (self.ok("graph", path, "--format", f, data=False).out for f in ("dot", "mermaid"))
        self.assertTrue(dot.startswith("digraph"), dot)
        self.assertTrue(mermaid.startswith(("stateDiagram", "flowchart", "graph")), mermaid)
        self.assertEqual(dot, self.ok("graph", path, data=False).out)
        self.fails(2, "bad.json:3:", "graph", self.file("bad.json", BAD), data=False)

    def test_explain(self):
        path = self.file("pass.json", PASS)
        self.assertIn("\nPass  ", self.ok("explain", path, data=False).out)
        self.assertIn("next: (end)\n", self.ok("explain", path, data=False).out)
        self.assertEqual(self.ok("explain", path, "--json", data=False).json()["states"][0]["type"], "Pass")
        self.fails(2, "bad.json:3:", "explain", self.file("bad.json", BAD), data=False)
        self.assertIn("- member: a\n", self.ok("explain", "$.a[0]", data=False).out)
        tree = self.ok("explain", "{% 1 + $x %}", "--json", data=False).json()
        self.assertEqual(tree, {"language": "JSONata", "compiled": {"reads": ["$x"], "tree": {
            "operator": "+", "left": {"constant": 1}, "right": {"variable": "x"}}}})
        self.fails(2, "S0201", "explain", "{% 1 1 %}", data=False)

    def test_dump(self):
        self.ok("run", self.file("pass.json", PASS), "--name", "one")
        lines = self.ok("dump").out.splitlines()
        self.assertIn("settings region  {\"text\":\"us-east-1\"}", lines)
        records = [json.loads(line) for line in self.ok("dump", "--json").out.splitlines()]
        self.assertEqual(len(records), len(lines))
        heads = [json.loads(line) for line in self.ok("dump", "executions", "--json").out.splitlines()]
        self.assertEqual([head["record"]["status"] for head in heads], ["SUCCEEDED"])
        self.assertEqual(self.ok("dump", "pass:one").out.splitlines(), self.ok("dump", ARN + "execution:pass:one")
                         .out.splitlines())
        self.fails(2, "there is no table \"nothing\"", "dump", "nothing")
        self.fails(1, "there is no execution pass:two", "dump", "pass:two")

    def test_jsonata(self):
        given = b'{"items": [{"name": "pen", "price": 12.5}, {"name": "ink", "price": 5}]}'
        self.assertEqual(self.ok("jsonata", "$sum(items.price)", given=given, data=False).out, "17.5\n")
        path = self.file("in.json", given)
        self.assertEqual(self.ok("jsonata", "--compact", "items^(price){name: price}", path, data=False).out,
                         '{"ink":5,"pen":12.5}\n')
        self.assertEqual(self.ok("jsonata", "items[0]", path, data=False).out,
                         '{\n  "name": "pen",\n  "price": 12.5\n}\n')
        self.assertEqual(self.fails(1, "", "jsonata", "items.nothing", path, data=False).out, "")
        done = self.fails(2, "S0211", "jsonata", "items[price > ]", path, data=False)
        self.assertEqual(done.err.splitlines()[1:], ["  items[price > ]", "                ^"])
        done = self.fails(2, "T2001", "jsonata", "items.name +\n  1", path, data=False)
        self.assertEqual(done.err.splitlines()[1:], ["  items.name +", "             ^"])
        self.fails(2, "-:1:1", "jsonata", "$", given=b"no", data=False)
        self.fails(2, "usage", "jsonata", data=False)

    def test_jsonata_batch(self):
        lines = ['{"id": 1, "expr": "a + $b", "data": {"a": 1}, "bindings": {"b": 2}}', "rubbish",
                 '{"id": "x", "expr": "nothing", "data": {}}', '{"id": 2, "expr": "a +", "data": {}}',
                 '{"id": 3, "expr": "$f := function(){1 + $f()}; $f()", "depth": 50}',
                 '{"id": 4, "expr": "($f := function(){$f()}; $f())", "timelimit": 10}',
                 '{"id": 5, "expr": "$encodeUrl(\'\\ud800\')"}', '{"id": 6, "expr": "$length(\'\\ud83d\\ude00\')"}']
        out = self.ok("jsonata", "--batch", given="\n".join(lines).encode(), data=False).out
        answers = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([a["id"] for a in answers], [1, None, "x", 2, 3, 4, 5, 6])
        self.assertEqual(answers[0]["result"], 3)
        self.assertEqual(answers[2], {"id": "x", "undefined": True})
        self.assertEqual([a["error"]["code"] for a in answers[3:7]], ["S0207", "S0201", "U1001", "D3140"])
        self.assertEqual(answers[7]["result"], 1)

    def test_jsonpath(self):
        given = b'{"a": [{"b": 1}, {"b": 12345678901234567890}]}'
        self.assertEqual(self.ok("jsonpath", "$.a[1].b", given=given, data=False).out, "12345678901234567890\n")
        path = self.file("in.json", given)
        self.assertEqual(self.ok("jsonpath", "$..b", path, data=False).json(), [1, 12345678901234567890])
        done = self.fails(2, "^", "jsonpath", "$.a b", path, data=False)
        self.assertEqual(done.err.splitlines()[1:], ["  $.a b", "     ^"])
        self.fails(2, "stepwell:", "jsonpath", "$.c", path, data=False)
        self.fails(2, "-:1:1", "jsonpath", "$", given=b"no", data=False)
        self.fails(2, "usage", "jsonpath", data=False)

    def test_jsonpath_batch(self):
        lines = ['{"id": 1, "path": "$.a", "data": {"a": 1.10}}', '{"id": "x", "path": "$.", "data": {}}', "rubbish",
                 '{"id": 2, "path": "$.nothing", "data": {}}']
        out = self.ok("jsonpath", "--batch", given="\n".join(lines).encode(), data=False).out
        answers = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([a["id"] for a in answers], [1, "x", None, 2])
        self.assertEqual(answers[0]["result"], 1.1)
        self.assertEqual([a["error"]["code"] for a in answers[1:]], ["invalid_path", "invalid_request", "not_found"])

    def test_validate_json_has_every_mistake_with_its_place_and_the_words_of_aws(self):
        bad = self.file("bad.json", '{"StartAt": "A", "States": {"A": {"Type": "Pass",\n "Parameters": {"l": [{"x.$": "$["}]},'
                        '\n "End": true}}}')
        done = self.run_("validate", "--json", bad, data=False)
        self.assertEqual(done.code, 2)
        self.assertEqual(done.json()["diagnostics"], [{
            "severity": "ERROR", "code": "SCHEMA_VALIDATION_FAILED",
            "message": "The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call",
            "location": "/States/A/Parameters", "pointer": "/States/A/Parameters/l/0/x.$",
            "text": "x.$: Could not parse token starting at position 1. Expected ?, ', 0-9, * ", "line": 2, "column": 33}])

    def test_validate_json_survives_what_is_cut(self):
        for shift in range(4):
            for character in "é€𐍈":
                name = "x" * shift + character * 150
                path = self.file("long.json", {"StartAt": name, "States": {"A": {"Type": "Pass", "End": True, name: 1}}})
                done = self.run_("validate", "--json", path, data=False)
                self.assertEqual(len(done.json()["diagnostics"]), 3, done)
                self.run_("validate", path, data=False).err.encode().decode()
                done = self.fails(2, "no function", "intrinsic", f"States.{name}()", data=False)
                self.assertNotIn("\ufffd", done.err)
        for path in (self.file("large.json", json.dumps({"Comment": "x" * 1100000})), "nothing.json",
                     self.file(b"\xff.json", "[")):
            report = self.run_("validate", "--json", path, data=False).json()
            self.assertEqual((report["result"], len(report["diagnostics"])), ("FAIL", 1), report)
            self.assertTrue(report["diagnostics"][0]["text"])

    def test_intrinsic(self):
        path = self.file("in.json", {"a": [1, 2], "big": 12345678901234567890})
        self.assertEqual(self.ok("intrinsic", "States.Format('{}-{}', $.a[0], $.big)", path, data=False).out,
                         '"1-12345678901234567890"\n')
        self.assertEqual(self.ok("intrinsic", "States.Array($.a, true)", path, data=False).json(), [[1, 2], True])
        self.assertEqual(self.ok("intrinsic", "States.ArrayLength($)", given=b"[1]", data=False).out, "1\n")
        self.assertEqual(self.ok("intrinsic", "States.Array($)", given=b"", data=False).json(), [{}])
        self.assertEqual(self.ok("intrinsic", "States.Format('{}{}', $$.State.Name, $x.y)", "--context",
                                 '{"State": {"Name": "A"}}', "--variables", "@" + self.file("v.json", {"x": {"y": 7}}),
                                 data=False).json(), "A7")

    def test_intrinsic_tells_what_is_wrong_with_the_call(self):
        self.fails(2, "no function States.Fromat", "intrinsic", "States.Fromat()", data=False)
        for call, column in (("States.Array(1, States.Fromat())", 16), ("States.UUID", 11), ("States.Array('é', x)", 18),
                             ("States.MathAdd(1)", 0)):
            done = self.fails(2, "^", "intrinsic", call, data=False)
            self.assertEqual(done.err.splitlines()[1:], ["  " + call, "  " + " " * column + "^"])
        done = self.fails(2, "...", "intrinsic", "States.Array(" + "1, " * 300 + "x, " + "2, " * 300 + "2)", data=False)
        shown, caret = done.err.splitlines()[1:]
        self.assertEqual(shown[caret.index("^")], "x")
        self.assertLess(len(shown), 120)
        for call in ("$.a", "", "5", "States", "'x'"):
            self.fails(2, "stepwell:", "intrinsic", call, data=False)
        self.fails(2, "usage", "intrinsic", data=False)

    def test_intrinsic_fails_as_an_execution_would(self):
        done = self.fails(1, "States.Runtime: ", "intrinsic", "States.ArrayGetItem($, 5)", given=b"[1]", data=False)
        self.assertEqual(done.out, "")
        self.assertIn("There was an error while evaluating the intrinsic function: States.ArrayGetItem($, 5). Invalid "
                      "arguments in States.ArrayGetItem", done.err)
        done = self.fails(1, "States.Runtime: ", "intrinsic", "States.Array($.no)", given=b"{}", data=False)
        self.assertIn("The JsonPath argument for the field '$.no' could not be found in the input '{}'", done.err)
        self.fails(1, "$no", "intrinsic", "States.Array($no)", data=False)

    def test_intrinsic_options_with_mistakes(self):
        self.fails(2, "in.json:1:2", "intrinsic", "States.UUID()", self.file("in.json", "{a}"), data=False)
        self.fails(2, "-:1:1", "intrinsic", "States.UUID()", given=b"no", data=False)
        self.fails(2, "nothing.json", "intrinsic", "States.UUID()", "nothing.json", data=False)
        self.fails(2, "--context:1:1", "intrinsic", "States.UUID()", "--context", "x", data=False)
        self.fails(2, "--variables:1:1", "intrinsic", "States.UUID()", "--variables", "x", data=False)
        self.fails(2, "must be a JSON object", "intrinsic", "States.UUID()", "--variables", "[1]", data=False)
        self.fails(2, "--seed takes", "intrinsic", "States.UUID()", "--seed", "x1", data=False)

    def test_a_seed_makes_chance_repeatable(self):
        call = "States.Format('{} {}', States.UUID(), States.MathRandom(0, 1000000))"
        one, same, other, none, again = (self.ok("intrinsic", call, *seed, data=False).out for seed in (
            ("--seed", "7"), ("--seed", "7"), ("--seed", "-8"), (), ()))
        self.assertEqual(one, same)
        self.assertEqual(len({one, other, none, again}), 4)


class Machines(Case):
    def test_create_and_update(self):
        path = self.file("pass.json", PASS)
        self.assertEqual(self.ok("create", path).out, ARN + "stateMachine:pass\n")
        self.ok("create", path)
        told = self.ok("create", path, "--name", "other", "--json").json()
        self.assertEqual(told["stateMachineArn"], ARN + "stateMachine:other")
        self.file("pass.json", NAP)
        self.fails(1, "--update", "create", path)
        told = self.ok("create", path, "--update", "--json").json()
        self.assertEqual(told["stateMachineArn"], ARN + "stateMachine:pass")
        self.assertIn("revisionId", told)
        told = self.ok("describe", "pass", "--json").json()
        self.assertEqual(json.loads(told["definition"]), NAP)
        self.fails(2, "InvalidName", "create", path, "--name", "a b")

    def test_list_and_describe(self):
        self.fails(5, "holds no data yet", "list", "machines")
        self.ok("create", self.file("pass.json", PASS))
        machine = self.ok("list", "machines", "--json").json()["stateMachines"][0]
        self.assertEqual((machine["name"], machine["type"]), ("pass", "STANDARD"))
        self.assertIn("pass ", self.ok("list", "machines").out)
        told = self.ok("describe", ARN + "stateMachine:pass", "--json").json()
        self.assertEqual((told["status"], json.loads(told["definition"])), ("ACTIVE", PASS))
        self.assertIn("ACTIVE", self.ok("describe", "pass").out)
        self.fails(1, "StateMachineDoesNotExist", "describe", ARN + "stateMachine:nobody")
        self.fails(1, 'no execution "nobody"', "describe", "nobody")

    def test_delete(self):
        self.ok("create", self.file("pass.json", PASS))
        self.fails(1, 'no machine "nobody"', "delete", "machine", "nobody")
        self.ok("delete", "machine", "pass")
        self.assertEqual(self.ok("list", "machines", "--json").json()["stateMachines"], [])
        self.fails(1, 'no machine "pass"', "start", "pass")
        self.ok("create", self.file("pass.json", PASS))

    def test_a_machine_that_runs_is_deleted_when_it_has_ended(self):
        self.ok("create", self.file("nap.json", NAP))
        self.ok("start", "nap", "--name", "x")
        self.ok("delete", "machine", "nap")
        self.assertEqual(self.ok("describe", "nap", "--json").json()["status"], "DELETING")
        self.fails(1, "StateMachineDeleting", "start", "nap")
        self.ok("stop", "x")
        with self.serving():
            self.wait_for("deletion", lambda: not self.ok("list", "machines", "--json").json()["stateMachines"])


class Executions(Case):
    def setUp(self):
        super().setUp()
        self.ok("create", self.file("pass.json", PASS))
        self.ok("create", self.file("nap.json", NAP))

    def test_start_without_an_owner_waits_for_one(self):
        done = self.ok("start", "pass", "--name", "x")
        self.assertEqual(done.out, ARN + "execution:pass:x\n")
        self.assertIn("stepwell serve", done.err)
        self.assertEqual(self.ok("describe", "x", "--json").json()["status"], "RUNNING")
        self.assertEqual([e["type"] for e in self.events("x")], ["ExecutionStarted"])
        with self.serving():
            self.wait_for("the end", lambda: self.ok("describe", "x", "--json").json()["status"] == "SUCCEEDED")

    def test_start_and_wait(self):
        done = self.ok("start", "pass", "--wait", "--input", "[1]", "--name", "x")
        self.assertEqual(done.json(), [1])
        self.assertIn("ExecutionSucceeded", done.err)
        self.assertEqual(self.ok("start", ARN + "stateMachine:pass", "--wait", "--quiet").err, "")
        told = self.ok("start", "pass", "--wait", "--json").json()
        self.assertEqual(told["status"], "SUCCEEDED")
        self.fails(1, 'no machine "nobody"', "start", "nobody")
        self.fails(1, "StateMachineDoesNotExist", "start", ARN + "stateMachine:nobody")
        self.fails(2, "--input:1:1", "start", "pass", "--input", "x")

    def test_a_start_that_nobody_carried_on_is_carried_on_by_its_name(self):
        self.ok("start", "pass", "--name", "x", "--input", "[2]")
        self.assertEqual(self.ok("start", "pass", "--name", "x", "--input", "[2]", "--wait").json(), [2])

    def test_names_of_executions(self):
        self.ok("start", "pass", "--name", "x", "--wait")
        for name in ("x", "pass:x", ARN + "execution:pass:x"):
            self.assertEqual(self.ok("describe", name, "--json").json()["executionArn"], ARN + "execution:pass:x")
        self.ok("start", "nap", "--name", "x")
        self.fails(2, "MACHINE:x", "describe", "x")
        self.assertEqual(self.ok("describe", "nap:x", "--json").json()["status"], "RUNNING")
        self.fails(1, 'no machine "nobody"', "describe", "nobody:x")
        self.fails(1, "ExecutionDoesNotExist", "describe", "pass:nobody")
        self.fails(2, "InvalidArn", "describe", "arn:rubbish")

    def test_list(self):
        for name, machine in (("a", "pass"), ("b", "nap"), ("c", "pass")):
            self.ok("start", machine, "--name", name, *(["--wait"] if machine == "pass" else []))

        def names(*words):
            return [e["name"] for e in self.ok("list", "executions", "--json", *words).json()["executions"]]

        self.assertEqual(names(), ["c", "b", "a"])
        self.assertEqual(names("--machine", "pass"), ["c", "a"])
        self.assertEqual(names("--machine", ARN + "stateMachine:nap"), ["b"])
        self.assertEqual(names("--status", "RUNNING"), ["b"])
        self.assertEqual(names("--max", "2"), ["c", "b"])
        self.fails(1, 'no machine "nobody"', "list", "executions", "--machine", "nobody")
        self.fails(2, "ValidationException", "list", "executions", "--status", "ASLEEP")
        lines = self.ok("list", "executions").out.splitlines()
        self.assertEqual([line.split()[-1] for line in lines], ["pass:c", "nap:b", "pass:a"])

    def test_more_than_a_page(self):
        loop = {"StartAt": "M", "States": {"M": {"Type": "Map", "End": True, "ItemProcessor": PASS}}}
        done = self.ok("run", self.file("map.json", loop), "--input", json.dumps(list(range(600))), "--name", "big")
        self.assertEqual(done.json(), list(range(600)))
        ids = [e["id"] for e in self.events("big")]
        self.assertGreater(len(ids), 2000)
        self.assertEqual(ids, list(range(1, len(ids) + 1)))
        shown = [line.split()[0] for line in done.err.splitlines()]
        self.assertEqual(shown, [str(i) for i in ids])
        self.assertEqual([e["id"] for e in self.ok("history", "big", "--json", "--reverse", "--max", "3").json()["events"]],
                         ids[:-4:-1])

    def test_history(self):
        self.ok("start", "pass", "--name", "x", "--wait")
        events = self.events("x")
        self.assertEqual([e["type"] for e in events],
                         ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"])
        self.assertEqual([e["previousEventId"] for e in events], [0, 0, 2, 3])
        lines = self.ok("history", "x").out.splitlines()
        self.assertEqual([line.split()[2] for line in lines], [e["type"] for e in events])
        self.assertEqual([e["id"] for e in self.ok("history", "x", "--json", "--max", "2").json()["events"]], [1, 2])
        self.fails(1, "no execution", "history", "nobody")

    def test_stop(self):
        self.ok("start", "nap", "--name", "x")
        self.assertIn("stopDate", self.ok("stop", "x", "--error", "My.Error", "--cause", "why", "--json").json())
        told = self.ok("describe", "x", "--json").json()
        self.assertEqual((told["status"], told["error"], told["cause"]), ("ABORTED", "My.Error", "why"))
        self.ok("stop", "x")
        self.fails(4, "ABORTED  My.Error: why", "watch", "x")
        self.fails(1, "no execution", "stop", "nobody")
        self.fails(2, "ValidationException", "stop", "x", "--error", "e" * 257)

    def test_delete(self):
        self.ok("start", "nap", "--name", "x")
        self.fails(2, "RUNNING", "delete", "execution", "x")
        self.ok("stop", "x")
        self.ok("delete", "execution", "x")
        self.fails(1, "no execution", "describe", "x")
        self.fails(1, "no execution", "delete", "execution", "x")
        self.ok("start", "nap", "--name", "x")

    def test_watch_of_what_has_ended(self):
        self.ok("start", "pass", "--name", "x", "--wait", "--input", "3")
        done = self.ok("watch", "x")
        self.assertIn("ExecutionSucceeded", done.out)
        self.assertEqual(done.out.splitlines()[-1], "3")
        done = self.ok("watch", "x", "--json")
        self.assertEqual(done.json()["output"], "3")
        self.assertIn("ExecutionSucceeded", done.err)

    def test_control_characters_do_not_reach_a_terminal(self):
        path = self.file("f.json", {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "CausePath": "$.c"}}})
        text = json.dumps({"c": "\x1b[31mred\x00\x07"})
        done = self.fails(1, "red", "run", path, "--input", text, "--name", "x")
        for shown in (done.err, self.ok("describe", "x").out, self.ok("history", "x").out):
            self.assertIn("red", shown)
            for character in "\x1b\x07\x00":
                self.assertNotIn(character, shown)


if __name__ == "__main__":
    main()
