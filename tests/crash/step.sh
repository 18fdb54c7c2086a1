#!/bin/sh
# One step of the crash test: notes when it starts and when it is about to answer, under its idempotency key.
# usage: step.sh LOG
input=$(cat)
name=$STEPWELL_STATE_NAME
echo "start $STEPWELL_IDEMPOTENCY_KEY $STEPWELL_EXECUTION_ARN $name $STEPWELL_ATTEMPT" >>"$1"
case $name in
*Call) echo "token $STEPWELL_EXECUTION_ARN $STEPWELL_TASK_TOKEN" >>"$1" ;; # somebody completes it later
*Flaky) [ "$STEPWELL_ATTEMPT" -ge 2 ] || exit 1 ;;
*Bad) exit 3 ;;
esac
case $input in
*'"item 2 redrive 0"'*) exit 1 ;; # what fails until its execution is redriven
esac
echo "done $STEPWELL_IDEMPOTENCY_KEY" >>"$1"
echo "$input"
