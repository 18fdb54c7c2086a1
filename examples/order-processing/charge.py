"""Charges a card. The idempotency key is the same when an attempt is delivered again after a crash."""
import json
import os
import sys

order = json.load(sys.stdin)
if order["amount"] > 1000:
    json.dump({"error": "Card.Declined", "cause": f"{order['amount']} is too much for this card"}, sys.stdout)
    sys.exit(1)
json.dump({"id": "pay-" + order["order"], "amount": order["amount"],
           "key": bool(os.environ.get("STEPWELL_IDEMPOTENCY_KEY"))}, sys.stdout)
