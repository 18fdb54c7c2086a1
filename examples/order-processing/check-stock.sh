#!/bin/sh
# The warehouse is busy at the first attempt: the state's Retry asks again a second later.
cat >/dev/null
if [ "$STEPWELL_ATTEMPT" = 0 ]; then
	echo '{"error": "Warehouse.Busy", "cause": "counting"}'
	exit 1
fi
echo '{"available": true, "warehouse": "north"}'
