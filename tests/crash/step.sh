#!/bin/sh
# One step of the crash test: notes when it starts and when it is about to answer, under its idempotency key.
# usage: step.sh LOG
input=$(cat)
echo "start $STEPWELL_IDEMPOTENCY_KEY $STEPWELL_EXECUTION_ARN $STEPWELL_STATE_NAME $STEPWELL_ATTEMPT" >>"$1"
case $input in
*'"item 2 redrive 0"'*) exit 1 ;; # what fails until its execution is redriven
esac
echo "done $STEPWELL_IDEMPOTENCY_KEY" >>"$1"
echo "$input"
