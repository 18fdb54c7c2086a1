"""Hands a parcel over; there is no way to the moon."""
import json
import sys

order = json.load(sys.stdin)
if order.get("address") == "moon":
    print("no carrier goes to the moon", file=sys.stderr)
    sys.exit(1)
json.dump({"tracking": "TRACK-" + order["order"]}, sys.stdout)
