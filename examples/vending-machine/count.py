"""Adds the coin to the credit."""
import json
import sys

state = json.load(sys.stdin)
json.dump(state["credit"] + state["coin"], sys.stdout)
