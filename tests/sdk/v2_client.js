/*
 * aws-sdk (version 2 of the SDK for JavaScript) as a client for sdk.py: as boto_client.py. It raises no classes, and its
 * model ends in 2024.
 *
 * usage: NODE_PATH=... node v2_client.js ENDPOINT
 */
"use strict";
process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = "1";
const readline = require("readline");
const AWS = require("aws-sdk");

function* mistakes(shape, value, path) {
	if (shape.type === "structure") {
		for (const [name, member] of Object.entries(value))
			if (shape.members[name]) yield* mistakes(shape.members[name], member, `${path}.${name}`);
	} else if (shape.type === "list") {
		if (!Array.isArray(value)) yield `${path} is not a list`;
		else for (let i = 0; i < value.length; i++) yield* mistakes(shape.member, value[i], `${path}[${i}]`);
	} else if (shape.type === "map") {
		for (const [name, item] of Object.entries(value)) yield* mistakes(shape.value, item, `${path}.${name}`);
	} else if (value !== null || path !== "GetActivityTask.taskToken") {
		const wanted = { string: "string", boolean: "boolean" }[shape.type] || "number";
		if (typeof value !== wanted) yield `${path} is not a ${shape.type}: ${JSON.stringify(value)}`;
	}
}

function call(client, operation, input) {
	return new Promise((resolve, reject) => {
		client.makeRequest(operation, input, function (raised, parsed) {
			if (raised && !raised.statusCode) return reject(raised);
			const body = JSON.parse(this.httpResponse.body.toString());
			const error = raised && { name: raised.code, message: raised.message, raised: raised.code, modelled: true };
			const shape = client.api.operations[operation].output;
			const action = client.api.operations[operation].name;
			const problems = error ? [] : [...mistakes(shape, body, action)];
			if (!error)
				for (const name of Object.keys(body))
					if (body[name] !== null && shape.members[name] && parsed[name] === undefined)
						problems.push(`${action}.${name} was not parsed`);
			resolve({ raw: body, error, problems });
		});
	});
}

async function main() {
	const client = new AWS.StepFunctions({
		endpoint: process.argv[2], region: "us-east-1", hostPrefixEnabled: false, maxRetries: 0,
	});
	const operations = {};
	for (const [key, operation] of Object.entries(client.api.operations)) operations[operation.name] = key;
	console.log(JSON.stringify({
		name: `aws-sdk ${AWS.VERSION}`, actions: Object.keys(operations).sort(), complete: false }));
	for await (const line of readline.createInterface({ input: process.stdin })) {
		const asked = JSON.parse(line);
		console.log(JSON.stringify(await call(client, operations[asked.action], asked.input)));
	}
}

main().catch((error) => { console.error(error); process.exit(1); });
