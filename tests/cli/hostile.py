#!/usr/bin/env python3
"""Hostile and very large input: what is refused is refused clearly, what is allowed works, nothing crashes.
usage: hostile.py --stepwell PROGRAM"""
import json
import os
import random
import unittest

from door import ARN, PASS, Case, main, task

PAYLOAD_MAX, DEFINITION_MAX, DEPTH_MAX, STATES_MAX, EVENTS_MAX = 262144, 1048576, 1000, 10000, 25000
HISTORY_FULL = f"The execution reached the maximum number of history events ({EVENTS_MAX})."
LOOP = {"StartAt": "A", "States": {
    "A": {"Type": "Pass", "Next": "B"},
    "B": {"Type": "Choice", "Choices": [{"Variable": "$.never", "IsPresent": True, "Next": "End"}], "Default": "A"},
    "End": {"Type": "Succeed"}}}


def chain(length):
    states = {f"S{i}": {"Type": "Pass", "Next": f"S{i + 1}"} for i in range(length - 1)}
    return {"StartAt": "S0", "States": {**states, f"S{length - 1}": {"Type": "Pass", "End": True}}}


def padded(length):
    """A definition of that many bytes."""
    text = json.dumps({"Comment": "#", **PASS})
    return text.replace("#", "x" * (length - len(text) + 1))


