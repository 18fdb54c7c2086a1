#!/usr/bin/env python3
"""That docs.py finds what is wrong.

usage: test_docs.py --stepwell BUILD/cli/stepwell
"""
import contextlib
import io
import os
import sys
import tempfile
import unittest

import docs

STEPWELL = os.path.abspath(sys.argv[sys.argv.index("--stepwell") + 1])


def run(text):
    """passed, failed, left out, and what was printed, of a page with this text."""
    report, out = docs.Report(), io.StringIO()
    with tempfile.TemporaryDirectory() as source, contextlib.redirect_stdout(out):
        with open(f"{source}/page.md", "w", encoding="utf-8") as file:
            file.write(text)
        docs.run_page(STEPWELL, source, f"{source}/page.md", report)
    return report.passed, report.failed, report.left_out, out.getvalue()


class Pages(unittest.TestCase):
    def assert_good(self, text, passed=1):
        self.assertEqual(run(text)[:3], (passed, 0, 0), run(text)[3])

    def assert_wrong(self, text, said):
        _, failed, _, printed = run(text)
        self.assertEqual(failed, 1, printed)
        self.assertIn(said, printed)

    def test_what_is_printed_is_compared(self):
        self.assert_good("x\n\n    $ printf 'a\\nb\\n'\n    a\n    b\n\ny\n")
        self.assert_wrong("x\n\n    $ printf 'a\\nb\\n'\n    a\n    c\n", "page.md: line 5: the page says\n    c\n")
        self.assert_wrong("x\n\n    $ printf 'a\\nb\\n'\n    a\n", "(nothing more)")
        self.assert_wrong("x\n\n    $ printf 'a\\n'\n    a\n    b\n", "line 5")

    def test_dots_stand_for_lines_and_for_the_rest_of_one(self):
        self.assert_good("```\n$ seq 5\n1\n...\n4\n...\n```\n")
        self.assert_good("```\n$ echo a long line\na lo...\n```\n")
        self.assert_wrong("```\n$ seq 5\n1\n...\n6\n...\n```\n", "the page says")

    def test_moments_are_not_compared_and_what_is_volatile_is_said(self):
        self.assert_good("\n    $ echo 2020-01-01 00:00:00.123\n    2026-11-22 02:18:36.282\n")
        self.assert_wrong("\n    $ echo 7 bytes\n    8 bytes\n", "8 bytes")
        self.assert_good("<!-- example: volatile [0-9]+ bytes -->\n\n    $ echo 7 bytes\n    8 bytes\n")

    def test_every_block_is_run_or_marked_with_a_reason(self):
        self.assert_wrong("\n    just text\n", "line 2: neither a console nor JSON")
        self.assert_wrong("<!-- example: not run -->\n\n    just text\n", "no reason")
        self.assertEqual(run("<!-- example: not run: it is a poem -->\n\n    just text\n")[:3], (0, 0, 1))
        self.assertEqual(run("```python\nprint(1)\n```\n")[:3], (0, 0, 1))
        self.assert_wrong("<!-- example: not run: it is a poem -->\n\ntext\n", "no block follows")

    def test_json_must_be_what_it_is(self):
        self.assert_good('```json\n{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}\n```\n')
        self.assert_good('\n    "A": {"Type": "Wait", "Seconds": 1, "End": true}\n')
        self.assert_wrong('```json\n{"StartAt": "A"\n```\n', "not JSON")
        self.assert_wrong('```json\n{"StartAt": "B", "States": {"A": {"Type": "Succeed"}}}\n```\n', "error:")
        self.assert_wrong('\n    "A": {"Type": "Wait", "Secconds": 1, "End": true}\n', "error:")
        self.assert_wrong('\n    {"resources": {"command:a": {"comand": []}}}\n', "comand")
        self.assert_wrong('\n    {"what": "ever"}\n', "mark it")

    def test_commands_alone_must_succeed(self):
        self.assert_good("\n    stepwell --version\n")
        self.assert_wrong("\n    stepwell validate not_there.json\n", "exit code 2")

    def test_a_page_is_one_session_with_its_setup(self):
        self.assert_good("<!-- example: setup\necho 7 > n -->\n\n    $ cat n; false\n    7\n    $ echo $?\n    1\n", 2)
        self.assert_wrong("<!-- example: setup\nfalse -->\n\n    $ true\n", "the setup before it ended with 1")

    def test_serve_runs_in_the_background_and_is_ended(self):
        self.assert_good("```\n$ stepwell serve --data /var/lib/stepwell\nstepwell: listening on http://127.0.0.1:8083, "
                         "data in /var/lib/stepwell\n$ stepwell list machines --endpoint http://127.0.0.1:8083\n```\n", 2)
        self.assert_wrong("```\n$ stepwell serve --data /var/lib/stepwell\nstepwell: listening on nothing\n```\n", "nothing")

    def test_what_is_not_there_is_said(self):
        self.assert_wrong("\n    $ no_such_program\n", "exit code 127")


if __name__ == "__main__":
    os.chdir(tempfile.gettempdir())
    result = unittest.main(argv=[sys.argv[0]], exit=False).result
    wrong = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - wrong} passed, {wrong} failed")
    sys.exit(1 if wrong else 0)
