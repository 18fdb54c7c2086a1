"""Renders one image in one size (it only names the file)."""
import json
import sys

job = json.load(sys.stdin)
if job["image"].startswith("broken"):
    json.dump({"error": "Image.Broken", "cause": "not an image"}, sys.stdout)
    sys.exit(1)
json.dump(f"{job['size']}/{job['image']}", sys.stdout)
