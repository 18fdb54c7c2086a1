"""Encodes one rendition (it only names the file that an encoder would write)."""
import json
import sys

job = json.load(sys.stdin)
stem = job["file"].rsplit(".", 1)[0]
json.dump({"number": job["number"], "file": f"{stem}-{job['format']}.mp4"}, sys.stdout)