class Payloads(Case):
    def setUp(self):
        super().setUp()
        self.pass_ = self.file("pass.json", PASS)

    def refused(self, text, given):
        return self.fails(2, text, "run", self.pass_, "--input", "-", given=given)

    def test_a_payload_may_have_256_kib(self):
        largest = b'"' + b"x" * (PAYLOAD_MAX - 2) + b'"'
        self.assertEqual(self.ok("run", self.pass_, "--input", "-", given=largest).out.encode(), largest + b"\n")
        self.refused(str(PAYLOAD_MAX), largest.replace(b'"x', b'"xx'))
        self.refused("longer than", b" " * (20 << 20))
        characters = '"' + "é" * (PAYLOAD_MAX // 2 - 1) + '"'  # the limit is one of bytes
        self.assertEqual(self.ok("run", self.pass_, "--input", "-", given=characters.encode()).out, characters + "\n")
        self.assertNotEqual(self.run_("run", self.pass_, "--input", "-", given=characters.replace('"é', '"éé').encode()).code, 0)

    def test_a_result_may_have_256_kib(self):
        for more, code in ((0, 0), (1, 1)):
            script = f"printf '\"'; head -c {PAYLOAD_MAX - 2 + more} /dev/zero | tr '\\0' x; printf '\"'"
            done = self.run_("run", self.file("t.json", task("command:big")), "--resources", self.resources(big=script),
                             "--name", f"x{more}")
            self.assertEqual(done.code, code, done)
        self.assertIn("States.DataLimitExceeded", done.err)

    def test_data_that_grow_beyond_the_limit_fail_the_execution(self):
        double = {"StartAt": "D", "States": {"D": {"Type": "Pass", "Parameters": {"a.$": "$", "b.$": "$"}, "Next": "D2"},
                                             "D2": {"Type": "Choice", "Choices": [{"Variable": "$.c", "IsPresent": True,
                                                                                   "Next": "E"}], "Default": "D"},
                                             "E": {"Type": "Succeed"}}}
        self.fails(1, "States.DataLimitExceeded", "run", self.file("double.json", double), "--input", '"' + "x" * 1000 + '"')

    def test_nested_arrays(self):
        deepest = b"[" * DEPTH_MAX + b"]" * DEPTH_MAX
        self.assertEqual(self.ok("run", self.pass_, "--input", "-", given=deepest).out.encode(), deepest + b"\n")
        for depth in (DEPTH_MAX + 1, 100000):
            self.refused(f"-:1:{DEPTH_MAX + 1}: ", b"[" * depth + b"]" * depth)
            self.refused(f"more than {DEPTH_MAX}", b"[" * depth)
            self.refused(f"more than {DEPTH_MAX}", b'{"a":' * depth)
        nest = {"StartAt": "N", "States": {"N": {"Type": "Pass", "Parameters": {"a.$": "$"}, "End": True}}}
        done = self.run_("run", self.file("nest.json", nest), "--input", "-", given=deepest)
        self.assertEqual(done.code, 1, done)

    def test_what_is_not_json_has_a_place(self):
        for given, place in ((b"", "1:1"), (b"nul", "1:1"), (b'{"a":', "1:6"), (b"[1,]", "1:4"), (b"[1 2]", "1:4"),
                             (b"{}{}", "1:3"), (b"\n\n  x", "3:3"), (b"'a'", "1:1"), (b"01", "1:1"), (b"NaN", "1:1"),
                             (b'"\n"', "1:2"), (b'"\\x"', "1:3"), (b'"\\u12"', "1:3"), (b"\xef\xbb\xbf{}", "1:1")):
            self.refused(f"-:{place}", given)

    def test_bytes_that_are_not_utf_8(self):
        self.ok("create", self.pass_)
        for bad in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"):
            self.refused("-:1:2: bytes that are not UTF-8", b'"' + bad + b'"')
            self.fails(2, "not UTF-8", "run", self.pass_, "--name", bad)
            self.fails(2, "not UTF-8", "stop", bad)
        self.refused("-:1:3: a high surrogate", b'"\\ud83d')

    def test_nul(self):
        self.refused("-:1:6", b'{"a":\x00 1}')
        self.refused("-:1:2", b'"\x00"')
        self.assertEqual(self.ok("run", self.pass_, "--input", '{"a": "\\u0000b"}').json(), {"a": "\0b"})
        self.refused("-:1:4: U+0000 is not allowed in a key", b'{"a\\u0000": 1}')
        fail = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "CausePath": "$"}}}
        self.fails(1, "FAILED  E: a", "run", self.file("f.json", fail), "--input", '"a\\u0000b"')

    def test_lone_surrogates(self):
        for text in ('"\\ud800"', '"\\udc00x"', '{"\\ud800": 1}'):
            done = self.run_("run", self.pass_, "--input", text)
            self.assertEqual(done.code, 2, done)
            self.assertIn("--input:1:", done.err)

    def test_of_duplicate_keys_the_last_one_counts(self):
        take = {"StartAt": "A", "States": {"A": {"Type": "Pass", "OutputPath": "$.a", "End": True}}}
        self.assertEqual(self.ok("run", self.file("take.json", take), "--input", '{"a": 1, "b": 0, "a": 2}').json(), 2)

    def test_numbers(self):
        through = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"n.$": "$[0]", "all.$": "$"}, "End": True}}}
        path = self.file("through.json", through)
        big = "123456789012345678901234567890"
        for text, shown in ((big, big), ("-" + big, "-" + big), ("9007199254740993", "9007199254740993"),
                            ("9223372036854775808", "9223372036854775808"), ("1.1", "1.1"), ("1e2", None), ("5e-324", None),
                            ("1.7976931348623157e308", None)):
            out = self.ok("run", path, "--input", f"[{text}]").out
            if shown:
                self.assertEqual(out, f'{{"n":{shown},"all":[{shown}]}}\n')
            self.assertEqual(json.loads(out)["n"], json.loads(text))
        for text in ("1e999", "-1e999", "1e309", "1" * 400 + ".5", "1" + "0" * 400 + "e1"):
            self.refused("-:1:2: the number is too large", f"[{text}]".encode())
        self.assertIn(self.run_("run", path, "--input", f"[1e-999, {'1' * 5000}]").code, (0, 2))


