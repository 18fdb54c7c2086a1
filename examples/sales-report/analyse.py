"""Totals and best seller of a day's sales."""
import json
import sys

job = json.load(sys.stdin)
if job["what"] == "totals":
    json.dump(sum(line["price"] * line["sold"] for line in job["sales"]), sys.stdout)
else:
    json.dump(max(job["sales"], key=lambda line: line["sold"])["item"], sys.stdout)
