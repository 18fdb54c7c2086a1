/*
 * A worker of the npm package step-function-worker: doubles numbers until it has done COUNT of them, and prints the sum of
 * what it was given.
 *
 * usage: NODE_PATH=... node worker.js ENDPOINT ACTIVITY_ARN COUNT CONCURRENCY
 */
"use strict";
process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = "1";
const StepFunctionWorker = require("step-function-worker");

const [endpoint, activityArn, count, concurrency] = process.argv.slice(2);
let done = 0, sum = 0;
const quiet = { debug() {}, info() {}, warn: console.warn, error: console.error };

const worker = new StepFunctionWorker({
	activityArn, workerName: "doubler", concurrency: Number(concurrency), logger: quiet,
	fn(input, callback, heartbeat) {
		const answer = () => callback(null, { doubled: 2 * input.n });
		sum += input.n;
		if (input.n > 0) return answer();
		worker.once("heartbeat", answer); /* a heartbeat that comes after the outcome is an error */
		heartbeat();
	},
	awsConfig: { endpoint, region: "us-east-1", maxRetries: 0 },
});
worker.on("error", (error) => { console.error(error); process.exit(1); });
worker.on("failure", (failure) => { console.error(failure); process.exit(1); });
worker.on("success", () => {
	if (++done === Number(count)) {
		console.log(JSON.stringify({ done, sum }));
		process.exit(0);
	}
});