class Definitions(Case):
    def test_a_definition_may_have_1_mib(self):
        self.ok("run", self.file("d.json", padded(DEFINITION_MAX)))
        for command in ("run", "validate", "create", "graph"):
            self.fails(2, f"longer than {DEFINITION_MAX} bytes", command, self.file("d.json", padded(DEFINITION_MAX + 1)),
                       data=self.data if command != "validate" and command != "graph" else False)
        self.fails(2, "longer than", "run", self.file("d.json", padded(30 << 20)))

    def test_through_the_server_too(self):
        with self.serving(listen="127.0.0.1:0") as server:
            self.ok("run", self.file("d.json", padded(DEFINITION_MAX)), "--input", "@" + self.file(
                "in.json", '"' + "x" * (PAYLOAD_MAX - 2) + '"'))
            self.fails(2, str(PAYLOAD_MAX), "start", "d", "--input", "@" + self.file(
                "in.json", '"' + "x" * (PAYLOAD_MAX - 1) + '"'))
            for size in (1 << 20, 8 << 20):
                try:
                    status, answer = self.call(server.port, "CreateStateMachine", {
                        "name": "x", "definition": "x" * size, "roleArn": "arn:aws:iam::123456789012:role/r"})
                    self.assertIn(status, (400, 413), answer)
                except (BrokenPipeError, ConnectionResetError):
                    self.assertGreater(size, 2 << 20)  # it does not read on what it will not take
            self.assertEqual(self.call(server.port, "ListStateMachines", {})[0], 200)

    def test_10000_states(self):
        path = self.file("chain.json", chain(STATES_MAX))
        self.assertEqual(self.ok("run", path, "--quiet", "--input", "[1]", "--name", "x").json(), [1])
        self.assertEqual(self.events("x")[-1]["id"], 2 * STATES_MAX + 2)
        self.ok("graph", path, data=False)
        self.fails(2, f"more than {STATES_MAX} states", "run", self.file("chain.json", chain(STATES_MAX + 1)))

    def test_a_loop_without_a_wait_ends_at_event_25000(self):
        self.fails(1, "FAILED  States.Runtime: " + HISTORY_FULL, "run", self.file("loop.json", LOOP), "--quiet", "--name", "x")
        last = self.ok("history", "x", "--reverse", "--max", "2", "--json").json()["events"]
        self.assertEqual([e["id"] for e in last], [EVENTS_MAX, EVENTS_MAX - 1])
        self.assertEqual(last[0]["type"], "ExecutionFailed")
        self.assertEqual(last[0]["executionFailedEventDetails"]["cause"], HISTORY_FULL)
        self.assertEqual(len(self.events("x")), EVENTS_MAX)

    def test_a_loop_does_not_keep_others_waiting(self):
        with self.serving():
            self.ok("create", self.file("loop.json", LOOP))
            for i in range(4):
                self.ok("start", "loop", "--name", f"x{i}")
            self.ok("run", self.file("pass.json", PASS))
            for i in range(4):
                self.fails(1, HISTORY_FULL, "watch", f"x{i}")

    def test_a_map_of_more_items_than_the_history_holds(self):
        path = self.file("map.json", {"StartAt": "M", "States": {"M": {"Type": "Map", "End": True, "ItemProcessor": PASS}}})
        self.fails(1, HISTORY_FULL, "run", path, "--quiet", "--input", "@" + self.file("in.json", [0] * 20000))

    def test_what_is_not_json_or_not_allowed(self):
        good = json.dumps(PASS).encode()
        for bad in (b"", b"x", b"[]", b"null", b'"a"', good[:-1], good + b"x", good.replace(b'"Pass"', b'"\xff"'),
                    good.replace(b'"Pass"', b'"P\x00"'), good.replace(b'"A": {', b'"A": {"Type": "Pass", '),
                    b'{"StartAt": "A", ' + good[1:], b"[" * 100000, b'{"StartAt":' * 50000, b'{"States":' * 2000 + b"1"):
            done = self.run_("run", self.file("bad.json", bad))
            self.assertEqual(done.code, 2, done)
            self.assertRegex(done.err, f"bad.json:1:|bad.json: more than {DEPTH_MAX} nested")
        self.fails(2, "twice", "validate", self.file("bad.json", good.replace(b'"A": {', b'"A": {"Type": "Pass", ')), data=False)

    def test_deeply_nested_states(self):
        definition = PASS
        for _ in range(120):
            definition = {"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": [definition], "End": True}}}
        done = self.run_("run", self.file("deep.json", definition), "--quiet")
        self.assertIn(done.code, (0, 2), done)
        text = '{"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[' * 400
        self.fails(2, f"deep.json: more than {DEPTH_MAX} nested", "run", self.file("deep.json", text + json.dumps(PASS) + "]}}}" * 400))

    def test_names_that_are_hostile(self):
        name = '"; rm -rf / </script>\n\t\x1b[31m\\"'
        definition = {"StartAt": name, "States": {name: {"Type": "Pass", "End": True}}}
        path = self.file("names.json", definition)
        if self.run_("validate", path, data=False).code == 0:
            self.ok("run", path)
            for form in ("dot", "mermaid"):
                shown = self.ok("graph", path, "--format", form, data=False).out
                self.assertNotIn("\x1b", shown)
                self.assertNotRegex(shown, r'[^\\]"; rm')
        for argument in ("", ":", "x:", ":x", "a:b:c", "x" * 5000, "#", "x#", "../../x", "arn:", "arn:aws:states:::", "\n",
                         ARN + "execution:a:" + "b" * 300, "%s%n", "{}"):
            self.ok("create", self.file("pass.json", PASS))
            for words in (["describe", argument], ["history", argument], ["start", argument], ["stop", argument],
                          ["delete", "machine", argument], ["delete", "execution", argument],
                          ["list", "executions", "--machine", argument]):
                done = self.run_(*words)
                self.assertIn(done.code, (1, 2) if words[1] != "machine" else (0, 1, 2), done)
                self.assertEqual(bool(done.err), done.code != 0, done)

    def test_mutated_definitions_and_inputs_never_crash(self):
        seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
        print(f"seed {seed}")
        randomness = random.Random(seed)
        good = json.dumps({"StartAt": "M", "States": {
            "M": {"Type": "Map", "ItemsPath": "$.i", "Next": "C", "ResultPath": "$.r", "ItemProcessor": {
                "StartAt": "F", "States": {"F": {"Type": "Pass", "Parameters": {
                    "x.$": "States.Format('{}-{}', $, States.MathAdd(1, 2))"}, "End": True}}}},
            "C": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericGreaterThan": 3, "Next": "S"}], "Default": "S"},
            "S": {"Type": "Succeed"}}}).encode()
        for _ in range(60):
            text, given = bytearray(good), bytearray(b'{"i": [1, "a", null, {"b": [2.5]}], "n": 4}')
            for target in (text, given):
                for _ in range(randomness.choice((0, 1, 1, 3))):
                    at = randomness.randrange(len(target))
                    target[at:at + randomness.randrange(3)] = randomness.choice(
                        (b"", b'"', b"{", b"]", b"$", b"\\", b"\xf0", b"9", b",", b"..", b"null", bytes([randomness.randrange(256)])))
            done = self.run_("run", self.file("mutated.json", bytes(text)), "--quiet", "--input", "-", given=bytes(given))
            self.assertIn(done.code, (0, 1, 2), (bytes(text), bytes(given), str(done)))
            self.assertTrue(done.code == 0 or done.err, (bytes(text), bytes(given)))


