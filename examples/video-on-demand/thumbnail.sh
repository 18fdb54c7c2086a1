#!/bin/sh
cat >/dev/null
echo '"thumbnail.jpg"'
