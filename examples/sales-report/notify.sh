#!/bin/sh
# An unmodified SNS task of a definition from AWS runs as a local program.
cat >&2
echo '{"MessageId": "local"}'