class Paths(Case):
    def test_hostile_paths_end_soon(self):
        data = self.file("in.json", {"a": [[i] * 50 for i in range(50)], "s": "a" * 3000, "t": "a" * 200000,
                                     "m": ["a" * 17] * 10000, "n": [1] * 30000, "o": [1] * 29999 + [2]})
        for path in ("$" + "..*" * 30, "$" + "[*]" * 1000, "$." + "a" * 60000, "$" * 70000, "$.a[?(" * 2000, "(" * 100000,
                     "$.s[?(@ =~ /(a+)+b/)]", "$..[?(@ =~ /(a|a)*c/)]", "States.Format(" * 5000, "$.a[" + "9" * 400 + "]",
                     "$.a[-9223372036854775808:9223372036854775807:1]", "States.ArrayRange(1, 100000000, 1)", "", "$[", "$['",
                     "$.m[?(@ =~ /(a+)+[bc]/)]", "$[?(@ =~ /(?:a*+[bc]|a)*[de]/)]", "$.n[?($.n == $.o)]",
                     "$.n[?($.t contains 'b')]", "$.n[?(@ in $.o)]", "$[?(@ =~ /" + "(" * 30000 + "/)]",
                     "$[?(@ =~ /" + "(a{9}" * 5000 + "){9}" * 5000 + "/)]"):
            done = self.run_("jsonpath", "--", path, data, data=False)
            self.assertIn(done.code, (0, 2, 5), done)
            self.assertTrue(done.out or done.err)

    def test_hostile_calls_end_soon(self):
        data = self.file("in.json", {"a": list(range(5000)), "s": "a" * 200000, "o": {str(i): i for i in range(5000)},
                                     "u": [{"k": [i]} for i in range(20000)], "w": "".join(map(chr, range(0x4e00, 0x9e00)))})
        for call in ("States.Array(" * 5000, "States.Array(" + "1," * 60000 + "1)", "States.Format('" + "{}" * 30000 + "')",
                     "States.Format('" + "{}" * 900 + "'" + ", $" * 900 + ")", "States.Base64Encode($.s)",
                     "States.Base64Decode($.s)", "States.Hash($, 'MD5')", "States.ArrayRange(0, 9223372036854775807, 1)",
                     "States.ArrayRange(-9223372036854775808, 9223372036854775807, 9223372036854775807)",
                     "States.ArrayPartition($.a, 1e300)", "States.ArrayPartition($.a, 0.4)", "States.StringSplit($.s, 'a')",
                     "States.StringSplit($.s, $.s)", "States.JsonToString($)", "States.StringToJson($.s)",
                     "States.ArrayUnique(States.ArrayPartition($.a, 1))", "States.ArrayLength(States.ArrayUnique($.u))",
                     "States.StringSplit($.w, 'x')", "States.ArrayLength(States.StringSplit($.s, $.w))",
                     "States.ArrayContains(States.Array($.u" + ", $.u" * 900 + "), $.a)",
                     "States.ArrayLength(States.Array($..*" + ", $..*" * 900 + "))", "States.MathAdd(1e308, 1e308)",
                     "States.Array('" + "\\\\" * 30000 + "')", "States.Array($" + "[?(" * 300 + ")", "States.Array($..*" + "..*" * 9 + ")",
                     "States.Array($.a[?(@ =~ /(a+)+b/)])", "States.", "States.UUID(" + " " * 60000, "States.UUID()" * 5000,
                     "S" * 100000):
            done = self.run_("intrinsic", "--", call, data, data=False)
            self.assertIn(done.code, (0, 1, 2), (call[:60], str(done)))
            self.assertTrue(done.out or done.err)
            self.assertLess(len(done.err), 33000)

    def test_a_batch_survives_anything(self):
        lines = [b"", b"{", b"[]", b'{"id":1}', b'{"id":1,"path":1,"data":1}', b'{"id":1,"path":"$","data":' + b"[" * 5000,
                 b"\xff\xfe", b'{"id":{"a":[1]},"path":"$","data":"\\u0000"}', b'{"id":2,"path":"$","data":1e999}', b"\0",
                 b'{"id":3,"path":"$.a","data":{"a":1}}']
        out = self.ok("jsonpath", "--batch", given=b"\n".join(lines), data=False).out.splitlines()
        self.assertEqual(len(out), len(lines))
        self.assertTrue(all(isinstance(json.loads(line), dict) for line in out))
        self.assertEqual(json.loads(out[-1]), {"id": 3, "result": 1})


class Http(Case):
    def test_rubbish_over_http_is_refused_and_the_server_lives(self):
        with self.serving(listen="127.0.0.1:0") as server:
            for request in (None, 1, [], "x", {"name": 1}, {"name": "x", "definition": {}}, {"name": "x" * 100000}):
                for action in ("CreateStateMachine", "StartExecution", "DescribeExecution", "ListExecutions", "StopExecution",
                               "GetExecutionHistory", "SendTaskSuccess", "Nothing", "StepwellDeleteExecution"):
                    status, answer = self.call(server.port, action, request)
                    self.assertEqual(status, 400, (action, request, answer))
                    self.assertIn("__type", answer)
            for token in ("", "x", "nextToken", "AAAA" * 300, "\0"):
                status, answer = self.call(server.port, "ListStateMachines", {"nextToken": token})
                self.assertIn(status, (200, 400), answer)
            self.ok("run", self.file("pass.json", PASS))


if __name__ == "__main__":
    main()
